//! Texts about continuing from an answer: in a thread, or in the channel.

use crate::{chat::OpError, snowflake::ChannelId};

/// There is no answer from which to continue.
pub(in crate::channel) const NOTHING_TO_FORK: &str =
    "There is no answer here to branch off from. Reply to one with `!fork`.";
pub(in crate::channel) const REPLY_TO_REWIND: &str =
    "Reply to one of my answers with `!rewind`, and the conversation goes back to it.";
/// The message is no answer, or Claude wrote nothing in that turn.
pub(in crate::channel) const NOT_AN_ANSWER: &str = "I can't go on from that message: it is not one of Claude's answers in this channel, or Claude said nothing in that turn.";
pub(in crate::channel) const NO_THREADS_HERE: &str = "There are no threads in direct messages. `!rewind`, as a reply to an answer, goes back to it here.";
/// The new thread would show the conversation to more people.
pub(in crate::channel) const PRIVATE: &str = "A branch of this private thread would be open to everybody in the channel, so there is none. `!rewind`, as a \
     reply to an answer, goes back to it here.";
pub(in crate::channel) const REWOUND: &str = "The conversation goes on from that answer.\n-# What came after it is kept: `!resume` goes back to it.";
/// What the thread begins with.
pub(in crate::channel) const FORKED: &str = "-# This thread has the conversation up to that answer, and goes on from there. It works in the channel's folder; \
     what is said here stays here.";
/// What a thread begins with where `discord.threads` is `fork`.
pub(in crate::channel) const BEGINS_WITH_CHANNEL: &str = "-# This thread begins with the conversation so far, and works in the channel's folder. What is said here stays here.";
/// The title of a message's own thread, where nothing was written.
pub(in crate::channel) const UNTITLED: &str = "Question";
/// The thread has a conversation of its own.
pub(in crate::channel) const THREAD_IN_USE: &str =
    "-# This thread has a conversation already, so nothing was branched off into it.";

pub(in crate::channel) fn forked(thread: ChannelId) -> String {
    format!("Branched off: <#{thread}> goes on from there. Here nothing has changed.")
}

pub(in crate::channel) const fn not_forked(why: OpError) -> &'static str {
    match why {
        OpError::Forbidden => {
            "I may not create threads here. Whoever manages the server can allow it: **Create Public Threads**."
        }
        OpError::NotFound => "That message is gone, so there is no thread for it.",
        OpError::Invalid => "Discord did not accept a thread here.",
        OpError::Failed => "The thread could not be created. Try again in a moment.",
    }
}
