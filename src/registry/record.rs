//! A channel's record and its changes. `dedup` has those that concern single messages.

mod rebuilt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use super::state::{Checkpoint, Fork, MachineState, push_bounded};
use crate::{
    claude::protocol::Usage,
    money::{Usd, without_noise},
    snowflake::{ChannelId, MessageId},
};

/// Maximum number of earlier sessions: as many as a menu has options.
const MAX_EARLIER: usize = 25;

/// How many checkpoints are kept of each of them.
const MAX_EARLIER_CHECKPOINTS: usize = 2;

/// A channel's session as stored in `active.json`. Times are RFC 3339 in UTC. Fields of other versions are kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Record {
    /// The CLI's session ID, a UUID.
    pub session_id: String,
    /// The requested model, one of `models`.
    pub model: String,
    pub created_at: String,
    /// When the last turn started.
    pub last_message_at: String,
    /// The number of turns that have ended.
    pub message_count: u64,
    /// Uncached input tokens.
    pub total_input_tokens: u64,
    pub total_output_tokens: u64,
    /// Cost at list price.
    pub total_cost_usd: Usd,
    /// Duration of the last turn in milliseconds.
    pub duration_ms: u64,
    /// Tokens in the context after the last turn.
    pub context_tokens: u64,
    pub total_cache_read_tokens: u64,
    pub total_cache_creation_tokens: u64,
    pub total_turn_errors: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guild_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_author_name: Option<String>,
    /// The sessions that the channel has left, oldest first: of each record the part that belongs to the session.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Self>,
    pub state: MachineState,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The names in a record; `None` if unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Names<'a> {
    pub channel: Option<&'a str>,
    pub guild: Option<&'a str>,
    /// The display name of the last message's author.
    pub author: Option<&'a str>,
}

/// A turn to be counted in a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Booking {
    pub turn_id: String,
    /// Tokens of the main thread.
    pub usage: Usage,
    pub cost_usd: Usd,
    pub duration_ms: u64,
    /// Tokens in the context after the turn, if known.
    pub context_tokens: Option<u64>,
    /// The CLI's running total after the turn, in dollars.
    pub cli_total_cost_usd: f64,
    /// Dollars per weighted token, if the turn had a price.
    pub unit_cost_usd: Option<f64>,
    pub is_error: bool,
}

impl Record {
    /// The record of a session that the CLI does not have yet.
    pub fn new(session_id: String, model: String, now: DateTime<Utc>) -> Self {
        Self {
            session_id,
            model,
            created_at: rfc3339(now),
            last_message_at: rfc3339(now),
            state: MachineState {
                resumable: Some(false),
                ..MachineState::default()
            },
            ..Self::default()
        }
    }

    /// Whether the CLI should have a transcript of the session.
    pub fn is_resumable(&self) -> bool {
        self.state.resumable.unwrap_or(self.message_count > 0)
    }

    /// Whether the next turn is the first of its session.
    pub fn is_at_start(&self) -> bool {
        !self.is_resumable() && self.state.fork.is_none()
    }

    /// Whether the session has not been used.
    pub fn is_empty(&self) -> bool {
        self.message_count == 0 && self.is_at_start()
    }

    /// Updates the known names. Returns whether any of them changed.
    pub fn set_names(&mut self, names: Names<'_>) -> bool {
        let mut changed = false;
        for (stored, name) in [
            (&mut self.channel_name, names.channel),
            (&mut self.guild_name, names.guild),
            (&mut self.last_author_name, names.author),
        ] {
            if name.is_some() && stored.as_deref() != name {
                *stored = name.map(str::to_owned);
                changed = true;
            }
        }
        changed
    }

