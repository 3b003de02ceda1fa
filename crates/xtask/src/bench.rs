//! `cargo xtask bench` builds the release binary, the stand-in and the crate `bench`, and runs the latter.

use std::error::Error;

use crate::{prove::cargo, tools::run};

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
        run(cargo().args(["build", "--release", "--locked", "--package", package]))?;
    }
    let measure = [
        "run",
        "--release",
        "--locked",
        "--quiet",
        "--package",
        "bench",
        "--",
    ];
    run(cargo().args(measure).args(&args.arguments))
}
