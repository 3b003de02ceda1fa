//! A loopback Discord, a loopback Messages API and a folder, in which the release binary runs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use loopback_discord::{Call, Loopback, Snowflake, View};
use loopback_messages::{Answer, LoopbackMessages};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value, json};
use tokio::process::{Child, Command};

use crate::{
    Result, paths,
    tap::{self, Passed},
};

/// How long anything may take.
pub(crate) const DEADLINE: Duration = Duration::from_mins(2);

/// How many requests the bot may have sent in the last second before a question, of the 50 that Discord allows.
const RECENT: usize = 40;

/// How long to pause between two looks at a file.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What a question to the stand-in and the API's answer have in common.
pub(crate) const QUESTION: &str = "[[say ready.]]";
pub(crate) const ANSWER: &str = "ready.";

/// The CLI that a bot starts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cli {
    StandIn,
    /// The stand-in behind a tap.
    TappedStandIn,
    Real,
    /// The real one behind a tap.
    TappedReal,
}

pub(crate) struct World {
    pub(crate) discord: Loopback,
    pub(crate) api: LoopbackMessages,
    home: tempfile::TempDir,
    /// When the loopback Discord was started, by the machine's clock.
    started: Duration,
}

/// A running bot. Dropping it kills it.
pub(crate) struct Bot {
    child: Child,
    pub(crate) pid: i32,
}

/// When a message was sent, and when the bot sent the first text after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// By the machine's clock.
    pub(crate) said: Duration,
    pub(crate) posted: Duration,
}

/// What there was before something began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// The turns in the ledger, answers included.
    turns: usize,
    /// The bot's calls.
    calls: usize,
}

impl Turn {
    pub(crate) fn took(self) -> Duration {
        self.posted.saturating_sub(self.said)
    }
}

impl World {
    /// A world whose guild has so many text channels.
    pub(crate) async fn new(channels: usize) -> Result<Self> {
        let names: Vec<_> = (0..channels)
            .map(|number| format!("channel-{number}"))
            .collect();
        let discord = Loopback::builder()
            .channels(names.iter().map(String::as_str))
            .start()
            .await?;
        let api = LoopbackMessages::start().await?;
        api.set_default(|_| Answer::text(ANSWER));
        let home = tempfile::Builder::new()
            .prefix("switchboard-bench-")
            .tempdir()?;
        fs::create_dir(home.path().join("personality"))?;
        fs::create_dir(home.path().join("sessions"))?;
        let identity = home.path().join("personality/IDENTITY.md");
        paths::write(&identity, "You are Ada, who runs the exchange.\n")?;
        // Two clocks cannot be read at once: the reading with the shortest time in between counts.
        let readings = (0..20).map(|_| tap::now().saturating_sub(discord.now()));
        let started = readings.max().unwrap_or_default();
        Ok(Self {
            discord,
            api,
            home,
            started,
        })
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn channel(&self, number: usize) -> Snowflake {
        self.discord.channel(&format!("channel-{number}"))
    }

    /// All of the guild's text channels. Looking up each by its name takes time that grows with their square.
    pub(crate) fn channels(&self) -> Vec<Snowflake> {
        self.discord.text_channels()
    }

    /// The file with what the tap notes.
    fn notes(&self) -> PathBuf {
        self.home().join("notes")
    }

    /// Starts a bot and waits until it has connected. `more` is merged into its configuration, section by section.
    pub(crate) async fn start(&self, cli: Cli, more: &Value) -> Result<Bot> {
        let mut bot = self.launch(cli, more, &[])?;
        self.connected(&mut bot).await?;
        Ok(bot)
    }

    /// Waits until the bot has connected. If it ends instead, the error is its log.
    pub(crate) async fn connected(&self, bot: &mut Bot) -> Result<()> {
        let path = self.home().join("log");
        let connected = || {
            let has_ended = !matches!(bot.child.try_wait(), Ok(None));
            let log = fs::read_to_string(&path).unwrap_or_default();
            let is_connected = log.contains("connected to Discord");
            if has_ended && !is_connected {
                return Err(log);
            }
            Ok(is_connected)
        };
        until("the bot to connect", connected).await
    }

    /// Starts a bot, through another program if `under` names one, without waiting for anything.
    pub(crate) fn launch(&self, cli: Cli, more: &Value, under: &[&str]) -> Result<Bot> {
        let bin = match cli {
            Cli::StandIn => paths::stand_in()?,
            Cli::TappedStandIn | Cli::TappedReal => tap::link(self.home())?,
            Cli::Real => paths::real_cli()?,
        };
        let mut config = json!({
            "discord": { "api_base": self.discord.url(), "respond": "all", "allow": { "users": ["*"] } },
            "claude": { "bin": bin, "pass_env": ["STAND_IN_PACE_MS", tap::CLI, tap::NOTES] },
        });
        for (section, keys) in more.as_object().into_iter().flatten() {
            let into = config[section]
                .as_object_mut()
                .ok_or("an unknown section")?;
            into.extend(keys.as_object().cloned().unwrap_or_default());
        }
        paths::write(&self.home().join("config.json"), &config.to_string())?;
        let log = self.home().join("log");
        paths::write(&log, "")?;
        let behind_tap = match cli {
            Cli::TappedReal => paths::real_cli()?,
            _ => paths::stand_in()?,
        };
        let bot = paths::bot();
        let bot = bot.to_str().ok_or("a path that is not UTF-8")?;
        let line: Vec<_> = under.iter().copied().chain([bot, "run"]).collect();
        let mut command = command(Path::new(line[0]), self.home(), &self.api);
        command
            .args(&line[1..])
            .env("DISCORD_TOKEN", self.discord.token())
            .env("STAND_IN_PACE_MS", "0")
            .env(tap::CLI, behind_tap)
            .env(tap::NOTES, self.notes())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::OpenOptions::new().append(true).open(&log)?);
        let child = command.spawn()?;
        let pid = child.id().ok_or("the bot ended at once")?.try_into()?;
        Ok(Bot { child, pid })
    }

