//! Whole lives of processes, over a stand-in for the CLI.
//!
//! This program is the stand-in as well, when it is called by that name. So it has no test harness.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use claude_session::{
    Environment,
    launch::{Spec, Start},
    observer::{Observation, ProcessEvent},
    pool::Pool,
    process::{self, Exit, Host, Process, Report, Reports},
    protocol::{Ask, Control, Line, Query, SessionEvent, parse},
    turn::{Ending, Outcome, Signal, Turn},
};
use tempfile::TempDir;
use uuid::Uuid;

const STAND_IN: &str = "claude-stand-in";

const DEADLINE: Duration = Duration::from_mins(1);

fn main() -> ExitCode {
    let called = env::args_os().next().unwrap();
    if Path::new(&called).ends_with(STAND_IN) {
        return claude_stand_in::main();
    }
    let filter = env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let is_wanted = |name: &str| filter.as_ref().is_none_or(|part| name.contains(part));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    process::sweep::become_subreaper().unwrap();
    macro_rules! run {
        ($($test:ident),* $(,)?) => {
            $(if is_wanted(stringify!($test)) {
                let test = async { tokio::time::timeout(DEADLINE, $test()).await.unwrap() };
                runtime.block_on(test);
                println!("test {} ... ok", stringify!($test));
            })*
        };
    }
    run!(
        a_session_answers_is_interrupted_and_leaves_nothing,
        tools_run_when_they_are_allowed,
        a_session_is_resumed_in_another_process,
        observers_see_all_lines,
        a_killed_process_ends_at_once,
    );
    ExitCode::SUCCESS
}

/// A host over the stand-in, and the folder in which it lives.
struct Bench {
    home: TempDir,
    host: Host,
}

/// A process and its turns.
struct Session {
    process: Process,
    reports: Reports,
}

impl Bench {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let bin = home.path().join(STAND_IN);
        symlink(env::current_exe().unwrap(), &bin).unwrap();
        let variables = [
            ("HOME", home.path().to_str().unwrap()),
            ("PATH", "/usr/bin:/bin"),
            ("STAND_IN_PACE_MS", "0"),
        ];
        let host = Host {
            bin: bin.into(),
            pass_env: vec!["STAND_IN_PACE_MS".into()],
            ..Host::new(variables.into_iter().collect::<Environment>())
        };
        Self { home, host }
    }

    fn spec(&self, start: Start) -> Spec {
        Spec::new(start, "sonnet", self.home.path().join("workspace"))
    }

    async fn start(&self, spec: &Spec) -> Session {
        let (permit, _lease) = Pool::new(1, 1).admit(0).await;
        let (process, reports) = process::start(&self.host, spec, permit).unwrap();
        process.send(Control::initialize().line("init"));
        let mut session = Session { process, reports };
        while !matches!(session.next().await, SessionEvent::ControlResponse(_)) {}
        session
    }

    /// How many processes bear the tag of this host.
    fn alive(&self) -> usize {
        let tag = format!("CLAUDE_SESSION_TAG={}:", self.host.instance);
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let environments =
            processes.filter_map(|entry| fs::read(entry.path().join("environ")).ok());
        let holds_tag = |environment: &[u8]| {
            environment
                .split(|byte| *byte == 0)
                .any(|variable| variable.starts_with(tag.as_bytes()))
        };
        environments
            .filter(|environment| holds_tag(environment))
            .count()
    }
}

impl Session {
    async fn next(&mut self) -> SessionEvent {
        match self.reports.recv().await.unwrap() {
            Report::Heard(heard) => heard.event,
            Report::Exited(exit) => panic!("{exit:?}"),
        }
    }

    fn ask(&self, text: &str) {
        self.process.send(Ask::texts([text]).line());
    }

    /// The end of the running turn. Permissions are given or refused as `allows` says.
    async fn outcome(&mut self, allows: bool) -> (String, Outcome) {
        let mut turn = Turn::new();
        let mut said = String::new();
        loop {
            let event = self.next().await;
            if let SessionEvent::ControlRequest(request) = &event
                && let Query::Permission(asked) = &request.query
            {
                let response = if allows {
                    asked.allow()
                } else {
                    asked.deny("not now")
                };
                self.process.send(response.line(&request.request_id));
            }
            for signal in turn.apply(&event) {
                match signal {
                    Signal::Text(text) => said.push_str(&text),
                    Signal::Ended(outcome) => return (said, *outcome),
                    Signal::Tool(_) | Signal::Retrying(_) => {}
                }
            }
        }
    }

