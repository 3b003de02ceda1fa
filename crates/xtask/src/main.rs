//! The project's chores: `cargo xtask <chore>`, from any folder of the checkout.

mod bench;
mod dist;
mod docs;
mod fuzz;
mod prove;
mod tools;

use std::process::ExitCode;

use clap::Parser;

/// Chores of this project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Chore {
    /// Measure the release binary and write docs/performance.md
    Bench(bench::Args),
    /// Make the Debian package and the tarball of a release
    Dist(dist::Args),
    /// Run the proofs of tests/prove at their long scale and write their figures into docs/trust.md
    Prove(prove::Args),
    /// Write config.schema.json and the tables of keys in docs/configuration.md
    Docs,
    /// Fuzz the parsers of outside input
    Fuzz(fuzz::Args),
}

fn main() -> ExitCode {
    let result = match Chore::parse() {
        Chore::Bench(args) => bench::bench(&args),
        Chore::Dist(args) => dist::dist(&args),
        Chore::Prove(args) => prove::prove(&args),
        Chore::Docs => docs::docs(),
        Chore::Fuzz(args) => fuzz::fuzz(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the output of a chore")]
            {
                eprintln!("error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests;
