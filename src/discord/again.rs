//! The button that runs a message again.

use serenity::all::{ButtonStyle, CreateButton};

use crate::snowflake::MessageId;

/// What the button's id begins with; the message's id follows.
const PREFIX: &str = "again:";

/// The button under the notice that `message` was cut off.
pub(super) fn button(message: MessageId) -> CreateButton {
    CreateButton::new(format!("{PREFIX}{message}"))
        .label("Run it again")
        .style(ButtonStyle::Primary)
}

/// The message that a button with this id runs again; `None` for a button of another kind.
#[must_use]
pub fn pressed(custom_id: &str) -> Option<MessageId> {
    let id = custom_id.strip_prefix(PREFIX)?;
    // A sign or a leading zero would be another way to write the same id.
    let is_plain = id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    is_plain.then(|| id.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_ids_are_read() {
        assert_eq!(pressed("again:123"), Some(MessageId(123)));
        for odd in [
            "again:",
            "again:+1",
            "again:01",
            "again:x",
            "agai:1",
            "again:99999999999999999999",
        ] {
            assert_eq!(pressed(odd), None, "{odd}");
        }
    }
}
