//! What a channel reads when the bot has been set up for it.

/// `answers_all` is whether it answers messages that do not mention it.
pub(crate) fn welcome(answers_all: bool) -> String {
    let how = if answers_all {
        "Write a message here"
    } else {
        "Mention me with a message"
    };
    format!(
        "\u{1f44b} I'm set up for this channel, and answer from here once my owner starts me with `switchboard run`. {how}, and \
         Claude answers; `!help` lists what else I understand."
    )
}
