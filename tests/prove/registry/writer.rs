//! The product's writer in a process of its own: this test program, started again for its one ignored test.
//!
//! It obeys lines on stdin: `start` opens the folder, `save <n>` books n turns one after the other, `load` books
//! turns in all channels at once until it is killed. It says `ready`, `started <sessions> <writable>` or
//! `failed`, and `ok <channel> <turns>` or `err <channel> <turns>` for each booking.

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

/// A writer's process, as its parent holds it.
pub(super) struct Writer {
    pub(super) child: Child,
    stdin: Option<ChildStdin>,
    said: mpsc::Receiver<String>,
    log: mpsc::Receiver<String>,
    /// The last booking acknowledged, by channel.
    pub(super) acknowledged: BTreeMap<u64, u64>,
    /// How many were refused.
    pub(super) refused: usize,
}

impl Writer {
    /// Starts one that has opened nothing. Its turns fall into the given month of many, so that no ledger file
    /// grows without bound.
    pub(super) fn launch(folder: &Path, month: usize) -> Self {
        Self::spawn(folder, month, false)
    }

    /// Starts one that renames without fsync: what it acknowledges is not on disk.
    pub(super) fn control(folder: &Path) -> Self {
        Self::spawn(folder, 0, true)
    }

    /// Starts one and lets it open the folder.
    pub(super) fn start(folder: &Path, month: usize) -> Self {
        let mut writer = Self::launch(folder, month);
        writer.tell("start");
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
            said: lines(child.stdout.take().unwrap()),
            log: lines(child.stderr.take().unwrap()),
            child,
            acknowledged: BTreeMap::new(),
            refused: 0,
        };
        while writer.next("ready") != "ready" {}
        writer
    }

    /// Orders something. One that was killed meanwhile hears nothing.
    pub(super) fn tell(&mut self, order: &str) {
        let stdin = self.stdin.as_mut().expect("it is open until the end");
        writeln!(stdin, "{order}").unwrap_or_default();
    }

    /// The next line it says.
    #[track_caller]
    pub(super) fn next(&mut self, awaited: &str) -> String {
        match self.said.recv_timeout(DEADLINE) {
            Ok(line) => line,
            Err(error) => panic!("{awaited}: {error}; its log: {:?}", self.logged()),
        }
    }

    /// What it has logged since this was last asked.
    pub(super) fn logged(&self) -> Vec<String> {
        self.log.try_iter().collect()
    }

    /// Waits for a line of its log that tells an error; `false` where there is none to its end.
    pub(super) fn tells_error(&self) -> bool {
        loop {
            match self.log.recv_timeout(DEADLINE) {
                Ok(line) if line.contains("ERROR") => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    /// Books so many turns. Returns how many were acknowledged; fewer than asked for where it was killed meanwhile.
    pub(super) fn save(&mut self, turns: usize) -> usize {
        self.tell(&format!("save {turns}"));
        let before = self.refused;
        let answered = (0..turns).take_while(|_| self.hear()).count();
        answered - (self.refused - before)
    }

    /// Hears the next answer; `false` where it has ended.
    fn hear(&mut self) -> bool {
        loop {
            match self.said.recv_timeout(DEADLINE) {
                Ok(line) if self.note(&line) => return true,
                // The test's own frame: that it has been running for long, say.
                Ok(_) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return false,
                Err(error) => panic!("an answer: {error}; its log: {:?}", self.logged()),
            }
        }
    }

    /// Notes an answer; `false` for any other line.
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
    pub(super) fn hear_one(&mut self) {
        while self.acknowledged.is_empty() {
            assert!(self.hear(), "it has ended: {:?}", self.logged());
        }
    }

    /// The id of its thread of this name, which the thread gives itself once it runs.
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

    /// Kills it and takes in what it still said. Returns what it acknowledged last, by channel.
    pub(super) fn kill(mut self) -> BTreeMap<u64, u64> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while self.hear() {}
        std::mem::take(&mut self.acknowledged)
    }

    /// Lets it end, in order or by what kills it. Returns how it ended and what it acknowledged last, by channel.
    pub(super) fn end(mut self) -> (ExitStatus, BTreeMap<u64, u64>) {
        drop(self.stdin.take());
        let status = self.child.wait().unwrap();
        while self.hear() {}
        (status, std::mem::take(&mut self.acknowledged))
    }

    /// Lets it end in order. Says whether it has told an error since its log was last asked for.
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
#[ignore = "the process that the proofs kill"]
#[expect(clippy::disallowed_methods, reason = "what the parent says")]
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
    // The thread that opens the folder has a name to be found by, and is there before it is told to.
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
    // Without an I/O driver: waking one is a write too, which no disk refuses.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut desks: Vec<_> = (1..=CHANNELS)
        .map(|id| Desk::new(&registry, id, time))
        .collect();
    let mut turn = 0;
    for order in orders {
        match order.strip_prefix("save ") {
            Some(turns) => {
                for _ in 0..turns.parse().unwrap() {
                    let place = turn % desks.len();
                    turn += 1;
                    runtime.block_on(desks[place].book());
                }
            }
            None => {
                let all = desks.iter_mut().map(|desk| async {
                    loop {
                        desk.book().await;
                    }
                });
                runtime.block_on(futures_util::future::join_all(all));
            }
        }
    }
    drop((desks, registry));
    thread.join().unwrap();
}

/// What one channel books.
struct Desk {
    registry: Registry,
    channel: ChannelId,
    record: Record,
    time: DateTime<Utc>,
}

impl Desk {
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
        let line = ledger::Line {
            time: self.time,
            turn: turn_id,
            after,
            channel,
            thread_of: None,
            author: UserId(1),
            message: None,
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
            .save(channel, self.record.clone(), Some(line))
            .await;
        let word = if saved.is_ok() { "ok" } else { "err" };
        say(&format!("{word} {channel} {turn}"));
    }
}

/// What everybody does first: write, rename, and call it done.
#[expect(
    clippy::disallowed_methods,
    reason = "the mistake that the control makes"
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
