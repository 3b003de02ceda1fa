//! Texts about messages that were edited or deleted, and about what cannot be read of them.

use crate::external::LostQuote;

/// A message was edited after Claude got it.
pub(crate) const EDITED: &str = "-# You edited this message after Claude got it. Press **Run again** to run it as it is now: the conversation \
    then continues from there, and the old session is kept.";
/// An edited message was run again from before it. `old` is the session that is kept.
pub(crate) fn rewound(old: &str) -> String {
    format!(
        "-# The conversation now continues from this message. What came after it is kept in the old session: `claude --resume {old}`"
    )
}
/// An edited message could not be run from before it.
pub(crate) const NOT_REWOUND: &str =
    "-# I couldn't go back to before this message, so it runs at the end of the conversation.";
/// The label of the button that runs an edited message again.
pub(crate) const REPEAT_LABEL: &str = "Run again";
/// A message was edited to mention the bot, and could not be loaded.
pub(crate) const EDIT_NOT_FETCHED: &str =
    "-# I couldn't load a message that was edited to mention me. Send it again as a new message.";
/// The message was deleted while Claude worked on it.
pub(crate) const DELETED: &str =
    "-# Stopped, because the message was deleted. The session is kept.";
/// What was looked up of the message holds nothing to read either.
pub(crate) const UNREADABLE: &str =
    "I found nothing that I can read in this message. Say in words what you want.";

/// Claude does not get the message replied to.
pub(crate) fn quote_lost(lost: LostQuote) -> &'static str {
    match lost {
        LostQuote::Deleted => {
            "-# The message you replied to was deleted, so Claude doesn't see it."
        }
        LostQuote::NotLoaded => {
            "-# I couldn't load the message you replied to, so Claude doesn't see it."
        }
        LostQuote::Empty => {
            "-# The message you replied to holds nothing that I can read, so Claude doesn't see it."
        }
    }
}
