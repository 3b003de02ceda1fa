//! One channel's record and what changes it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    claude::protocol::Usage,
    registry::claims::{CutOff, OpenTurn},
    snowflake::MessageId,
};

/// A channel's session as it stands in `active.json`. Times are RFC 3339 in UTC, costs US dollars at list price,
/// durations milliseconds. Fields that this version does not know are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The CLI's session id, a UUID.
    pub session_id: String,
    /// The model asked for, by one of the names that the owner allows.
    pub model: String,
    /// When the session began.
    #[serde(default)]
    pub created_at: String,
    /// When its last message came.
    #[serde(default)]
    pub last_message_at: String,
    /// Turns that have ended.
    #[serde(default)]
    pub message_count: u64,
    /// Uncached input tokens of all turns.
    #[serde(default)]
    pub total_input_tokens: u64,
    /// Output tokens of all turns.
    #[serde(default)]
    pub total_output_tokens: u64,
    /// Cost of all turns.
    #[serde(default)]
    pub total_cost_usd: f64,
    /// Duration of the last turn.
    #[serde(default)]
    pub duration_ms: u64,
    /// Tokens that the context holds after the last turn.
    #[serde(default)]
    pub context_tokens: u64,
    /// Input tokens of all turns that were read from the cache.
    #[serde(default)]
    pub total_cache_read_tokens: u64,
    /// Input tokens of all turns that were written to the cache.
    #[serde(default)]
    pub total_cache_creation_tokens: u64,
    /// Turns that ended in an error.
    #[serde(default)]
    pub total_turn_errors: u64,
    /// The last message taken up.
    #[serde(default)]
    pub last_message_id: Option<MessageId>,
    /// The last turn booked, as it is called in the ledger.
    #[serde(default)]
    pub last_turn_id: Option<String>,
    /// The CLI's running cost total after the last turn (see `ledger::cost`).
    #[serde(default)]
    pub cli_total_cost_usd: f64,
    /// Dollars for one weighted token of the last turn that had a price (see `ledger::cost`).
    #[serde(default)]
    pub unit_cost_usd: Option<f64>,
    /// Whether the CLI has seen this session: it is resumed then, not begun. A record without the field that has
    /// messages counts as seen.
    #[serde(default)]
    pub resumable: Option<bool>,
    /// Messages above `last_message_id` that have been answered already: they overtook others that still waited, or
    /// of which it was not known yet whether there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answered_ahead: Vec<MessageId>,
    /// Messages up to `last_message_id` that still wait: Discord delivered them out of order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting_behind: Vec<MessageId>,
    /// Messages that were taken up and whose answers Discord has not taken yet, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_turns: Vec<OpenTurn>,
    /// Messages whose turns were cut off by the bot's own end, oldest first: they may be run again on request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cut_off: Vec<CutOff>,
    /// What Claude runs in the background, in a few words each: it ends with the bot, and the channel is told then. What
    /// ended with its process stands before it until Discord has taken the words on that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub background: Vec<String>,
    /// Fields of other versions.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Fields that hold whole numbers.
const COUNTS: [&str; 8] = [
    "message_count",
    "total_input_tokens",
    "total_output_tokens",
    "duration_ms",
    "context_tokens",
    "total_cache_read_tokens",
    "total_cache_creation_tokens",
    "total_turn_errors",
];

/// Fields that hold amounts of money.
const AMOUNTS: [&str; 2] = ["total_cost_usd", "cli_total_cost_usd"];

/// A turn, as far as a record counts it.
#[derive(Debug, Clone, PartialEq)]
pub struct Booking {
    /// The turn's name in the ledger.
    pub turn_id: String,
    /// Tokens of its main thread.
    pub usage: Usage,
    /// What it cost.
    pub cost_usd: f64,
    /// How long it took.
    pub duration_ms: u64,
    /// Tokens in the context after it, where known.
    pub context_tokens: Option<u64>,
    /// The CLI's running total after it.
    pub cli_total_cost_usd: f64,
    /// The price of a weighted token, where it had one.
    pub unit_cost_usd: Option<f64>,
    /// Whether it ended in an error.
    pub is_error: bool,
}

