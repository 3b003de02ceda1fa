//! One channel's record and the changes to it. What concerns single messages is in `dedup`.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use super::state::MachineState;
use crate::{
    claude::protocol::Usage,
    money::{Usd, without_noise},
};

/// A channel's session as stored in `active.json`. Times are RFC 3339 in UTC, costs US dollars at list price,
/// durations milliseconds. Fields that this version does not know are kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// The CLI's session id, a UUID.
    pub session_id: String,
    /// The model asked for, by one of the names that the owner allows.
    pub model: String,
    /// When the session was created.
    pub created_at: String,
    /// When its last message was processed.
    pub last_message_at: String,
    /// Number of turns that have ended.
    pub message_count: u64,
    /// Uncached input tokens of all turns.
    pub total_input_tokens: u64,
    /// Output tokens of all turns.
    pub total_output_tokens: u64,
    /// Cost of all turns.
    pub total_cost_usd: Usd,
    /// Duration of the last turn.
    pub duration_ms: u64,
    /// Tokens in the context after the last turn.
    pub context_tokens: u64,
    /// Input tokens of all turns that were read from the cache.
    pub total_cache_read_tokens: u64,
    /// Input tokens of all turns that were written to the cache.
    pub total_cache_creation_tokens: u64,
    /// Number of turns that ended in an error.
    pub total_turn_errors: u64,
    /// The channel's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_name: Option<String>,
    /// The name of the channel's guild.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guild_name: Option<String>,
    /// The display name of the last message's author.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_author_name: Option<String>,
    /// The bot's bookkeeping.
    pub state: MachineState,
    /// Fields of other versions.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The names that a record shows its owner; `None` where the name is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Names<'a> {
    /// The channel's.
    pub channel: Option<&'a str>,
    /// The guild's.
    pub guild: Option<&'a str>,
    /// The last message's author's.
    pub author: Option<&'a str>,
}

/// A turn, as far as a record counts it.
#[derive(Debug, Clone, PartialEq)]
pub struct Booking {
    /// The turn's id in the ledger.
    pub turn_id: String,
    /// Tokens of its main thread.
    pub usage: Usage,
    /// Its cost.
    pub cost_usd: Usd,
    /// How long it took.
    pub duration_ms: u64,
    /// Tokens in the context after it, where known.
    pub context_tokens: Option<u64>,
    /// The CLI's running total after it, in dollars.
    pub cli_total_cost_usd: f64,
    /// Dollars per weighted token, if it had a price.
    pub unit_cost_usd: Option<f64>,
    /// Whether it ended in an error.
    pub is_error: bool,
}

impl Record {
    /// The record of a session that the CLI does not know yet.
    #[must_use]
    pub fn new(session_id: String, model: String, now: DateTime<Utc>) -> Self {
        Self {
            session_id,
            model,
            created_at: rfc3339(now),
            last_message_at: rfc3339(now),
            message_count: 0,
            total_input_tokens: 0,
            total_output_tokens: 0,
            total_cost_usd: Usd::ZERO,
            duration_ms: 0,
            context_tokens: 0,
            total_cache_read_tokens: 0,
            total_cache_creation_tokens: 0,
            total_turn_errors: 0,
            channel_name: None,
            guild_name: None,
            last_author_name: None,
            state: MachineState {
                resumable: Some(false),
                ..MachineState::default()
            },
            other: Map::new(),
        }
    }

    /// Whether the CLI is expected to have a transcript of the session.
    #[must_use]
    pub fn is_resumable(&self) -> bool {
        self.state.resumable.unwrap_or(self.message_count > 0)
    }

    /// Whether nothing was ever said in the session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.message_count == 0 && !self.is_resumable()
    }

    /// Updates the names that are known. Returns whether any of them changed.
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
        add(
            &mut self.total_cache_read_tokens,
            booking.usage.cache_read_tokens,
        );
        add(
            &mut self.total_cache_creation_tokens,
            booking.usage.cache_creation_tokens,
        );
        add(&mut self.total_turn_errors, u64::from(booking.is_error));
        self.total_cost_usd += booking.cost_usd;
        self.duration_ms = booking.duration_ms;
        self.context_tokens = booking.context_tokens.unwrap_or(self.context_tokens);
        let state = &mut self.state;
        state.cli_total_cost_usd = without_noise(booking.cli_total_cost_usd);
        state.unit_cost_usd = booking
            .unit_cost_usd
            .map(without_noise)
            .or(state.unit_cost_usd);
        state.last_turn_id = Some(booking.turn_id.clone());
    }

    /// Notes that the CLI has the session under this id, which is resumed from now on.
    pub fn seen(&mut self, session_id: &str) {
        if self.session_id != session_id {
            session_id.clone_into(&mut self.session_id);
        }
        self.state.resumable = Some(true);
    }

    /// Continues in a new session after the CLI lost the old one. The totals stay.
    pub fn replace_session(&mut self, session_id: String) {
        self.session_id = session_id;
        self.context_tokens = 0;
        self.state.resumable = Some(false);
        self.state.cli_total_cost_usd = 0.0;
    }

    /// The record of a new session with all counts at zero, for `!clear`. The model, the names, unknown fields and what
    /// is on record about messages and posts stay.
    #[must_use]
    pub fn cleared(&self, session_id: String, now: DateTime<Utc>) -> Self {
        Self {
            channel_name: self.channel_name.clone(),
            guild_name: self.guild_name.clone(),
            last_author_name: self.last_author_name.clone(),
            state: MachineState {
                last_turn_id: None,
                cli_total_cost_usd: 0.0,
                resumable: Some(false),
                ..self.state.clone()
            },
            other: self.other.clone(),
            ..Self::new(session_id, self.model.clone(), now)
        }
    }
}

pub(super) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests;
