//! Checks of message bodies (Discord developer docs, "Create message" and "Edit message").

use serde_json::Value;

use super::{
    ApiError,
    attachments::{self, Files},
    components, embeds,
    error::{FormErrors, invalid},
    layouts,
    middleware::Payload,
    polls,
    references::{Reference, reference},
};
use crate::{
    Attachment, Message, Snowflake, clock,
    world::{Allowed, Draft, Patch, Reach, World},
};

/// The maximum length of a message, in code points.
const MAX_CHARACTERS: usize = 2000;
/// The maximum number of files on a message.
const MAX_FILES: usize = 10;

/// The flags that an app may set.
const SUPPRESS_EMBEDS: u64 = 1 << 2;
const EPHEMERAL: u64 = 1 << 6;
const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
const IS_COMPONENTS_V2: u64 = 1 << 15;

/// A message to create, as far as its body determines it.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) draft: Draft,
    pub(crate) reference: Option<Reference>,
    pub(crate) enforce_nonce: bool,
    pub(crate) ephemeral: bool,
}

/// Checks the body of a message to create.
pub(crate) fn create(world: &World, payload: &Payload) -> Result<Checked, ApiError> {
    let body = &payload.json;
    let flags = body["flags"].as_u64().unwrap_or_default();
    let components_v2 = flags & IS_COMPONENTS_V2 != 0;
    let files = check(world, payload, &[], components_v2)?.files;
    let mut errors = FormErrors::default();
    let poll = polls::check(&body["poll"], &mut errors, clock::unix_ms());
    errors.into_result()?;
    let reference = reference(&body["message_reference"])?;
    let draft = Draft {
        content: body["content"].as_str().unwrap_or_default().to_owned(),
        allowed: allowed(&body["allowed_mentions"])?,
        files,
        embeds: list(&body["embeds"]),
        components: list(&body["components"]),
        components_v2,
        poll,
        nonce: body.get("nonce").filter(|nonce| !nonce.is_null()).cloned(),
        suppress_embeds: flags & SUPPRESS_EMBEDS != 0,
        silent: flags & SUPPRESS_NOTIFICATIONS != 0,
        ..Draft::default()
    };
    let stickers = body["sticker_ids"]
        .as_array()
        .is_some_and(|ids| !ids.is_empty());
    let empty = draft.content.trim().is_empty()
        && draft.embeds.is_empty()
        && draft.components.is_empty()
        && draft.files.is_empty()
        && draft.poll.is_none()
        && !stickers;
    match reference {
        Some(Reference::Forward { .. }) if !empty => {
            let message = "A forward has no content of its own";
            let code = "MESSAGE_FORWARD_WITH_CONTENT";
            return Err(invalid("message_reference", code, message));
        }
        Some(Reference::Forward { .. }) => {}
        _ if empty => return Err(ApiError::empty_message()),
        _ => {}
    }
    Ok(Checked {
        draft,
        reference,
        enforce_nonce: body["enforce_nonce"] == true,
        ephemeral: flags & EPHEMERAL != 0,
    })
}

