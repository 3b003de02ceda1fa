//! The inputs and outputs of the state machine.

use uuid::Uuid;

use super::{
    report::{ReportKind, ReportTo},
    shutdown::ShutdownStage,
};
use crate::{
    channel::{
        Origin, QueueItem, Request, Said,
        client::Client,
        rebuild::{Rebuild, Rebuilt},
    },
    chat::{ChatOp, Interaction, OpError, OpId, Place, Post, PostFile, PostKey, PostState},
    claude::{
        launch::Start,
        pool::Recall,
        process::Exit,
        protocol::{Model, SessionEvent, SessionRequest},
    },
    external::{Context, Excerpt, File, Meanwhile, Quote, Speaker},
    ledger::{Entry, TurnLine},
    limits::Reached,
    money::Usd,
    registry::{Delay, Record, settings::Settings, state::DayBudget},
    snowflake::{ChannelId, MessageId, UserId},
};

/// Something that happened to the channel.
#[derive(Debug)]
pub(crate) enum Event {
    Requested(QueueItem),
    /// A person has written in the channel, whether to the bot or not.
    Written,
    /// An allowed person has written something that is not for the bot, unless it answers a question of Claude's.
    Overheard {
        message: MessageId,
        speaker: Speaker,
        text: String,
    },
    /// Discord has delivered a message of the bot's own, after all that were sent before it.
    OwnMessage(MessageId),
    /// `!stop`, which overtakes the queue.
    Stop(Origin),
    /// `!stop all`, which does so too.
    StopAll {
        origin: Origin,
        speaker: Speaker,
    },
    /// An allowed person asked for a report by a slash command.
    ReportRequested {
        report: ReportKind,
        interaction: Interaction,
        speaker: Speaker,
    },
    /// An allowed person pressed a button, or submitted the form that it opened.
    Pressed(Press),
    /// The message of a pressed retry button could not be fetched, or must not run.
    RetryUnavailable {
        press: OpId,
        why: Unavailable,
    },
    /// The bot has been granted the permission that it lacked here.
    PostingAllowed,
    /// The answer to [`Effect::ReachApprovers`]: the direct messages in which they can be asked.
    ApproversReached(Vec<ChannelId>),
    /// A copy of a session from elsewhere shall be the channel's.
    Adopt {
        session: Uuid,
        client: Client,
    },
    /// The answer to [`Effect::CopySession`], with the first words of the session. The error is for the client.
    SessionCopied {
        copy: String,
        copied: Result<String, String>,
        client: Client,
    },
    /// A known message was edited by an allowed person.
    Edited(Edit),
    /// These messages were deleted.
    Deleted(Vec<MessageId>),
    /// The channel was deleted.
    ChannelGone,
    /// The result of a lookup of the running turn.
    LookedUp {
        id: OpId,
        found: Result<LookupResult, OpError>,
    },
    /// The channel's messages, for a conversation that is lost.
    HistoryFetched(Result<Excerpt, OpError>),
    /// The answer to [`Effect::Rebuild`] for this session.
    Rebuilt {
        session: String,
        rebuilt: Rebuilt,
    },
    /// The actor starts with a record in which an earlier one left something open.
    Recover,
    /// What has become of the newest version of a post.
    Posted {
        key: PostKey,
        /// The messages of the post that are in the channel.
        messages: Vec<MessageId>,
        state: PostState,
    },
    /// The result of a save with [`Wait::Confirmed`].
    Saved(Result<(), String>),
    AttachmentsFetched {
        turn: String,
        /// All files of the message, skipped ones included.
        files: Vec<File>,
    },
    /// The answer to [`Effect::ReadFile`]. The error is for the model.
    FileRead {
        call: String,
        file: Result<PostFile, String>,
    },
    /// The answer to [`Effect::Compose`].
    Composed {
        key: PostKey,
        post: Box<Post>,
    },
    /// The result of an operation for a call of the bot's own tools, with the channel's messages if they were fetched.
    CallOpDone {
        id: OpId,
        result: Result<Option<Excerpt>, OpError>,
    },
    /// The answer to [`Effect::CheckLimit`]. The error is for the person.
    LimitChecked(Result<(), String>),
    /// The answer to [`Effect::FindTurn`]. The error is for the person.
    TurnFound {
        branch: Branch,
        found: Result<Option<Box<TurnLine>>, String>,
    },
    /// The thread for a fork was created, or not.
    ThreadCreated {
        id: OpId,
        thread: Result<Place, OpError>,
    },
    /// The thread for a message was created, or not.
    OwnThreadCreated {
        message: MessageId,
        thread: Result<Place, OpError>,
    },
    /// The thread of this message has it on record.
    HandedOver(MessageId),
    /// The channel is a thread that was created with this record.
    Forked(Box<Record>),
    /// The thread's channel has other settings or rules.
    ChannelSettings(Box<Settings>),
    /// A rule was taken back in the thread's channel.
    RevokedInChannel(String),
    /// Another answer to [`Effect::CheckLimit`]: the process runs a program that was deleted, and there is a new one.
    ProgramReplaced,
    /// Another answer to it: the process was started with settings that have changed.
    SettingsReplaced,
    /// A usage limit of the login was reached, in any channel. It resets then, in seconds since 1970.
    UsageLimitReached(i64),
    /// What runs has used up a budget.
    BudgetReached(Reached),
    /// A budget is nearly spent, which the text says.
    BudgetNearlySpent {
        text: String,
        /// The message whose turn has cost so much, if it has ended.
        message: Option<MessageId>,
    },
    /// Somebody who may talk here is typing what is probably for the bot.
    Typing,
    /// There is no room for the process of [`Effect::Prewarm`].
    NoRoom,
    Started,
    StartFailed(StartFailure),
    Session(SessionEvent),
    /// The process and all its children are gone.
    Exited(Exit),
    /// The process shall make room.
    Recalled(Recall),
    /// The time is `State::deadline`, or later.
    Tick,
    Shutdown(ShutdownStage),
}

