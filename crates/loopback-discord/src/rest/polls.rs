//! Polls: their limits (Discord developer docs, "Poll create request object"), their voters, and their end.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ApiError,
    access::visible_message,
    error::FormErrors,
    extract::{Path, Query},
    messages::shown,
};
use crate::{
    Poll, PollAnswer, Snowflake, SystemMessage, clock, event::Event, shared::Shared, wire,
    world::Draft,
};

const MAX_QUESTION: usize = 300;
const MAX_ANSWERS: usize = 10;
const MAX_ANSWER: usize = 55;
const MAX_DURATION_HOURS: u64 = 32 * 24;
const DEFAULT_DURATION_HOURS: u64 = 24;
const HOUR_MS: u64 = 60 * 60 * 1000;

/// Checks the `poll` of a message to create.
pub(super) fn check(field: &Value, errors: &mut FormErrors, now: u64) -> Option<Poll> {
    if field.is_null() {
        return None;
    }
    let question = &field["question"]["text"];
    if question.as_str().is_none_or(str::is_empty) {
        errors.required("poll.question.text");
    }
    errors.max_length("poll.question.text", question, MAX_QUESTION);
    let answers = field["answers"].as_array().map_or(&[][..], Vec::as_slice);
    if !(1..=MAX_ANSWERS).contains(&answers.len()) {
        errors.bad_length("poll.answers", 1, MAX_ANSWERS);
    }
    for (index, answer) in answers.iter().enumerate() {
        let path = format!("poll.answers.{index}.poll_media.text");
        let media = &answer["poll_media"];
        if media["text"].is_null() && media["emoji"].is_null() {
            errors.required(&path);
        }
        errors.max_length(&path, &media["text"], MAX_ANSWER);
    }
    let hours = field["duration"].as_u64().unwrap_or(DEFAULT_DURATION_HOURS);
    if !(1..=MAX_DURATION_HOURS).contains(&hours) {
        let message = format!("int value should be between 1 and {MAX_DURATION_HOURS} inclusive.");
        errors.add("poll.duration", "NUMBER_TYPE_RANGE", &message);
    }
    let answers = answers.iter().map(|answer| PollAnswer {
        text: answer["poll_media"]["text"].as_str().map(str::to_owned),
        emoji: emoji(&answer["poll_media"]["emoji"]),
        voters: Vec::new(),
    });
    Some(Poll {
        question: question.as_str().unwrap_or_default().to_owned(),
        answers: answers.collect(),
        multiselect: field["allow_multiselect"] == true,
        expiry: now + hours.min(MAX_DURATION_HOURS) * HOUR_MS,
        ended: false,
    })
}

fn emoji(sent: &Value) -> Value {
    if sent.is_null() {
        return Value::Null;
    }
    let id = sent.get("id").cloned().unwrap_or_default();
    let name = sent.get("name").cloned().unwrap_or_default();
    json!({ "id": id, "name": name })
}

/// Which of the voters are asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Range {
    after: Option<Snowflake>,
    limit: Option<usize>,
}

/// `GET /channels/{channel}/polls/{message}/answers/{answer}`: who chose an answer, by id.
pub(super) async fn voters(
    State(shared): State<Shared>,
    Path((channel, message, answer)): Path<(Snowflake, Snowflake, u64)>,
    Query(range): Query<Range>,
) -> Result<Json<Value>, ApiError> {
    shared.read(|state| {
        let found = visible_message(state, channel, message)?;
        let poll = found.poll.as_ref().ok_or_else(ApiError::unknown_message)?;
        let answer = poll.answer(answer).ok_or_else(ApiError::not_found)?;
        let mut voters = answer.voters.clone();
        voters.sort_unstable();
        let voters = voters.into_iter();
        let voters = voters.filter(|user| range.after.is_none_or(|after| *user > after));
        let users = voters.filter_map(|user| state.world.user(user).map(wire::user));
        let users: Vec<_> = users
            .take(range.limit.unwrap_or(25).clamp(1, 100))
            .collect();
        Ok(Json(json!({ "users": users })))
    })
}

/// `POST /channels/{channel}/polls/{message}/expire`: ends a poll of the bot's own.
pub(super) async fn expire(
    State(shared): State<Shared>,
    Path((channel, message)): Path<(Snowflake, Snowflake)>,
) -> Result<Json<Value>, ApiError> {
    shared.change(|state| {
        let found = visible_message(state, channel, message)?;
        let poll = found.poll.as_ref().ok_or_else(ApiError::not_a_poll)?;
        if found.author != state.world.bot {
            return Err(ApiError::another_author());
        }
        if poll.is_over(clock::unix_ms()) {
            return Err(ApiError::poll_expired());
        }
        state.world.end_poll(message);
        state.publish(&Event::MessageUpdated(message));
        let result = Draft {
            system: Some(SystemMessage::PollResult { poll: message }),
            ..Draft::default()
        };
        let bot = state.world.bot;
        let result = state.world.post(channel, bot, result, clock::unix_ms());
        state.publish(&Event::MessageCreated(result));
        Ok(Json(shown(
            state,
            visible_message(state, channel, message)?,
        )))
    })
}
