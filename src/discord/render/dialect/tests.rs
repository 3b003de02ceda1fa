//! What Discord's client shows of Markdown that it does not know, and what stays.

use crate::discord::render::{Completeness, PageOptions, render};

#[track_caller]
pub(in crate::discord::render) fn check(text: &str, expected: &str) {
    let pages = render(text, &PageOptions::default(), Completeness::Final);
    assert_eq!(pages.join("\n========\n"), expected, "{text:?}");
}

#[test]
fn what_discord_knows_stays_byte_for_byte() {
    for text in [
        "**bold** *italic* _italic_ ***both*** __underlined__ ~~struck~~ ||hidden|| `code` ``co`de``",
        "# One\n## Two\n### Three\n-# small\n",
        "- a\n  - b\n* c\n1. d\n2. e\n",
        "> quoted\n> more\n\nand not",
        "[words](https://a.b/c_d_e) https://a.b/c*d*e <https://a.b>",
        "snake_case_name 2*3*4 2 * 3 * 4 *.rs **/*.ts #123 #tag 1. first, 2. second",
        ":tada: <:name:123> <@123> <#456> <@&789> <t:1700000000:R> @everyone",
        "$5 and $10, $5-$10, US$3, $HOME and ${HOME}, a\\_b \\*c\\* \\[WIP\\]",
        "5 < 6 && 7 > 3, a -> b, Vec<T>, <stdin>, <custom-tag>, AT&T, a || b",
        ">90% and >= 5",
        "trailing spaces  \nstay  \n\n\n",
        "  leading too",
        "```rust\nlet a = 1;\n```\n",
        "[ref][1] and [^0-9] and [a-z]\n\n[1]: https://a.b\n",
        "a\n: b\n\n- [link](https://a.b): words",
        "C:\\Users\\olivia \\d+\\.\\d*",
    ] {
        check(text, text);
    }
}

#[test]
fn headings_that_discord_does_not_know_are_bold() {
    check("#### Four\ntext", "**Four**\ntext");
    check("##### A **bold** `word` ###", "**A bold `word`**");
    check("###### Six", "**Six**");
    check("#### ", "#### ");
    check("One\n===\n\nTwo\n---\n", "# One\n\n## Two\n");
    check("a\nb\n---\n", "a\nb\n────────────────────\n");
}

#[test]
fn rules_are_lines() {
    for rule in ["---", "***", "___", "- - -", "----------"] {
        check(
            &format!("a\n\n{rule}\n\nb"),
            "a\n\n────────────────────\n\nb",
        );
    }
}

#[test]
fn tasks_are_boxes() {
    check("- [x] a\n- [ ] b\n  - [X] c", "☑ a\n☐ b\n  ☑ c");
    check(
        "1. [ ] a\n\n[x] b and a[x] stay",
        "1. ☐ a\n\n[x] b and a[x] stay",
    );
}

#[test]
fn marks_of_items_are_those_of_discord() {
    check(
        "* a\n\n+ b\n  + c\n\n1) d\n10) e",
        "* a\n\n* b\n  * c\n\n1. d\n10. e",
    );
    let deep = |depth: usize| format!("{}- x", "  ".repeat(depth));
    let text: Vec<_> = (0..14).map(deep).collect();
    let expected: Vec<_> = (0..14).map(|depth: usize| deep(depth.min(10))).collect();
    check(&text.join("\n"), &expected.join("\n"));
}

#[test]
fn links_that_discord_refuses_are_words_and_addresses() {
    check("[a](src/b.rs)", "a (src/b.rs)");
    check("[`a`](#b) c", "`a` (#b) c");
    check("[mail](mailto:a@b.c)", "mail (mailto:a@b.c)");
    check("[a.rs](a.rs)", "a.rs");
    check("[a]()", "a");
    check("![a](https://a.b/c.png)", "[a](https://a.b/c.png)");
    check("![](https://a.b/c.png)", "https://a.b/c.png");
    check("![a](c.png)", "a (c.png)");
    check(
        "[![a](https://a.b/c.svg)](https://d.e)",
        "[a](https://d.e) (https://a.b/c.svg)",
    );
}

#[test]
fn code_in_lists_and_quotes_stands_by_itself() {
    check(
        "1. a:\n   ```sh\n   b\n\n     c\n   ```\n2. d",
        "1. a:\n```sh\nb\n\n  c\n```\n2. d",
    );
    check("- ```\n  a\n  ```", "-\n```\na\n```");
    check("> ```rust\n> a\n> ```", "> ```rust\n> a\n> ```");
    check(">```\n>a\n>```", "> ```\n> a\n> ```");
    check("> ```\n> a\nb", "> ```\n> a\n> ```\nb");
}

#[test]
fn code_ends_where_it_should() {
    check("~~~js\na\n~~~", "```js\na\n```");
    check(
        "````\n```\na\n```\n````",
        "```\n``\u{200b}`\na\n``\u{200b}`\n```",
    );
    check("```\na", "```\na\n```");
    check("```rust\n```\nb", "```rust\n \n```\nb");
    check("```\nls\npwd\n```", "```\nls\npwd\n```");
    check("use ``` to open", "use ``\u{200b}` to open");
    check("```inline```", "`inline`");
    check("```` ``` ````", "`` ``\u{200b}` ``");
    check("a\n\n    b\n      c\n\nd", "a\n\n```\nb\n  c\n```\n\nd");
}

#[test]
fn what_is_not_finished_is_shown() {
    for text in [
        "**bold",
        "*a **b",
        "[a](https://b",
        "[a",
        "![",
        "`a",
        "<b",
        "<!-- a",
        "| a | b |",
        "\\(a",
        "$$",
        "||a",
    ] {
        let pages = render(text, &PageOptions::default(), Completeness::Final);
        let shown = if text == "$$" { "```\n \n```" } else { text };
        assert_eq!(pages, [shown]);
    }
}

#[test]
fn quotes_are_written_as_discord_reads_them() {
    check(">a\n>\n>b", "> a\n> \n> b");
    check("> a\n> > b\n>> c", "> a\n> b\n> c");
    check("a\n>>> b\nc\n> d", "a\n>>> b\nc\n> d");
    check("> - [x] a\n> #### b", "> ☑ a\n> **b**");
}
