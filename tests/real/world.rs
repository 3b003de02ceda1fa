//! A loopback Discord, a loopback Messages API and a folder for one bot over the real CLI.

use std::{ffi::OsStr, fs, path::PathBuf, time::Duration};

use loopback_discord::{Loopback, Snowflake};
use loopback_messages::{Call, LoopbackMessages, Request, Usage};
use procfs::process::{Process, all_processes};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::support::{Bot, Claude, DEADLINE, Home, Running, cli_behind};

/// The CLI's older version, as it names itself.
pub(crate) const OLD: &str = "2.1.197";
/// The newer one.
pub(crate) const NEW: &str = "2.1.332";

/// How many of these tests run at a time. A real CLI takes some 200 MB, and a test has up to five.
static ROOM: Semaphore = Semaphore::const_new(3);

/// How long to pause between two looks at what tells nobody of its changes: files and processes.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

pub(crate) struct World {
    pub(crate) version: &'static str,
    pub(crate) discord: Loopback,
    pub(crate) messages: LoopbackMessages,
    pub(crate) home: Home,
    _room: SemaphorePermit<'static>,
}

impl World {
    pub(crate) async fn new(version: &'static str) -> Self {
        let room = ROOM.acquire().await.unwrap();
        let channels = ["general", "rust", "random", "fourth", "fifth"];
        Self {
            version,
            discord: Loopback::builder()
                .channels(channels)
                .start()
                .await
                .unwrap(),
            messages: LoopbackMessages::start().await.unwrap(),
            home: Home::new(),
            _room: room,
        }
    }

    /// A bot that lives in this world's folder. Nobody waits for decisions about tool calls, and on a busy machine too, a
    /// turn ends with its answer.
    pub(crate) fn bot(&self) -> Bot {
        let claude = Claude::Real(self.version, self.messages.url().to_owned());
        let config =
            json!({ "discord": { "approval_timeout_secs": 1, "notify_after_secs": 3600 } });
        let bot = Bot::new(&self.discord).claude(claude).home(&self.home);
        bot.config(&config)
    }

    pub(crate) async fn start(&self) -> Running {
        self.bot().start(&self.discord).await
    }

    /// Stops a bot in order. Nothing of it may be left, and its CLI may have asked the API nothing but for answers.
    pub(crate) async fn stop(&self, bot: Running) {
        let log = bot.log.clone();
        bot.stop().await;
        assert_eq!(
            self.processes(),
            Vec::<String>::new(),
            "left behind; the log:\n{}",
            log.text()
        );
        // 2.1.197 looks whether the API is there before its first request.
        let known =
            |method: &str, path: &str| self.version == OLD && (method, path) == ("HEAD", "/");
        let strays = self.messages.strays();
        assert!(
            strays.iter().all(|stray| known(&stray.method, &stray.path)),
            "{strays:?}"
        );
    }

    /// The owner says something in the first channel.
    pub(crate) fn say(&self, text: &str) -> Snowflake {
        self.discord
            .say(self.discord.general(), self.discord.owner(), text)
    }

    /// Waits for a reply to `asked` that contains `needle`, and until it grows no longer.
    pub(crate) async fn reply(&self, bot: &Running, asked: Snowflake, needle: &str) -> String {
        bot.reply_with(&self.discord, asked, needle).await.content
    }

    /// The owner says something in the first channel and is answered; the answer.
    pub(crate) async fn ask(&self, bot: &Running, text: &str) -> String {
        self.reply(bot, self.say(text), "").await
    }

    /// Waits until the API is asked for an answer to what was said last, and has begun to give it.
    pub(crate) async fn streaming(&self, text: &str) -> Call {
        let begun = |call: &&Call| call.billed != Usage::NONE && call.request.person() == text;
        let calls = self
            .messages
            .wait_until(DEADLINE, |calls| calls.iter().any(|call| begun(&call)));
        calls.await.unwrap().iter().rfind(begun).unwrap().clone()
    }

