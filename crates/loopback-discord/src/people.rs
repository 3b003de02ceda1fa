//! What people do in channels, for tests.

#![expect(
    clippy::must_use_candidate,
    reason = "most actions are called for their effect; the returned ids are optional"
)]

use serde_json::Value;

use crate::{
    InteractionHandle, Loopback, Poll, Snowflake, Upload,
    actions::{self, ActionError},
    clock,
    shared::State,
    world::Draft,
};

/// What people do in channels. Each of these panics when it is not possible: an unknown channel or
/// user, a user who is not in the channel, a command that is not registered, a button that is not on
/// the message.
impl Loopback {
    /// `user` sends a message in a channel. Returns the message's id.
    ///
    /// # Panics
    ///
    /// When the channel does not exist or the user is not in it.
    #[track_caller]
    pub fn say(&self, channel: Snowflake, user: Snowflake, text: &str) -> Snowflake {
        self.act(|state| actions::say(state, channel, user, text, None))
    }

    /// `user` replies to a message, which pings its author.
    ///
    /// # Panics
    ///
    /// When the message does not exist or the user is not in its channel.
    #[track_caller]
    pub fn say_reply(&self, to: Snowflake, user: Snowflake, text: &str) -> Snowflake {
        self.act(|state| {
            let found = state.world.messages.get(&to);
            let found =
                found.ok_or_else(|| ActionError::new(format!("there is no message {to}")))?;
            actions::say(state, found.channel, user, text, Some(to))
        })
    }

    /// `user` sends the bot a direct message. Returns the message's id.
    ///
    /// # Panics
    ///
    /// When the user does not exist.
    #[track_caller]
    pub fn say_directly(&self, user: Snowflake, text: &str) -> Snowflake {
        let channel = self.dm(user);
        self.say(channel, user, text)
    }

    /// `user` sends a message with files. Returns the message's id.
    ///
    /// # Panics
    ///
    /// When the channel does not exist or the user is not in it.
    #[track_caller]
    pub fn say_with_files(
        &self,
        channel: Snowflake,
        user: Snowflake,
        text: &str,
        files: &[Upload],
    ) -> Snowflake {
        let files = files.iter().map(Upload::to_file).collect();
        self.act(|state| actions::say_with_files(state, channel, user, text, files, None))
    }

    /// `user` forwards a message to a channel. Returns the forward's id.
    ///
    /// # Panics
    ///
    /// When there is no such message or channel, or the user is not in both channels.
    #[track_caller]
    pub fn forward(&self, message: Snowflake, channel: Snowflake, user: Snowflake) -> Snowflake {
        self.act(|state| actions::forward(state, message, channel, user))
    }

    /// `user` sends a sticker. Returns the message's id.
    ///
    /// # Panics
    ///
    /// When the channel does not exist or the user is not in it.
    #[track_caller]
    pub fn say_sticker(&self, channel: Snowflake, user: Snowflake, name: &str) -> Snowflake {
        let draft = Draft {
            stickers: vec![name.to_owned()],
            ..Draft::default()
        };
        self.act(|state| actions::post(state, channel, user, draft))
    }

    /// `user` sends a poll that lasts a day. Returns the message's id.
    ///
    /// # Panics
    ///
    /// When the channel does not exist or the user is not in it.
    #[track_caller]
    pub fn say_poll(
        &self,
        channel: Snowflake,
        user: Snowflake,
        question: &str,
        answers: &[&str],
    ) -> Snowflake {
        let poll = Poll::new(question, answers, clock::unix_ms());
        let draft = Draft {
            poll: Some(poll),
            ..Draft::default()
        };
        self.act(|state| actions::post(state, channel, user, draft))
    }

    /// `user` votes for an answer of a poll, counted from 1, or takes the vote back.
    ///
    /// # Panics
    ///
    /// When the message has no such poll and answer, the poll is over, or the user is not in the channel.
    #[track_caller]
    pub fn vote(&self, message: Snowflake, user: Snowflake, answer: u64, on: bool) {
        self.act(|state| actions::vote(state, message, user, answer, on));
    }

    /// `user` starts a post in a forum, with tags by their names. Returns the id of its thread, which is also that
    /// of its first message.
    ///
    /// # Panics
    ///
    /// When there is no such forum, it lacks a tag, or the user is not in it.
    #[track_caller]
    pub fn post_in_forum(
        &self,
        forum: Snowflake,
        user: Snowflake,
        name: &str,
        text: &str,
        tags: &[&str],
    ) -> Snowflake {
        self.act(|state| actions::post_in_forum(state, forum, user, name, text, tags))
    }

    /// The author of a message changes its text.
    ///
    /// # Panics
    ///
    /// When there is no such message.
    #[track_caller]
    pub fn edit(&self, message: Snowflake, text: &str) {
        self.act(|state| actions::edit(state, message, text, None));
    }

