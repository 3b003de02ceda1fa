//! Single texts: what a person would expect, and what once went wrong in programs like this one.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use unicode_segmentation::UnicodeSegmentation;

use super::{check, model};
use crate::discord::render::{LIMIT, split, units};

fn show(messages: &[String]) -> String {
    let mut shown = String::new();
    for message in messages {
        writeln!(shown, "{message}\n======== {} units", units(message)).unwrap();
    }
    shown
}

/// Tells code from words, without white space.
#[track_caller]
fn code_and_words(page: &str) -> (String, String) {
    let (mut code, mut words) = (String::new(), String::new());
    for seen in model::seen(page) {
        let is_code = seen.style.code_block.is_some();
        if is_code { &mut code } else { &mut words }.push(seen.c);
    }
    (code, words)
}

const ANSWER: &str = include_str!("answer.md");

#[test]
fn an_answer_in_short_messages() {
    insta::assert_snapshot!(show(&check(ANSWER, 300)));
}

#[test]
fn an_answer_in_messages_of_the_usual_length() {
    insta::assert_snapshot!(show(&check(&ANSWER.repeat(2), LIMIT)));
}

#[test]
fn what_fits_is_left_as_it_is() {
    for text in ["a", "  a\n\n", "> a\n\n```\n\n```"] {
        assert_eq!(split(text, LIMIT), [text]);
    }
    for text in [
        "",
        " \n\t",
        "\u{a0}\u{3000}",
        "\0\u{1f}",
        "\u{200b}",
        "\n\u{200d}\u{feff} \n\n\u{2060}",
    ] {
        assert_eq!(split(text, LIMIT), [""; 0]);
    }
}

#[test]
fn exactly_at_the_limit() {
    let text = "x".repeat(2000);
    assert_eq!(check(&text, LIMIT), std::slice::from_ref(&text));
    let sizes =
        |text: &str| -> Vec<usize> { check(text, LIMIT).iter().map(|m| units(m)).collect() };
    assert_eq!(sizes(&format!("{text}x")), [2000, 1]);
    assert_eq!(sizes(&format!("{text} x")), [2000, 1]);
    assert_eq!(sizes(&format!("{text}\n")), [2000]);
    assert_eq!(sizes(&format!("\n{text}")), [2000]);
    assert_eq!(sizes(&"😀".repeat(1000)), [2000]);
    assert_eq!(sizes(&format!("x{}", "😀".repeat(1000))), [1999, 2]);
}

#[test]
fn nothing_is_cut_off_silently() {
    let words = (0..3000)
        .map(|n| format!("word{n}"))
        .collect::<Vec<_>>()
        .join(" ");
    let messages = check(&words, LIMIT);
    assert!(messages.last().unwrap().ends_with("word2999"));
    assert_eq!(messages.concat().replace(' ', ""), words.replace(' ', ""));
}

#[test]
fn the_best_place_is_taken() {
    let halves = |text: &str| check(text, 40);
    assert_eq!(
        halves("One line of words here.\n\nTwo. Three four.\nFive six seven eight."),
        [
            "One line of words here.",
            "Two. Three four.\nFive six seven eight."
        ]
        .map(str::to_owned)
    );
    assert_eq!(
        halves("One line of words here.\nTwo. Three four five six seven eight."),
        [
            "One line of words here.",
            "Two. Three four five six seven eight."
        ]
    );
    assert_eq!(
        halves("One line of words. (Two three four!) Five six seven eight."),
        [
            "One line of words. (Two three four!)",
            "Five six seven eight."
        ]
    );
    assert_eq!(
        halves("One line of words and two three four five six seven eight"),
        [
            "One line of words and two three four",
            "five six seven eight"
        ]
    );
    assert_eq!(halves(&"x".repeat(50)), ["x".repeat(40), "x".repeat(10)]);
}

#[test]
fn a_heading_stays_with_what_it_heads() {
    let messages = check(
        "Some words come before this.\n\n## Heading\n\nAnd then the words after it.",
        45,
    );
    assert_eq!(
        messages,
        [
            "Some words come before this.",
            "## Heading\n\nAnd then the words after it."
        ]
    );
    // with too little before the heading, what it heads is cut rather
    let messages = check(
        "Short.\n\n## A heading that is rather long\n\nAnd then the words after it.",
        50,
    );
    assert_eq!(messages[1], "the words after it.");
}