    async fn exit(&mut self) -> Exit {
        loop {
            match self.reports.recv().await.unwrap() {
                Report::Heard(_) => {}
                Report::Exited(exit) => return exit,
            }
        }
    }
}

fn fresh() -> Start {
    Start::Fresh(Uuid::new_v4().to_string())
}

async fn a_session_answers_is_interrupted_and_leaves_nothing() {
    let bench = Bench::new();
    let mut spec = bench.spec(fresh());
    spec.allowed_tools = vec!["Bash".into()];
    let mut session = bench.start(&spec).await;
    session.ask("[[say hello]]");
    let (said, outcome) = session.outcome(false).await;
    assert_eq!((said.as_str(), outcome.ending), ("hello", Ending::Answered));
    assert_eq!(outcome.session_id.as_deref(), Some(spec.start.session_id()));

    session.ask(
        r#"[[tool Bash {"command":"setsid sleep 600 & sleep 600 & echo started"}]] [[sleep 600]]"#,
    );
    while !matches!(session.next().await, SessionEvent::User(_)) {}
    session.process.send(Control::Interrupt.line("stop"));
    let (_, outcome) = session.outcome(false).await;
    assert_eq!(outcome.ending, Ending::Interrupted);
    assert!(bench.alive() > 1, "the tool has left something running");

    session.process.stop();
    let exit = session.exit().await;
    assert_eq!(exit.signal, None, "{exit:?}");
    assert!(session.reports.recv().await.is_none());
    assert_eq!(bench.alive(), 0);
}

async fn tools_run_when_they_are_allowed() {
    let bench = Bench::new();
    let mut spec = bench.spec(fresh());
    spec.permission_prompts = true;
    // Without a sandbox and any rule for it there is no Bash.
    spec.allowed_tools = vec!["Bash(true)".into()];
    let mut session = bench.start(&spec).await;
    let made = spec.workspace.join("made");
    for allows in [false, true] {
        session.ask(r#"[[tool Bash {"command":"touch made"}]] [[say done]]"#);
        let (said, outcome) = session.outcome(allows).await;
        assert!(said.ends_with("done"), "{said}");
        assert_eq!(outcome.result.denied_tools().count(), usize::from(!allows));
        assert_eq!(made.exists(), allows);
    }
    session.process.stop();
    session.exit().await;
}

async fn a_session_is_resumed_in_another_process() {
    let bench = Bench::new();
    let start = fresh();
    let id = start.session_id().to_owned();
    for start in [start, Start::Resume(id.clone())] {
        let mut session = bench.start(&bench.spec(start)).await;
        session.ask("[[say here]]");
        let (_, outcome) = session.outcome(false).await;
        assert_eq!(outcome.session_id.as_deref(), Some(id.as_str()));
        session.process.stop();
        session.exit().await;
    }
    let missing = bench.spec(Start::Resume(Uuid::new_v4().to_string()));
    let (permit, _lease) = Pool::new(1, 1).admit(0).await;
    let (process, reports) = process::start(&bench.host, &missing, permit).unwrap();
    let exit = Session { process, reports }.exit().await;
    assert!(exit.stderr.contains("No conversation found"), "{exit:?}");
}

async fn observers_see_all_lines() {
    let bench = Bench::new();
    let mut observer = bench.host.observers.subscribe();
    let spec = bench.spec(fresh());
    let mut session = bench.start(&spec).await;
    session.ask("[[say hello]]");
    session.outcome(false).await;
    session.process.stop();
    session.exit().await;
    let (mut sent, mut results) = (0, 0);
    loop {
        let Some(Observation::Seen(seen)) = observer.recv().await else {
            panic!("lines are missing")
        };
        assert_eq!(&*seen.session_id, spec.start.session_id());
        match seen.what {
            ProcessEvent::Sent(_) => sent += 1,
            ProcessEvent::Received(line) => {
                let event = parse(&line);
                results += usize::from(matches!(event, Line::Event(SessionEvent::Result(_))));
            }
            ProcessEvent::Exited(_) => break,
        }
    }
    assert_eq!((sent, results), (2, 1));
    drop(bench);
    assert_eq!(observer.recv().await, None);
}

async fn a_killed_process_ends_at_once() {
    let bench = Bench::new();
    let mut session = bench.start(&bench.spec(fresh())).await;
    session.ask("[[deaf]] [[sleep 600]]");
    while !matches!(session.next().await, SessionEvent::Init(_)) {}
    let begun = Instant::now();
    session.process.kill();
    session.exit().await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(bench.alive(), 0);
}