/// The id of a form's field whose values are [`Press::values`].
pub(crate) const OPTIONS_FIELD: &str = "options";

#[derive(Debug, Clone)]
pub(crate) struct Press {
    pub(crate) interaction: Interaction,
    pub(crate) speaker: Speaker,
    /// The message that holds the button.
    pub(crate) message: MessageId,
    pub(crate) custom_id: String,
    /// The chosen options of a menu or a form.
    pub(crate) values: Vec<String>,
    /// What was written in the form, if it was submitted.
    pub(crate) entered: Option<String>,
    /// Whether the person decides about tool calls.
    pub(crate) may_approve: bool,
}

/// What follows when the turn is found from which to continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Branch {
    /// A thread continues from there, and this user joins it.
    Fork(Origin, UserId),
    /// The channel itself continues from there.
    Rewind(Origin),
}

/// A known message as it is after an edit.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    pub(crate) message: MessageId,
    pub(crate) speaker: Speaker,
    /// What its text requests now. A prompt has only the names of its context.
    pub(crate) request: Request,
}

/// Why a message is not run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unavailable {
    Deleted,
    /// Its author may not talk to the bot any more, or it asks for nothing any more.
    Refused,
    /// Another attempt may help.
    NotFetched,
}

/// What a turn has looked up.
#[derive(Debug)]
pub(crate) enum LookupResult {
    Message {
        /// Whether its author may talk to the bot here.
        is_allowed: bool,
        /// It, with everything it shows.
        quote: Quote,
        context: Box<Context>,
    },
    Meanwhile(Meanwhile),
}

/// Why a process could not be started, in words for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StartFailure {
    /// The text says how to install the CLI.
    CliMissing(String),
    /// The text says which version is installed and which is needed.
    TooOld(String),
    Other(String),
}

