//! The product's writer in a separate process: this test program, started again for its only ignored test.
//!
//! It reads commands from stdin: `start` opens the folder, `save <n>` books n turns one after the other, `load` books
//! turns in all channels concurrently until it is killed. It prints `ready`, then `started <sessions> <writable>` or
//! `failed`, and for each booking `ok <channel> <turns>` or `err <channel> <turns>`.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use chrono::{DateTime, Months, Utc};
use switchboard::{
    claude::protocol::Usage,
    ledger,
    money::Usd,
    registry::{self, LoadIssue, Lock, Record, Registry, record::Booking},
    snowflake::{ChannelId, UserId},
};

use crate::support::DEADLINE;

/// The channels that book turns.
pub(super) const CHANNELS: u64 = 4;

const FOLDER: &str = "PROVE_REGISTRY_FOLDER";
const MONTH: &str = "PROVE_REGISTRY_MONTH";
const CONTROL: &str = "PROVE_REGISTRY_CONTROL";

/// A handle of a writer's process.
pub(super) struct Writer {
    pub(super) child: Child,
    stdin: Option<ChildStdin>,
    output: mpsc::Receiver<String>,
    log: mpsc::Receiver<String>,
    /// The last booking acknowledged, by channel.
    pub(super) acknowledged: BTreeMap<u64, u64>,
    /// How many bookings were refused.
    pub(super) refused: usize,
}

impl Writer {
    /// Starts one that has not opened the folder. Its turns are booked in the given month, so that no ledger file grows
    /// without bound.
    pub(super) fn launch(folder: &Path, month: usize) -> Self {
        Self::spawn(folder, month, false)
    }

    /// Starts one that renames without fsync, so that acknowledged turns are not on disk.
    pub(super) fn control(folder: &Path) -> Self {
        Self::spawn(folder, 0, true)
    }

    /// Starts one that opens the folder.
    pub(super) fn start(folder: &Path, month: usize) -> Self {
        let mut writer = Self::launch(folder, month);
        writer.send("start");
        let said = writer.next("start");
        assert!(said.starts_with("started"), "{said}");
        writer
    }

    fn spawn(folder: &Path, month: usize, control: bool) -> Self {
        let program = std::env::current_exe().unwrap();
        #[expect(clippy::disallowed_methods, reason = "a process to be killed")]
        let mut child = Command::new(program)
            .args([
                "--exact",
                "prove::registry::writer::process",
                "--ignored",
                "--nocapture",
            ])
            .env(FOLDER, folder)
            .env(MONTH, month.to_string())
            .env(CONTROL, if control { "1" } else { "0" })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut writer = Self {
            stdin: child.stdin.take(),
            output: lines(child.stdout.take().unwrap()),
            log: lines(child.stderr.take().unwrap()),
            child,
            acknowledged: BTreeMap::new(),
            refused: 0,
        };
        while writer.next("ready") != "ready" {}
        writer
    }

    /// Sends a command, unless the process has ended.
    pub(super) fn send(&mut self, command: &str) {
        let stdin = self.stdin.as_mut().expect("it is open until the end");
        writeln!(stdin, "{command}").unwrap_or_default();
    }

    /// The next line of its output.
    #[track_caller]
    pub(super) fn next(&mut self, awaited: &str) -> String {
        match self.output.recv_timeout(DEADLINE) {
            Ok(line) => line,
            Err(error) => panic!("{awaited}: {error}; its log: {:?}", self.logged()),
        }
    }

    /// The log since the last call.
    pub(super) fn logged(&self) -> Vec<String> {
        self.log.try_iter().collect()
    }

