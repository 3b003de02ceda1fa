//! `cargo xtask bench` builds the release binary, the stand-in and the crate `bench`, and runs the latter.

use std::{error::Error, process::Command};

use crate::prove::root;

#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// Passed on: `--quick`, `--only NAME`, `--help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn bench(args: &Args) -> Result<(), Box<dyn Error>> {
    // Apart, so that no other crate adds features to the bot's dependencies.
    for package in ["switchboard", "claude-stand-in"] {
        cargo(&["build", "--release", "--locked", "--package", package])?;
    }
    let mut run = vec![
        "run",
        "--release",
        "--locked",
        "--quiet",
        "--package",
        "bench",
        "--",
    ];
    run.extend(args.arguments.iter().map(String::as_str));
    cargo(&run)
}

fn cargo(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root())
        .args(arguments)
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cargo {} failed", arguments.join(" ")).into())
    }
}
