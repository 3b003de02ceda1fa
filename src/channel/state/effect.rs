//! What happens to a channel, and what it does.

use std::time::Duration;

use crate::{
    channel::item::{Item, Mark, Origin},
    claude::{launch::Start, process::Exit, protocol},
    external::{Context, File, Speaker},
    ledger::{Line, Period},
    registry::Record,
    snowflake::MessageId,
};

/// What of the configuration the state machine goes by.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The model of a new session here.
    pub model: String,
    /// The models that may be chosen.
    pub models: Vec<String>,
    /// A turn's wall clock, from the moment it is taken up.
    pub turn_timeout: Duration,
    /// How long a process may wait for the next message.
    pub idle: Duration,
    /// Whether messages that are not taken up before the bot goes down are asked for at its next start.
    pub catches_up: bool,
    /// How long the CLI may be silent in a turn while no tool runs.
    pub silence: Duration,
    /// How long a task may run in the background.
    pub background: Duration,
}

/// What happens.
#[derive(Debug)]
pub enum Event {
    /// Somebody wants something.
    Asked(Item),
    /// Somebody wants the running turn to stop.
    Stop(Origin),
    /// The bot has started, and the record holds something of a bot that went down before.
    Recover,
    /// All that was said before an [`Effect::Mark`] is sent, or never will be; [`Mark::KeptBack`] where the bot's end is
    /// why.
    Reached(Mark),
    /// A save that was to be confirmed is on disk, or is not.
    Saved(Result<(), String>),
    /// The files of a turn's message have been fetched, or left.
    Fetched {
        /// The turn.
        turn: String,
        /// The files, each with its fate.
        files: Vec<File>,
    },
    /// The message that was to be asked is not: a limit is reached. The text is for the person.
    Refused(String),
    /// The report that runs is not to go on: a limit of cost is reached.
    Overspent,
    /// The process has been started.
    Started,
    /// The process could not be started.
    NotStarted(NotStarted),
    /// The process said something.
    Cli(protocol::Event),
    /// The process has ended and nothing of it is left.
    Exited(Exit),
    /// The pool wants the process's place for another channel.
    Recalled,
    /// A deadline has passed.
    Tick,
    /// The bot is going down: no new turns.
    GoingDown,
    /// The bot is going down: the turn that runs has had its time.
    GoDownSoon,
    /// The bot is going down at once.
    GoDownNow,
}

/// Why a process could not be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotStarted {
    /// The CLI is not installed; the text says how to.
    Missing(String),
    /// Anything else; the text is for the person.
    Failed(String),
}

/// What is to be done, in order.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an effect that is not carried out leaves the state machine waiting"]
pub enum Effect {
    /// Put the record, and a turn's line, on disk.
    Save {
        /// The record.
        record: Box<Record>,
        /// The line of a turn that has ended.
        line: Option<Box<Line>>,
        /// Whether [`Event::Saved`] is awaited.
        confirm: bool,
    },
    /// Start a process when the pool has a place; [`Event::Started`] or [`Event::NotStarted`] follows.
    Start {
        /// The session.
        start: Start,
        /// The model.
        model: String,
    },
    /// The process has come up: another may start.
    Ready,
    /// Fetch the files of a turn's message; [`Event::Fetched`] follows.
    Fetch {
        /// The turn.
        turn: String,
        /// The message.
        message: MessageId,
        /// The files.
        files: Vec<File>,
    },
    /// Send a person's words, wrapped, unless a limit is reached; then [`Event::Refused`] follows.
    Ask {
        /// Who speaks.
        speaker: Speaker,
        /// The words, as they are; `None` has the session compacted.
        words: Option<String>,
        /// What they go with.
        context: Box<Context>,
    },
    /// Claude goes on by itself, with what this person had it begin. Where their limit of cost is reached, or the
    /// channel's, [`Event::Overspent`] follows.
    GoesOn(Speaker),
    /// Write a line to the process.
    Write(String),
    /// End the process in order, or give up waiting for its place; [`Event::Exited`] follows.
    End,
    /// End the process at once; [`Event::Exited`] follows.
    Kill,
    /// Say something.
    Say {
        /// What it answers.
        to: Option<Origin>,
        /// The words.
        text: String,
    },
    /// Take the button off this message of ours: it has served.
    Unbutton(MessageId),
    /// Say that a message was cut off, with a button to run it again.
    Offer {
        /// The message.
        message: MessageId,
        /// How often it has been cut off.
        cuts: u32,
        /// The words.
        text: String,
    },
    /// Report with [`Event::Reached`] when all that was said so far is sent.
    Mark(Mark),
    /// A turn begins or has ended: typing is shown in between.
    Working(bool),
    /// Say something that takes more than the channel's own state.
    Show {
        /// What.
        what: Show,
        /// What it answers.
        to: Origin,
        /// Who asked.
        speaker: Speaker,
    },
}

/// What takes more than the channel's own state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// `!status`.
    Status,
    /// `!usage`.
    Usage(Period),
    /// `!sessions`.
    Sessions,
}
