//! The part of a record that only the bot needs, to continue after a restart.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    claude::protocol::{Effort, PermissionMode},
    config::{QueueMode, StreamMode, Verbosity},
    money::Usd,
    snowflake::{ChannelId, MessageId, UserId},
};

/// Maximum number of stored posts.
const MAX_POSTS: usize = 100;

/// How the keys of posts begin that ask for a decision about a tool call.
pub const APPROVAL_KEY: &str = "a.";

/// Maximum number of granted rules.
const MAX_GRANTS: usize = 100;

/// How the keys of posts begin that offer to undo a `!clear`.
pub const UNDO_KEY: &str = "u.";

/// How the keys of posts begin that answer a side question without a message of its own.
pub const SIDE_KEY: &str = "b.";

/// Maximum number of turns after which a session can be forked.
const MAX_CHECKPOINTS: usize = 20;

/// Maximum number of branches whose threads may have no record yet.
const MAX_BRANCHES: usize = 10;

/// A record's bookkeeping. Fields of other versions are kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MachineState {
    /// The last message claimed (see `dedup`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_message_id: Option<MessageId>,
    /// A message of the bot's own. All messages before it have been received, and none of them waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_message_id: Option<MessageId>,
    /// The last turn booked in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_turn_id: Option<String>,
    /// The CLI's running cost total after the last turn, in dollars (see `ledger::cost`).
    pub cli_total_cost_usd: f64,
    /// Dollars per weighted token in the last turn that had a price (see `ledger::cost`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_cost_usd: Option<f64>,
    /// Whether the CLI has a transcript of the session, so that it can be resumed. If unknown, it has one if the record
    /// counts messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumable: Option<bool>,
    /// Messages after `last_message_id` that were claimed before older ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answered_ahead: Vec<MessageId>,
    /// Messages up to `last_message_id` that still wait, because Discord delivered them out of order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting_behind: Vec<MessageId>,
    /// Turns that have started and whose answer Discord has not accepted yet, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open_turns: Vec<OpenTurn>,
    /// Turns that were cut off by a shutdown or crash of the bot, oldest first. They can be retried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cut_off: Vec<CutOff>,
    /// The permission that the bot lacks here, as Discord names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_permission: Option<String>,
    /// Messages that wait until Claude can be asked again, oldest first. They can be retried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<MessageId>,
    /// When the usage limit that was reached last resets, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limited_until: Option<i64>,
    /// Which limit that is, as the CLI names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_kind: Option<String>,
    /// The last turns that were answered, oldest first. The session can be forked after each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checkpoints: Vec<Checkpoint>,
    /// The last message that the session holds without an answer, because its turn failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<Unanswered>,
    /// Where the session begins, if it is a fork that the CLI does not have yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fork: Option<Fork>,
    /// The command after which the session began, by the id of its message or interaction. Nothing older is a part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began_after: Option<MessageId>,
    /// Whether the session is to begin with the channel's messages, because the CLI has lost the one before it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_lost: bool,
    /// The fingerprint of the messages that the session began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebuilt_from: Option<String>,
    /// Short descriptions of Claude's background tasks, which end with the bot. Those that ended with their process come
    /// first and stay until Discord has accepted the notice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub background: Vec<String>,
    /// Posts that are edited, or whose buttons can be pressed, after a restart, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<StoredPost>,
    /// What the card of a turn shows here, if somebody has chosen it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbose: Option<Verbosity>,
    /// How answers come here, if an admin has chosen that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamMode>,
    /// How much the model thinks here, if an admin has chosen that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// How many tokens the context of the last model can hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    /// When Claude asks for permission here, if somebody has chosen that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<PermissionMode>,
    /// What a message does that arrives while Claude works here, if an admin has chosen that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_mode: Option<QueueMode>,
    /// Who Claude is here, if an admin has chosen that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persona: Option<String>,
    /// Whether it was Claude that has chosen `mode`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub plans_by_itself: bool,
    /// Whether the model is that of the thread's channel.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub inherits_model: bool,
    /// Allow rules that people have granted here, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// The channel in whose workspace a forked thread works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub works_in: Option<ChannelId>,
    /// How the session began, in the words of its first message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_words: Option<String>,
    /// The budget that an admin has set for a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<DayBudget>,
    /// The title of a thread that a message has for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<ThreadTitle>,
    /// Threads that were to be created for branches. One that has no record yet begins with its branch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<Branch>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A channel's budget for a day, in place of the configured one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayBudget {
    pub usd: Usd,
    pub until: DateTime<Utc>,
    /// Who set it.
    pub by: UserId,
    /// Their name at that time.
    #[serde(default)]
    pub name: String,
}

/// An allow rule that somebody has granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub rule: String,
    /// Who granted it.
    pub by: UserId,
    /// Their name at that time.
    #[serde(default)]
    pub name: String,
    /// The time of the grant, in RFC 3339.
    #[serde(default)]
    pub at: String,
    /// Whether it outlives the session.
    #[serde(default)]
    pub is_permanent: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTurn {
    pub message: MessageId,
    pub author: UserId,
    /// Whether the turn has ended and is booked.
    #[serde(default)]
    pub booked: bool,
    /// How often the message's turn has been cut off before.
    #[serde(default)]
    pub cuts: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutOff {
    pub message: MessageId,
    /// May retry the message, as may admins.
    pub author: UserId,
    /// Whether the turn had ended, so that at most its answer is incomplete.
    #[serde(default)]
    pub booked: bool,
    /// How often the message's turn has been cut off. The channel is told each time.
    #[serde(default)]
    pub cuts: u32,
    /// Whether the channel has been told.
    #[serde(default)]
    pub told: bool,
}

/// The end of a turn that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The `uuid` of Claude's last message in the turn.
    pub at: String,
    /// The message that was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// Whether the session began with the turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_first: bool,
}

