//! Control sequences.

use super::*;

#[test]
fn control_sequences_go_and_words_stay() {
    for (text, expected) in [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\u{1b}[31mred\u{1b}[0m", "red"),
        ("\u{1b}[1;38;5;196mred\u{1b}[K", "red"),
        ("\u{1b}[?25lhidden\u{1b}[?25h", "hidden"),
        (
            "\u{1b}]8;;https://a.b\u{1b}\\words\u{1b}]8;;\u{1b}\\",
            "words",
        ),
        ("\u{1b}]8;;https://a.b\u{7}words\u{1b}]8;;\u{7}", "words"),
        ("\u{1b}]0;title\u{9c}words", "words"),
        ("\u{9d}0;title\u{9c}words", "words"),
        ("\u{9b}31mred\u{9b}0m", "red"),
        ("a\u{7}b\u{8}c\u{0}d\u{7f}e", "abcde"),
        ("\u{1b}(Bascii \u{1b}=keys\u{1b}7", "ascii keys"),
        ("\u{1b}Pq#0\u{1b}\\sixel", "sixel"),
        ("\u{85}next", "next"),
        // what is cut off takes no words with it
        ("words \u{1b}", "words "),
        ("words \u{1b}[", "words "),
        (
            "words \u{1b}]8;;https://a.b and more\nnext",
            "words 8;;https://a.b and more\nnext",
        ),
        ("\u{1b}[31é", "31é"),
        ("\u{1b}é", "é"),
        ("10%\r20%\r\nend", "10%\n20%\nend"),
        (
            "zero\u{200b}width 👩‍👩‍👧 \u{202e}rtl",
            "zero\u{200b}width 👩‍👩‍👧 \u{202e}rtl",
        ),
    ] {
        assert_eq!(clean(text), expected, "{text:?}");
        assert_eq!(clean(&clean(text)), expected, "{text:?}");
    }
}

#[test]
fn blocks_of_ansi_keep_their_colors_alone() {
    let text =
        "```ansi\n\u{1b}[31mred\u{1b}[0m \u{1b}[2K\u{7}\u{1b}]0;t\u{7}x\n```\n\u{1b}[31mred\n";
    let expected = "```ansi\n\u{1b}[31mred\u{1b}[0m x\n```\nred\n";
    assert_eq!(clean(text), expected);
}
