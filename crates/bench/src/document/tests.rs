use serde_json::json;

use super::*;
use crate::report::{Goal, Plot};

#[test]
fn the_page_has_goals_tables_and_plots() {
    let mut table = Table::new("Times", ["what", "samples", "ms"]);
    table
        .rows
        .push(vec![json!("bot"), json!(1200), json!(2.7431)]);
    let report = Report {
        title: "A warm turn".to_owned(),
        about: "Asked and answered.".to_owned(),
        goals: vec![
            Goal::new("turn", "2 ms", "3 ms".to_owned(), false)
                .note("the disk takes 3 ms".to_owned()),
            Goal::new("turn, p95", "5 ms", "4 ms".to_owned(), true).note("unseen".to_owned()),
        ],
        tables: vec![table],
        plots: vec![Plot::new("turn", "Turns", "x", "y")],
        ..Report::default()
    };
    let page = page(&[("turn", report)], &["build"]);
    for expected in [
        "| turn | 2 ms | 3 ms | no | the disk takes 3 ms |\n| turn, p95 | 5 ms | 4 ms | yes |  |\n",
        "\nNot measured yet, because no full run was made: build.\n\n## A warm turn\n\nAsked and answered.\n\n**Times**\n\n| what | samples | ms |\n| --- | --- | --- |\n",
        "| bot | 1200 | 2.74 |\n",
        "`cargo xtask bench --only turn`",
        "![Turns](performance/turn.svg)\n",
    ] {
        assert!(
            page.contains(expected),
            "{expected:?} is missing in\n{page}"
        );
    }
}

#[test]
fn numbers_are_short() {
    for (number, text) in [
        (0.0123, "0.012"),
        (1.239, "1.24"),
        (12.34, "12.3"),
        (1234.5, "1234"),
    ] {
        assert_eq!(short(number), text);
    }
}