    /// Waits for an error in its log; `false` if there is none until it ends.
    pub(super) fn reports_error(&self) -> bool {
        loop {
            match self.log.recv_timeout(DEADLINE) {
                Ok(line) if line.contains("ERROR") => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    /// Books this many turns. Returns how many were acknowledged, which may be fewer if it is killed.
    pub(super) fn save(&mut self, turns: usize) -> usize {
        self.send(&format!("save {turns}"));
        let before = self.refused;
        let answered = (0..turns).take_while(|_| self.receive()).count();
        answered - (self.refused - before)
    }

    /// Waits for the next answer; `false` if the process has ended.
    fn receive(&mut self) -> bool {
        loop {
            match self.output.recv_timeout(DEADLINE) {
                Ok(line) if self.note(&line) => return true,
                // A line of the test harness.
                Ok(_) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return false,
                Err(error) => panic!("an answer: {error}; its log: {:?}", self.logged()),
            }
        }
    }

    /// Records an answer; `false` for any other line.
    fn note(&mut self, line: &str) -> bool {
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["ok", channel, turns] => {
                let (channel, turns) = (channel.parse().unwrap(), turns.parse().unwrap());
                self.acknowledged.insert(channel, turns);
                true
            }
            ["err", ..] => {
                self.refused += 1;
                true
            }
            _ => false,
        }
    }

    /// Waits until a booking has been acknowledged.
    pub(super) fn receive_one(&mut self) {
        while self.acknowledged.is_empty() {
            assert!(self.receive(), "it has ended: {:?}", self.logged());
        }
    }

    /// The id of its thread with this name. A thread sets its name once it runs.
    pub(super) fn thread(&self, name: &str) -> u32 {
        let end = Instant::now() + DEADLINE;
        loop {
            let mut tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
            let task = tasks.find_map(|task| {
                let task = task.ok()?;
                let comm = fs::read_to_string(task.path().join("comm")).ok()?;
                (comm.trim() == name).then(|| task.file_name())
            });
            if let Some(task) = task {
                return task.to_str().unwrap().parse().unwrap();
            }
            assert!(
                Instant::now() < end,
                "no thread {name}: {:?}",
                self.logged()
            );
            thread::yield_now();
        }
    }

    /// Kills it and reads the rest of its output. Returns the last acknowledged booking of each channel.
    pub(super) fn kill(mut self) -> BTreeMap<u64, u64> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while self.receive() {}
        std::mem::take(&mut self.acknowledged)
    }

    /// Waits for its end, on its own or by a signal. Returns its status and the last acknowledged booking of each
    /// channel.
    pub(super) fn end(mut self) -> (ExitStatus, BTreeMap<u64, u64>) {
        drop(self.stdin.take());
        let status = self.child.wait().unwrap();
        while self.receive() {}
        (status, std::mem::take(&mut self.acknowledged))
    }

    /// Lets it exit. Returns whether it logged an error since the log was last read.
    pub(super) fn stop(mut self) -> bool {
        drop(self.stdin.take());
        let status = self.child.wait().unwrap();
        let log: Vec<_> = self.log.iter().collect();
        assert!(status.success(), "{status}: {log:?}");
        log.iter().any(|line| line.contains("ERROR"))
    }
}

fn lines(pipe: impl std::io::Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

#[test]
#[ignore = "the process that other tests start"]
#[expect(clippy::disallowed_methods, reason = "parameters from the parent")]
fn process() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let folder = PathBuf::from(folder);
    let month = std::env::var(MONTH).unwrap().parse().unwrap();
    let time = DateTime::from_timestamp(946_684_800, 0)
        .unwrap()
        .checked_add_months(Months::new(month))
        .unwrap();
    tracing_subscriber::fmt()
        .log_internal_errors(false)
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    if std::env::var(CONTROL).unwrap() == "1" {
        return control(&folder);
    }
    // The thread that opens the folder is found by its name, so it exists before it gets the command.
    let (order, orders) = mpsc::channel::<String>();
    let worker = thread::Builder::new()
        .name("starter".into())
        .spawn(move || work(&folder, time, &orders))
        .unwrap();
    say("\nready");
    for line in std::io::stdin().lines() {
        if order.send(line.unwrap()).is_err() {
            break;
        }
    }
    drop(order);
    worker.join().unwrap();
}

fn work(folder: &Path, time: DateTime<Utc>, orders: &mpsc::Receiver<String>) {
    let Ok(first) = orders.recv() else { return };
    assert_eq!(first, "start");
    let opened = Lock::take(folder).map_err(|error| error.to_string());
    let opened = opened.and_then(|lock| {
        let loaded = registry::load(folder).map_err(|error| error.to_string())?;
        for issue in &loaded.issues {
            tracing::error!("{issue}");
        }
        let is_writable = !loaded.issues.iter().any(LoadIssue::stops_writing);
        let sessions = loaded.document.sessions();
        let opened = registry::open(folder, loaded, lock).map_err(|error| error.to_string())?;
        Ok((opened, sessions, is_writable))
    });
    let ((registry, thread), sessions, is_writable) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!(error);
            return say("failed");
        }
    };
    say(&format!("started {sessions} {is_writable}"));
    // Without an I/O driver, whose wakeups are writes too.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut bookers: Vec<_> = (1..=CHANNELS)
        .map(|id| Booker::new(&registry, id, time))
        .collect();
    let mut turn = 0;
    for order in orders {
        match order.strip_prefix("save ") {
            Some(turns) => {
                for _ in 0..turns.parse().unwrap() {
                    let place = turn % bookers.len();
                    turn += 1;
                    runtime.block_on(bookers[place].book());
                }
            }
            None => {
                let all = bookers.iter_mut().map(|booker| async {
                    loop {
                        booker.book().await;
                    }
                });
                runtime.block_on(futures_util::future::join_all(all));
            }
        }
    }
    drop((bookers, registry));
    thread.join().unwrap();
}

