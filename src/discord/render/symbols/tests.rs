//! Footnotes and LaTeX.

use crate::discord::render::dialect::tests::check;

#[test]
fn footnotes_are_raised() {
    check("a[^1] b[^12].\n\n[^1]: c\n[^12]: d", "a¹ b¹².\n\n¹ c\n¹² d");
    check("a[^note].\n\n[^note]: c", "a⁽note⁾.\n\n⁽note⁾ c");
    check("`a[^1]` and [^abc] and [^", "`a[^1]` and [^abc] and [^");
}

#[test]
fn math_is_code_and_prices_stay() {
    check("$$\na\n$$\n", "```\na\n```\n");
    check("\\[\na_1\n\\]\nb", "```\na_1\n```\nb");
    check("a:\n$$x^2$$\nb", "a:\n```\nx^2\n```\nb");
    check("so \\(a_1 * b_2\\) and \\(n\\)", "so `a_1 * b_2` and `n`");
    check("so $E = mc^2$ and $\\alpha$", "so `E = mc^2` and `\\alpha`");
    check("so $$x^2$$ inline", "so `x^2` inline");
    for text in [
        "$5 and $10",
        "$5-$10",
        "$x$",
        "\\(see below, please\\)",
        "\\[link\\]",
        "echo $A $B",
        "`\\(a\\)`",
    ] {
        check(text, text);
    }
    check("$$\na\n\nb", "```\na\n```\n\nb");
}