#[test]
fn marks_stay_with_their_line() {
    for mark in ["-", ">", "#", "1."] {
        let line = format!("{mark} {}", "a".repeat(28));
        assert_eq!(
            check(&format!("Words before\n{line}"), 32),
            ["Words before", &line]
        );
    }
}

#[test]
fn inline_code_and_links_are_not_cut() {
    let before = "Words before it";
    for span in [
        "`some code with words`",
        "[some words](https://a.b/c)",
        "https://a.b/c/d-e.f?g=h",
    ] {
        assert_eq!(
            check(&format!("{before} {span} after"), 34),
            [before, &format!("{span} after")]
        );
    }
    let code = format!("`{}`", "word ".repeat(20));
    assert!(
        check(&format!("{before} {code}"), 34)
            .iter()
            .all(|message| !message.ends_with("wo"))
    );
}

#[test]
fn a_fence_is_closed_and_opened_again() {
    let code = "let a_long_name = 12345;\n".repeat(2);
    assert_eq!(
        check(&format!("```rust\n{code}{code}```"), 70),
        vec![format!("```rust\n{code}```"); 2]
    );
    assert_eq!(
        check("~~~\nlet a = 1;\nlet b = 2;\nlet c = 3;\n~~~", 30),
        ["```\nlet a = 1;\nlet b = 2;\n```", "```\nlet c = 3;\n```"]
    );
    assert_eq!(
        check(
            "````md\n```\none\n```\ntwo three four\nfive six seven\n````",
            40
        ),
        [
            "```md\n``\u{200b}`\none\n``\u{200b}`\ntwo three four\n```",
            "```md\nfive six seven\n```"
        ]
    );
}

#[test]
fn fences_in_quotes_and_lists() {
    assert_eq!(
        check(
            "> ```\n> let a = 1;\n> let b = 2;\n> let c = 3;\n> ```\nafter",
            44
        ),
        [
            "> ```\n> let a = 1;\n> let b = 2;\n> ```",
            "> ```\n> let c = 3;\n> ```\nafter"
        ]
    );
    assert_eq!(
        check(
            "1. ```\n   let a = 1;\n   let b = 2;\n   let c = 3;\n   ```\nafter",
            46
        ),
        ["1.\n```\nlet a = 1;\nlet b = 2;\nlet c = 3;\n```", "after"]
    );
    // a quote that ends takes its fence with it
    assert_eq!(
        check(
            "> ```\n> let a = 1;\n> let b = 2;\nThese are words, and they are many.",
            37
        ),
        [
            "> ```\n> let a = 1;\n> let b = 2;\n> ```",
            "These are words, and they are many."
        ]
    );
}

#[test]
fn quotes_go_on() {
    assert_eq!(
        check("> one two three four five six seven eight nine", 30),
        ["> one two three four five six", "> seven eight nine"]
    );
    assert_eq!(
        check("> one two three four\n> five six seven eight", 30),
        ["> one two three four", "> five six seven eight"]
    );
    assert_eq!(
        check(
            "Look:\n>>> one two three four\nfive six seven\n```\neight\nnine ten eleven\n```\ntwelve",
            33
        ),
        [
            "Look:\n>>> one two three four",
            ">>> five six seven",
            ">>> ```\neight\nnine ten eleven\n```",
            ">>> twelve",
        ]
    );
}

#[test]
fn an_unclosed_fence_is_closed_where_the_text_is_cut() {
    assert_eq!(
        check("```\nlet a = 1;\nlet b = 2;\nlet c = 3;\n\n", 30),
        ["```\nlet a = 1;\nlet b = 2;\n```", "```\nlet c = 3;\n\n```"]
    );
    assert_eq!(check("```rust\nno end", LIMIT), ["```rust\nno end\n```"]);
}

#[test]
fn closing_a_fence_does_not_overflow() {
    // a line of code that ends where the closing line no longer fits, and around it
    for code in 1970..2000 {
        let text = format!("```\n{}\n{}\n```", "x".repeat(code), "y".repeat(30));
        for message in check(&text, LIMIT) {
            code_and_words(&message);
        }
    }
}

#[test]
fn a_closing_line_at_the_limit_makes_no_empty_code_block() {
    for code in 1980..2010 {
        for closing in ["```", "```   ", "   ```", "``````````"] {
            let text = format!("```\n{}\n\n{closing}\nAfter it.", "x".repeat(code));
            let messages = check(&text, LIMIT);
            let shown: Vec<_> = messages
                .iter()
                .map(|message| code_and_words(message))
                .collect();
            assert_eq!(
                shown.iter().map(|(code, _)| code.len()).sum::<usize>(),
                code
            );
            assert_eq!(
                shown
                    .iter()
                    .map(|(_, words)| words.as_str())
                    .collect::<String>(),
                "Afterit."
            );
        }
    }
}

