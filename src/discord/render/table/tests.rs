//! Tables.

use crate::discord::render::{Completeness, PageOptions, dialect::tests::check, render, units};

#[test]
fn columns_are_aligned_by_what_is_seen() {
    check(
        "| a | b | c |\n|:--|--:|:-:|\n| **x** | `1` | y |\n| 苹果 🍎 | 22 | [z](https://q.r) |\n| | 3 \\| 4 | ~~w~~ |",
        "```\na       |     b |        c\n--------|-------|----------------\nx       |     1 |        y\n苹果 🍎 |    22 | z (https://q.r)\n        | 3 | 4 |        w\n```",
    );
}

#[test]
fn a_wide_table_is_lines() {
    let wide = "x".repeat(60);
    check(
        &format!(
            "| Name | What | Where |\n|---|---|---|\n| **a** | {wide} | `b` |\n| c | | [d](https://e.f) |\n\nafter"
        ),
        &format!(
            "**Name: a**\n**What**: {wide}\n**Where**: `b`\n\n**Name: c**\n**Where**: [d](https://e.f)\n\nafter"
        ),
    );
    let options = PageOptions {
        table_columns: 100,
        ..PageOptions::default()
    };
    let pages = render(
        &format!("| a |\n|---|\n| {wide} |\n"),
        &options,
        Completeness::Final,
    );
    assert!(pages[0].starts_with("```\na\n---"), "{pages:?}");
}

#[test]
fn the_header_is_repeated_and_no_row_is_cut() {
    let rows: Vec<_> = (0..1000)
        .map(|n| format!("| row {n} | {} |\n", n * 7))
        .collect();
    let text = format!("| name | value |\n|---|--:|\n{}", rows.concat());
    let pages = render(&text, &PageOptions::default(), Completeness::Final);
    assert!(pages.len() > 5);
    let mut found = 0;
    for page in &pages {
        assert!(units(page) <= 2000);
        assert!(page.starts_with("```\nname"), "{page}");
        assert!(page.ends_with("\n```"), "{page}");
        for line in page.lines().filter(|line| line.starts_with("row")) {
            let (name, value) = line.split_once('|').unwrap();
            assert_eq!(name.trim(), format!("row {found}"));
            assert_eq!(value.trim(), (found * 7).to_string());
            found += 1;
        }
    }
    assert_eq!(found, 1000);
}

#[test]
fn tables_in_quotes_and_lists() {
    check("> | a |\n> |---|\n> | b |", "> ```\n> a\n> -\n> b\n> ```");
    check(
        "- x\n\n  | a |\n  |---|\n  | b |",
        "- x\n\n```\na\n-\nb\n```",
    );
}

#[test]
fn what_is_no_table_stays() {
    check("a | b\nc | d", "a | b\nc | d");
    check(
        "| a | b |\n|---|---|\n| 1 | 2 |\nwords",
        "```\na | b\n--|--\n1 | 2\n```\nwords",
    );
}

#[test]
fn cells_without_a_column_are_kept() {
    check(
        "| a | b |\n|---|---|\n| 1 | 2 | 3 | 4 |\n| 5 |",
        "```\na | b\n--|----------\n1 | 2 | 3 | 4\n5 |\n```",
    );
}

#[test]
fn a_long_table_keeps_the_columns_of_its_first_page() {
    let rows = |cells: &str, count| format!("| {cells} | 1 |\n").repeat(count);
    let text = format!(
        "| Name | Count |\n|---|--:|\n{}{}\nafter",
        rows("short", 300),
        rows("rather longer", 10)
    );
    let pages = render(&text, &PageOptions::default(), Completeness::Final);
    for page in &pages {
        assert!(
            page.starts_with("```\nName  | Count\n------|------\n"),
            "{page}"
        );
        assert_eq!(page.matches("---|---").count(), 1, "{page}");
    }
    assert!(
        pages
            .last()
            .unwrap()
            .ends_with("rather longer |     1\n```\n\nafter"),
        "{pages:?}"
    );
    // The last row of a part is followed by something else.
    for count in 240..260 {
        let text = format!("| Name | Count |\n|---|--:|\n{}after", rows("short", count));
        let pages = render(&text, &PageOptions::default(), Completeness::Final);
        assert_eq!(pages.concat().matches("short").count(), count);
        assert!(
            pages.last().unwrap().ends_with("|     1\n```\nafter"),
            "{pages:?}"
        );
    }
}

#[test]
fn what_only_looks_like_a_long_table_is_shown_once() {
    let text = format!("a | b\n|---|---|---|\n{}", "c | d\n".repeat(1_000));
    let pages = render(&text, &PageOptions::default(), Completeness::Final);
    assert_eq!(pages.concat().matches("---|---").count(), 1, "{pages:?}");
    assert_eq!(pages.concat().matches("c | d").count(), 1_000);
}
