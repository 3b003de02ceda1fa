//! `cargo xtask docs` writes what the program prints of its configuration: `config.schema.json`, and the tables of keys in
//! `docs/configuration.md`.

use std::{error::Error, fs};

use crate::{
    prove::{cargo, root},
    tools::{output, write},
};

/// The line after each table.
const END: &str = "<!-- end of keys -->\n";

pub(crate) fn docs() -> Result<(), Box<dyn Error>> {
    write(&root().join("config.schema.json"), &printed(&["schema"])?)?;
    let page = root().join("docs/configuration.md");
    let mut text = fs::read_to_string(&page)?;
    for table in printed(&["schema", "--markdown"])?.split_inclusive(END) {
        text = with_table(&text, table)?;
    }
    write(&page, &text)
}

/// What `switchboard` prints.
fn printed(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let bot = [
        "run",
        "--quiet",
        "--locked",
        "--package",
        "switchboard",
        "--",
    ];
    output(cargo().args(bot).args(arguments))
}

/// The page with a table in place of the one that begins with the same line.
fn with_table(page: &str, table: &str) -> Result<String, Box<dyn Error>> {
    let begin = table.lines().next().unwrap_or_default();
    let (before, rest) = page
        .split_once(begin)
        .ok_or_else(|| format!("the page lacks the line {begin}"))?;
    let (_, after) = rest
        .split_once(END)
        .ok_or_else(|| format!("no line {} follows {begin}", END.trim_end()))?;
    Ok(format!("{before}{table}{after}"))
}

#[cfg(test)]
mod tests;
