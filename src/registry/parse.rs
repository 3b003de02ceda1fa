//! Reads a record leniently: a field with an unexpected value is dropped, so that the session is not lost.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, value::RawValue};

use super::{
    record::Record,
    state::{Checkpoint, MachineState},
};
use crate::{money::without_noise, raw_object::RawObject};

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
    /// Reads a record of version 2 (`state` is an object) or version 1.
    ///
    /// Counts are rounded, and 0 if they are not numbers. `None` if there is no session ID, or if fields of both versions
    /// are present, because it is unknown which ones are right.
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
            earlier: fields.take_records("earlier"),
            state: state.into_state()?,
            other: fields.rest()?,
        })
    }
}

/// The fields that have not been read yet, as text, because money has more digits than a float.
struct Fields(IndexMap<Arc<str>, Arc<str>>);

impl Fields {
    fn of(text: &str) -> Option<Self> {
        let object: RawObject = serde_json::from_str(text).ok()?;
        Some(Self(object.fields))
    }

    /// Removes a field. Returns the default if it is missing or has an unexpected value.
    fn take<T: DeserializeOwned + Default>(&mut self, name: &str) -> T {
        let value = self.0.shift_remove(name);
        let value = value.and_then(|text| serde_json::from_str(&text).ok());
        value.unwrap_or_default()
    }

    fn take_count(&mut self, name: &str) -> u64 {
        let value: Value = self.take(name);
        value.as_u64().unwrap_or_else(|| round(value.as_f64()))
    }

    /// Removes a list and drops elements with an unexpected value.
    fn take_list<T: DeserializeOwned>(&mut self, name: &str) -> Vec<T> {
        let elements: Vec<Box<RawValue>> = self.take(name);
        let elements = elements.iter();
        elements
            .filter_map(|value| serde_json::from_str(value.get()).ok())
            .collect()
    }

    fn take_checkpoints(&mut self) -> Vec<Checkpoint> {
        let elements: Vec<Box<RawValue>> = self.take("checkpoints");
        let read = |text: &str| {
            // Once, a checkpoint was its `uuid` alone.
            let alone = serde_json::from_str(text).map(|at| Checkpoint {
                at,
                message: None,
                is_first: false,
            });
            alone.or_else(|_| serde_json::from_str(text)).ok()
        };
        elements.iter().filter_map(|it| read(it.get())).collect()
    }

    fn take_records(&mut self, name: &str) -> Vec<Record> {
        let elements: Vec<Box<RawValue>> = self.take(name);
        let elements = elements.iter();
        elements
            .filter_map(|value| Record::read(value.get()))
            .collect()
    }

    fn has_flat(&self) -> bool {
        FLAT.iter().any(|name| self.0.contains_key(*name))
    }

    fn take_flat(&mut self) -> Self {
        let mut flat = IndexMap::new();
        for name in FLAT {
            if let Some(value) = self.0.shift_remove(name) {
                flat.insert(name.into(), value);
            }
        }
        Self(flat)
    }

    /// The fields of other versions. `None` if one of them cannot be kept.
    fn rest(self) -> Option<Map<String, Value>> {
        let fields = self.0.into_iter();
        fields
            .map(|(name, text)| Some(((*name).to_owned(), serde_json::from_str(&text).ok()?)))
            .collect()
    }

    fn into_state(mut self) -> Option<MachineState> {
        Some(MachineState {
            last_message_id: self.take("last_message_id"),
            own_message_id: self.take("own_message_id"),
            last_turn_id: self.take("last_turn_id"),
            cli_total_cost_usd: without_noise(self.take("cli_total_cost_usd")),
            unit_cost_usd: self.take::<Option<f64>>("unit_cost_usd").map(without_noise),
            resumable: self.take("resumable"),
            answered_ahead: self.take_list("answered_ahead"),
            waiting_behind: self.take_list("waiting_behind"),
            open_turns: self.take_list("open_turns"),
            cut_off: self.take_list("cut_off"),
            missing_permission: self.take("missing_permission"),
            held: self.take_list("held"),
            limited_until: self.take("limited_until"),
            limit_kind: self.take("limit_kind"),
            checkpoints: self.take_checkpoints(),
            unanswered: self.take("unanswered"),
            fork: self.take("fork"),
            began_after: self.take("began_after"),
            is_lost: self.take("is_lost"),
            rebuilt_from: self.take("rebuilt_from"),
            background: self.take_list("background"),
            posts: self.take_list("posts"),
            verbose: self.take("verbose"),
            stream: self.take("stream"),
            effort: self.take("effort"),
            context_window: self.take("context_window"),
            mode: self.take("mode"),
            queue_mode: self.take("queue_mode"),
            persona: self.take("persona"),
            plans_by_itself: self.take("plans_by_itself"),
            inherits_model: self.take("inherits_model"),
            grants: self.take_list("grants"),
            works_in: self.take("works_in"),
            first_words: self.take("first_words"),
            budget: self.take("budget"),
            title: self.take("title"),
            branches: self.take_list("branches"),
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
mod tests;
