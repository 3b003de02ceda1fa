//! `cargo xtask fuzz`: fuzzes every parser of outside input with libFuzzer.
//!
//! It builds the targets itself instead of through `cargo fuzz`, which would have to be installed first. The targets
//! look for panics and broken properties. They need neither a sanitizer, because the project has no unsafe code, nor
//! a nightly toolchain.

use std::{
    error::Error,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    thread,
    time::Instant,
};

use serde_json::json;

use crate::prove::{cargo, root};

/// Instruments the code as libFuzzer expects. Comparisons are not traced: without it a target tries twice as many
/// inputs, and the seeds hold the words that the parsers compare with.
const RUSTFLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-stack-depth",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
];

/// The longest input, in bytes.
const MAX_INPUT: usize = 4096;

/// An input that takes longer than this, in seconds, is a failure.
const TIMEOUT: u32 = 10;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Targets to run [default: all]
    targets: Vec<String>,
    /// How long each target runs
    #[arg(long, default_value_t = 20, conflicts_with = "runs")]
    seconds: u64,
    /// How many inputs each target runs instead; `cargo xtask prove` then adds the figures to docs/trust.md
    #[arg(long)]
    runs: Option<u64>,
    /// How many targets run at a time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

/// The result of running a target.
struct Outcome {
    target: String,
    inputs: u64,
    seconds: u64,
    /// Its log, if it failed.
    failure: Option<PathBuf>,
}

pub(crate) fn fuzz(args: &Args) -> Result<(), Box<dyn Error>> {
    let root = root();
    let known = targets(&root)?;
    if let Some(unknown) = args.targets.iter().find(|name| !known.contains(name)) {
        return Err(format!(
            "no target {unknown:?}; the targets are: {}",
            known.join(", ")
        )
        .into());
    }
    let targets = if args.targets.is_empty() {
        known
    } else {
        args.targets.clone()
    };
    let host = host()?;
    build(&host)?;
    let programs = root.join("target/fuzz").join(host).join("release");
    let queue = Mutex::new(targets.iter());
    let outcomes = Mutex::new(Vec::new());
    let next = || {
        queue
            .lock()
            .ok()
            .and_then(|mut queue| queue.next().cloned())
    };
    thread::scope(|scope| {
        for _ in 0..args.jobs.max(1) {
            scope.spawn(|| {
                while let Some(target) = next() {
                    let outcome = run(&root, &programs, &target, args).and_then(|outcome| {
                        if args.runs.is_some() && outcome.failure.is_none() {
                            record(&root, &outcome)?;
                        }
                        Ok(outcome)
                    });
                    if let Ok(mut outcomes) = outcomes.lock() {
                        outcomes.push(outcome);
                    }
                }
            });
        }
    });
    let outcomes: Vec<Outcome> = outcomes
        .into_inner()
        .unwrap_or_default()
        .into_iter()
        .collect::<io::Result<_>>()?;
    report(&outcomes)
}

/// The names of the files in `fuzz/fuzz_targets`.
fn targets(root: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join("fuzz/fuzz_targets"))? {
        let path = entry?.path();
        names.extend(
            path.file_stem()
                .map(|name| name.to_string_lossy().into_owned()),
        );
    }
    names.sort();
    Ok(names)
}

#[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
fn command(program: &str) -> Command {
    Command::new(program)
}

/// Builds all targets for `triple`. Naming the triple keeps the flags from build scripts and procedural macros.
fn build(triple: &str) -> Result<(), Box<dyn Error>> {
    let built = cargo()
        .args(["build", "--locked", "--release", "--manifest-path"])
        .args(["fuzz/Cargo.toml", "--target-dir", "target/fuzz"])
        .args(["--target", triple])
        .env("CARGO_ENCODED_RUSTFLAGS", RUSTFLAGS.join("\x1f"))
        .status()?;
    if built.success() {
        Ok(())
    } else {
        Err("the fuzz targets do not build".into())
    }
}

/// The target triple of this machine.
fn host() -> Result<String, Box<dyn Error>> {
    let told = String::from_utf8(command("rustc").arg("-vV").output()?.stdout)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("`rustc -vV` names no host")?.to_owned())
}

