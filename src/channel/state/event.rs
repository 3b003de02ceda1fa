//! What happens to a channel, and what it does.

use std::time::Duration;

use crate::{
    channel::{Origin, QueueItem, ShutdownStage},
    chat::{ChatOp, Interaction, OpId, PostFailure, PostKey},
    claude::{
        launch::Start,
        process::Exit,
        protocol::{SessionEvent, SessionRequest},
    },
    config::Config,
    external::{Context, File, Speaker},
    ledger::{Entry, Period},
    registry::Record,
    snowflake::{ChannelId, MessageId},
};

/// What the state machine goes by of the configuration.
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
    /// Whether messages that are not taken up before the bot shuts down are fetched at its next start.
    pub catches_up: bool,
    /// How long the CLI may be silent in a turn while no tool runs.
    pub silence: Duration,
    /// How long a task may run in the background.
    pub background: Duration,
}

impl Settings {
    /// The settings of a channel that takes them from `settings_from`: itself, or the parent of a thread.
    #[must_use]
    pub fn new(config: &Config, settings_from: ChannelId) -> Self {
        Self {
            model: config.model_for(settings_from).to_owned(),
            models: config.models.clone(),
            turn_timeout: config.claude.turn_timeout,
            idle: config.claude.idle,
            catches_up: config.discord.catch_up.max_messages > 0,
            silence: config.claude.silence,
            background: config.claude.background,
        }
    }
}

/// What happens.
#[derive(Debug)]
pub enum Event {
    /// Somebody requests something.
    Requested(QueueItem),
    /// Somebody wants the running turn to stop.
    Stop(Origin),
    /// Somebody who may talk here pressed a button or chose from a menu.
    Pressed(Press),
    /// A message that was to be run again could not be fetched, or is not to be run.
    RetryUnavailable {
        /// The press.
        press: OpId,
        /// Whether trying again later is of no use.
        is_gone: bool,
    },
    /// The bot has started, and the record holds something that an earlier process left.
    Recover,
    /// A post stands in the channel, with these messages.
    Posted {
        /// The post.
        key: PostKey,
        /// Its messages.
        messages: Vec<MessageId>,
    },
    /// A post will not stand in the channel, or not all of it.
    PostFailed {
        /// The post.
        key: PostKey,
        /// Those of its messages that stand there.
        messages: Vec<MessageId>,
        /// Why.
        why: PostFailure,
    },
    /// A save that was to be confirmed is on disk, or is not.
    Saved(Result<(), String>),
    /// The attachments of a turn's message have been fetched, or skipped.
    AttachmentsFetched {
        /// The turn.
        turn: String,
        /// The files, each with its fate.
        files: Vec<File>,
    },
    /// The running turn's person, or the channel, has reached a limit, or has not. The text is for the person.
    LimitChecked(Result<(), String>),
    /// A limit of cost is reached, so the report that runs must not go on.
    BackgroundLimitReached,
    /// The process has been started.
    Started,
    /// The process could not be started.
    StartFailed(StartFailure),
    /// The process said something.
    Session(SessionEvent),
    /// The process has ended, and nothing of it is left.
    Exited(Exit),
    /// The pool wants the process's place for another channel.
    Recalled,
    /// A deadline has passed.
    Tick,
    /// The bot is shutting down.
    Shutdown(ShutdownStage),
}

/// A press of a button, or a choice from a menu.
#[derive(Debug, Clone)]
pub struct Press {
    /// The handle to reply with.
    pub interaction: Interaction,
    /// Who pressed it.
    pub speaker: Speaker,
    /// The message that holds the control.
    pub message: MessageId,
    /// The control's id as it came back.
    pub custom_id: String,
}

/// Why a process could not be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartFailure {
    /// The CLI is not installed; the text says how to install it.
    CliMissing(String),
    /// Anything else; the text is for the person.
    Other(String),
}

/// What is to be done, in order.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an effect that is not carried out leaves the state machine waiting"]
pub enum Effect {
    /// Put the record, and an entry of the ledger, on disk.
    Save {
        /// The record.
        record: Box<Record>,
        /// A turn that has ended, or the messages of its answer.
        entry: Option<Entry>,
        /// Whether [`Event::Saved`] is expected.
        confirm: bool,
    },
    /// Start a process when the pool has a place; [`Event::Started`] or [`Event::StartFailed`] follows.
    Start {
        /// The session.
        start: Start,
        /// The model.
        model: String,
    },
    /// The process has come up: another channel's may start.
    Ready,
    /// Fetch the attachments of a turn's message; [`Event::AttachmentsFetched`] follows.
    FetchAttachments {
        /// The turn.
        turn: String,
        /// The message.
        message: MessageId,
        /// The files.
        files: Vec<File>,
    },
    /// Check whether this person may still spend something here; [`Event::LimitChecked`] follows.
    CheckLimit(Speaker),
    /// Claude goes on by itself with what this person had it begin. If their limit of cost is reached, or the
    /// channel's, [`Event::BackgroundLimitReached`] follows.
    CheckBackgroundLimit(Speaker),
    /// Send a person's message to the process.
    Ask {
        /// Who speaks.
        speaker: Speaker,
        /// Their words, as they are; `None` has the session compacted.
        text: Option<String>,
        /// What they go with.
        context: Box<Context>,
    },
    /// Send a request to the process.
    Send(SessionRequest),
    /// End the process in order, or give up waiting for its place; [`Event::Exited`] follows.
    Stop,
    /// End the process at once; [`Event::Exited`] follows.
    Kill,
    /// Do something in the chat.
    Chat(ChatOp),
    /// Post something that takes more than the channel's own state.
    Report {
        /// What.
        report: Report,
        /// The post's key.
        key: PostKey,
        /// The message that it replies to.
        reply_to: Option<MessageId>,
        /// Who asked.
        speaker: Speaker,
    },
}

/// What takes more than the channel's own state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// `!status`.
    Status,
    /// `!usage`.
    Usage(Period),
    /// `!sessions`.
    Sessions,
}
