//! A person's words between markers: the words as they are, nothing around them able to pass for a marker.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::{
    external::{Context, FileState, File, SkipReason, FileOrigin, Quote, Role, Speaker, wrap},
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
                origin: [FileOrigin::Message, FileOrigin::Quote, FileOrigin::Forward][usize::from(fate / 3) % 3],
                state: match fate % 3 {
                    0 => FileState::Offered(path.to_owned()),
                    1 => FileState::Saved(path.to_owned()),
                    _ => FileState::Skipped(SkipReason::UntrustedServer),
                },
            })
            .collect(),
    };
    let blocks = wrap(&speaker, &context, text);
    let (opening, closing) = (&blocks[0], &blocks[blocks.len() - 1]);
    match &blocks[..] {
        [_, words, _] => assert_eq!(words, text),
        // Blank words are left out, because the API refuses such a block.
        _ => assert_eq!(blocks.len(), 2),
    }
    // One pair of brackets in each outer block, whatever stands in the heading.
    assert_eq!(opening.matches(['[', ']']).count(), 2, "{opening:?}");
    assert_eq!(closing.matches(['[', ']']).count(), 2, "{closing:?}");
    let id = opening
        .rsplit("id=")
        .next()
        .and_then(|rest| rest.strip_suffix("]\n"));
    let id = id.expect("the heading ends with the opening marker");
    assert!(closing.ends_with(&format!("[END EXTERNAL CONTENT id={id}]")));
    assert!(!text.to_lowercase().contains(id));
    // The speaker, the title, the quote, the forwarded message, whose words follow, and the marker; and the files.
    assert_eq!(opening.lines().count(), 6 + files.len().min(SHOWN), "{opening:?}");
    assert!(!opening.contains('@'), "{opening:?}");
});
