//! Processes started and stopped by the thousand, in a process where nobody else's files and memory count.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::symlink,
    path::Path,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use serde_json::json;
use switchboard::{
    claude::{
        launch::{Spec, Start},
        observer::Observers,
        pool::Pool,
        process::{self, Host, Report, cgroup::Cgroups},
        protocol::{Control, SessionEvent},
        sandbox::Sandbox,
    },
    config::{Environment, SystemPromptMode},
};

use super::{figure, scaled, status_kb};
use crate::support::{DEADLINE, Home, eventually, processes};

/// Set for a process that does nothing but start and stop children: nobody else's files and memory count there, and
/// nobody else's children are reaped.
const CYCLES: &str = "SWITCHBOARD_PROVE_CYCLES";

/// How many cycles come before the counting: what is made once and kept, such as threads and their heaps, is made in
/// them.
const WARMING: u32 = 150;

#[test]
fn starting_and_stopping_leaves_nothing() {
    let cycles = scaled(60, 2_000);
    let output = alone(
        "prove::children::cycles::cycles_alone",
        CYCLES,
        &cycles.to_string(),
    );
    let counted = output
        .lines()
        .find_map(|line| line.strip_prefix("counted: "))
        .unwrap_or_else(|| panic!("{output}"));
    let counted: serde_json::Value = serde_json::from_str(counted).unwrap();
    let count = |key: &str| counted[key].as_i64().unwrap();
    assert_eq!(count("left"), 0, "{counted}");
    assert_eq!(count("zombies"), 0, "{counted}");
    assert_eq!(count("files"), 0, "{counted}");
    assert!(count("memory_kb") < 5_000, "{counted}");
    figure(
        "Starting and stopping processes leaves nothing",
        &format!("{cycles} cycles, 50 at once, half of them killed"),
        &format!(
            "{} processes, {} zombies, {:+} descriptors, {:+} kB, {:.0} cycles a second",
            count("left"),
            count("zombies"),
            count("files"),
            count("memory_kb"),
            counted["per_second"].as_f64().unwrap()
        ),
    );
}

/// Runs a hidden test of this program in a process of its own; what it printed.
fn alone(test: &str, variable: &str, value: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "these tests themselves")]
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let output = command
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(variable, value)
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&printed).into_owned()
}

#[test]
#[ignore = "run by `starting_and_stopping_leaves_nothing`, in a process of its own"]
#[expect(
    clippy::disallowed_methods,
    reason = "the number of cycles comes that way"
)]
fn cycles_alone() {
    let cycles: u32 = std::env::var(CYCLES).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let home = Home::new();
    let host = host(&home);
    process::sweep::become_subreaper().unwrap();
    runtime.block_on(run_cycles(&host, &home, WARMING));
    let files = || fs::read_dir("/proc/self/fd").unwrap().count();
    let memory = || status_kb("self", "VmRSS");
    let before = (files(), memory());
    let begun = Instant::now();
    runtime.block_on(run_cycles(&host, &home, cycles));
    let took = begun.elapsed();
    let me = i32::try_from(std::process::id()).unwrap();
    let children = processes().into_iter().filter(|seen| seen.parent == me);
    let (zombies, left): (Vec<_>, Vec<_>) = children.partition(|seen| seen.is_zombie);
    let grown = |now: u64, was: u64| i64::try_from(now).unwrap() - i64::try_from(was).unwrap();
    let counted = json!({
        "left": left.len(),
        "zombies": zombies.len(),
        "files": grown(files() as u64, before.0 as u64),
        "memory_kb": grown(memory(), before.1),
        "per_second": f64::from(cycles) / took.as_secs_f64(),
    });
    writeln!(std::io::stdout(), "counted: {counted}").unwrap();
}

fn host(home: &Home) -> Host {
    let bin = home.path().join("claude-stand-in");
    symlink(env!("CARGO_BIN_EXE_switchboard"), &bin).unwrap();
    let variables = [
        ("HOME", home.path().to_str().unwrap()),
        ("PATH", "/usr/bin:/bin"),
        ("STAND_IN_PACE_MS", "0"),
    ];
    let instance = uuid::Uuid::new_v4().to_string();
    Host {
        bin: bin.into(),
        environment: variables.into_iter().collect::<Environment>(),
        pass_env: vec!["STAND_IN_PACE_MS".into()],
        cgroups: Cgroups::find(&instance).ok(),
        instance,
        sandbox: Ok(Sandbox::Off),
        account: None,
        workspace_dir: home.path().to_owned(),
        observers: Observers::default(),
    }
}

async fn run_cycles(host: &Host, home: &Home, cycles: u32) {
    let pool = Pool::new(50, 50);
    stream::iter(0..cycles)
        .for_each_concurrent(50, |cycle| {
            let pool = pool.clone();
            let workspace = home.path().join(format!("work-{}", cycle % 50));
            async move { run_cycle(host, &pool, &workspace, cycle % 2 == 0).await }
        })
        .await;
}

/// A new session in that folder.
fn fresh(workspace: &Path) -> Spec {
    let start = Start::Fresh(uuid::Uuid::new_v4().to_string());
    Spec {
        system_prompt: "You are Ada.".into(),
        mode: SystemPromptMode::Replace,
        allowed_tools: vec!["Read".into()],
        ..Spec::new(start, "sonnet", workspace)
    }
}

/// A process comes up, says so, and is ended.
async fn run_cycle(host: &Host, pool: &Pool, workspace: &Path, kill: bool) {
    let spec = fresh(workspace);
    let (permit, _lease) = pool.admit(0).await;
    let (process, mut reports) = process::start(host, &spec, permit).unwrap();
    process.send(Control::initialize().line("ready?"));
    let cycle = async {
        loop {
            match reports.recv().await.unwrap() {
                Report::Heard(heard) => {
                    if matches!(heard.event, SessionEvent::ControlResponse(_)) {
                        if kill { process.kill() } else { process.stop() }
                    }
                }
                Report::Exited(_) => return,
            }
        }
    };
    tokio::time::timeout(DEADLINE, cycle).await.unwrap();
}

/// A child is not bound to the thread that started it: here that one ends at once.
#[test]
fn a_child_outlives_the_thread_that_started_it() {
    let output = alone(
        "prove::children::cycles::short_lived_thread_alone",
        CYCLES,
        "1",
    );
    assert!(output.contains("1 passed"), "{output}");
}

#[test]
#[ignore = "run by `a_child_outlives_the_thread_that_started_it`, in a process of its own"]
fn short_lived_thread_alone() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_keep_alive(Duration::from_millis(1))
        .build()
        .unwrap();
    let home = Home::new();
    let host = host(&home);
    runtime.block_on(async {
        let (permit, _lease) = Pool::new(1, 1).admit(0).await;
        let spec = fresh(&home.path().join("work"));
        let started = tokio::task::spawn_blocking(move || {
            let thread = fs::read_link("/proc/thread-self").unwrap();
            (thread, process::start(&host, &spec, permit).unwrap())
        });
        let (thread, (process, mut reports)) = started.await.unwrap();
        eventually("the thread's end", || {
            (!Path::new("/proc").join(&thread).exists()).then_some(())
        })
        .await;
        process.send(Control::initialize().line("still there?"));
        let report = tokio::time::timeout(DEADLINE, reports.recv())
            .await
            .unwrap();
        assert!(
            matches!(&report, Some(Report::Heard(heard)) if matches!(heard.event, SessionEvent::ControlResponse(_))),
            "{report:?}"
        );
        process.stop();
        while let Some(report) = reports.recv().await {
            drop(report);
        }
    });
}
