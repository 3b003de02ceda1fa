//! What a check finds.

/// The result of one check, with a message.
pub(super) enum CheckResult {
    Pass(String),
    /// The bot would start, but the owner should know something.
    Note(String),
    /// The bot would not start, or could not answer.
    Fail(String),
}
