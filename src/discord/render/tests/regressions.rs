//! Cuts that once went wrong: marks, backticks and clusters beside them.

use super::{check, check_growing, model::seen};

#[test]
fn marks_around_many_pages_are_closed_on_each() {
    let words = "some words ".repeat(100);
    for mark in ["**", "*", "__", "~~", "||", "`"] {
        let text = format!("Before. {mark}{}{mark} After.", words.trim());
        for page in check(&text, 150) {
            assert_eq!(page.matches(mark).count() % 2, 0, "{page}");
            assert!(!page.contains(&mark.repeat(2)) || mark == "*", "{page}");
        }
        // nothing closes it
        let text = format!("Before. {mark}{}\n\nAfter.", words.trim());
        let pages = check(&text, 150);
        assert_eq!(pages.concat().matches(mark).count() % 2, 0, "{pages:?}");
    }
}

#[test]
fn backticks_beside_a_cut_make_no_fence() {
    check(
        "aA.?aa.aAaA.A.,,A?aa.a.aaa??...a?? ```                                                              a````",
        20,
    );
}

#[test]
fn a_long_run_of_backticks_opens_no_code_block() {
    let run = "`".repeat(118);
    let blank = " ".repeat(180);
    let parts = [
        ".aA?  .? a,A A?Aaaaaa",
        &run,
        "A (Aa0A\n(0\n#~",
        " Aa a,?A,.,??Aa?A?A?Aa,?A.  ?a AaAA,a ",
        &blank,
        "````\n",
    ];
    check_growing(&parts.map(str::to_owned), 40);
}

#[test]
fn three_marks_beside_a_cut_stay_bold_and_italic() {
    let words = |count| vec!["word"; count].join(" ");
    for before in 10..60 {
        let text = format!("{} **{}** ***{}***.", words(before), words(9), words(70));
        let shown: Vec<_> = check(&text, 151)
            .iter()
            .flat_map(|page| seen(page))
            .collect();
        assert_eq!(shown, seen(&text), "{before}");
    }
}

#[test]
fn the_mark_of_an_empty_list_item_is_kept() {
    let (quotes, blank) = (">".repeat(54), "\n".repeat(55));
    check(&format!("?,aa.{quotes}\n1. {blank}A?a,,"), 55);
}

#[test]
fn a_cluster_longer_than_a_page_is_cut_within_code() {
    let cluster = "\u{301}".repeat(60);
    for text in [
        format!(">>> \n```\nH{cluster}\n```"),
        format!("> ```\n>     {cluster}\n> ```"),
        format!("```\n{cluster}\n```"),
    ] {
        check(&text, 20);
    }
}

#[test]
fn short_pages_do_not_repeat_the_header_of_a_table() {
    for header in ["| a | b |\n|---|---|\n", "| abcd |\n|---|\n"] {
        let table = header.to_owned() + &"| c |\n".repeat(9);
        check(&table, 20);
        check(&format!("> {}", table.trim_end().replace('\n', "\n> ")), 20);
    }
}
