//! The project's own chores, run as `cargo xtask <chore>` from anywhere in the checkout.

mod fuzz;
mod prove;

use std::process::ExitCode;

use clap::Parser;

/// Chores of this project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Chore {
    /// Runs the proofs at their long scale and writes what they counted into docs/trust.md.
    Prove(prove::Args),
    /// Feeds every parser of outside input what a fuzzer makes up.
    Fuzz(fuzz::Args),
}

fn main() -> ExitCode {
    let result = match Chore::parse() {
        Chore::Prove(args) => prove::prove(&args),
        Chore::Fuzz(args) => fuzz::fuzz(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "this is what a chore tells its user")]
            {
                eprintln!("error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}
