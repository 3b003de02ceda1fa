//! Measures the release binary from outside, and the alternatives beside it, and writes docs/performance.md.
//!
//! `cargo xtask bench` builds what this needs and runs it. Each figure is a module of [`figures`]; they share one
//! driver: [`world`] (the loopback services and the bot), [`cli`] (the CLI without the bot), [`save`] (a save without the
//! bot), [`tap`] (when a line passes between the bot and its CLI), [`proc`] (memory and processor time). [`report`] is
//! what a figure returns, and [`document`] makes the page of it.

mod cli;
mod document;
mod figures;
mod paths;
mod plot;
mod proc;
mod report;
mod samples;
mod save;
mod tap;
mod world;

use std::{error::Error, fs, process::ExitCode, time::Instant};

use clap::Parser;

use crate::report::{Report, Run};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Measure the release binary and write docs/performance.md.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Args {
    /// Take smaller samples and leave out the largest scales and the builds; about two minutes
    #[arg(long)]
    quick: bool,
    /// Measure only these figures; the others keep what docs/performance has of them
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    quick: bool,
}

impl Scale {
    /// One of two values or lists: that of a quick run or that of a full one.
    pub(crate) fn pick<T>(self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }
}

fn main() -> ExitCode {
    if tap::is_tap() {
        return tap::main();
    }
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(args: &Args) -> Result<()> {
    let known: Vec<_> = figures::ALL.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = args
        .only
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        let known = known.join(", ");
        return Err(format!("no figure {unknown:?}; the figures are: {known}").into());
    }
    fs::create_dir_all(paths::figures())?;
    let scale = Scale { quick: args.quick };
    let mut failed = Vec::new();
    for (name, measure) in figures::ALL {
        if !args.only.is_empty() && !args.only.iter().any(|only| only == name) {
            continue;
        }
        let begun = Instant::now();
        match measure(scale).await {
            Ok(Some(report)) => {
                store(name, report, args.quick)?;
                say(&format!("{name}: {:.0} s", begun.elapsed().as_secs_f64()));
            }
            Ok(None) => say(&format!("{name}: not part of a quick run")),
            Err(error) => {
                say(&format!("{name}: {error}"));
                failed.push(*name);
            }
        }
        // After each figure, so that a run that is cut off leaves a page that is true.
        document::write(&known)?;
    }
    if failed.is_empty() {
        return Ok(());
    }
    let failed = failed.join(", ");
    Err(format!("not measured: {failed}; the page keeps their earlier figures").into())
}

/// Writes a figure's report and plots beside the page.
fn store(name: &str, mut report: Report, quick: bool) -> Result<()> {
    report.run = Run::now(quick)?;
    for plot in &report.plots {
        let path = paths::figures().join(format!("{}.svg", plot.name));
        plot::draw(plot, &path)?;
    }
    let text = serde_json::to_string_pretty(&report)? + "\n";
    paths::write(&paths::figures().join(format!("{name}.json")), &text)
}

/// Tells whoever runs it.
pub(crate) fn say(text: &str) {
    #[expect(clippy::print_stderr, reason = "the output of a chore")]
    {
        eprintln!("{text}");
    }
}
