//! What people do on the page.

use axum::{
    Json,
    extract::{Multipart, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Snowflake, Upload,
    actions::{self, ActionError, ensure},
    shared::{Shared, State as Inner},
};

/// The maximum size of a file, and how many a message can have.
const MAX_FILE_BYTES: usize = 10 * 1024 * 1024;
const MAX_FILES: usize = 10;

#[derive(Deserialize)]
pub(super) struct NewMessage {
    channel: Snowflake,
    user: Snowflake,
    content: String,
    #[serde(default)]
    reply_to: Option<Snowflake>,
}

pub(super) async fn message(
    State(shared): State<Shared>,
    Json(sent): Json<NewMessage>,
) -> Response {
    perform(&shared, |state| {
        check_content(&sent.content)?;
        let NewMessage { channel, user, .. } = sent;
        actions::say(state, channel, user, &sent.content, sent.reply_to)
    })
}

fn check_content(content: &str) -> Result<(), ActionError> {
    let valid = !content.trim().is_empty() && content.chars().count() <= 2000;
    ensure(valid, || "a message has 1 to 2,000 characters".to_owned())
}

#[derive(Deserialize)]
pub(super) struct Edit {
    message: Snowflake,
    user: Snowflake,
    content: String,
}

pub(super) async fn edit(State(shared): State<Shared>, Json(edit): Json<Edit>) -> Response {
    perform(&shared, |state| {
        check_content(&edit.content)?;
        actions::edit(state, edit.message, &edit.content, Some(edit.user))?;
        Ok(edit.message)
    })
}

#[derive(Deserialize)]
pub(super) struct Deletion {
    message: Snowflake,
    user: Snowflake,
}

pub(super) async fn delete(
    State(shared): State<Shared>,
    Json(deletion): Json<Deletion>,
) -> Response {
    perform(&shared, |state| {
        let Deletion { message, user } = deletion;
        actions::delete(state, message, Some(user))?;
        Ok(message)
    })
}

#[derive(Deserialize)]
pub(super) struct React {
    message: Snowflake,
    user: Snowflake,
    emoji: String,
    on: bool,
}

pub(super) async fn react(State(shared): State<Shared>, Json(react): Json<React>) -> Response {
    perform(&shared, |state| {
        let React {
            message, user, on, ..
        } = react;
        actions::react(state, message, user, &react.emoji, on)?;
        Ok(message)
    })
}

#[derive(Deserialize)]
pub(super) struct Typing {
    channel: Snowflake,
    user: Snowflake,
}

pub(super) async fn typing(State(shared): State<Shared>, Json(typing): Json<Typing>) -> Response {
    perform(&shared, |state| {
        actions::start_typing(state, typing.channel, typing.user)?;
        Ok(typing.channel)
    })
}

#[derive(Deserialize)]
pub(super) struct Command {
    channel: Snowflake,
    user: Snowflake,
    name: String,
    #[serde(default)]
    options: Value,
}

pub(super) async fn command(State(shared): State<Shared>, Json(run): Json<Command>) -> Response {
    perform(&shared, |state| {
        actions::slash(state, run.channel, run.user, &run.name, &run.options)
    })
}

#[derive(Deserialize)]
pub(super) struct MessageCommand {
    message: Snowflake,
    user: Snowflake,
    name: String,
}

pub(super) async fn message_command(
    State(shared): State<Shared>,
    Json(run): Json<MessageCommand>,
) -> Response {
    perform(&shared, |state| {
        actions::message_command(state, run.message, run.user, &run.name)
    })
}

#[derive(Deserialize)]
pub(super) struct Autocomplete {
    channel: Snowflake,
    user: Snowflake,
    name: String,
    options: Value,
    focused: String,
}

pub(super) async fn autocomplete(
    State(shared): State<Shared>,
    Json(typed): Json<Autocomplete>,
) -> Response {
    perform(&shared, |state| {
        let Autocomplete { channel, user, .. } = typed;
        let (name, options, focused) = (&typed.name, &typed.options, &typed.focused);
        actions::autocomplete(state, channel, user, name, options, focused)
    })
}

#[derive(Deserialize)]
pub(super) struct Press {
    message: Snowflake,
    custom_id: String,
    user: Snowflake,
    #[serde(default)]
    values: Vec<String>,
}

pub(super) async fn press(State(shared): State<Shared>, Json(press): Json<Press>) -> Response {
    perform(&shared, |state| {
        let Press { message, user, .. } = press;
        actions::press(state, message, &press.custom_id, user, &press.values)
    })
}

#[derive(Deserialize)]
pub(super) struct Form {
    interaction: Snowflake,
    values: Value,
}

pub(super) async fn form(State(shared): State<Shared>, Json(form): Json<Form>) -> Response {
    perform(&shared, |state| {
        actions::submit(state, form.interaction, &form.values)
    })
}

/// A message with files, as a form: `channel`, `user`, `content`, `reply_to`, and each file.
pub(super) async fn files(State(shared): State<Shared>, mut form: Multipart) -> Response {
    let (mut channel, mut user, mut reply_to) = (None, None, None);
    let (mut content, mut files) = (String::new(), Vec::new());
    while let Ok(Some(field)) = form.next_field().await {
        let field_name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(str::to_owned);
        let kind = field.content_type().map(str::to_owned);
        let Ok(bytes) = field.bytes().await else {
            return refuse("the files are too large");
        };
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        match (file, field_name.as_str()) {
            (Some(name), _) => {
                let kind = kind.as_deref().unwrap_or("application/octet-stream");
                files.push(Upload::new(&name, bytes).kind(kind));
            }
            (None, "channel") => channel = text().parse().ok(),
            (None, "user") => user = text().parse().ok(),
            (None, "reply_to") => reply_to = text().parse().ok(),
            (None, "content") => content = text(),
            (None, _) => {}
        }
    }
    let (Some(channel), Some(user)) = (channel, user) else {
        return refuse("channel and user are missing");
    };
    perform(&shared, |state| {
        let small = files.iter().all(|file| file.size() <= MAX_FILE_BYTES);
        ensure(small && (1..=MAX_FILES).contains(&files.len()), || {
            "a message has 1 to 10 files of at most 10 MB each".to_owned()
        })?;
        ensure(content.chars().count() <= 2000, || {
            "a message has at most 2,000 characters".to_owned()
        })?;
        let files = files.iter().map(Upload::to_file).collect();
        actions::say_with_files(state, channel, user, &content, files, reply_to)
    })
}

#[derive(Deserialize)]
pub(super) struct Forward {
    message: Snowflake,
    channel: Snowflake,
    user: Snowflake,
}

pub(super) async fn forward(
    State(shared): State<Shared>,
    Json(forward): Json<Forward>,
) -> Response {
    perform(&shared, |state| {
        actions::forward(state, forward.message, forward.channel, forward.user)
    })
}

#[derive(Deserialize)]
pub(super) struct NewThread {
    channel: Snowflake,
    user: Snowflake,
    name: String,
    /// The message that it is started from.
    #[serde(default)]
    message: Option<Snowflake>,
    /// The first message of a post in a forum.
    #[serde(default)]
    content: Option<String>,
}

/// A thread in a text channel, or a post in a forum.
pub(super) async fn thread(State(shared): State<Shared>, Json(new): Json<NewThread>) -> Response {
    perform(&shared, |state| {
        let valid = (1..=100).contains(&new.name.trim().chars().count());
        ensure(valid, || {
            "a thread's name has 1 to 100 characters".to_owned()
        })?;
        let NewThread { channel, user, .. } = new;
        match &new.content {
            Some(content) => {
                check_content(content)?;
                actions::post_in_forum(state, channel, user, &new.name, content, &[])
            }
            None => actions::start_thread(state, channel, new.message, user, &new.name),
        }
    })
}

#[derive(Deserialize)]
pub(super) struct Vote {
    message: Snowflake,
    user: Snowflake,
    answer: u64,
    on: bool,
}

pub(super) async fn vote(State(shared): State<Shared>, Json(vote): Json<Vote>) -> Response {
    perform(&shared, |state| {
        let Vote { message, user, .. } = vote;
        actions::vote(state, message, user, vote.answer, vote.on)?;
        Ok(message)
    })
}

/// Performs an action. Responds with the id of its result, or with the reason why it is not possible.
fn perform(
    shared: &Shared,
    action: impl FnOnce(&mut Inner) -> Result<Snowflake, ActionError>,
) -> Response {
    match shared.change(action) {
        Ok(id) => Json(json!({ "id": id })).into_response(),
        Err(error) => refuse(&error.to_string()),
    }
}

fn refuse(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, why.to_owned()).into_response()
}