    /// The moment, by the machine's clock, of a time since the loopback Discord was started.
    pub(crate) fn moment(&self, at: Duration) -> Duration {
        self.started + at
    }

    /// Says something as the owner.
    pub(crate) fn say(&self, channel: Snowflake, text: &str) -> Snowflake {
        self.discord.say(channel, self.discord.owner(), text)
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            turns: self.booked(),
            calls: self.discord.look(|view| view.calls().len()),
        }
    }

    /// The bot's calls since then.
    pub(crate) fn calls_since(&self, mark: Mark) -> Vec<Call> {
        self.discord
            .look(|view| view.calls()[mark.calls..].to_vec())
    }

    /// Sends a question and waits for [its answer](Self::answered).
    pub(crate) async fn ask(
        &self,
        channel: Snowflake,
        question: &str,
        answer: &str,
    ) -> Result<Turn> {
        let mark = self.mark();
        let said = tap::now();
        self.say(channel, question);
        self.answered(channel, mark, said, answer).await
    }

    /// Waits for the first message or edit there since then that holds `answer`, and until the turn is settled.
    pub(crate) async fn answered(
        &self,
        channel: Snowflake,
        mark: Mark,
        said: Duration,
        answer: &str,
    ) -> Result<Turn> {
        let shows = |call: &&Call| shows(call, answer) && call.channel() == Some(channel);
        let found = self.discord.wait_until(DEADLINE, answer, |view| {
            view.calls()[mark.calls..]
                .iter()
                .find(shows)
                .map(|call| call.at)
        });
        let posted = self.moment(found.await?);
        self.settled(mark, 1).await?;
        Ok(Turn { said, posted })
    }

    /// Waits until the bot is well below Discord's limit of requests a second, which would hold up its next answer.
    pub(crate) async fn pause(&self) -> Result<()> {
        let is_below = || {
            let since = self.discord.now().saturating_sub(Duration::from_secs(1));
            let recent = |view: &View<'_>| {
                let calls = view.calls().iter().rev();
                calls.take_while(|call| call.at > since).count()
            };
            Ok(self.discord.look(recent) < RECENT)
        };
        until("the bot to send less", is_below).await
    }

    /// A turn of the stand-in, or of the API's usual answer.
    pub(crate) async fn turn(&self, channel: Snowflake) -> Result<Turn> {
        self.ask(channel, QUESTION, ANSWER).await
    }

    /// A turn in each of these channels in order, over a tapped CLI, and when each passed the tap.
    pub(crate) async fn tapped_turns(
        &self,
        channels: impl Iterator<Item = Snowflake>,
    ) -> Result<Vec<(Turn, Passed)>> {
        let mut turns = Vec::new();
        for channel in channels {
            self.pause().await?;
            turns.push(self.turn(channel).await?);
        }
        let passed = tap::passed(&self.notes())?;
        if passed.len() != turns.len() {
            let (turns, passed) = (turns.len(), passed.len());
            return Err(format!("{turns} turns, but {passed} passed the tap").into());
        }
        Ok(turns.into_iter().zip(passed).collect())
    }

    /// Asks the same in each channel at once and waits until all turns are settled.
    pub(crate) async fn ask_all(&self, channels: &[Snowflake], question: &str) -> Result<()> {
        let mark = self.mark();
        for channel in channels {
            self.say(*channel, question);
        }
        self.settled(mark, channels.len()).await
    }

    /// Starts each channel's process with a turn.
    pub(crate) async fn warm_up(&self, channels: &[Snowflake]) -> Result<()> {
        self.ask_all(channels, "[[say warm.]]").await
    }

    /// How many turns the ledger has, answers included.
    fn booked(&self) -> usize {
        let months = fs::read_dir(self.home().join("sessions/usage"));
        let texts = months.into_iter().flatten().flatten();
        let lines = texts.map(|month| fs::read(month.path()).unwrap_or_default());
        // A line for each turn and one for the messages of its answer.
        lines
            .map(|text| text.split(|byte| *byte == b'\n').count() - 1)
            .sum::<usize>()
            / 2
    }

    /// Waits until so many turns since then are booked and the answers of all are on record.
    pub(crate) async fn settled(&self, mark: Mark, turns: usize) -> Result<()> {
        let all = mark.turns + turns;
        until("the turns to be booked", || Ok(self.booked() >= all)).await
    }

    /// Writes an `active.json` with these channels on record, each with the last message that the bot knows.
    pub(crate) fn put_on_record(
        &self,
        channels: impl Iterator<Item = (Snowflake, Snowflake)>,
    ) -> Result<()> {
        let mut document = Map::new();
        document.insert("version".to_owned(), json!(2));
        for (channel, last) in channels {
            document.insert(channel.to_string(), record(last));
        }
        let path = self.home().join("sessions/active.json");
        paths::write(&path, &serde_json::to_string_pretty(&document)?)
    }
}

