//! People who may not talk to the bot.

use chrono::Utc;
use uuid::Uuid;

use super::Hub;
use crate::{
    channel::{intake::Ignored, messages},
    chat::{ChatMessage, Delivery, Post, PostKey},
};

impl Hub {
    /// Tells somebody who may not talk to the bot why it does not answer.
    pub(super) fn tell_stranger(
        &mut self,
        message: &ChatMessage,
        delivery: Delivery,
        ignored: Ignored,
    ) {
        let channel = message.place.channel;
        if delivery != Delivery::Backfill
            && self.intake().should_explain(message, ignored)
            && !self.forbidden.contains_key(&channel)
            && self.strangers.tell(channel, message.author.id, Utc::now())
        {
            let post = Post {
                notify: false,
                ..Post::text(messages::NOT_LET_IN).replying_to(Some(message.id))
            };
            let key = PostKey::new(&Uuid::new_v4().to_string());
            self.shared.outbox.put(channel, key, post);
        }
    }
}