fn run(root: &Path, programs: &Path, target: &str, args: &Args) -> io::Result<Outcome> {
    let folder = root.join("target/fuzz");
    let corpus = folder.join("corpus").join(target);
    let artifacts = folder.join("artifacts").join(target);
    for made in [&corpus, &artifacts] {
        fs::create_dir_all(made)?;
    }
    seed(root, target, &corpus)?;
    let log = folder.join(format!("{target}.log"));
    #[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
    let output = fs::File::create(&log)?;
    let limit = match args.runs {
        Some(runs) => format!("-runs={runs}"),
        None => format!("-max_total_time={}", args.seconds),
    };
    let begun = Instant::now();
    let status = command("nice")
        .arg("-n19")
        .arg(programs.join(target))
        .arg(limit)
        .arg(format!("-max_len={MAX_INPUT}"))
        .arg(format!("-timeout={TIMEOUT}"))
        .args(["-rss_limit_mb=1024", "-print_final_stats=1"])
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(&corpus)
        .stdout(output.try_clone()?)
        .stderr(output)
        .status()?;
    Ok(Outcome {
        target: target.to_owned(),
        inputs: inputs(&String::from_utf8_lossy(&fs::read(&log)?)),
        seconds: begun.elapsed().as_secs(),
        failure: (!status.success()).then_some(log),
    })
}

/// Fills a target's corpus with its seeds, and that of `protocol` with what the real CLI wrote in `tests/captures`.
fn seed(root: &Path, target: &str, corpus: &Path) -> io::Result<()> {
    let put = |name: &str, content: &[u8]| {
        #[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
        fs::write(corpus.join(name), content)
    };
    let own = root.join("fuzz/seeds").join(target);
    if own.is_dir() {
        for entry in fs::read_dir(own)? {
            let entry = entry?;
            put(
                &entry.file_name().to_string_lossy(),
                &fs::read(entry.path())?,
            )?;
        }
    }
    if target != "protocol" {
        return Ok(());
    }
    for entry in fs::read_dir(root.join("crates/claude-session/tests/captures"))? {
        let entry = entry?;
        for (number, line) in fs::read_to_string(entry.path())?.lines().enumerate() {
            let recorded: serde_json::Value = serde_json::from_str(line)?;
            if let (Some("out"), Some(line)) = (recorded["dir"].as_str(), recorded["line"].as_str())
            {
                let name = format!("{}-{number}", entry.file_name().to_string_lossy());
                put(&name, line.as_bytes())?;
            }
        }
    }
    Ok(())
}

/// How many inputs libFuzzer ran, from the statistics at the end of its log.
fn inputs(log: &str) -> u64 {
    log.lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .and_then(|count| count.trim().parse().ok())
        .unwrap_or(0)
}

/// Writes a target's result for `cargo xtask prove`. Its promise is the first line of its docs.
fn record(root: &Path, outcome: &Outcome) -> io::Result<()> {
    let Outcome {
        target,
        inputs,
        seconds,
        ..
    } = outcome;
    let source = fs::read_to_string(root.join(format!("fuzz/fuzz_targets/{target}.rs")))?;
    let promise = source.lines().next().unwrap_or_default();
    let row = json!({
        "test": format!("prove::fuzz::{target}"),
        "promise": promise.trim_start_matches("//!").trim().trim_end_matches('.'),
        "tried": format!("{} inputs made up by libFuzzer, in {seconds} s", grouped(*inputs)),
        "found": "0 panics, 0 broken properties",
        "measured": format!("{}, {}", chrono::Utc::now().date_naive(), env!("CARGO_PKG_VERSION")),
        "command": format!("cargo xtask fuzz --runs {inputs} {target}"),
    });
    let folder = root.join("target/prove");
    fs::create_dir_all(&folder)?;
    #[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
    fs::write(folder.join(format!("fuzz-{target}.json")), row.to_string())
}

/// A number with a comma between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The last 40 lines of a failed target's log, which tell the input and what went wrong.
fn end_of(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

fn report(outcomes: &[Outcome]) -> Result<(), Box<dyn Error>> {
    let mut failures = 0;
    let mut logs = String::new();
    let mut table = format!("{:<16} {:>14} {:>8}  found", "target", "inputs", "seconds");
    for outcome in outcomes {
        let found = match &outcome.failure {
            None => "nothing".to_owned(),
            Some(log) => {
                failures += 1;
                let end = end_of(&String::from_utf8_lossy(&fs::read(log)?));
                let _infallible = write!(logs, "\n\n{}\n{end}", outcome.target);
                format!("a failure: see {}", log.display())
            }
        };
        let Outcome {
            target,
            inputs,
            seconds,
            ..
        } = outcome;
        let inputs = grouped(*inputs);
        let _infallible = write!(table, "\n{target:<16} {inputs:>14} {seconds:>8}  {found}");
    }
    #[expect(clippy::print_stdout, reason = "the output of a chore")]
    {
        println!("{table}{logs}");
    }
    if failures > 0 {
        return Err(format!("{failures} targets failed").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
