//! Reading a record leniently. A field with an unexpected value is dropped, which must not lose the session.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, value::RawValue};

use super::{entries::Entries, record::Record, state::MachineState};
use crate::money::without_noise;

/// The fields of [`MachineState`] that version 1 of the file keeps in the record itself.
const FLAT: [&str; 10] = [
    "last_message_id",
    "last_turn_id",
    "cli_total_cost_usd",
    "unit_cost_usd",
    "resumable",
    "answered_ahead",
    "waiting_behind",
    "open_turns",
    "cut_off",
    "background",
];

impl Record {
    /// Reads a record in the form of version 2 (`state` is an object) or of version 1.
    ///
    /// Counts are rounded, and what is not a number counts as 0. `None` if there is no session id, or if the two
    /// forms are mixed: which of the values is right is then unknown.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut fields = Fields::of(text)?;
        let session_id: String = fields.take("session_id");
        if session_id.is_empty() {
            return None;
        }
        let state = match fields.0.shift_remove("state") {
            None => fields.take_flat(),
            Some(_) if fields.has_flat() => return None,
            Some(state) => Fields::of(&state)?,
        };
        Some(Self {
            session_id,
            model: fields.take("model"),
            created_at: fields.take("created_at"),
            last_message_at: fields.take("last_message_at"),
            message_count: fields.take_count("message_count"),
            total_input_tokens: fields.take_count("total_input_tokens"),
            total_output_tokens: fields.take_count("total_output_tokens"),
            total_cost_usd: fields.take("total_cost_usd"),
            duration_ms: fields.take_count("duration_ms"),
            context_tokens: fields.take_count("context_tokens"),
            total_cache_read_tokens: fields.take_count("total_cache_read_tokens"),
            total_cache_creation_tokens: fields.take_count("total_cache_creation_tokens"),
            total_turn_errors: fields.take_count("total_turn_errors"),
            channel_name: fields.take("channel_name"),
            guild_name: fields.take("guild_name"),
            last_author_name: fields.take("last_author_name"),
            state: state.into_state()?,
            other: fields.rest()?,
        })
    }
}

/// The fields of an object that have not been read yet. They are text, because a float lacks digits for money.
struct Fields(IndexMap<String, Arc<str>>);

impl Fields {
    fn of(text: &str) -> Option<Self> {
        let entries: Entries = serde_json::from_str(text).ok()?;
        Some(Self(entries.map))
    }

    /// Removes a field; the default if it is missing or has an unexpected value.
    fn take<T: DeserializeOwned + Default>(&mut self, name: &str) -> T {
        let value = self.0.shift_remove(name);
        let value = value.and_then(|text| serde_json::from_str(&text).ok());
        value.unwrap_or_default()
    }

    fn take_count(&mut self, name: &str) -> u64 {
        let value: Value = self.take(name);
        value.as_u64().unwrap_or_else(|| round(value.as_f64()))
    }

    /// Removes a list, without the elements that have an unexpected value.
    fn take_list<T: DeserializeOwned>(&mut self, name: &str) -> Vec<T> {
        let elements: Vec<Box<RawValue>> = self.take(name);
        let elements = elements.iter();
        elements
            .filter_map(|value| serde_json::from_str(value.get()).ok())
            .collect()
    }

    fn has_flat(&self) -> bool {
        FLAT.iter().any(|name| self.0.contains_key(*name))
    }

    fn take_flat(&mut self) -> Self {
        let mut flat = IndexMap::new();
        for name in FLAT {
            if let Some(value) = self.0.shift_remove(name) {
                flat.insert(name.to_owned(), value);
            }
        }
        Self(flat)
    }

    /// The remaining fields, which this version does not know. `None` if one of them cannot be kept.
    fn rest(self) -> Option<Map<String, Value>> {
        let fields = self.0.into_iter();
        fields
            .map(|(name, text)| Some((name, serde_json::from_str(&text).ok()?)))
            .collect()
    }