/// Something for the actor to do.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "the state machine waits for the outcome"]
pub(crate) enum Effect {
    /// Saves the record, and entries of the ledger.
    Save {
        record: Box<Record>,
        /// Turns that have ended, and the messages of their answers.
        entries: Vec<Entry>,
        wait: Wait,
    },
    /// Start a process when the pool has a place; [`Event::Started`] or [`Event::StartFailed`] follows.
    Start {
        start: Start,
        model: String,
    },
    /// The same ahead of a message, if there is room now; otherwise [`Event::NoRoom`] follows.
    Prewarm {
        start: Start,
        model: String,
    },
    /// The process has initialized, so the pool may start another one.
    Ready,
    /// [`Event::AttachmentsFetched`] follows.
    FetchAttachments {
        turn: String,
        message: MessageId,
        files: Vec<File>,
    },
    /// Read a file of the workspace for a call of `send_file`; [`Event::FileRead`] follows.
    ReadFile {
        /// The id of the control request.
        call: String,
        path: String,
    },
    /// Make files that somebody asked for; [`Event::Composed`] follows.
    Compose {
        document: Document,
        key: PostKey,
        reply_to: Option<MessageId>,
    },
    /// Begin a session with a conversation that is lost; [`Event::Rebuilt`] follows.
    Rebuild(Rebuild),
    /// Check whether the person and the channel are below their cost limits; [`Event::LimitChecked`] follows.
    CheckLimit(Speaker),
    /// The same for a report that has begun; [`Event::BudgetReached`] follows if they are not.
    CheckBackgroundLimit(Speaker),
    /// What a turn or report of this person has cost so far; [`Event::BudgetReached`] or [`Event::BudgetNearlySpent`] may
    /// follow.
    Spent {
        speaker: Speaker,
        usd: Usd,
    },
    /// What was [`Spent`](Effect::Spent) has ended without a line in the ledger.
    SpendingEnded,
    /// Set the channel's budget until it ends, or drop it.
    SetBudget(Option<DayBudget>),
    /// Take a rule back in the channel's threads too; [`Event::RevokedInChannel`] follows there.
    RevokeInThreads(String),
    /// What holds in the channel's threads has changed; [`Event::ChannelSettings`] follows in those that are active.
    ShareSettings(Settings),
    /// Find the turn to which a message belongs; [`Event::TurnFound`] follows.
    FindTurn {
        message: MessageId,
        branch: Branch,
    },
    /// Open direct messages with those who decide about tool calls here; [`Event::ApproversReached`] follows.
    ReachApprovers,
    /// Copy a session into the workspace; [`Event::SessionCopied`] follows.
    CopySession {
        session: Uuid,
        /// The id of the copy.
        copy: String,
        client: Client,
    },
    /// Tell who asked over the control socket what has become of it.
    AnswerClient {
        client: Client,
        answer: Result<String, String>,
    },
    /// Give a new thread its record.
    Fork {
        thread: ChannelId,
        record: Box<Record>,
    },
    /// Have the message's thread, which is its place, run it; [`Event::HandedOver`] follows.
    HandOver(Box<QueueItem>),
    /// Give the thread another title, unless somebody has changed the words in it.
    Rename {
        title: String,
        words: String,
    },
    /// The CLI has listed the models that it knows.
    ModelsListed(Vec<Model>),
    /// The login's usage limit was reached, which stops all channels until then.
    UsageLimitReached(i64),
    Ask {
        /// The message's id in the session, a UUID.
        id: String,
        /// Earlier messages that it answers as well.
        before: Vec<Said>,
        speaker: Speaker,
        /// The person's message, or `None` for `/compact`.
        text: Option<String>,
        context: Box<Context>,
        /// Whether it cuts the running turn.
        steers: bool,
    },
    Send(SessionRequest),
    /// Let the process exit, or stop waiting for a place; [`Event::Exited`] follows.
    Stop,
    /// Kill the process; [`Event::Exited`] follows.
    Kill,
    Chat(ChatOp),
    /// Post a report that needs more than the channel's own state.
    Report {
        report: ReportKind,
        to: ReportTo,
        speaker: Speaker,
    },
}

/// What somebody wants that is made from files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Document {
    /// The conversation.
    Export {
        session: String,
        /// The `uuid` of its last message, if it goes on elsewhere.
        at: Option<String>,
        /// How many turns, or all.
        last: Option<usize>,
    },
    /// What changed in the workspace.
    Changes,
    /// What has become of the files of the personas.
    Personas,
}

/// What waits until a save is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The effects after it, and then [`Event::Saved`].
    Confirmed,
    /// The effects after it.
    Effects,
    /// Nothing, so the save may be delayed.
    Nobody(Delay),
}