    /// Discord adds the preview of a link to a message: an update that is not an edit.
    ///
    /// # Panics
    ///
    /// When there is no such message, or it suppresses previews.
    #[track_caller]
    pub fn add_preview(&self, message: Snowflake, embed: &Value) {
        self.act(|state| actions::add_preview(state, message, embed.clone()));
    }

    /// Somebody deletes a message.
    ///
    /// # Panics
    ///
    /// When there is no such message.
    #[track_caller]
    pub fn delete(&self, message: Snowflake) {
        self.act(|state| actions::delete(state, message, None));
    }

    /// `user` starts typing in a channel.
    ///
    /// # Panics
    ///
    /// When the channel does not exist or the user is not in it.
    #[track_caller]
    pub fn type_in(&self, channel: Snowflake, user: Snowflake) {
        self.act(|state| actions::start_typing(state, channel, user));
    }

    /// `user` adds a reaction to a message, or removes it.
    ///
    /// # Panics
    ///
    /// When there is no such message, or the user does not see it.
    #[track_caller]
    pub fn react(&self, message: Snowflake, user: Snowflake, emoji: &str, on: bool) {
        self.act(|state| actions::react(state, message, user, emoji, on));
    }

    /// `user` runs a slash command. The options are `{"name": value}`, typed as the command was
    /// registered, or a list in Discord's own form; `null` is none. A subcommand is an option whose
    /// value is an object of options.
    ///
    /// # Panics
    ///
    /// When the command is not registered, or the user is not in the channel.
    #[track_caller]
    pub fn slash(
        &self,
        channel: Snowflake,
        user: Snowflake,
        name: &str,
        options: &Value,
    ) -> InteractionHandle {
        let id = self.act(|state| actions::slash(state, channel, user, name, options));
        InteractionHandle::new(&self.shared, id)
    }

    /// `user` uses a command in the context menu of a message.
    ///
    /// # Panics
    ///
    /// When the command is not registered, or the user does not see the message.
    #[track_caller]
    pub fn message_command(
        &self,
        message: Snowflake,
        user: Snowflake,
        name: &str,
    ) -> InteractionHandle {
        let id = self.act(|state| actions::message_command(state, message, user, name));
        InteractionHandle::new(&self.shared, id)
    }

    /// `user` types in the option `focused` of a slash command; the options, given as for
    /// [`slash`](Self::slash), are what has been typed so far. The choices are in
    /// [`InteractionHandle::choices`].
    ///
    /// # Panics
    ///
    /// When the command is not registered or has no such option with autocomplete, `focused` is not
    /// among the options, or the user is not in the channel.
    #[track_caller]
    pub fn autocomplete(
        &self,
        channel: Snowflake,
        user: Snowflake,
        name: &str,
        options: &Value,
        focused: &str,
    ) -> InteractionHandle {
        let id =
            self.act(|state| actions::autocomplete(state, channel, user, name, options, focused));
        InteractionHandle::new(&self.shared, id)
    }

    /// `user` presses a button of a message.
    ///
    /// # Panics
    ///
    /// When there is no such button on the message, it is disabled, or the user does not see it.
    #[track_caller]
    pub fn press(&self, message: Snowflake, custom_id: &str, user: Snowflake) -> InteractionHandle {
        self.pick(message, custom_id, user, &[])
    }

    /// `user` chooses values in a menu of a message.
    ///
    /// # Panics
    ///
    /// As [`press`](Self::press), and when the menu does not take these values.
    #[track_caller]
    pub fn pick(
        &self,
        message: Snowflake,
        custom_id: &str,
        user: Snowflake,
        values: &[&str],
    ) -> InteractionHandle {
        let values: Vec<_> = values.iter().map(|&value| value.to_owned()).collect();
        let id = self.act(|state| actions::press(state, message, custom_id, user, &values));
        InteractionHandle::new(&self.shared, id)
    }

    /// The user for whom an interaction opened a modal submits it; `values` are by the `custom_id` of
    /// the fields. A field without a value keeps the one that the app put there.
    ///
    /// # Panics
    ///
    /// When the interaction opened no modal, or a field does not take its value.
    #[track_caller]
    pub fn submit(&self, opened_by: &InteractionHandle, values: &Value) -> InteractionHandle {
        let id = self.act(|state| actions::submit(state, opened_by.id(), values));
        InteractionHandle::new(&self.shared, id)
    }

    #[track_caller]
    pub(crate) fn act<T>(&self, act: impl FnOnce(&mut State) -> Result<T, ActionError>) -> T {
        match self.shared.change(act) {
            Ok(done) => done,
            Err(error) => panic!("{error}"),
        }
    }
}
