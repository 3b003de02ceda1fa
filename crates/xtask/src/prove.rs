//! `cargo xtask prove`: runs the tests under `tests/prove` at their long scale, one at a time, and collects their
//! figures in `docs/trust.md`.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

/// The lines of `docs/trust.md` around the table.
const BEGIN: &str = "<!-- figures: written by `cargo xtask prove` -->";
const END: &str = "<!-- end of figures -->";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run only the proofs whose name contains this
    filter: Option<String>,
    /// Leave docs/trust.md unchanged
    #[arg(long)]
    no_table: bool,
}

/// A row of the table, as `tests/prove/figure.rs` writes it.
#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Figure {
    test: String,
    promise: String,
    tried: String,
    found: String,
    /// The command that produces it, if it is not `cargo xtask prove`.
    command: Option<String>,
}

pub(crate) fn prove(args: &Args) -> Result<(), Box<dyn Error>> {
    let root = root();
    let filter = format!("prove::{}", args.filter.as_deref().unwrap_or_default());
    #[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(&root)
        .args(["test", "--locked", "--test", "main", &filter])
        .args(["--", "--test-threads=1", "--nocapture"])
        .env("SWITCHBOARD_PROVE", "long")
        .status()?;
    if !status.success() {
        return Err("a proof failed; see above".into());
    }
    if args.no_table {
        return Ok(());
    }
    let page = root.join("docs/trust.md");
    let text = fs::read_to_string(&page)?;
    let text = with_table(&text, &table(&figures(&root.join("target/prove"))?))
        .ok_or("docs/trust.md lacks the lines around the figures")?;
    #[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
    fs::write(&page, text)?;
    Ok(())
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The figures of this run and earlier ones, by the module under `tests/prove`.
fn figures(folder: &Path) -> Result<BTreeMap<String, Vec<Figure>>, Box<dyn Error>> {
    let mut modules: BTreeMap<String, Vec<Figure>> = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let figure: Figure = serde_json::from_slice(&fs::read(entry?.path())?)?;
        let module = figure.test.split("::").nth(1).unwrap_or_default();
        modules.entry(module.to_owned()).or_default().push(figure);
    }
    for figures in modules.values_mut() {
        figures.sort();
    }
    Ok(modules)
}

fn table(modules: &BTreeMap<String, Vec<Figure>>) -> String {
    let mut lines = Vec::new();
    for (module, figures) in modules {
        lines.push(format!("\n### {module}\n"));
        lines.push("| promise | tried | found | command |".to_owned());
        lines.push("|---|---|---|---|".to_owned());
        for figure in figures {
            let Figure {
                test,
                promise,
                tried,
                found,
                command,
            } = figure;
            let name = test.trim_start_matches("prove::");
            let own = format!("cargo xtask prove {name}");
            let command = command.as_ref().unwrap_or(&own);
            lines.push(format!("| {promise} | {tried} | {found} | `{command}` |"));
        }
    }
    lines.join("\n")
}

/// Replaces the table of the page. `None` if the lines around it are missing.
fn with_table(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_replaced() {
        let page = format!("a\n{BEGIN}\nold\n{END}\nb\n");
        let new = with_table(&page, "new").unwrap();
        assert_eq!(new, format!("a\n{BEGIN}\nnew\n{END}\nb\n"));
        assert_eq!(with_table(&new, "new"), Some(new));
        assert_eq!(with_table("no place", "new"), None);
    }

    #[test]
    fn a_row_names_its_command() {
        let figure = Figure {
            test: "prove::registry::kills".into(),
            promise: "no torn read".into(),
            tried: "10 kills".into(),
            found: "0".into(),
            command: None,
        };
        let modules = BTreeMap::from([("registry".to_owned(), vec![figure])]);
        assert!(
            table(&modules)
                .contains("| no torn read | 10 kills | 0 | `cargo xtask prove registry::kills` |")
        );
    }
}