    /// The requests in which this was the last that a person said.
    pub(crate) fn requests_for(&self, text: &str) -> Vec<Request> {
        let mut requests = self.messages.requests();
        requests.retain(|request| request.person() == text);
        requests
    }

    /// The first channel's record in `active.json`.
    pub(crate) fn record(&self) -> Value {
        self.home.active()[self.discord.general().to_string()].clone()
    }

    /// The first channel's session.
    pub(crate) fn session(&self) -> String {
        self.record()["session_id"]
            .as_str()
            .expect("a session")
            .to_owned()
    }

    /// Waits until so many turns are booked.
    pub(crate) async fn booked(&self, turns: usize) {
        until("the turns to be booked", || {
            self.home.ledger().len() >= turns
        })
        .await;
        assert_eq!(self.home.ledger().len(), turns);
    }

    /// Waits until the CLI has written `text` into the transcript of the first channel's session: 2.1.197 does so
    /// up to 0.1 s after the turn's result.
    pub(crate) async fn written_down(&self, text: &str) {
        self.written_down_in(self.discord.general(), text).await;
    }

    /// The same for another channel.
    pub(crate) async fn written_down_in(&self, channel: Snowflake, text: &str) {
        until("the CLI to write its transcript", || {
            let session = &self.home.active()[channel.to_string()]["session_id"];
            let transcript = session.as_str().and_then(|it| self.transcript_of(it));
            transcript.is_some_and(|path| fs::read_to_string(path).unwrap().contains(text))
        })
        .await;
    }

    /// The CLI's transcript of the first channel's session.
    pub(crate) fn transcript(&self) -> Option<PathBuf> {
        self.transcript_of(&self.session())
    }

    fn transcript_of(&self, session: &str) -> Option<PathBuf> {
        let projects = fs::read_dir(self.home.path().join(".claude/projects")).ok()?;
        let name = format!("{session}.jsonl");
        projects
            .map(|project| project.unwrap().path().join(&name))
            .find(|path| path.exists())
    }

    /// A time for `sleep` by which its process is known. Its unit is named, because 2.1.329 refuses to run a plain
    /// `sleep` of some seconds in the foreground.
    pub(crate) fn long_time(&self) -> String {
        let port = self.discord.url().rsplit(':').next().unwrap().to_owned();
        format!("987.{}{port}s", std::process::id())
    }

    /// The command lines of all living processes whose home is this world's folder, but for bots.
    pub(crate) fn processes(&self) -> Vec<String> {
        let home = self.home.path().as_os_str();
        let at_home = |process: &Process| {
            let environment = process.environ().unwrap_or_default();
            environment
                .get(OsStr::new("HOME"))
                .is_some_and(|found| found == home)
        };
        let lines = all_processes()
            .unwrap()
            .flatten()
            .filter(at_home)
            .filter_map(|process| {
                let line = process.cmdline().ok()?.join(" ");
                (!line.contains(env!("CARGO_BIN_EXE_switchboard"))).then_some(line)
            });
        lines.collect()
    }
}

/// The pids of the CLI processes that a bot has started.
pub(crate) fn clis(bot: &Running) -> Vec<i32> {
    let stats = all_processes()
        .unwrap()
        .flatten()
        .filter_map(|process| process.stat().ok());
    let own = stats.filter(|stat| stat.ppid == bot.pid() && stat.state != 'Z');
    own.map(|stat| cli_behind(stat.pid)).collect()
}

/// Kills the one CLI process of a bot, as a crash or the kernel's memory killer would.
pub(crate) fn kill_cli(bot: &Running) {
    let [pid] = clis(bot)[..] else {
        panic!("not one process: {:?}", clis(bot))
    };
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// Waits until `holds` is true of the machine's files or processes.
pub(crate) async fn until(awaited: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    let waited = tokio::time::timeout(DEADLINE, wait).await;
    assert!(waited.is_ok(), "waited {DEADLINE:?} in vain for {awaited}");
}

/// Dollars are equal if they differ by less than a billionth.
#[track_caller]
pub(crate) fn assert_usd(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < 1e-9,
        "${found}, expected ${expected}"
    );
}