    /// Counts a turn that has ended, whatever its outcome.
    pub fn book(&mut self, booking: &Booking) {
        self.message_count = self.message_count.saturating_add(1);
        let add = |total: &mut u64, more: u64| *total = total.saturating_add(more);
        add(&mut self.total_input_tokens, booking.usage.input_tokens);
        add(&mut self.total_output_tokens, booking.usage.output_tokens);
        let cache_creation = booking.usage.cache_creation_tokens;
        add(&mut self.total_cache_creation_tokens, cache_creation);
        let cache_read = booking.usage.cache_read_tokens;
        add(&mut self.total_cache_read_tokens, cache_read);
        add(&mut self.total_turn_errors, u64::from(booking.is_error));
        self.total_cost_usd += booking.cost_usd;
        self.duration_ms = booking.duration_ms;
        self.context_tokens = booking.context_tokens.unwrap_or(self.context_tokens);
        let state = &mut self.state;
        state.cli_total_cost_usd = without_noise(booking.cli_total_cost_usd);
        let unit_cost = booking.unit_cost_usd.map(without_noise);
        state.unit_cost_usd = unit_cost.or(state.unit_cost_usd);
        state.last_turn_id = Some(booking.turn_id.clone());
    }

    /// Notes the ID under which the CLI has the session, which is resumed from now on.
    pub fn set_session_id(&mut self, session_id: &str) {
        session_id.clone_into(&mut self.session_id);
        self.state.resumable = Some(true);
        self.state.fork = None;
        self.state.is_lost = false;
    }

    /// Continues in a new session after the CLI lost the old one. The totals stay.
    pub fn replace_session(&mut self, session_id: String) {
        self.session_id = session_id;
        self.context_tokens = 0;
        self.state.resumable = Some(false);
        self.state.cli_total_cost_usd = 0.0;
        self.state.checkpoints.clear();
        self.state.unanswered = None;
        self.state.fork = None;
        self.state.is_lost = false;
        self.state.rebuilt_from = None;
        self.state.first_words = None;
    }

    /// Continues in a new session that has the conversation up to the last checkpoint but those already tried, or
    /// nothing of it if there is none left. The CLI keeps the old session.
    pub fn restore_checkpoint(&mut self, session_id: String) {
        let Some(Checkpoint { at, .. }) = self.state.checkpoints.pop() else {
            return self.replace_session(session_id);
        };
        self.fork(at, session_id);
    }

    /// Continues in a new session that ends before the first turn of this message. Returns the old session, which the CLI
    /// keeps, or `None` if it is unknown what was before the turn.
    pub fn rewind(&mut self, message: MessageId, session_id: String) -> Option<String> {
        let turns = &self.state.checkpoints;
        let turn = turns
            .iter()
            .position(|turn| turn.message == Some(message))?;
        let fork = self.state.fork.as_ref();
        let old = fork.map_or(&self.session_id, |fork| &fork.from).clone();
        if turns[turn].is_first {
            self.replace_session(session_id);
        } else {
            let at = turns.get(turn.checked_sub(1)?)?.at.clone();
            self.state.checkpoints.truncate(turn);
            self.fork(at, session_id);
        }
        Some(old)
    }

    fn fork(&mut self, at: String, session_id: String) {
        let pending = self.state.fork.take();
        let from = pending.map_or_else(|| self.session_id.clone(), |fork| fork.from);
        self.state.fork = Some(Fork { from, at });
        self.state.rebuilt_from = None;
        self.session_id = session_id;
    }

    /// The record of a new session, for `!clear`.
    #[must_use]
    pub fn cleared(&self, session_id: String, now: DateTime<Utc>) -> Self {
        self.moved_to(Self::new(session_id, self.model.clone(), now))
    }

    /// The record with an earlier session of the channel as the present one. `None` if there is no such session.
    #[must_use]
    pub fn resumed(&self, session_id: &str) -> Option<Self> {
        let mut earlier = self.earlier.iter();
        let session = earlier.find(|session| session.session_id == session_id)?;
        Some(self.moved_to(session.clone()))
    }

    /// The record with a new session that continues another one, for `!rewind`.
    #[must_use]
    pub fn forked(&self, session_id: String, fork: Fork, now: DateTime<Utc>) -> Self {
        let mut session = Self::new(session_id, self.model.clone(), now);
        session.state.fork = Some(fork);
        session
            .state
            .first_words
            .clone_from(&self.state.first_words);
        self.moved_to(session)
    }