    fn into_state(mut self) -> Option<MachineState> {
        Some(MachineState {
            last_message_id: self.take("last_message_id"),
            last_turn_id: self.take("last_turn_id"),
            cli_total_cost_usd: without_noise(self.take("cli_total_cost_usd")),
            unit_cost_usd: self.take::<Option<f64>>("unit_cost_usd").map(without_noise),
            resumable: self.take("resumable"),
            answered_ahead: self.take_list("answered_ahead"),
            waiting_behind: self.take_list("waiting_behind"),
            open_turns: self.take_list("open_turns"),
            cut_off: self.take_list("cut_off"),
            background: self.take_list("background"),
            posts: self.take_list("posts"),
            other: self.rest()?,
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and NaN is 0"
)]
fn round(number: Option<f64>) -> u64 {
    number.unwrap_or(0.0).round() as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        registry::state::{CutOff, OpenTurn},
        snowflake::{MessageId, UserId},
    };

    #[track_caller]
    fn read(record: &Value) -> Record {
        Record::read(&record.to_string()).unwrap()
    }

    #[track_caller]
    fn written(record: &Record) -> Value {
        let text = serde_json::to_string(record).unwrap();
        assert_eq!(
            Record::read(&text).as_ref(),
            Some(record),
            "read back: {text}"
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_record_of_the_older_program_is_read_and_resumed() {
        let record = read(&json!({
            "session_id": "a", "model": "haiku", "created_at": "2026-01-01T00:00:00+00:00",
            "last_message_at": "2026-01-02T00:00:00+00:00", "message_count": 3, "total_input_tokens": 1,
            "total_output_tokens": 2, "total_cost_usd": 0.25, "duration_ms": 5, "context_tokens": 3,
            "note": { "x": 1 },
        }));
        assert!(record.is_resumable());
        assert_eq!(record.created_at, "2026-01-01T00:00:00+00:00");
        assert_eq!(record.other["note"]["x"], 1);
        written(&record);
    }

    #[test]
    fn the_flat_form_is_read_and_the_nested_one_written() {
        let flat = json!({
            "session_id": "a", "model": "opus", "message_count": 3, "total_cost_usd": 0.000_422_5,
            "last_message_id": "7", "last_turn_id": "t", "cli_total_cost_usd": 0.300_000_000_000_000_04,
            "unit_cost_usd": 2.999_999_999_999_999_7e-6, "resumable": true, "answered_ahead": ["9"],
            "waiting_behind": ["6"], "open_turns": [{ "message": "6", "author": "1", "booked": true }],
            "cut_off": [{ "message": "5", "author": "2", "cuts": 2, "told": true }], "background": ["a test"],
            "topic": "x",
        });
        let record = read(&flat);
        let state = &record.state;
        assert_eq!(state.last_message_id, Some(MessageId(7)));
        assert_eq!(state.last_turn_id.as_deref(), Some("t"));
        assert_eq!(
            state.open_turns,
            [OpenTurn {
                message: MessageId(6),
                author: UserId(1),
                booked: true,
                cuts: 0
            }]
        );
        assert_eq!(
            state.cut_off,
            [CutOff {
                message: MessageId(5),
                author: UserId(2),
                booked: false,
                cuts: 2,
                told: true
            }]
        );
        let nested = written(&record);
        assert!(
            FLAT.iter().all(|name| nested.get(name).is_none()),
            "{nested}"
        );
        assert_eq!(nested["topic"], "x");
        for name in [
            "last_message_id",
            "resumable",
            "answered_ahead",
            "waiting_behind",
            "background",
        ] {
            assert_eq!(nested["state"][name], flat[name], "{name}");
        }
        let text = serde_json::to_string(&record).unwrap();
        for number in [
            r#""total_cost_usd":0.0004225,"#,
            r#""cli_total_cost_usd":0.3,"#,
            r#""unit_cost_usd":3e-6,"#,
        ] {
            assert!(text.contains(number), "{text}");
        }
    }

    #[test]
    fn unknown_fields_are_kept_in_both_places() {
        let record = read(&json!({
            "session_id": "a", "topic": [1, { "b": null }], "channel_name": "general",
            "state": { "later": { "x": 0.1 }, "posts": [{ "key": "p", "messages": ["3"], "revision": 2 }] },
        }));
        assert_eq!(record.channel_name.as_deref(), Some("general"));
        assert_eq!(record.state.post("p").unwrap().messages, [MessageId(3)]);
        let written = written(&record);
        assert_eq!(written["topic"], json!([1, { "b": null }]));
        assert_eq!(written["state"]["later"], json!({ "x": 0.1 }));
        let moved = record.cleared("b".into(), chrono::DateTime::UNIX_EPOCH);
        assert_eq!(
            (&moved.other, &moved.state.other),
            (&record.other, &record.state.other)
        );
    }

    #[test]
    fn flat_and_nested_fields_do_not_mix() {
        for name in FLAT {
            let mut record = json!({ "session_id": "a", "state": {} });
            read(&record);
            record[name] = json!(null);
            assert_eq!(Record::read(&record.to_string()), None, "{name}");
        }
        for state in [json!(null), json!("Berlin"), json!([])] {
            let record = json!({ "session_id": "a", "state": state });
            assert_eq!(Record::read(&record.to_string()), None, "{record}");
        }
    }

    #[test]
    fn a_field_with_an_unexpected_value_does_not_lose_the_session() {
        #[track_caller]
        fn check(fields: &str, count: u64, cost: &str) {
            let json = format!(r#"{{"session_id":"a","model":"opus",{fields}}}"#);
            let record = Record::read(&json).unwrap();
            assert_eq!(
                (record.session_id.as_str(), record.model.as_str()),
                ("a", "opus")
            );
            assert_eq!(record.message_count, count, "{fields}");
            assert_eq!(record.total_cost_usd.to_string(), cost, "{fields}");
            written(&record);
        }
        check(r#""message_count":3.6,"total_cost_usd":1"#, 4, "1");
        check(
            r#""message_count":1e400,"total_cost_usd":18446744073.709551614"#,
            0,
            "18446744073.709551614",
        );
        check(r#""message_count":null,"total_cost_usd":null"#, 0, "0");
        check(
            r#""message_count":-1,"total_cost_usd":"much","duration_ms":1e300"#,
            0,
            "0",
        );
        check(
            r#""message_count":2,"last_message_id":[],"resumable":"yes""#,
            2,
            "0",
        );
        check(
            r#""message_count":2,"created_at":7,"total_cost_usd":-0.5"#,
            2,
            "0",
        );
        let state = r#"{"background":"x","unit_cost_usd":[],"answered_ahead":["7",8,"nine"]}"#;
        check(&format!(r#""message_count":1,"state":{state}"#), 1, "0");
        let record = Record::read(&format!(r#"{{"session_id":"a","state":{state}}}"#)).unwrap();
        assert_eq!(record.state.answered_ahead, [MessageId(7)]);
    }

    #[test]
    fn without_a_session_id_there_is_no_record() {
        for json in [
            r#"{"model":"opus"}"#,
            r#"{"session_id":"","model":"x"}"#,
            r#"{"session_id":1}"#,
            "[]",
            "7",
            "{",
        ] {
            assert_eq!(Record::read(json), None, "{json}");
        }
        // A number that would be lost.
        assert_eq!(Record::read(r#"{"session_id":"a","later":1e400}"#), None);
        assert!(read(&json!({ "session_id": "a" })).model.is_empty());
    }
}