/// A message in a session whose turn failed before Claude wrote anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    pub message: MessageId,
    /// The id of its turn, and of the message in the session.
    pub turn: String,
}

/// The beginning of a session that continues another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The id of the other session, which is kept.
    pub from: String,
    /// The `uuid` of its last message to take over.
    pub at: String,
}

/// What a thread is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadTitle {
    /// What was asked.
    pub words: String,
    /// The emoji before it, which shows the thread's state.
    #[serde(default)]
    pub sign: String,
    /// The channel that holds the message.
    pub channel: ChannelId,
}

/// A thread that continues a session, before it has a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// The thread's channel.
    pub channel: ChannelId,
    /// The message that the thread starts from, which has the thread's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    pub title: String,
    /// The id of the message or interaction that asked for it. The thread is newer.
    pub asked_by: u64,
    pub fork: Fork,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredPost {
    /// Unique in the channel.
    pub key: String,
    #[serde(default)]
    pub text: String,
    /// The Discord messages that show the post, in order.
    #[serde(default)]
    pub messages: Vec<MessageId>,
    #[serde(default)]
    pub revision: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<StoredControl>,
    /// The message whose answer it is, until that is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<MessageId>,
    /// What it is a copy of, if it stands in another channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<PostCopy>,
}

/// The place of a post in direct messages, which is the copy of one in the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostCopy {
    /// The key of the other post.
    pub of: String,
    pub channel: ChannelId,
}

/// A button or menu of a post, kept so that a press counts after a restart too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredControl {
    /// The opaque ID in the component's `custom_id`.
    pub id: String,
    /// What a press does, as defined by the channel.
    #[serde(default)]
    pub action: Value,
}

impl MachineState {
    /// Notes that a turn was answered.
    pub fn add_checkpoint(&mut self, checkpoint: Checkpoint) {
        push_bounded(&mut self.checkpoints, checkpoint, MAX_CHECKPOINTS);
    }

    /// Notes a granted rule, in place of an earlier grant of it. One that is permanent stays so. Drops the oldest one if
    /// there are more than a hundred.
    pub fn add_grant(&mut self, mut grant: Grant) {
        let same = |known: &mut Grant| known.rule == grant.rule;
        let before: Vec<_> = self.grants.extract_if(.., same).collect();
        grant.is_permanent |= before.iter().any(|before| before.is_permanent);
        push_bounded(&mut self.grants, grant, MAX_GRANTS);
    }

    /// Notes a branch before its thread is created.
    pub fn add_branch(&mut self, branch: Branch) {
        push_bounded(&mut self.branches, branch, MAX_BRANCHES);
    }

    /// The branch of which this is the thread.
    pub fn branch_of(
        &self,
        channel: ChannelId,
        thread: (ChannelId, Option<&str>),
    ) -> Option<&Branch> {
        let (thread, title) = thread;
        let is_it = |branch: &&Branch| {
            branch.channel == channel
                && match branch.message {
                    Some(MessageId(message)) => message == thread.0,
                    None => thread.0 > branch.asked_by && title == Some(branch.title.trim()),
                }
        };
        self.branches.iter().rev().find(is_it)
    }

    pub fn post(&self, key: &str) -> Option<&StoredPost> {
        self.posts.iter().find(|post| post.key == key)
    }

    pub fn post_mut(&mut self, key: &str) -> Option<&mut StoredPost> {
        self.posts.iter_mut().find(|post| post.key == key)
    }

    /// The posts that ask for a decision about a tool call, or say what has become of it.
    pub fn approval_posts(&self) -> impl Iterator<Item = &StoredPost> {
        let posts = self.posts.iter();
        posts.filter(|post| post.key.starts_with(APPROVAL_KEY))
    }

    /// The posts that offer to undo a `!clear`.
    pub fn undo_posts(&self) -> impl Iterator<Item = &StoredPost> {
        let posts = self.posts.iter();
        posts.filter(|post| post.key.starts_with(UNDO_KEY))
    }

    /// Side questions without an answer, each with its text.
    pub fn side_posts(&self) -> impl Iterator<Item = &StoredPost> {
        let posts = self.posts.iter();
        posts.filter(|post| post.key.starts_with(SIDE_KEY))
    }

    /// Replaces the post with the same key, or appends it. Drops the oldest one if there are more than a hundred.
    pub fn put_post(&mut self, post: StoredPost) {
        match self.post_mut(&post.key) {
            Some(stored) => *stored = post,
            None => push_bounded(&mut self.posts, post, MAX_POSTS),
        }
    }
}

/// Appends to a list that keeps only its last `max` elements.
pub(super) fn push_bounded<T>(list: &mut Vec<T>, new: T, max: usize) {
    list.push(new);
    let excess = list.len().saturating_sub(max);
    list.drain(..excess);
}

#[cfg(test)]
mod tests;