    /// The record with a copy of a session from elsewhere, of which the CLI has a transcript.
    #[must_use]
    pub fn adopted(&self, session_id: String, first_words: String, now: DateTime<Utc>) -> Self {
        let mut session = Self::new(session_id, self.model.clone(), now);
        session.state.resumable = Some(true);
        session.state.first_words = Some(first_words);
        self.moved_to(session)
    }

    /// The record of a thread with such a session. If this is a thread's record, it takes over what was set and granted for
    /// longer here: nothing holds in both threads. What holds in a channel holds in its threads anyway.
    #[must_use]
    pub fn thread(
        &self,
        session_id: String,
        fork: Fork,
        works_in: ChannelId,
        is_from_thread: bool,
        now: DateTime<Utc>,
    ) -> Self {
        let Self { model, state, .. } = self;
        let mut thread = Self::new(session_id, model.clone(), now);
        thread.state.fork = Some(fork);
        thread.state.first_words.clone_from(&state.first_words);
        thread.state.works_in = Some(works_in);
        thread.state.inherits_model = !is_from_thread || state.inherits_model;
        if is_from_thread {
            let grants = state.grants.iter().filter(|grant| grant.is_permanent);
            thread.state.grants = grants.cloned().collect();
            thread.state.verbose = state.verbose;
            thread.state.stream = state.stream;
            thread.state.effort = state.effort;
            thread.state.mode = state.mode;
            thread.state.plans_by_itself = state.plans_by_itself;
            thread.state.queue_mode = state.queue_mode;
            thread.state.persona.clone_from(&state.persona);
        }
        thread
    }

    /// Whether nothing has been asked here, and no session was left.
    pub fn is_unused(&self) -> bool {
        self.is_empty() && self.earlier.is_empty() && self.state.first_words.is_none()
    }

    /// Where the session that comes next can be continued from: after its last answered turn.
    pub fn fork_point(&self) -> Option<Fork> {
        let last = self.state.checkpoints.last()?;
        let fork = self.state.fork.as_ref();
        Some(Fork {
            from: fork.map_or(&self.session_id, |fork| &fork.from).clone(),
            at: last.at.clone(),
        })
    }

    /// The record with another session, which keeps what belongs to the channel: the model, the names, unknown fields,
    /// messages, posts and the rules that were granted for longer than the session. The session that is left can be resumed.
    #[must_use]
    pub fn moved_to(&self, session: Self) -> Self {
        let mut state = self.state.clone();
        state.grants.retain(|grant| grant.is_permanent);
        let mut earlier = self.earlier.clone();
        earlier.retain(|left| left.session_id != session.session_id);
        // A session whose first turn was cut off may exist without the record knowing.
        if !self.is_at_start() || self.state.first_words.is_some() {
            push_bounded(&mut earlier, self.session_part(), MAX_EARLIER);
        }
        Self {
            model: self.model.clone(),
            channel_name: self.channel_name.clone(),
            guild_name: self.guild_name.clone(),
            last_author_name: self.last_author_name.clone(),
            earlier,
            state: session.state.of_session(state),
            other: self.other.clone(),
            ..session
        }
    }

    /// What of the record belongs to its session.
    fn session_part(&self) -> Self {
        let mut state = self.state.clone().of_session(MachineState::default());
        let old = state
            .checkpoints
            .len()
            .saturating_sub(MAX_EARLIER_CHECKPOINTS);
        state.checkpoints.drain(..old);
        Self {
            channel_name: None,
            guild_name: None,
            last_author_name: None,
            earlier: Vec::new(),
            state,
            other: Map::new(),
            ..self.clone()
        }
    }
}

impl MachineState {
    /// What belongs to this state's session, with the rest from `channel`.
    fn of_session(self, channel: Self) -> Self {
        Self {
            last_turn_id: self.last_turn_id,
            cli_total_cost_usd: self.cli_total_cost_usd,
            resumable: self.resumable,
            checkpoints: self.checkpoints,
            unanswered: self.unanswered,
            fork: self.fork,
            began_after: self.began_after,
            is_lost: self.is_lost,
            rebuilt_from: self.rebuilt_from,
            first_words: self.first_words,
            ..channel
        }
    }
}

pub(crate) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests;
