//! HTML in Markdown.

use crate::discord::render::{Completeness, PageOptions, dialect::tests::check, render};

#[test]
fn tags_become_marks_or_nothing() {
    for (text, expected) in [
        ("a<br>b<br/>c<br />\nd", "a\nb\nc\nd"),
        (
            "<b>a</b> <strong>b</strong> <i>c</i> <em>d</em>",
            "**a** **b** *c* *d*",
        ),
        (
            "<u>a</u> <s>b</s> <del>c</del> <code>d</code>",
            "__a__ ~~b~~ ~~c~~ `d`",
        ),
        ("press <kbd>Ctrl</kbd>+<kbd>C</kbd>", "press `Ctrl`+`C`"),
        ("H<sub>2</sub>O x<sup>2</sup>", "H_2O x^2"),
        (
            "<details>\n<summary>More</summary>\n\nWords\n\n</details>\n",
            "**More**\n\nWords\n\n",
        ),
        (
            "<details><summary>More</summary>hidden</details>\n",
            "**More**\nhidden\n",
        ),
        ("<h2>Title</h2>words\n", "## Title\nwords\n"),
        ("<ul><li>a</li><li>b</li></ul>\n", "- a\n- b\n"),
        ("a <!-- b --> c", "a  c"),
        ("a\n\n<!-- b\n\nc -->\n\nd", "a\n\nd"),
        ("<a href=\"https://a.b\">c</a>", "[c](https://a.b)"),
        ("x <img src=\"a.png\" alt=\"b\"> y", "x b (a.png) y"),
        ("<span style=\"x\">a</span>", "a"),
        ("<pre>\n  a\n\nb\n</pre>\n", "```\n  a\n\nb\n```\n"),
        (
            "<pre><code class=\"x\">\na\n</code></pre>\nb\n",
            "```\na\n```\nb\n",
        ),
        ("<pre>a</pre> and __b__", "```\na\n```\nand __b__"),
        (
            "> <pre>\n> a\n> </pre> b\n> c\n",
            "> ```\n> a\n> ```\n> b\n> c\n",
        ),
        ("> <pre>\n> a\nb\n", "> ```\n> a\n> ```\nb\n"),
        // never closed
        ("<pre>\na", "```\na\n```"),
        (
            "<pre>\na\n```rust\nb\n```\nc\n",
            "```\na\n```\n```rust\nb\n```\nc\n",
        ),
        (
            "> <pre>\n> a\n> ```\n> b\n> ```\n> c\n",
            "> ```\n> a\n> ```\n> ```\n> b\n> ```\n> c\n",
        ),
        (
            "<pre>\nlet a\n    ~~~~~\n</pre>\n",
            "```\nlet a\n    ~~~~~\n```\n",
        ),
        ("<div align=\"center\">\n\n**a**\n\n</div>\n", "**a**\n\n"),
        ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n", "- a\n- b\n"),
    ] {
        check(text, expected);
    }
}

#[test]
fn what_is_no_html_stays() {
    for text in [
        "Vec<T> and HashMap<String, i32>",
        "a <i without end",
        "Option<b> alone",
        "</b> alone",
        "<thinking>a</thinking>",
        "`<br>` in code",
        "<@123> <#4> <https://a.b>",
        "<!-- not closed",
        "<pre> is the tag for text as it is",
        "<pre><code> is for code\n\n**b**\n",
        "> <pre> is a tag\n> and **b**\n",
        "- <pre> is a tag\n- and **b**\n",
        "<prefix> alone",
    ] {
        check(text, text);
    }
}

#[test]
fn preformatted_text_ends_in_a_line_that_is_read_in_parts() {
    let options = PageOptions {
        limit: 20_000,
        ..PageOptions::default()
    };
    let words = "word ".repeat(1_900);
    for (text, expected) in [
        (
            format!("<pre>\n{words}end</pre> and\n**b**\n"),
            format!("```\n{words}end\n```\nand\n**b**\n"),
        ),
        (
            format!("> <pre>\n> {words}end</pre>\n> **b**\n"),
            format!("> ```\n> {words}end\n> ```\n> **b**\n"),
        ),
        (
            format!("<pre>a</pre> {words}end\n"),
            format!("```\na\n```\n{words}end\n"),
        ),
    ] {
        assert_eq!(render(&text, &options, Completeness::Final), [expected]);
    }
}

#[test]
fn entities_are_characters() {
    check(
        "a &lt; b &amp;&amp; c &gt; d &copy; &rarr; &nbsp;",
        "a < b && c > d © → \u{a0}",
    );
    check("&#42;a&#42; &bogus; `&lt;`", "\\*a\\* &bogus; `&lt;`");
    check("&gt; a", "\\> a");
}
