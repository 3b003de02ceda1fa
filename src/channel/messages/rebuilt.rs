//! What is said when the CLI has lost a session.

use crate::chat::OpError;

/// Every notice begins with it.
const LOST: &str = "-# Claude no longer has this channel's session.";

/// The message moves to a new session.
pub(in crate::channel) fn session_gone() -> String {
    format!("{LOST} I started a new one, which doesn't know the earlier conversation.")
}

pub(in crate::channel) fn rebuilt(messages: usize) -> String {
    let from = match messages {
        1 => "one message".to_owned(),
        _ => format!("{messages} messages"),
    };
    format!(
        "{LOST} I rebuilt the conversation from {from} of this channel; what Claude did beside writing them is not in it."
    )
}

/// The channel's messages could not be fetched; `None` if that took too long.
pub(in crate::channel) fn not_rebuilt(error: Option<OpError>) -> String {
    let why = match error {
        Some(OpError::Forbidden) => {
            "I may not read the earlier messages here (I need Read Message History)"
        }
        _ => "I couldn't load the earlier messages here",
    };
    format!("{LOST} {why}, so I started a new one, which doesn't know the earlier conversation.")
}
