//! One message on its way out. Pure.

use serenity::all::{
    CreateAllowedMentions, CreateMessage, Message, MessageFlags, MessageReference,
    MessageReferenceKind, Nonce,
};

use crate::{
    discord::again,
    snowflake::{ChannelId, MessageId},
};

/// A message that pings nobody but whom it answers, and unfolds no link.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) channel: ChannelId,
    pub(super) text: String,
    /// At most 25 characters, the same for each try: Discord takes two sends of one nonce for one.
    pub(super) nonce: String,
    /// The message that it answers.
    pub(super) answers: Option<MessageId>,
    /// The message that its button runs again.
    pub(super) button: Option<MessageId>,
}

impl Outgoing {
    /// As Discord is asked to create it.
    pub(super) fn request(&self) -> CreateMessage {
        let mentions = CreateAllowedMentions::new().replied_user(self.answers.is_some());
        let mut message = CreateMessage::new()
            .content(&self.text)
            .nonce(Nonce::String(self.nonce.clone()))
            .enforce_nonce(true)
            .allowed_mentions(mentions)
            // A link that is unfolded is fetched: an answer must not carry data out that way.
            .flags(MessageFlags::SUPPRESS_EMBEDS);
        if let Some(answers) = self.answers {
            let target = serenity::all::ChannelId::new(self.channel.0.max(1));
            let reference = MessageReference::new(MessageReferenceKind::Default, target)
                .message_id(serenity::all::MessageId::new(answers.0.max(1)))
                .fail_if_not_exists(false);
            message = message.reference_message(reference);
        }
        match self.button {
            Some(again) => message.button(again::button(again)),
            None => message,
        }
    }

    /// Whether this is it, as it stands in its channel. Discord takes the white space around a text away, and gives no
    /// nonces back.
    pub(super) fn is(&self, found: &Message) -> bool {
        let answers = found
            .message_reference
            .as_ref()
            .and_then(|to| to.message_id);
        found.author.bot
            && found.webhook_id.is_none()
            && found.content.trim() == self.text.trim()
            && answers.map(serenity::all::MessageId::get) == self.answers.map(|id| id.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn outgoing() -> Outgoing {
        Outgoing {
            channel: ChannelId(1),
            text: "  Hello.\n".into(),
            nonce: "n".into(),
            answers: Some(MessageId(7)),
            button: None,
        }
    }

    #[track_caller]
    fn check(change: &Value, expected: bool) {
        let mut found = json!({
            "id": "9", "channel_id": "1", "content": "Hello.", "timestamp": "2026-11-21T16:00:00Z",
            "edited_timestamp": null, "tts": false, "mention_everyone": false, "mentions": [], "mention_roles": [],
            "attachments": [], "embeds": [], "pinned": false, "type": 19,
            "author": { "id": "2", "username": "b", "discriminator": "0", "avatar": null, "bot": true },
            "message_reference": { "message_id": "7", "channel_id": "1" },
        });
        for (key, value) in change.as_object().unwrap() {
            found[key] = value.clone();
        }
        let found: Message = serde_json::from_value(found).unwrap();
        assert_eq!(outgoing().is(&found), expected, "{change}");
    }

    #[test]
    fn what_was_sent_is_known_again() {
        check(&json!({}), true);
        check(&json!({ "content": "Hello" }), false);
        check(&json!({ "message_reference": null }), false);
        check(
            &json!({ "message_reference": { "message_id": "8", "channel_id": "1" } }),
            false,
        );
        let person = json!({ "id": "2", "username": "b", "discriminator": "0", "avatar": null });
        check(&json!({ "author": person }), false);
    }

    #[test]
    fn a_request_pings_and_unfolds_nothing() {
        let request = serde_json::to_value(outgoing().request()).unwrap();
        assert_eq!(
            request["allowed_mentions"],
            json!({ "parse": [], "replied_user": true, "roles": [], "users": [] })
        );
        assert_eq!(
            (&request["flags"], &request["enforce_nonce"]),
            (&json!(4), &json!(true))
        );
        assert_eq!(request["message_reference"]["message_id"], "7");
        assert_eq!(request["message_reference"]["fail_if_not_exists"], false);
    }
}