#[test]
fn a_long_info_string_is_not_repeated() {
    let code = "let a = 1;\n".repeat(400);
    for info in [&*"x".repeat(300), "rust let=\"1\"", "{.python #let}"] {
        let messages = split(&format!("```{info}\n{code}```"), LIMIT);
        assert_eq!(messages.len(), 3, "{info}");
        let expected = match info {
            _ if info.starts_with("rust") => "```rust\n",
            _ if info.contains("python") => "```python\n",
            _ => "```\n",
        };
        assert!(
            messages[1..]
                .iter()
                .all(|message| message.starts_with(expected)),
            "{info}"
        );
    }
}

#[test]
fn an_info_string_longer_than_a_message_is_kept() {
    let messages = check(&format!("```{}\ncode\n```", "x".repeat(5000)), LIMIT);
    assert_eq!(messages.concat().matches('x').count(), 5000);
    assert_eq!(messages.len(), 3);
}

#[test]
fn a_fence_of_hundreds_of_marks_is_text() {
    let fence = "`".repeat(700);
    let messages = check(&format!("{fence}\n{}\n{fence}", "code ".repeat(500)), LIMIT);
    assert!(messages.len() <= 4);
}

#[test]
fn a_fence_that_fits_is_not_cut() {
    let fence = format!("```\n{}```", "let a = 1;\n".repeat(100));
    let messages = check(&format!("{}\n\n{fence}", "Some words. ".repeat(80)), LIMIT);
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1], fence);
}

#[test]
fn characters_are_not_cut_in_two() {
    for cluster in ["👩‍👩‍👧‍👦", "🇨🇭", "e\u{301}", "각", "นี้", "👍🏽", "❤️"]
    {
        for message in check(&cluster.repeat(300), 50) {
            assert!(
                message.graphemes(true).all(|found| found == cluster),
                "{message:?}"
            );
        }
    }
    // an accent on a space at a cut
    let messages = check(
        &format!("{}  \u{301}{}", "a".repeat(40), "b".repeat(10)),
        50,
    );
    assert_eq!(
        messages,
        ["a".repeat(40), format!(" \u{301}{}", "b".repeat(10))]
    );
    // a cluster longer than a message is cut between characters
    let stacked = format!("a{}", "\u{301}".repeat(5000));
    assert_eq!(check(&stacked, LIMIT).len(), 3);
}

#[test]
fn chinese_is_cut_at_sentences() {
    let sentence = "人人生而自由,在尊严和权利上一律平等。";
    let messages = check(&sentence.repeat(20), 50);
    assert!(
        messages.iter().all(|message| message.ends_with('。')),
        "{messages:?}"
    );
}

#[test]
fn ten_thousand_fences() {
    let text = "Words.\n```rust\nlet a = 1;\n```\n".repeat(10_000);
    let messages = check(&text, LIMIT);
    let (code, words): (String, String) = messages
        .iter()
        .map(|message| code_and_words(message))
        .unzip();
    assert_eq!(code, "leta=1;".repeat(10_000));
    assert_eq!(words, "Words.".repeat(10_000));
    assert!(messages.len() < 250, "{}", messages.len());
}

/// Each takes well under a second even without optimisation; anything quadratic takes minutes.
#[test]
fn long_texts_take_no_time() {
    const SIZE: usize = 100_000;
    let started = Instant::now();
    for pattern in [
        "Some words. ",
        "x",
        "\n",
        " ",
        "`",
        "``` ",
        "```\n",
        "```\nx\n",
        "> ",
        ">",
        "- ",
        "[a](",
        "](",
        "(",
        "[",
        "e\u{301}",
        "\u{301}",
        "🇨🇭",
        "👩‍",
        "`a",
        ">>> a\n",
        "人",
        "\0",
        "a\n\n",
        "> ```\n",
        "~~~~~",
        "1. ",
        "# ",
    ] {
        let text = pattern.repeat(SIZE / pattern.len());
        drop(split(&text, LIMIT));
        drop(split(&format!("```\n{text}\n```"), LIMIT));
    }
    let taken = started.elapsed();
    assert!(taken < Duration::from_mins(1), "{taken:?}");
}
