//! A person's words between markers: the words as they are, nothing around them able to pass for a marker.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::{
    external::{
        FileContent, Context, File, FileOrigin, FileState, Quote, Role, SkipReason, Speaker, UnseenReason, is_blank, wrap,
    },
    snowflake::UserId,
};

/// The most files that are shown.
const SHOWN: usize = 30;

fuzz_target!(|input: (u64, &str, &str, &str, &str, Vec<(&str, Option<&str>, u8)>, &str)| {
    let (user, name, title, quote, path, files, text) = input;
    let id = UserId(user);
    let speaker = Speaker {
        id,
        name: name.to_owned(),
        role: Role::Member,
    };
    let context = Context {
        thread: Some(title.to_owned()),
        quote: Some(Quote {
            author: id,
            name: name.to_owned(),
            is_own: false,
            text: quote.to_owned(),
        }),
        forwards: vec![quote.to_owned()],
        files: files
            .iter()
            .map(|(name, kind, fate)| File {
                name: (*name).to_owned(),
                media_type: kind.map(str::to_owned),
                size: user,
                is_voice: false,
                origin: [FileOrigin::Message, FileOrigin::Quote, FileOrigin::Forward][usize::from(fate / 3) % 3],
                state: match fate % 3 {
                    0 => FileState::Offered(path.to_owned()),
                    1 => FileState::Saved {
                        path: path.to_owned(),
                        content: match fate / 9 % 4 {
                            0 => FileContent::None,
                            1 => FileContent::Text(quote.to_owned()),
                            2 => FileContent::Words(quote.to_owned()),
                            _ => FileContent::Unseen(UnseenReason::ImageFormat(title.to_owned())),
                        },
                    },
                    _ => FileState::Skipped(SkipReason::UntrustedServer),
                },
            })
            .collect(),
        ..Context::default()
    };
    let blocks = wrap(&speaker, &context, text);
    let (opening, closing) = (&blocks[0], &blocks[blocks.len() - 1]);
    let words = context.words(text);
    assert!(is_blank(text) || words.starts_with(text));
    match &blocks[..] {
        [_, block, _] => assert_eq!(block, &*words),
        // Blank words are left out, because the API refuses such a block.
        _ => assert_eq!(blocks.len(), 2),
    }
    let id = opening
        .rsplit("id=")
        .next()
        .and_then(|rest| rest.strip_suffix("]\n"));
    let id = id.expect("the heading ends with the opening marker");
    assert!(closing.ends_with(&format!("[END EXTERNAL CONTENT id={id}]")));
    assert!(!words.to_lowercase().contains(id));
    // One pair of brackets in the closing block.
    assert_eq!(closing.matches(['[', ']']).count(), 2, "{closing:?}");
    // The texts of files stand between markers of their own. They are taken out for what follows.
    let mut heading = opening.clone();
    for (number, file) in (1..=SHOWN).zip(&context.files) {
        if matches!(file.content(), FileContent::Text(_)) {
            let (start, end) = (
                format!("[ATTACHED FILE {number} id={id}]\n"),
                format!("\n[END ATTACHED FILE {number} id={id}]\n"),
            );
            let from = heading.find(&start).expect("the text's start");
            let to = from + heading[from..].find(&end).expect("the text's end") + end.len();
            heading.replace_range(from..to, "");
        }
    }
    assert_eq!(heading.matches(id).count(), 1, "{opening:?}");
    // One pair of brackets, whatever stands in the heading.
    assert_eq!(heading.matches(['[', ']']).count(), 2, "{opening:?}");
    // The speaker, the title, the quote, the forwarded message, whose words follow, and the marker; and the files.
    assert_eq!(heading.lines().count(), 6 + files.len().min(SHOWN), "{opening:?}");
    assert!(!heading.contains('@'), "{opening:?}");
});