impl Record {
    /// Reads a record as it stands in the file. A field that is not as it should be costs itself, not the session:
    /// numbers are rounded, and what is no number counts as 0. `None` where there is no session id.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let mut fields = value.as_object()?.clone();
        if fields.get("session_id")?.as_str()?.is_empty() {
            return None;
        }
        for (name, value) in &mut fields {
            let name = name.as_str();
            if COUNTS.contains(&name) && !value.is_u64() {
                *value = whole(value.as_f64()).into();
            } else if AMOUNTS.contains(&name) && !value.is_number() {
                *value = 0.0.into();
            } else if matches!(name, "model" | "created_at" | "last_message_at")
                && !value.is_string()
            {
                *value = "".into();
            }
        }
        fields.entry("model").or_insert_with(|| "".into());
        let optional = [
            "last_message_id",
            "last_turn_id",
            "unit_cost_usd",
            "resumable",
            "answered_ahead",
            "waiting_behind",
            "open_turns",
            "cut_off",
            "background",
        ];
        let whole = serde_json::from_value(Value::Object(fields.clone()));
        whole.ok().or_else(|| {
            // One of the few others is odd: without them the rest still holds.
            for name in optional {
                fields.shift_remove(name);
            }
            serde_json::from_value(Value::Object(fields)).ok()
        })
    }

    /// A session that has not begun.
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
            total_cost_usd: 0.0,
            duration_ms: 0,
            context_tokens: 0,
            total_cache_read_tokens: 0,
            total_cache_creation_tokens: 0,
            total_turn_errors: 0,
            last_message_id: None,
            last_turn_id: None,
            cli_total_cost_usd: 0.0,
            unit_cost_usd: None,
            resumable: Some(false),
            answered_ahead: Vec::new(),
            waiting_behind: Vec::new(),
            open_turns: Vec::new(),
            cut_off: Vec::new(),
            background: Vec::new(),
            other: Map::new(),
        }
    }

    /// Whether the CLI is expected to have a transcript of the session.
    #[must_use]
    pub fn is_resumable(&self) -> bool {
        self.resumable.unwrap_or(self.message_count > 0)
    }

    /// Whether anything was ever said in the session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.message_count == 0 && !self.is_resumable()
    }

    /// A turn has ended, whatever its outcome.
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
        // A sum of many small amounts, without the noise of its last digits.
        self.total_cost_usd = ((self.total_cost_usd + booking.cost_usd) * 1e12).round() / 1e12;
        self.duration_ms = booking.duration_ms;
        self.context_tokens = booking.context_tokens.unwrap_or(self.context_tokens);
        self.cli_total_cost_usd = booking.cli_total_cost_usd;
        self.unit_cost_usd = booking.unit_cost_usd.or(self.unit_cost_usd);
        self.last_turn_id = Some(booking.turn_id.clone());
    }

    /// The CLI has the session under this id, which is the one to resume from now on.
    pub fn seen(&mut self, session_id: &str) {
        if self.session_id != session_id {
            session_id.clone_into(&mut self.session_id);
        }
        self.resumable = Some(true);
    }

    /// The session is gone from the CLI: the channel goes on in a new one. The channel's totals stay.
    pub fn replace_session(&mut self, session_id: String) {
        self.session_id = session_id;
        self.resumable = Some(false);
        self.context_tokens = 0;
        self.cli_total_cost_usd = 0.0;
    }

    /// The channel begins anew: a new session, nothing counted. The model and the last message taken up stay.
    #[must_use]
    pub fn cleared(&self, session_id: String, now: DateTime<Utc>) -> Self {
        Self {
            last_message_id: self.last_message_id,
            answered_ahead: self.answered_ahead.clone(),
            waiting_behind: self.waiting_behind.clone(),
            open_turns: self.open_turns.clone(),
            cut_off: self.cut_off.clone(),
            background: self.background.clone(),
            unit_cost_usd: self.unit_cost_usd,
            ..Self::new(session_id, self.model.clone(), now)
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and NaN is 0"
)]
fn whole(number: Option<f64>) -> u64 {
    number.unwrap_or(0.0).round() as u64
}

