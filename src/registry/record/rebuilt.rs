//! Sessions that began with the channel's messages.

use std::collections::BTreeMap;

use chrono::DateTime;

use super::Record;
use crate::snowflake::MessageId;

impl Record {
    /// Begins the session with the channel's messages, which the CLI has under this ID.
    pub fn rebuild(&mut self, session_id: &str, fingerprint: String) {
        let mut earlier = self.earlier.iter();
        if let Some(at) = earlier.position(|left| left.session_id == session_id) {
            let left = self.earlier.remove(at);
            self.add_totals(&left);
        }
        self.set_session_id(session_id);
        self.state.rebuilt_from = Some(fingerprint);
    }

    /// Counts what was counted for a session that goes on in this one.
    fn add_totals(&mut self, left: &Self) {
        for (total, more) in [
            (&mut self.message_count, left.message_count),
            (&mut self.total_input_tokens, left.total_input_tokens),
            (&mut self.total_output_tokens, left.total_output_tokens),
            (
                &mut self.total_cache_read_tokens,
                left.total_cache_read_tokens,
            ),
            (
                &mut self.total_cache_creation_tokens,
                left.total_cache_creation_tokens,
            ),
            (&mut self.total_turn_errors, left.total_turn_errors),
        ] {
            *total = total.saturating_add(more);
        }
        self.total_cost_usd += left.total_cost_usd;
    }

    /// The earlier sessions that began with the channel's messages, by the fingerprint of those.
    pub fn rebuilt_earlier(&self) -> BTreeMap<String, String> {
        let rebuilt = self.earlier.iter().filter_map(|session| {
            let fingerprint = session.state.rebuilt_from.clone()?;
            Some((fingerprint, session.session_id.clone()))
        });
        rebuilt.collect()
    }

    /// The newest message that the session does not know because it began later.
    pub fn began_after(&self) -> Option<MessageId> {
        // Records of older versions tell only the time. A channel's first session has no beginning.
        let created = || {
            let created = DateTime::parse_from_rfc3339(&self.created_at).ok()?;
            (!self.earlier.is_empty()).then(|| MessageId::at(created.to_utc()))
        };
        self.state.began_after.or_else(created)
    }
}
