//! The binary's size, and how long builds take. Not part of a quick run.

use std::{fs, path::Path, time::Instant};

use serde_json::json;

use crate::{
    Result, Scale,
    document::short,
    paths,
    report::{Goal, Report, Table},
};

pub(crate) async fn measure(scale: Scale) -> Result<Option<Report>> {
    if scale.pick(true, false) {
        return Ok(None);
    }
    tokio::task::spawn_blocking(builds).await?.map(Some)
}

fn builds() -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let stripped = folder.path().join("switchboard");
    run("strip", &["-o", text(&stripped)?, text(&paths::bot())?])?;
    let size = fs::metadata(&stripped)?.len();
    let target = folder.path().join("target");
    let target = text(&target)?;
    let release = run(
        "cargo",
        &[
            "build",
            "--release",
            "--locked",
            "--package",
            "switchboard",
            "--target-dir",
            target,
        ],
    )?;
    let build = ["build", "--locked", "--package", "switchboard"];
    run("cargo", &build)?;
    let touched = paths::root().join("src/channel/mod.rs");
    fs::File::options()
        .append(true)
        .open(&touched)?
        .set_modified(std::time::SystemTime::now())?;
    let again = run("cargo", &build)?;
    #[expect(clippy::cast_precision_loss, reason = "a size")]
    let megabytes = size as f64 / 1e6;
    let mut table = Table::new("Binary and builds", ["what", "value"]);
    table.rows = vec![
        vec![
            json!("the release binary without `demo`, stripped, MB"),
            json!(megabytes),
        ],
        vec![json!("release build from nothing, s"), json!(release)],
        vec![
            json!("`cargo build` after touching src/channel/mod.rs, s"),
            json!(again),
        ],
    ];
    Ok(Report {
        title: "Binary and builds".to_owned(),
        about: "The size is that of the binary that the rest of this page measures. The build from nothing has its crates \
                downloaded already, and a target folder of its own."
            .to_owned(),
        goals: vec![
            Goal::new("release binary without `demo`", "15 MB stripped", format!("{} MB", short(megabytes)), megabytes <= 15.0)
                .note("`CARGO_PROFILE_RELEASE_STRIP=false cargo bloat --release --crates` tells which crates take it".to_owned()),
            Goal::new("release build from nothing on two cores", "4 minutes", format!("{} s", short(release)), release <= 240.0)
                .note("`cargo build --release --timings` tells which crates take it".to_owned()),
            Goal::new(
                "`cargo build` after touching one file of `src/channel`",
                "10 s",
                format!("{} s", short(again)),
                again <= 10.0,
            )
            .note("the library is one crate, and is compiled as a whole".to_owned()),
        ],
        tables: vec![table],
        ..Report::default()
    })
}

fn text(path: &Path) -> Result<&str> {
    Ok(path.to_str().ok_or("a path that is not UTF-8")?)
}

/// Runs a program in the checkout. How many seconds it took.
fn run(program: &str, arguments: &[&str]) -> Result<f64> {
    let begun = Instant::now();
    #[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
    let status = std::process::Command::new(program)
        .current_dir(paths::root())
        .args(arguments)
        .status()?;
    if !status.success() {
        return Err(format!("{program} failed: {status}").into());
    }
    Ok(begun.elapsed().as_secs_f64())
}
