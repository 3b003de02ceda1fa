//! What of an answer is shown while it grows.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;
use crate::{
    chat::{PostKey, without_control_sequences},
    discord::{
        reconciler::{page, redaction::PostRedactor},
        render::Rendered,
    },
    redact::Secret,
    snowflake::ChannelId,
};

const SECRETS: [&str; 2] = ["hunter2-hunter2-correct-horse", "Zq81kfh37dJw02mXp51Tb6Yv"];

/// What is redacted by its format alone.
const TOKENS: [&str; 4] = [
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "sk-ant-api03-abcdefghijklmnopqrstuvwxyz",
    "https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----",
];

fn redactor() -> Redactor {
    Redactor::new(&SECRETS.map(|secret| Secret::new("canary", secret)))
}

fn stream() -> Stream {
    Stream::new(
        &Post::default(),
        "",
        String::new(),
        &AnswerLimits::default(),
    )
}

/// All that the pages say, without the marks that rendering may add between lines.
fn shown(pages: &[Page]) -> String {
    pages.iter().map(|page| page.text.as_str()).collect()
}

/// Words, secrets in several spellings, marks and control sequences.
fn pieces() -> impl Strategy<Value = Vec<String>> {
    let mut parts: Vec<String> = SECRETS.map(str::to_owned).to_vec();
    // Letters around a token belong to it.
    parts.extend(TOKENS.map(|token| format!(" {token} ")));
    parts.extend(SECRETS.map(|secret| HEXLOWER.encode(secret.as_bytes())));
    parts.push(SECRETS[0].replace("-hunter2", "<!-- -->-hunter2"));
    parts.push(SECRETS[1].replace("kfh", "\u{1b}[31mkfh"));
    let others = [
        " ",
        " some words. ",
        "\n\n",
        "```\n",
        "```ansi\n",
        "\u{1b}[31m",
        "**",
        "`",
        "hunt",
        "Zq81kfh",
        "|a|b|\n|-|-|\n",
    ];
    parts.extend(others.map(str::to_owned));
    prop::collection::vec(prop::sample::select(parts), 1..8)
}