pub(super) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn booking(turn_id: &str) -> Booking {
        Booking {
            turn_id: turn_id.into(),
            usage: Usage {
                input_tokens: 1,
                output_tokens: 2,
                cache_read_tokens: 3,
                cache_creation_tokens: 4,
            },
            cost_usd: 0.5,
            duration_ms: 10,
            context_tokens: Some(9),
            cli_total_cost_usd: 0.5,
            unit_cost_usd: Some(1e-6),
            is_error: false,
        }
    }

    #[test]
    fn turns_add_up() {
        let mut record = Record::new("a".into(), "sonnet".into(), now());
        record.begin(MessageId(7), now());
        record.book(&booking("t1"));
        record.book(&Booking {
            is_error: true,
            context_tokens: None,
            ..booking("t2")
        });
        assert_eq!(record.message_count, 2);
        assert_eq!(record.total_cache_creation_tokens, 8);
        assert!((record.total_cost_usd - 1.0).abs() < 1e-12);
        assert_eq!(record.total_turn_errors, 1);
        assert_eq!(record.context_tokens, 9);
        assert_eq!(record.last_turn_id.as_deref(), Some("t2"));
        assert_eq!(record.last_message_at, "2027-01-15T08:00:00.000Z");
    }

    #[test]
    fn a_new_session_keeps_the_channels_totals_and_a_clear_does_not() {
        let mut record = Record::new("a".into(), "opus".into(), now());
        record.begin(MessageId(7), now());
        record.book(&booking("t1"));
        record.seen("a");
        record.replace_session("b".into());
        assert!(!record.is_resumable() && record.message_count == 1);
        let cleared = record.cleared("c".into(), now());
        assert!(cleared.is_empty() && cleared.total_cost_usd == 0.0);
        assert_eq!(
            (cleared.model.as_str(), cleared.last_message_id),
            ("opus", Some(MessageId(7)))
        );
    }

    #[test]
    fn a_record_of_the_older_program_loads_and_is_resumed() {
        let json = r#"{"session_id":"a","model":"haiku","created_at":"2026-01-01T00:00:00+00:00",
            "last_message_at":"2026-01-02T00:00:00+00:00","message_count":3,"total_input_tokens":1,
            "total_output_tokens":2,"total_cost_usd":0.25,"duration_ms":5,"context_tokens":3,"note":{"x":1}}"#;
        let record: Record = serde_json::from_str(json).unwrap();
        assert!(record.is_resumable());
        assert_eq!(record.created_at, "2026-01-01T00:00:00+00:00");
        assert_eq!(record.other["note"]["x"], 1);
        let again: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        assert_eq!(again, record);
    }

    #[test]
    fn an_odd_field_costs_itself_and_not_the_session() {
        #[track_caller]
        fn check(fields: &str, count: u64, cost: f64) {
            let json = format!(r#"{{"session_id":"a","model":"opus",{fields}}}"#);
            let record = Record::read(&serde_json::from_str(&json).unwrap()).unwrap();
            assert_eq!(
                (record.session_id.as_str(), record.model.as_str()),
                ("a", "opus")
            );
            assert_eq!(record.message_count, count, "{fields}");
            assert!((record.total_cost_usd - cost).abs() < 1e-12, "{fields}");
        }
        check(r#""message_count":3.6,"total_cost_usd":1"#, 4, 1.0);
        check(r#""message_count":null,"total_cost_usd":null"#, 0, 0.0);
        check(
            r#""message_count":-1,"total_cost_usd":"much","duration_ms":1e300"#,
            0,
            0.0,
        );
        check(
            r#""message_count":2,"last_message_id":[],"resumable":"yes""#,
            2,
            0.0,
        );
        check(r#""message_count":2,"created_at":7"#, 2, 0.0);
        let bad = [
            r#"{"model":"opus"}"#,
            r#"{"session_id":"","model":"x"}"#,
            r#"{"session_id":1}"#,
            "[]",
            "7",
        ];
        for json in bad {
            assert_eq!(
                Record::read(&serde_json::from_str(json).unwrap()),
                None,
                "{json}"
            );
        }
        assert!(
            Record::read(&serde_json::json!({ "session_id": "a" }))
                .unwrap()
                .model
                .is_empty()
        );
    }
}
