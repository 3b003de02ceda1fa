//! One channel's record and what changes it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    claude::protocol::Usage,
    snowflake::{MessageId, UserId},
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
    /// Messages above `last_message_id` that have been answered already: they overtook others that still waited.
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
    /// What Claude runs in the background, in a few words each: it ends with the bot, and the channel is told then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub background: Vec<String>,
    /// Fields of other versions.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A message that was taken up and whose answer Discord has not taken yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTurn {
    /// The message.
    pub message: MessageId,
    /// Who wrote it.
    pub author: UserId,
    /// Whether its turn has ended and is booked.
    #[serde(default)]
    pub booked: bool,
    /// How often it has been cut off before.
    #[serde(default)]
    pub cuts: u32,
}

/// A message whose turn was cut off by the bot's own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutOff {
    /// The message.
    pub message: MessageId,
    /// Who wrote it: they, and admins, may have it run again.
    pub author: UserId,
    /// Whether its turn had ended: only the answer may be incomplete.
    #[serde(default)]
    pub booked: bool,
    /// How often it has been cut off, this time included: each is told once.
    #[serde(default)]
    pub cuts: u32,
    /// Whether the channel has been told.
    #[serde(default)]
    pub told: bool,
}

/// How many messages are kept that were answered ahead of others, or cut off. More than a queue holds.
const REMEMBERED: usize = 100;

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

    /// A message is taken up: whatever delivers it again, it is not run again.
    pub fn begin(&mut self, message: MessageId, now: DateTime<Utc>) {
        self.claim(message);
        self.last_message_at = rfc3339(now);
    }

    /// A message is dealt with, and so are all before it.
    pub fn claim(&mut self, message: MessageId) {
        self.last_message_id = self.last_message_id.max(Some(message));
        let last = self.last_message_id;
        self.answered_ahead.retain(|ahead| Some(*ahead) > last);
    }

    /// A message is dealt with, though others before it still wait. Gives whether that was not known yet.
    pub fn claim_ahead(&mut self, message: MessageId) -> bool {
        let is_new = !self.has_claimed(message);
        if is_new {
            remember(&mut self.answered_ahead, message);
        }
        is_new
    }

    /// Whether a message has been dealt with.
    #[must_use]
    pub fn has_claimed(&self, message: MessageId) -> bool {
        let is_behind = self.last_message_id >= Some(message);
        (is_behind && !self.waiting_behind.contains(&message))
            || self.answered_ahead.contains(&message)
    }

    /// These wait to be taken up. Gives whether any of them is behind one that was taken up before it.
    pub fn wait(&mut self, waiting: impl Iterator<Item = MessageId>) -> bool {
        let last = self.last_message_id;
        self.waiting_behind = waiting.filter(|message| Some(*message) <= last).collect();
        !self.waiting_behind.is_empty()
    }

    /// The message after which Discord is to be asked for what is not dealt with.
    #[must_use]
    pub fn dealt_with_up_to(&self) -> Option<MessageId> {
        let waiting = self.waiting_behind.iter().min();
        let before = waiting.map(|first| MessageId(first.0.saturating_sub(1)));
        before.or(self.last_message_id)
    }

    /// A message's turn begins. It counts as cut off if the bot ends before its answer is delivered.
    pub fn open_turn(&mut self, message: MessageId, author: UserId) {
        let before = self.cut_off.iter().find(|cut| cut.message == message);
        let cuts = before.map_or(0, |cut| cut.cuts);
        self.cut_off.retain(|cut| cut.message != message);
        self.open_turns.retain(|open| open.message != message);
        self.open_turns.push(OpenTurn {
            message,
            author,
            booked: false,
            cuts,
        });
    }

    /// A message's turn is booked; its answer is on its way.
    pub fn booked_turn(&mut self, message: MessageId) {
        for open in &mut self.open_turns {
            open.booked |= open.message == message;
        }
    }

    /// A message's answer is delivered. Gives whether that was not known yet.
    pub fn close_turn(&mut self, message: MessageId) -> bool {
        let before = self.open_turns.len();
        self.open_turns.retain(|open| open.message != message);
        before != self.open_turns.len()
    }

    /// The bot goes down in a message's turn, or has gone down in it. Gives how often it has been cut off by now;
    /// `None` where no such turn is open.
    pub fn cut_turn(&mut self, message: MessageId) -> Option<u32> {
        let mut open = self.open_turns.iter();
        let place = open.position(|open| open.message == message)?;
        let OpenTurn {
            message,
            author,
            booked,
            cuts,
        } = self.open_turns.remove(place);
        let cuts = cuts.saturating_add(1);
        let cut = CutOff {
            message,
            author,
            booked,
            cuts,
            told: false,
        };
        remember(&mut self.cut_off, cut);
        Some(cuts)
    }

    /// Whether something is left over from a bot that went down: an open turn, one that the channel has not been told
    /// of, or what ran in the background.
    #[must_use]
    pub fn is_unsettled(&self) -> bool {
        !self.open_turns.is_empty()
            || !self.background.is_empty()
            || self.cut_off.iter().any(|cut| !cut.told)
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
            unit_cost_usd: self.unit_cost_usd,
            ..Self::new(session_id, self.model.clone(), now)
        }
    }
}

