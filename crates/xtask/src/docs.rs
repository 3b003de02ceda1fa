//! `cargo xtask docs` writes what the program prints of its configuration: `config.schema.json`, and the tables of keys in
//! `docs/configuration.md`.

use std::{error::Error, fs};

use crate::prove::{cargo, root};

/// The line after each table.
const END: &str = "<!-- end of keys -->\n";

pub(crate) fn docs() -> Result<(), Box<dyn Error>> {
    write("config.schema.json", &printed(&["schema"])?)?;
    let page = "docs/configuration.md";
    let mut text = fs::read_to_string(root().join(page))?;
    for table in printed(&["schema", "--markdown"])?.split_inclusive(END) {
        text = with_table(&text, table)?;
    }
    write(page, &text)
}

/// What `switchboard` prints.
fn printed(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let mut run = cargo();
    run.args([
        "run",
        "--quiet",
        "--locked",
        "--package",
        "switchboard",
        "--",
    ]);
    let output = run
        .args(arguments)
        .stderr(std::process::Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("switchboard {} failed", arguments.join(" ")).into());
    }
    Ok(String::from_utf8(output.stdout)?)
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

#[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
fn write(page: &str, text: &str) -> Result<(), Box<dyn Error>> {
    Ok(fs::write(root().join(page), text)?)
}

#[cfg(test)]
mod tests;
