//! How far the answer to a message has come.

use crate::{chat::PostKey, snowflake::MessageId};

/// After so many posts, or bytes in them (about 20 Discord messages), a text shares a post with others, unless it is the
/// last of its turn. That one gets a post of its own up to twice as many.
const MOST_POSTS: usize = 20;
const MOST_BYTES: usize = 30_000;

/// The answer to the message that was last taken up.
#[derive(Debug, Default)]
pub(super) struct AnswerProgress {
    pub(super) growing: Option<Growing>,
    /// A finished text that is not posted yet.
    pub(super) finished: Option<String>,
    /// How many posts it has that are final.
    pub(super) posts: usize,
    /// How much of it stands in the channel, at most.
    pub(super) bytes: usize,
    /// What has no posts of its own.
    pub(super) rest: Rest,
    /// Whether something about it has pinged.
    pub(super) has_pinged: bool,
    /// Whether it turned out to be a report, and not about the message.
    pub(super) is_report: bool,
    /// Whether people have written in the channel since its last post.
    pub(super) is_separated: bool,
}

impl AnswerProgress {
    /// A turn begins. Until its message is sent to the CLI, what arrives belongs to earlier turns.
    pub(super) fn new_turn(&mut self) {
        self.has_pinged = false;
    }

    /// Whether its next text gets no post of its own. `is_last` says whether the turn ends with it.
    pub(super) fn is_long(&self, is_last: bool) -> bool {
        let times = if is_last { 2 } else { 1 };
        self.posts >= times * MOST_POSTS || self.bytes >= times * MOST_BYTES
    }

    /// Somebody has written in the channel.
    pub(super) fn separated(&mut self) {
        self.is_separated = true;
    }

    /// What its next post replies to: the person's message, unless it stands right below the last post.
    pub(super) fn replies_to(&mut self, message: Option<MessageId>) -> Option<MessageId> {
        let is_separated = std::mem::take(&mut self.is_separated);
        message.filter(|_| is_separated || self.posts == 0)
    }

    /// Whether the next post about it may ping, which counts as done.
    pub(super) fn claim_ping(&mut self) -> bool {
        !std::mem::replace(&mut self.has_pinged, true)
    }
}

/// The post that holds the rest of a long answer.
#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) post: Option<Growing>,
    /// Whether a part of it was left out.
    pub(super) is_cut: bool,
}

/// The text that Claude is writing.
#[derive(Debug)]
pub(super) struct Growing {
    pub(super) key: PostKey,
    pub(super) reply_to: Option<MessageId>,
    pub(super) text: String,
    pub(super) is_put: bool,
    /// Whether the API's call failed and another one begins the text again.
    pub(super) is_void: bool,
}