/// Adds to a list that keeps its last ones alone.
fn remember<T>(list: &mut Vec<T>, new: T) {
    list.push(new);
    let excess = list.len().saturating_sub(REMEMBERED);
    list.drain(..excess);
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and NaN is 0"
)]
fn whole(number: Option<f64>) -> u64 {
    number.unwrap_or(0.0).round() as u64
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn what_was_answered_ahead_is_claimed_until_the_rest_has_caught_up() {
        let mut record = Record::new("a".into(), "m".into(), now());
        record.begin(MessageId(5), now());
        assert!(record.claim_ahead(MessageId(9)) && !record.claim_ahead(MessageId(9)));
        let claimed: Vec<u64> = (4..11)
            .filter(|id| record.has_claimed(MessageId(*id)))
            .collect();
        assert_eq!(claimed, [4, 5, 9]);
        record.begin(MessageId(8), now());
        assert_eq!(record.answered_ahead, [MessageId(9)]);
        record.begin(MessageId(10), now());
        assert!(record.answered_ahead.is_empty() && record.has_claimed(MessageId(9)));
    }

    #[test]
    fn a_turn_is_open_until_its_answer_is_delivered() {
        let mut record = Record::new("a".into(), "m".into(), now());
        record.open_turn(MessageId(5), UserId(1));
        record.open_turn(MessageId(6), UserId(2));
        record.booked_turn(MessageId(5));
        assert!(record.close_turn(MessageId(5)) && !record.close_turn(MessageId(5)));
        record.cut_turn(MessageId(6));
        record.cut_turn(MessageId(7));
        let cut = CutOff {
            message: MessageId(6),
            author: UserId(2),
            booked: false,
            cuts: 1,
            told: false,
        };
        assert_eq!(
            (record.cut_off.as_slice(), record.is_unsettled()),
            (&[cut][..], true)
        );
        assert_eq!(record.cleared("b".into(), now()).cut_off, [cut]);
        record.open_turn(MessageId(6), UserId(2));
        assert!(record.cut_off.is_empty() && record.open_turns.len() == 1);
        record.cut_turn(MessageId(6));
        assert_eq!(record.cut_off[0].cuts, 2, "told once more");
    }

    proptest! {
        #[test]
        fn the_last_message_never_goes_back(ids in prop::collection::vec(any::<u64>(), 1..20)) {
            let mut record = Record::new("a".into(), "m".into(), now());
            for id in &ids {
                record.begin(MessageId(*id), now());
            }
            prop_assert_eq!(record.last_message_id, ids.iter().max().map(|id| MessageId(*id)));
        }
    }
}
