//! Polls and forwards as JSON.

use serde_json::{Value, json};

use super::message::core;
use crate::{
    clock::{self, iso8601},
    world::{Forward, Poll, World},
};

pub(super) fn poll(world: &World, poll: &Poll) -> Value {
    let numbered = || poll.answers.iter().zip(1u64..);
    let answers = numbered().map(|(answer, id)| {
        let mut media = json!({});
        if let Some(text) = &answer.text {
            media["text"] = json!(text);
        }
        if !answer.emoji.is_null() {
            media["emoji"] = answer.emoji.clone();
        }
        json!({ "answer_id": id, "poll_media": media })
    });
    let counts = numbered().map(|(answer, id)| {
        let me = answer.voters.contains(&world.bot);
        json!({ "id": id, "count": answer.voters.len(), "me_voted": me })
    });
    json!({
        "question": { "text": poll.question },
        "answers": answers.collect::<Vec<_>>(),
        "expiry": iso8601(poll.expiry),
        "allow_multiselect": poll.multiselect,
        "layout_type": 1,
        "results": {
            "is_finalized": poll.is_over(clock::unix_ms()),
            "answer_counts": counts.collect::<Vec<_>>(),
        },
    })
}

/// A snapshot: the fields of a message that a forward shows.
pub(super) fn snapshot(world: &World, forward: &Forward, private: bool) -> Value {
    let mut message = core(world, &forward.snapshot, private);
    if let Some(message) = message.as_object_mut() {
        for field in ["id", "channel_id"] {
            message.remove(field);
        }
    }
    json!({ "message": message })
}

/// The items for a message's stickers. Their ids are their places, since the loopback has no stickers of its own.
pub(super) fn stickers(names: &[String]) -> Vec<Value> {
    let numbered = names.iter().zip(1u64..);
    numbered
        .map(|(name, id)| json!({ "id": id.to_string(), "name": name, "format_type": 1 }))
        .collect()
}
