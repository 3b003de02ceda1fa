//! Message bodies, checked as Discord checks them (its developer docs, "Create message").

use serde_json::Value;

use super::{
    Refusal, components, embeds,
    intake::Payload,
    refusal::{Problems, invalid},
};
use crate::{
    File, Snowflake,
    world::{Allowed, Draft, Patch, Reach},
};

/// Characters (code points) that a message may have.
const MOST_CHARACTERS: usize = 2000;
/// Files on a message.
const MOST_FILES: usize = 10;
/// Bytes a file may have, for a bot in a guild without boosts.
const MOST_FILE_BYTES: usize = 10 * 1024 * 1024;

/// The flags that an app may set: links not unfolded, ephemeral.
const SUPPRESS_EMBEDS: u64 = 1 << 2;
const EPHEMERAL: u64 = 1 << 6;

/// A message that is to be made, as far as the body alone tells.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) draft: Draft,
    /// The message to answer, and whether it must exist.
    pub(crate) reference: Option<(Snowflake, bool)>,
    pub(crate) enforce_nonce: bool,
    pub(crate) ephemeral: bool,
}

/// Checks the body of a message that is to be made.
pub(crate) fn create(payload: &Payload) -> Result<Checked, Refusal> {
    let body = &payload.json;
    let problems = check(payload)?;
    problems.refuse()?;
    let flags = body["flags"].as_u64().unwrap_or_default();
    let draft = Draft {
        content: body["content"].as_str().unwrap_or_default().to_owned(),
        allowed: allowed(&body["allowed_mentions"])?,
        files: files(&payload.files),
        embeds: list(&body["embeds"]),
        components: list(&body["components"]),
        nonce: body.get("nonce").filter(|nonce| !nonce.is_null()).cloned(),
        suppress_embeds: flags & SUPPRESS_EMBEDS != 0,
        ..Draft::default()
    };
    let stickers = body["sticker_ids"]
        .as_array()
        .is_some_and(|ids| !ids.is_empty());
    let nothing = draft.content.trim().is_empty()
        && draft.embeds.is_empty()
        && draft.components.is_empty()
        && draft.files.is_empty()
        && body["poll"].is_null()
        && !stickers;
    if nothing {
        return Err(Refusal::empty_message());
    }
    Ok(Checked {
        draft,
        reference: reference(&body["message_reference"])?,
        enforce_nonce: body["enforce_nonce"] == true,
        ephemeral: flags & EPHEMERAL != 0,
    })
}

/// Checks the body of an edit.
pub(crate) fn edit(payload: &Payload) -> Result<Patch, Refusal> {
    let body = &payload.json;
    check(payload)?.refuse()?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(Patch {
        content: body.get("content").map(text),
        embeds: body.get("embeds").map(list),
        components: body.get("components").map(list),
        files: files(&payload.files),
        allowed: allowed(&body["allowed_mentions"])?,
        suppress_embeds: body["flags"]
            .as_u64()
            .map(|flags| flags & SUPPRESS_EMBEDS != 0),
    })
}

/// What is wrong with the fields, taken by themselves.
fn check(payload: &Payload) -> Result<Problems, Refusal> {
    let body = &payload.json;
    let mut problems = Problems::default();
    if !body.is_object() {
        let message = "Only dictionaries may be used in a DictType";
        return Err(invalid("body", "DICT_TYPE_CONVERT", message));
    }
    if payload.files.iter().any(|file| file.size > MOST_FILE_BYTES) {
        return Err(Refusal::too_large());
    }
    if payload.files.len() > MOST_FILES {
        problems.too_long("files", MOST_FILES);
    }
    match &body["content"] {
        Value::Null => {}
        Value::String(_) => problems.at_most("content", &body["content"], MOST_CHARACTERS),
        _ => problems.not_a("content", "string"),
    }
    match &body["nonce"] {
        Value::Null => {}
        Value::Number(number) if !number.is_f64() => {}
        // "Can be used to verify a message was sent (up to 25 characters)".
        Value::String(_) => problems.at_most("nonce", &body["nonce"], 25),
        _ => problems.not_a("nonce", "string"),
    }
    for field in ["tts", "enforce_nonce"] {
        if !body[field].is_null() && !body[field].is_boolean() {
            problems.not_a(field, "bool");
        }
    }
    if !body["flags"].is_null() && body["flags"].as_u64().is_none() {
        problems.not_a("flags", "int");
    }
    embeds::check(&body["embeds"], &mut problems);
    components::check(&body["components"], &mut problems);
    Ok(problems)
}

/// `allowed_mentions`. Where it is left out everything pings; where it is given, only what it says,
/// and the author of the message answered only if `replied_user` is true.
fn allowed(said: &Value) -> Result<Allowed, Refusal> {
    if said.is_null() {
        return Ok(Allowed::default());
    }
    let mut problems = Problems::default();
    if !said.is_object() {
        problems.not_a("allowed_mentions", "dict");
    }
    let parse = list(&said["parse"]);
    for (index, kind) in parse.iter().enumerate() {
        if !matches!(kind.as_str(), Some("users" | "roles" | "everyone")) {
            let path = format!("allowed_mentions.parse.{index}");
            let message = "Value must be one of ('users', 'everyone', 'roles').";
            problems.add(&path, "BASE_TYPE_CHOICES", message);
        }
    }
    let mut reach = |kind: &str| {
        let parsed = parse.iter().any(|found| found == kind);
        let ids = list(&said[kind]);
        let path = format!("allowed_mentions.{kind}");
        if parsed && !ids.is_empty() {
            let message =
                format!("parse:[\"{kind}\"] and {kind}: [ids...] are mutually exclusive.");
            let code = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE";
            problems.add("allowed_mentions", code, &message);
        }
        if ids.len() > 100 {
            problems.too_long(&path, 100);
        }
        if parsed {
            return Reach::All;
        }
        let mut only = Vec::new();
        for (index, id) in ids.iter().enumerate() {
            match snowflake(id) {
                Some(id) => only.push(id),
                None => problems.not_a(&format!("{path}.{index}"), "snowflake"),
            }
        }
        Reach::Only(only)
    };
    let (users, roles) = (reach("users"), reach("roles"));
    problems.refuse()?;
    Ok(Allowed {
        everyone: parse.iter().any(|kind| kind == "everyone"),
        users,
        roles,
        replied_user: said["replied_user"] == true,
    })
}

fn reference(said: &Value) -> Result<Option<(Snowflake, bool)>, Refusal> {
    if said.is_null() {
        return Ok(None);
    }
    let path = "message_reference.message_id";
    let mut problems = Problems::default();
    match &said["message_id"] {
        Value::Null => problems.required(path),
        id => match snowflake(id) {
            Some(id) => return Ok(Some((id, said["fail_if_not_exists"] != false))),
            None => problems.not_a(path, "snowflake"),
        },
    }
    problems.refuse().map(|()| None)
}

/// An id in a body: a string of digits, or a number.
pub(crate) fn snowflake(value: &Value) -> Option<Snowflake> {
    match value {
        Value::String(text) => text.parse().ok(),
        number => number.as_u64().map(Snowflake::new),
    }
}

fn files(files: &[File]) -> Vec<(String, usize, Option<String>)> {
    files
        .iter()
        .map(|file| (file.name.clone(), file.size, file.content_type.clone()))
        .collect()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
