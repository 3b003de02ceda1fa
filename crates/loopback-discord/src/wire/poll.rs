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

/// The embed of a poll's result. Where several answers have the most votes, none has won.
pub(super) fn poll_result(poll: &Poll) -> Value {
    let counts = || poll.answers.iter().map(|answer| answer.voters.len());
    let most = counts().max().unwrap_or_default();
    let total: usize = counts().sum();
    let field =
        |name: &str, value: String| json!({ "name": name, "value": value, "inline": false });
    let mut fields = vec![
        field("poll_question_text", poll.question.clone()),
        field("victor_answer_votes", most.to_string()),
        field("total_votes", total.to_string()),
    ];
    let mut victors = poll.answers.iter().zip(1u64..);
    if let Some((answer, id)) = victors.find(|(answer, _)| answer.voters.len() == most)
        && counts().filter(|count| *count == most).count() == 1
    {
        fields.push(field("victor_answer_id", id.to_string()));
        let text = answer.text.clone().unwrap_or_default();
        fields.push(field("victor_answer_text", text));
    }
    json!({ "type": "poll_result", "fields": fields })
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
