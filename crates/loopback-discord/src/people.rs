//! What people do, for tests.

#![expect(
    clippy::must_use_candidate,
    reason = "most acts are for their effect; their ids are by the way"
)]

use serde_json::Value;

use crate::{
    Asked, Loopback, Snowflake,
    act::{self, Impossible, known, possible},
    clock,
    event::Event,
    shared::State,
    world::Patch,
};

/// What people do. Each of these panics when it is not possible: an unknown channel or user, a
/// user who is not there, a command that is not registered, a button that is not on the message.
impl Loopback {
    /// `user` says something in a channel. Gives the message's id.
    ///
    /// # Panics
    ///
    /// When the channel does not exist or the user is not in it.
    #[track_caller]
    pub fn say(&self, channel: Snowflake, user: Snowflake, text: &str) -> Snowflake {
        self.act(|state| act::say(state, channel, user, text, None))
    }

    /// `user` answers a message, which pings its author.
    ///
    /// # Panics
    ///
    /// When the message does not exist or the user is not in its channel.
    #[track_caller]
    pub fn say_reply(&self, to: Snowflake, user: Snowflake, text: &str) -> Snowflake {
        self.act(|state| {
            let found = state.world.messages.get(&to);
            let found = found.ok_or_else(|| Impossible(format!("there is no message {to}")))?;
            act::say(state, found.channel, user, text, Some(to))
        })
    }

    /// `user` writes to the bot directly. Gives the message's id.
    ///
    /// # Panics
    ///
    /// When the user does not exist.
    #[track_caller]
    pub fn say_directly(&self, user: Snowflake, text: &str) -> Snowflake {
        let channel = self.dm(user);
        self.say(channel, user, text)
    }

    /// The author of a message changes it.
    ///
    /// # Panics
    ///
    /// When there is no such message.
    #[track_caller]
    pub fn edit(&self, message: Snowflake, text: &str) {
        self.act(|state| {
            let there = state.world.messages.contains_key(&message);
            possible(there, || format!("there is no message {message}"))?;
            let patch = Patch {
                content: Some(text.to_owned()),
                ..Patch::default()
            };
            state.world.edit(message, patch, clock::unix_ms());
            state.publish(&Event::Updated(message));
            Ok(())
        });
    }

    /// Someone deletes a message.
    ///
    /// # Panics
    ///
    /// When there is no such message.
    #[track_caller]
    pub fn delete(&self, message: Snowflake) {
        self.act(|state| {
            let gone = state.world.messages.remove(&message);
            let gone = gone.ok_or_else(|| Impossible(format!("there is no message {message}")))?;
            let channel = gone.channel;
            state.publish(&Event::Deleted { message, channel });
            Ok(())
        });
    }

    /// `user` is typing in a channel.
    ///
    /// # Panics
    ///
    /// When the channel does not exist or the user is not in it.
    #[track_caller]
    pub fn type_in(&self, channel: Snowflake, user: Snowflake) {
        self.act(|state| {
            known(state, channel, user)?;
            state.publish(&Event::Typing { channel, user });
            Ok(())
        });
    }

    /// `user` puts a reaction on a message, or takes it off.
    ///
    /// # Panics
    ///
    /// When there is no such message.
    #[track_caller]
    pub fn react(&self, message: Snowflake, user: Snowflake, emoji: &str, on: bool) {
        self.act(|state| {
            let there = state.world.messages.contains_key(&message);
            possible(there, || format!("there is no message {message}"))?;
            state.world.react(message, user, emoji, on);
            let emoji = emoji.to_owned();
            state.publish(&Event::Reacted {
                message,
                user,
                emoji,
                on,
            });
            Ok(())
        });
    }

    /// `user` runs a slash command. The options are `{"name": value}`, typed as the command was
    /// registered, or a list in Discord's own form; `null` is none.
    ///
    /// # Panics
    ///
    /// When the command is not registered, or the user is not in the channel.
    #[track_caller]
    pub fn slash(&self, channel: Snowflake, user: Snowflake, name: &str, options: &Value) -> Asked {
        let id = self.act(|state| act::slash(state, channel, user, name, options));
        Asked::new(&self.shared, id)
    }

    /// `user` presses a button on a message.
    ///
    /// # Panics
    ///
    /// When there is no such button on the message, it is disabled, or the user does not see it.
    #[track_caller]
    pub fn press(&self, message: Snowflake, custom_id: &str, user: Snowflake) -> Asked {
        self.pick(message, custom_id, user, &[])
    }

    /// `user` picks values in a menu on a message.
    ///
    /// # Panics
    ///
    /// As [`press`](Self::press).
    #[track_caller]
    pub fn pick(
        &self,
        message: Snowflake,
        custom_id: &str,
        user: Snowflake,
        values: &[&str],
    ) -> Asked {
        let values: Vec<_> = values.iter().map(|&value| value.to_owned()).collect();
        let id = self.act(|state| act::press(state, message, custom_id, user, &values));
        Asked::new(&self.shared, id)
    }

    /// The user who was shown a form sends it in; `values` are by the `custom_id` of the fields.
    ///
    /// # Panics
    ///
    /// When the interaction was not answered with a form.
    #[track_caller]
    pub fn submit(&self, opened_by: &Asked, values: &Value) -> Asked {
        let id = self.act(|state| act::submit(state, opened_by.id(), values));
        Asked::new(&self.shared, id)
    }

    #[track_caller]
    pub(crate) fn act<T>(&self, act: impl FnOnce(&mut State) -> Result<T, Impossible>) -> T {
        match self.shared.change(act) {
            Ok(done) => done,
            Err(why) => panic!("{why}"),
        }
    }
}
