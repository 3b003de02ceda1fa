//! Makes docs/performance.md of the reports in docs/performance.

use std::fs;

use serde_json::Value;

use crate::{
    Result, paths,
    report::{Report, Table},
};

const INTRODUCTION: &str = "\
# Performance

`cargo xtask bench` measures the release binary from outside and writes this page; do not edit it. `--quick` takes smaller
samples and about two minutes, `--only NAME` measures one figure. Everything runs on one machine: the bot, a loopback
Discord, a loopback Messages API that answers at once, the CLI, and in the same run the alternatives. So no time has a
network or a model in it, and what is compared was disturbed alike. The numbers and plots are in
[performance](performance); an expected curve starts at the first measured point.

Medians, 95th and 99th percentiles are values that were measured. The spread is the distance between the quarters.
";

/// Writes the page with the figures in this order. Those that were never measured are named.
pub(crate) fn write(names: &[&str]) -> Result<()> {
    let mut reports = Vec::new();
    for name in names {
        match fs::read(paths::figures().join(format!("{name}.json"))) {
            Ok(text) => reports.push((*name, serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    let missing = names
        .iter()
        .filter(|name| reports.iter().all(|(known, _)| known != *name));
    let missing: Vec<_> = missing.copied().collect();
    paths::write(&paths::page(), &page(&reports, &missing))
}

fn page(reports: &[(&str, Report)], missing: &[&str]) -> String {
    let mut lines = vec![INTRODUCTION.to_owned(), "## Goals\n".to_owned()];
    lines.push("| figure | goal | measured | reached | what stands in the way |".to_owned());
    lines.push("|---|---|---|---|---|".to_owned());
    for goal in reports.iter().flat_map(|(_, report)| &report.goals) {
        let (reached, note) = if goal.reached {
            ("yes", "")
        } else {
            ("no", goal.note.as_str())
        };
        let (figure, wanted, measured) = (&goal.figure, &goal.wanted, &goal.measured);
        lines.push(format!(
            "| {figure} | {wanted} | {measured} | {reached} | {note} |"
        ));
    }
    lines.push(String::new());
    if !missing.is_empty() {
        lines.push(format!(
            "Not measured yet, because no full run was made: {}.\n",
            missing.join(", ")
        ));
    }
    for (name, report) in reports {
        lines.push(format!("## {}\n", report.title));
        lines.push(format!("{}\n", report.about));
        for table in &report.tables {
            lines.push(self::table(table));
            lines.push(format!(
                "\n{}; `cargo xtask bench --only {name}`\n",
                report.run.text()
            ));
        }
        for plot in &report.plots {
            lines.push(format!(
                "![{}](performance/{}.svg)\n",
                plot.title, plot.name
            ));
        }
    }
    let page = lines.join("\n");
    page.trim_end().to_owned() + "\n"
}

fn table(table: &Table) -> String {
    let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let mut lines = vec![format!("**{}**\n", table.title), row(table.columns.clone())];
    lines.push(row(vec!["---".to_owned(); table.columns.len()]));
    let cells = |cells: &Vec<Value>| row(cells.iter().map(cell).collect());
    lines.extend(table.rows.iter().map(cells));
    lines.join("\n")
}

/// Three digits that count are enough for a reader; the JSON has all.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if !number.is_u64() => short(float),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// A number with at most three digits that count, but whole from 100 on.
pub(crate) fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        size if size >= 1.0 => format!("{number:.2}"),
        _ => format!("{number:.3}"),
    }
}

#[cfg(test)]
mod tests;
