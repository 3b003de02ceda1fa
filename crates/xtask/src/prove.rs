//! `cargo xtask prove` runs the tests under `tests/prove` at their long scale, one after the other, and writes their
//! results to `docs/trust.md`.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

/// The lines of `docs/trust.md` that enclose the tables.
const BEGIN: &str = "<!-- figures: written by `cargo xtask prove` -->";
const END: &str = "<!-- end of figures -->";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run only proofs whose name contains this.
    filter: Option<String>,
    /// Scale of the proofs, in percent of the long one.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    percent: u32,
    /// Do not update docs/trust.md.
    #[arg(long)]
    no_table: bool,
}

/// A result, as `tests/prove/figure.rs` and `cargo xtask fuzz` write it.
#[derive(Debug, Deserialize)]
struct Figure {
    test: String,
    promise: String,
    tried: String,
    found: String,
    /// The date and the version of Switchboard.
    measured: String,
    /// How to measure it again, if not with `cargo xtask prove`.
    command: Option<String>,
}

/// A row of a table by its promise.
type Rows = BTreeMap<String, String>;

pub(crate) fn prove(args: &Args) -> Result<(), Box<dyn Error>> {
    let root = root();
    let filter = format!("prove::{}", args.filter.as_deref().unwrap_or_default());
    let status = cargo()
        .args(["test", "--locked", "--test", "main", &filter])
        .args(["--", "--test-threads=1", "--nocapture"])
        .env("SWITCHBOARD_PROVE", args.percent.to_string())
        .status()?;
    if !status.success() {
        return Err("a proof failed; see above".into());
    }
    if args.no_table {
        return Ok(());
    }
    let page = root.join("docs/trust.md");
    let text = fs::read_to_string(&page)?;
    let figures = figures(&root.join("target/prove"))?;
    let text = with_figures(&text, figures).ok_or("docs/trust.md has no place for the figures")?;
    #[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
    fs::write(&page, text)?;
    Ok(())
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The cargo that runs the chore, in the checkout.
#[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// The results of this run and of earlier ones.
fn figures(folder: &Path) -> Result<Vec<Figure>, Box<dyn Error>> {
    let entries = fs::read_dir(folder)?;
    entries
        .map(|entry| Ok(serde_json::from_slice(&fs::read(entry?.path())?)?))
        .collect()
}

/// The page with these results in place of those with the same promises; `None` if it has no place for them.
fn with_figures(page: &str, figures: Vec<Figure>) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (tables, after) = rest.split_once(END)?;
    let mut sections = sections(tables);
    for figure in figures {
        let section = figure.test.split("::").nth(1).unwrap_or_default();
        let rows = sections.entry(section.to_owned()).or_default();
        rows.insert(figure.promise.clone(), row(&figure));
    }
    Some(format!(
        "{before}{BEGIN}\n{}\n{END}{after}",
        tables_of(&sections)
    ))
}

/// The rows of the page's tables, by section.
fn sections(tables: &str) -> BTreeMap<String, Rows> {
    let mut sections: BTreeMap<String, Rows> = BTreeMap::new();
    let mut section = String::new();
    for line in tables.lines() {
        if let Some(name) = line.strip_prefix("### ") {
            name.clone_into(&mut section);
        } else if let Some(cells) = line.strip_prefix("| ")
            && let Some((promise, _)) = cells.split_once(" | ")
            && promise != "promise"
        {
            let rows = sections.entry(section.clone()).or_default();
            rows.insert(promise.to_owned(), line.to_owned());
        }
    }
    sections
}

fn row(figure: &Figure) -> String {
    let Figure {
        test,
        promise,
        tried,
        found,
        measured,
        command,
    } = figure;
    let own = format!("cargo xtask prove {}", test.trim_start_matches("prove::"));
    let command = command.as_ref().unwrap_or(&own);
    format!("| {promise} | {tried} | {found} | {measured} | `{command}` |")
}

fn tables_of(sections: &BTreeMap<String, Rows>) -> String {
    let mut lines = Vec::new();
    for (section, rows) in sections {
        lines.push(format!("\n### {section}\n"));
        lines.push("| promise | tried | found | measured | command |".to_owned());
        lines.push("|---|---|---|---|---|".to_owned());
        lines.extend(rows.values().cloned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
