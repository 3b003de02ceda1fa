//! The gateway as tests see it: its counters, and how to make it misbehave.

use serde_json::{Value, json};

use crate::{
    Close, Snowflake, actions, clock,
    shared::{Shared, State},
};

/// The gateway of a loopback.
#[derive(Clone, Copy)]
pub struct Gateway<'a> {
    shared: &'a Shared,
}

impl std::fmt::Debug for Gateway<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

impl<'a> Gateway<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self { shared }
    }

    /// How many sessions are connected.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.shared.read(|state| state.gateway.connected())
    }

    /// How many sockets have been opened in total.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.read(|state| state.gateway.connections)
    }

    /// How many IDENTIFYs have arrived.
    #[must_use]
    pub fn identifies(&self) -> usize {
        self.shared.read(|state| state.gateway.identifies)
    }

    /// How many RESUMEs have arrived.
    #[must_use]
    pub fn resumes(&self) -> usize {
        self.shared.read(|state| state.gateway.resumes)
    }

    /// The intents of the latest IDENTIFY.
    #[must_use]
    pub fn intents(&self) -> Option<u64> {
        self.shared.read(|state| state.gateway.intents)
    }

    /// Drops every socket without a close frame. Sessions can be resumed.
    pub fn drop_connections(&self) {
        self.shared.change(|state| state.gateway.drop_all());
    }

    /// Drops the socket of a shard without a close frame. Its session can be resumed.
    pub fn drop_shard(&self, shard: u64) {
        self.shared.change(|state| state.gateway.drop_shard(shard));
    }

    /// Declares the session of a shard invalid (op 9), and forgets it.
    pub fn invalidate_shard(&self, shard: u64) {
        self.shared
            .change(|state| state.gateway.invalidate_shard(shard));
    }

    /// Loses all events of a shard from now on. Heartbeats are still acknowledged.
    pub fn mute_shard(&self, shard: u64) {
        self.shared
            .change(|state| state.gateway.muted.insert(shard));
    }

    /// Closes every socket with a code.
    pub fn close(&self, why: &Close) {
        self.shared.change(|state| state.gateway.close_all(why));
    }

    /// Asks every session to reconnect and resume (op 7).
    pub fn ask_to_reconnect(&self) {
        self.tell(&json!({ "op": 7, "d": null, "s": null, "t": null }));
    }

    /// Declares every session invalid (op 9), and forgets it unless it is resumable.
    pub fn invalidate_sessions(&self, resumable: bool) {
        self.shared.change(|state| {
            state
                .gateway
                .send_to_all(&json!({ "op": 9, "d": resumable, "s": null, "t": null }));
            if !resumable {
                state.gateway.forget_sessions();
            }
        });
    }

    /// Forgets every session silently: the next RESUME is refused.
    pub fn forget_sessions(&self) {
        self.shared.change(|state| state.gateway.forget_sessions());
    }

    /// Drops every socket, and refuses new ones until the [`Outage`] is dropped.
    pub fn outage(&self) -> Outage {
        self.shared.change(|state| {
            state.gateway.outages += 1;
            state.gateway.drop_all();
        });
        Outage {
            shared: self.shared.clone(),
        }
    }

    /// Sends new sockets these frames in place of HELLO; `None` is HELLO again.
    pub fn greet_with(&self, frames: Option<&[Value]>) {
        let frames = frames.map(<[Value]>::to_vec);
        self.shared.change(|state| state.gateway.greeting = frames);
    }

    /// Leaves the user out of this many of the next READYs.
    pub fn spoil_readys(&self, times: usize) {
        self.shared
            .change(|state| state.gateway.readys_to_spoil = times);
    }

    /// Whether heartbeats get no acknowledgement from now on.
    pub fn swallow_heartbeats(&self, swallow: bool) {
        self.shared
            .change(|state| state.gateway.ignore_heartbeats = swallow);
    }

    /// Whether events are lost from now on. Heartbeats are still acknowledged.
    pub fn mute(&self, mute: bool) {
        self.shared.change(|state| state.gateway.mute = mute);
    }

    /// Answers this many of the next IDENTIFYs with an invalid session (op 9).
    pub fn refuse_identifies(&self, times: usize) {
        self.shared
            .change(|state| state.gateway.identifies_to_refuse = times);
    }

    /// Sets the `session_start_limit` of `GET /gateway/bot`: how many session starts remain, and after
    /// how many milliseconds the limit resets.
    pub fn starts_left(&self, remaining: u64, reset_after_ms: u64) {
        self.shared.change(|state| {
            state
                .gateway
                .starts
                .set(remaining, reset_after_ms, clock::unix_ms());
        });
    }

    /// How many IDENTIFYs came when none was left. Discord resets the bot's token at the first.
    #[must_use]
    pub fn token_resets(&self) -> usize {
        self.shared.read(|state| state.gateway.token_resets)
    }

    /// Swaps this many pairs of the next events: the second of a pair is sent first.
    pub fn swap_next(&self, pairs: usize) {
        self.shared.change(|state| state.gateway.swaps = pairs);
    }

    /// Sends each of the next events twice.
    pub fn duplicate_next(&self, events: usize) {
        self.shared
            .change(|state| state.gateway.duplicates = events);
    }

    /// Dispatches any event to the sessions of its guild's shard, whatever their intents.
    pub fn dispatch(&self, name: &str, data: &Value) {
        let guild = data["guild_id"]
            .as_str()
            .and_then(|guild| guild.parse().ok());
        self.shared
            .change(|state| state.gateway.dispatch(name, guild, |_| Some(data.clone())));
    }

    /// Sends any frame without a sequence number to every connected session.
    pub fn tell(&self, frame: &Value) {
        self.shared.change(|state| state.gateway.send_to_all(frame));
    }

    /// Lets a user send several messages at once: all events go out in one flush. Returns the ids of
    /// the messages, in order.
    ///
    /// # Panics
    ///
    /// When the channel or the user does not exist.
    #[track_caller]
    pub fn burst<'t>(
        &self,
        channel: Snowflake,
        user: Snowflake,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Vec<Snowflake> {
        self.burst_across(texts.into_iter().map(|text| (channel, user, text)))
    }

    /// A [`burst`](Self::burst) over several channels and users.
    ///
    /// # Panics
    ///
    /// When a channel or a user does not exist.
    #[track_caller]
    pub fn burst_across<'t>(
        &self,
        messages: impl IntoIterator<Item = (Snowflake, Snowflake, &'t str)>,
    ) -> Vec<Snowflake> {
        let say = |state: &mut State| {
            messages
                .into_iter()
                .map(|(channel, user, text)| actions::say(state, channel, user, text, None))
                .collect::<Result<Vec<_>, _>>()
        };
        match self.shared.change(say) {
            Ok(ids) => ids,
            Err(error) => panic!("{error}"),
        }
    }
}

/// An outage of the gateway. It ends when this is dropped.
#[must_use = "the outage ends when this is dropped"]
pub struct Outage {
    shared: Shared,
}

impl std::fmt::Debug for Outage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outage").finish_non_exhaustive()
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        self.shared.change(|state| state.gateway.outages -= 1);
    }
}
