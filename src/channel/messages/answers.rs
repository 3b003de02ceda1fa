//! Texts about answers.

use std::time::Duration;

use crate::config::StreamMode;

/// The answer exceeds what one channel accepts per message.
pub(in crate::channel) const ANSWER_TOO_LONG: &str = "-# The rest of this answer was cut: it is longer than a hundred messages. Ask for it as a file, or in parts.";

/// Ends a long turn.
pub(in crate::channel) fn done_in(took: Duration) -> String {
    let seconds = took.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("Done in {seconds} s."),
        (0, minutes, seconds) => format!("Done in {minutes} min {seconds} s."),
        (hours, minutes, _) => format!("Done in {hours} h {minutes} min."),
    }
}

/// The answer to `!stream` without a mode.
pub(in crate::channel) fn stream_mode(mode: StreamMode) -> String {
    let names = StreamMode::NAMED.map(|(name, _)| format!("`{name}`"));
    format!(
        "Answers come as `{}` here: {}. Available: {}.",
        mode.name(),
        described(mode),
        names.join(", ")
    )
}

pub(in crate::channel) fn stream_mode_set(mode: StreamMode) -> String {
    let (name, described) = (mode.name(), described(mode));
    format!("From the next message on, answers come as `{name}` here: {described}.")
}

fn described(mode: StreamMode) -> &'static str {
    match mode {
        StreamMode::Edit => "they grow while Claude writes",
        StreamMode::Block => "each text is posted once it is finished",
        StreamMode::Final => "only the last text of a turn is posted",
    }
}