/// The longest beginning of a secret that a text holds, in characters.
fn longest_part(text: &str) -> usize {
    let plain = without_control_sequences(text, false).to_lowercase();
    let secrets = SECRETS
        .iter()
        .flat_map(|secret| [secret.to_lowercase(), HEXLOWER.encode(secret.as_bytes())]);
    let longest = |secret: String| {
        (0..=secret.len())
            .rev()
            .find(|length| plain.contains(&secret[..*length]))
            .unwrap_or(0)
    };
    secrets.map(longest).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn at_most_eight_characters_of_a_secret_are_ever_shown(
        pieces in pieces(),
        cut in 1..24_usize,
    ) {
        let redactor = redactor();
        let text = pieces.concat();
        let characters: Vec<char> = text.chars().collect();
        let redactor = Arc::new(redactor);
        let mut whole = PostRedactor::new(&redactor, ChannelId(1));
        let mut stream = stream();
        for part in characters.chunks(cut) {
            stream.append(&part.iter().collect::<String>());
            let shown = shown(&whole.redact_pages(stream.pages(&redactor)));
            prop_assert!(longest_part(&shown) <= 8, "{:?} of {:?}", shown, text);
            for token in TOKENS {
                let heart = &token[token.len() / 2..token.len() / 2 + 12];
                prop_assert!(!shown.contains(heart), "{:?} of {:?}", shown, text);
            }
        }
        let post = whole.redact(&PostKey::new("a"), Post::answer(text.clone()));
        let pages = whole.redact_pages(page::pages(post, &AnswerLimits::default()));
        let shown = shown(&pages);
        prop_assert!(longest_part(&shown) <= 8, "{:?} of {:?}", shown, text);
    }

    #[test]
    fn a_page_that_is_followed_by_another_stays_as_it_is(
        lines in prop::collection::vec("[a-z *`|]{0,120}", 10..60),
        cut in 5..60_usize,
    ) {
        drop(check_pages(&lines.join("\n"), cut, false)?);
    }

    #[test]
    fn nothing_that_is_shown_of_plain_text_is_taken_back(
        paragraphs in prop::collection::vec("([a-z]{1,12} ){10,40}[a-z]{1,12}\\.", 8..20),
        cut in 5..60_usize,
    ) {
        let text = paragraphs.join("\n\n");
        let characters: Vec<char> = text.chars().collect();
        let (redactor, mut stream) = (redactor(), stream());
        let mut before = String::new();
        for part in characters.chunks(cut) {
            stream.append(&part.iter().collect::<String>());
            let now = shown(&stream.pages(&redactor)).replace([' ', '\n'], "");
            prop_assert!(now.starts_with(&before), "{:?} after {:?}", now, before);
            before = now;
        }
    }

    #[test]
    fn at_the_end_only_the_last_page_of_a_long_paragraph_changes(
        words in prop::collection::vec("[a-z]{1,12}[.,]?[ \n]", 400..900),
        cut in 5..60_usize,
    ) {
        drop(check_pages(&words.concat(), cut, true)?);
    }

    #[test]
    fn at_the_end_only_the_last_page_of_a_colored_log_changes(
        logs in prop::collection::vec(colored_log(), 1..3),
        cut in 5..60_usize,
    ) {
        let text = logs.concat();
        let grown = shown(&check_pages(&text, cut, true)?);
        let whole = shown(&page::pages(redacted(&text), &AnswerLimits::default()));
        let bare = |text: String| text.replace("```ansi", "").replace(['`', ' ', '\n'], "");
        let (grown, whole) = (bare(grown), bare(whole));
        prop_assert!(whole.starts_with(&grown), "{:?} of {:?}", grown, whole);
    }

    #[test]
    fn at_the_end_only_the_last_page_of_plain_text_changes(
        lines in prop::collection::vec("(- |)[a-z, .]{0,120}", 10..60),
        cut in 5..60_usize,
    ) {
        drop(check_pages(&lines.join("\n"), cut, true)?);
    }
}

/// A log in colors, with what is not in the block before and after it.
fn colored_log() -> impl Strategy<Value = String> {
    let line = "\u{1b}\\[(31|1;32)m[a-z]{1,9}\u{1b}\\[0m [a-z ]{0,60}\n";
    let block = prop::collection::vec(line, 1..25);
    (
        "[a-z]{0,9} \u{1b}\\[31m[a-z]{1,9}\n",
        block,
        "\u{1b}\\[0m[a-z]{1,9}",
    )
        .prop_map(|(before, block, after)| {
            format!("{before}```ansi\n{}```\n{after}\n", block.concat())
        })
}

/// The whole answer as it is sent.
fn redacted(text: &str) -> Post {
    let mut redactor = PostRedactor::new(&Arc::new(redactor()), ChannelId(1));
    redactor.redact(&PostKey::new("a"), Post::answer(text))
}

fn check_pages(text: &str, cut: usize, to_the_end: bool) -> Result<Vec<Page>, TestCaseError> {
    let redactor = redactor();
    let characters: Vec<char> = text.chars().collect();
    let mut stream = stream();
    let mut versions = Vec::new();
    for part in characters.chunks(cut) {
        stream.append(&part.iter().collect::<String>());
        versions.push(stream.pages(&redactor));
    }
    let last = versions.last().cloned().unwrap_or_default();
    if to_the_end {
        versions.push(page::pages(redacted(text), &AnswerLimits::default()));
    }
    for pair in versions.windows(2) {
        let full = pair[0].len().saturating_sub(1);
        prop_assert_eq!(&pair[1][..full], &pair[0][..full]);
    }
    Ok(last)
}