impl Bot {
    /// Ends it as a service manager does.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = Pid::from_raw(self.pid).ok_or("no pid")?;
        kill_process(pid, Signal::TERM)?;
        tokio::time::timeout(DEADLINE, self.child.wait()).await??;
        Ok(())
    }
}

/// Whether a call shows this text in a channel.
pub(crate) fn shows(call: &Call, text: &str) -> bool {
    (call.is("POST /channels/*/messages") || call.is("PATCH /channels/*/messages/*"))
        && call.body["content"]
            .as_str()
            .is_some_and(|content| content.contains(text))
}

/// A record as it stands after a few turns.
fn record(last: Snowflake) -> Value {
    json!({
        "session_id": uuid::Uuid::new_v4().to_string(),
        "model": "sonnet",
        "created_at": "2026-11-01T12:00:00.000Z",
        "last_message_at": "2026-11-29T12:00:00.000Z",
        "message_count": 12,
        "total_input_tokens": 48_211,
        "total_output_tokens": 7_412,
        "total_cost_usd": 0.412_345,
        "duration_ms": 4213,
        "context_tokens": 18_412,
        "total_cache_read_tokens": 212_345,
        "total_cache_creation_tokens": 31_234,
        "total_turn_errors": 0,
        "channel_name": "a-channel",
        "guild_name": "The exchange",
        "last_author_name": "Olivia",
        "state": {
            "last_message_id": last.to_string(),
            "last_turn_id": uuid::Uuid::new_v4().to_string(),
            "cli_total_cost_usd": 0.412_345,
            "unit_cost_usd": 0.000_003,
            "resumable": false,
        },
    })
}

/// A program with a cleared environment, whose home is this folder and whose API is the loopback's.
#[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
pub(crate) fn command(program: &Path, home: &Path, api: &LoopbackMessages) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(home)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("ANTHROPIC_BASE_URL", api.url())
        .env("ANTHROPIC_API_KEY", "sk-ant-loopback")
        .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
        .kill_on_drop(true);
    command
}

/// Polls what tells nobody of its changes.
pub(crate) async fn until(
    awaited: &str,
    mut holds: impl FnMut() -> std::result::Result<bool, String>,
) -> Result<()> {
    let end = Instant::now() + DEADLINE;
    while !holds()? {
        if Instant::now() > end {
            return Err(format!("waited {DEADLINE:?} in vain for {awaited}").into());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}