/// A channel and its record.
struct Booker {
    registry: Registry,
    channel: ChannelId,
    record: Record,
    time: DateTime<Utc>,
}

impl Booker {
    fn new(registry: &Registry, id: u64, time: DateTime<Utc>) -> Self {
        let channel = ChannelId(id);
        let record = registry.view().get(channel);
        let record =
            record.unwrap_or_else(|| Record::new(format!("session {id}"), "sonnet".into(), time));
        Self {
            registry: registry.clone(),
            channel,
            record,
            time,
        }
    }

    async fn book(&mut self) {
        let usage = Usage {
            input_tokens: 1,
            output_tokens: 2,
            cache_read_tokens: 3,
            cache_creation_tokens: 4,
        };
        let (channel, turn) = (self.channel, self.record.message_count + 1);
        let turn_id = uuid::Uuid::new_v4().to_string();
        let after = self.record.state.last_turn_id.clone();
        self.record.book(&Booking {
            turn_id: turn_id.clone(),
            usage,
            cost_usd: Usd::from_dollars(0.25),
            duration_ms: 1,
            context_tokens: Some(1),
            cli_total_cost_usd: 0.25,
            unit_cost_usd: None,
            is_error: false,
        });
        let line = ledger::TurnLine {
            time: self.time,
            turn: turn_id,
            after,
            channel,
            thread_of: None,
            author: UserId(1),
            message: None,
            together: Vec::new(),
            reply_ids: Vec::new(),
            assistant_uuid: None,
            session: self.record.session_id.clone(),
            model: "sonnet".into(),
            model_used: None,
            input_tokens: 1,
            output_tokens: 2,
            cache_read_tokens: 3,
            cache_creation_tokens: 4,
            cost_usd: Usd::from_dollars(0.25),
            estimated: false,
            duration_ms: 1,
            waited_ms: 0,
            first_text_ms: None,
            outcome: "answered".into(),
        };
        let saved = self
            .registry
            .save(channel, &self.record, Some(line.into()))
            .await;
        let word = if saved.is_ok() { "ok" } else { "err" };
        say(&format!("{word} {channel} {turn}"));
    }
}

/// A naive writer: write, rename, no fsync.
#[expect(
    clippy::disallowed_methods,
    reason = "the mistake that the control makes on purpose"
)]
fn control(folder: &Path) {
    say("\nready");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    for turns in 1_u64.. {
        let record = serde_json::json!({ "session_id": "session 1", "message_count": turns });
        let text = serde_json::json!({ "1": record }).to_string();
        let new = folder.join("active.json.new");
        let written =
            fs::write(&new, text).and_then(|()| fs::rename(&new, folder.join("active.json")));
        let word = if written.is_ok() { "ok" } else { "err" };
        say(&format!("{word} 1 {turns}"));
        thread::sleep(Duration::from_millis(1));
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The parent may be gone.
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}