#[test]
fn the_work_for_a_megabyte_token_by_token_is_linear() {
    let redactor = Redactor::new(&[]);
    let work = |tokens: usize| {
        let mut stream = stream();
        for token in 0..tokens {
            stream.append(if token % 12 == 11 { "rd.\n" } else { "wo r" });
            if token % 50 == 0 {
                drop(stream.pages(&redactor));
            }
        }
        assert!(
            stream.text.held_back() <= 4 * 50,
            "{}",
            stream.text.held_back()
        );
        let Rendered { pages, .. } = stream.answer.clone().finish("");
        assert!(pages.len() <= 5, "{}", pages.len());
        stream.answer.work()
    };
    let (half, whole) = (work(125_000), work(250_000));
    assert!(whole <= half + 1_000, "{half}, {whole}");
}

#[test]
fn a_secret_that_has_only_begun_is_hidden() {
    let (first, second) = SECRETS[0][..14].split_at(7);
    let begun = format!("{first}{second}");
    let colored = format!("{first}\u{1b}[31m{second}");
    for (text, held_back, hidden) in [
        (format!("It is {begun}"), "It is ", "It is [redacted]"),
        (format!("It is `{begun}`"), "It is `", "It is `[redacted]`"),
        (format!("**{begun}**\n"), "**", "**[redacted]**\n"),
        (
            format!("```\n{begun}\n```"),
            "```\n",
            "```\n[redacted]\n```",
        ),
        (
            format!("```ansi\n\u{1b}[1mIt\u{1b}[0m {colored}\u{1b}[0m\n```"),
            "```ansi\n\u{1b}[1mIt\u{1b}[0m ",
            "```ansi\n\u{1b}[1mIt\u{1b}[0m [redacted]\n```",
        ),
        (
            format!("```ansi\n{colored}"),
            "```ansi\n",
            "```ansi\n[redacted]",
        ),
        // so little of it may be shown
        ("`hunter2-`".into(), "`hunter2-`", "`hunter2-`"),
        (
            "hunter2-hunter and more".into(),
            "hunter2-hunter and more",
            "hunter2-hunter and more",
        ),
    ] {
        let (mut page, mut whole) = (text.clone(), text);
        hold_back(&redactor(), &mut page);
        assert_eq!(page, held_back);
        hide_partial_secret(&redactor(), &mut whole);
        assert_eq!(whole, hidden);
    }
}

#[test]
fn a_secret_that_ends_with_a_mark_is_hidden_with_it() {
    let redactor = Redactor::new(&[Secret::new("canary", "Zq81kfh3_7djw02mxp51")]);
    let mut text = "It is Zq81kfh3_".to_owned();
    hide_partial_secret(&redactor, &mut text);
    assert_eq!(text, "It is [redacted]");
}

#[test]
fn control_sequences_do_not_hold_up_what_follows() {
    for (parts, expected) in [
        (
            &["some words \u{1b}[31mred\u{1b}[0m and more "][..],
            "some words red and more",
        ),
        (&["one\r\ntwo\r", "\nthree\rfour "], "one\ntwo\nthree\nfour"),
        (&["red \u{1b}", "[3", "1mwords "], "red words"),
        (&["a \u{1b}]0;title", " goes on\u{7}link "], "a link"),
        (
            &["a stray \u{1b}]", "and its words\nmore "],
            "a stray and its words\nmore",
        ),
        (
            &["```ansi\n\u{1b}[1mbold\n"],
            "```ansi\n\u{1b}[1mbold\n```\n",
        ),
    ] {
        let mut stream = stream();
        for part in parts {
            stream.append(part);
            drop(stream.pages(&redactor()));
        }
        assert_eq!(shown(&stream.pages(&redactor())), expected, "{parts:?}");
    }
}

#[test]
fn an_unfinished_control_sequence_is_held_back() {
    for unfinished in ["\u{1b}", "\u{1b}[31", "\u{1b}]8;;https://example.com", "\r"] {
        let mut stream = stream();
        stream.append("some words ");
        stream.append(unfinished);
        assert_eq!(
            shown(&stream.pages(&redactor())),
            "some words",
            "{unfinished:?}"
        );
        assert_eq!(stream.text.held_back(), unfinished.len());
    }
}