/// Checks the body of an edit of `message`.
pub(crate) fn edit(world: &World, payload: &Payload, message: &Message) -> Result<Patch, ApiError> {
    let body = &payload.json;
    if message.poll.is_some() {
        return Err(ApiError::poll_message());
    }
    let flags = body["flags"].as_u64();
    let asks_v2 = flags.is_some_and(|flags| flags & IS_COMPONENTS_V2 != 0);
    let components_v2 = message.components_v2 || asks_v2;
    let Files { keep, files } = check(world, payload, &message.attachments, components_v2)?;
    let stays = |field: &str, there: bool| there && body.get(field).is_none();
    if components_v2
        && (stays("content", !message.content.is_empty())
            || stays("embeds", !message.embeds.is_empty()))
    {
        return Err(invalid("content", LEGACY_FIELD, &legacy("content")));
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(Patch {
        content: body.get("content").map(text),
        embeds: body.get("embeds").map(list),
        components: body.get("components").map(list),
        keep,
        files,
        allowed: allowed(&body["allowed_mentions"])?,
        suppress_embeds: flags.map(|flags| flags & SUPPRESS_EMBEDS != 0),
        components_v2,
    })
}

/// Checks each field by itself. `existing` are the attachments that the message has already.
fn check(
    world: &World,
    payload: &Payload,
    existing: &[Attachment],
    components_v2: bool,
) -> Result<Files, ApiError> {
    let body = &payload.json;
    let mut errors = FormErrors::default();
    if !body.is_object() {
        let message = "Only dictionaries may be used in a DictType";
        return Err(invalid("body", "DICT_TYPE_CONVERT", message));
    }
    let largest = world.max_file_bytes();
    if payload.files.iter().any(|file| file.size > largest) {
        return Err(ApiError::too_large());
    }
    match &body["content"] {
        Value::Null => {}
        Value::String(_) => errors.max_length("content", &body["content"], MAX_CHARACTERS),
        _ => errors.wrong_type("content", "string"),
    }
    match &body["nonce"] {
        Value::Null => {}
        Value::Number(number) if !number.is_f64() => {}
        // "Can be used to verify a message was sent (up to 25 characters)".
        Value::String(_) => errors.max_length("nonce", &body["nonce"], 25),
        _ => errors.wrong_type("nonce", "string"),
    }
    for field in ["tts", "enforce_nonce"] {
        if !body[field].is_null() && !body[field].is_boolean() {
            errors.wrong_type(field, "bool");
        }
    }
    if !body["flags"].is_null() && body["flags"].as_u64().is_none() {
        errors.wrong_type("flags", "int");
    }
    embeds::check(&body["embeds"], &mut errors);
    let files = attachments::check(payload, existing, MAX_FILES, &mut errors);
    if components_v2 {
        check_layout(body, &files.names(existing), &mut errors);
    } else {
        components::check(&body["components"], &mut errors);
    }
    errors.into_result()?;
    Ok(files)
}

const LEGACY_FIELD: &str = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2";

fn legacy(field: &str) -> String {
    format!("The '{field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2")
}

/// Components are all that a layout has.
fn check_layout(body: &Value, files: &[&str], errors: &mut FormErrors) {
    for field in ["content", "embeds", "poll", "sticker_ids"] {
        let empty = match &body[field] {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            _ => false,
        };
        if !empty {
            errors.add(field, LEGACY_FIELD, &legacy(field));
        }
    }
    layouts::check(&body["components"], files, errors);
}

/// Checks `allowed_mentions`. Without it everything pings. With it only what it lists pings, and the
/// author of the message replied to only if `replied_user` is true.
fn allowed(field: &Value) -> Result<Allowed, ApiError> {
    if field.is_null() {
        return Ok(Allowed::default());
    }
    let mut errors = FormErrors::default();
    if !field.is_object() {
        errors.wrong_type("allowed_mentions", "dict");
    }
    let parse = list(&field["parse"]);
    for (index, kind) in parse.iter().enumerate() {
        if !matches!(kind.as_str(), Some("users" | "roles" | "everyone")) {
            let path = format!("allowed_mentions.parse.{index}");
            let message = "Value must be one of ('users', 'everyone', 'roles').";
            errors.add(&path, "BASE_TYPE_CHOICES", message);
        }
    }
    let mut reach = |kind: &str| {
        let parsed = parse.iter().any(|found| found == kind);
        let ids = list(&field[kind]);
        let path = format!("allowed_mentions.{kind}");
        if parsed && !ids.is_empty() {
            let message =
                format!("parse:[\"{kind}\"] and {kind}: [ids...] are mutually exclusive.");
            let code = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE";
            errors.add("allowed_mentions", code, &message);
        }
        if ids.len() > 100 {
            errors.too_long(&path, 100);
        }
        if parsed {
            return Reach::All;
        }
        let mut only = Vec::new();
        for (index, id) in ids.iter().enumerate() {
            match snowflake(id) {
                Some(id) => only.push(id),
                None => errors.wrong_type(&format!("{path}.{index}"), "snowflake"),
            }
        }
        Reach::Only(only)
    };
    let (users, roles) = (reach("users"), reach("roles"));
    errors.into_result()?;
    Ok(Allowed {
        everyone: parse.iter().any(|kind| kind == "everyone"),
        users,
        roles,
        replied_user: field["replied_user"] == true,
    })
}

/// An id in a body: a string of digits, or a number.
pub(crate) fn snowflake(value: &Value) -> Option<Snowflake> {
    match value {
        Value::String(text) => text.parse().ok(),
        number => number.as_u64().map(Snowflake::new),
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
