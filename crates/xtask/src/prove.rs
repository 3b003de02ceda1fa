//! `cargo xtask prove`: the tests under `tests/prove` at their long scale, one after the other, and their figures.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

/// The lines of `docs/trust.md` between which the table stands.
const BEGIN: &str = "<!-- figures: written by `cargo xtask prove` -->";
const END: &str = "<!-- end of figures -->";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Proofs whose name contains this; all of them without it.
    filter: Option<String>,
    /// Leave docs/trust.md as it is.
    #[arg(long)]
    no_table: bool,
}

/// What a proof counted, as `tests/prove/figure.rs` writes it.
#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Figure {
    test: String,
    promise: String,
    tried: String,
    found: String,
    /// What makes it, where that is not this chore.
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
        return Err("a promise was not kept; see above".into());
    }
    if args.no_table {
        return Ok(());
    }
    let page = root.join("docs/trust.md");
    let text = fs::read_to_string(&page)?;
    let text = with_table(&text, &table(&figures(&root.join("target/prove"))?))
        .ok_or("docs/trust.md has no place for the figures")?;
    #[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
    fs::write(&page, text)?;
    Ok(())
}

/// The checkout, whatever the working folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// All figures of this and of earlier runs, by room.
fn figures(folder: &Path) -> Result<BTreeMap<String, Vec<Figure>>, Box<dyn Error>> {
    let mut rooms: BTreeMap<String, Vec<Figure>> = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let figure: Figure = serde_json::from_slice(&fs::read(entry?.path())?)?;
        let room = figure.test.split("::").nth(1).unwrap_or_default();
        rooms.entry(room.to_owned()).or_default().push(figure);
    }
    for figures in rooms.values_mut() {
        figures.sort();
    }
    Ok(rooms)
}

fn table(rooms: &BTreeMap<String, Vec<Figure>>) -> String {
    let mut lines = Vec::new();
    for (room, figures) in rooms {
        lines.push(format!("\n### {room}\n"));
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

/// The page with another table; `None` where it has no place for one.
fn with_table(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_takes_the_place_of_the_old_one() {
        let page = format!("a\n{BEGIN}\nold\n{END}\nb\n");
        let new = with_table(&page, "new").unwrap();
        assert_eq!(new, format!("a\n{BEGIN}\nnew\n{END}\nb\n"));
        assert_eq!(with_table(&new, "new"), Some(new));
        assert_eq!(with_table("no place", "new"), None);
    }

    #[test]
    fn a_row_says_how_to_run_it_again() {
        let figure = Figure {
            test: "prove::registry::kills".into(),
            promise: "no torn read".into(),
            tried: "10 kills".into(),
            found: "0".into(),
            command: None,
        };
        let rooms = BTreeMap::from([("registry".to_owned(), vec![figure])]);
        assert!(
            table(&rooms)
                .contains("| no torn read | 10 kills | 0 | `cargo xtask prove registry::kills` |")
        );
    }
}
