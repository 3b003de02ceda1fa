//! The application, its commands, users, and the gateway's URL.

use axum::{Extension, Json, extract::State};
use serde_json::{Value, json};

use super::{ApiError, error::FormErrors, extract::Path, middleware::Payload};
use crate::{
    Snowflake, clock,
    event::Event,
    shared::{Shared, State as Inner},
    wire,
};

/// `GET /gateway`.
pub(super) async fn gateway(State(shared): State<Shared>) -> Json<Value> {
    Json(json!({ "url": shared.settings().ws_url }))
}

/// `GET /gateway/bot`.
pub(super) async fn gateway_bot(State(shared): State<Shared>) -> Json<Value> {
    let now = clock::unix_ms();
    let (remaining, reset_after) = shared.read(|state| state.gateway.starts.limit(now));
    Json(wire::gateway_bot(
        &shared.settings().ws_url,
        shared.settings().shards,
        remaining,
        reset_after,
    ))
}

/// `GET /oauth2/applications/@me`, `GET /applications/@me`.
pub(super) async fn current(State(shared): State<Shared>) -> Json<Value> {
    Json(shared.read(|state| wire::application(&state.world)))
}

/// `GET /users/@me`.
pub(super) async fn me(State(shared): State<Shared>) -> Result<Json<Value>, ApiError> {
    by_id(&shared, shared.bot())
}

/// `GET /users/{user}`.
pub(super) async fn user(
    State(shared): State<Shared>,
    Path(user): Path<Snowflake>,
) -> Result<Json<Value>, ApiError> {
    by_id(&shared, user)
}

fn by_id(shared: &Shared, user: Snowflake) -> Result<Json<Value>, ApiError> {
    shared.read(|state| {
        let found = state.world.user(user).map(wire::user);
        found.map(Json).ok_or_else(ApiError::unknown_user)
    })
}

/// `GET /applications/{application}/commands`.
pub(super) async fn commands(
    State(shared): State<Shared>,
    Path(application): Path<Snowflake>,
) -> Result<Json<Vec<Value>>, ApiError> {
    list(&shared, application, None)
}

/// `GET /applications/{application}/guilds/{guild}/commands`.
pub(super) async fn guild_commands(
    State(shared): State<Shared>,
    Path((application, guild)): Path<(Snowflake, Snowflake)>,
) -> Result<Json<Vec<Value>>, ApiError> {
    list(&shared, application, Some(guild))
}

/// `PUT /applications/{application}/commands`: replaces all commands.
pub(super) async fn put_commands(
    State(shared): State<Shared>,
    Path(application): Path<Snowflake>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Vec<Value>>, ApiError> {
    shared.change(|state| register(state, application, None, &payload.json))
}

/// `PUT /applications/{application}/guilds/{guild}/commands`.
pub(super) async fn put_guild_commands(
    State(shared): State<Shared>,
    Path((application, guild)): Path<(Snowflake, Snowflake)>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Vec<Value>>, ApiError> {
    shared.change(|state| {
        let known = state.world.guild(guild);
        known.ok_or_else(ApiError::unknown_guild)?;
        register(state, application, Some(guild), &payload.json)
    })
}

/// The most commands in the context menu of users, or of messages (Discord developer docs, "Application commands").
const MOST_IN_MENU: usize = 5;

fn list(
    shared: &Shared,
    application: Snowflake,
    guild: Option<Snowflake>,
) -> Result<Json<Vec<Value>>, ApiError> {
    shared.read(|state| {
        if application != state.world.application.id {
            return Err(ApiError::unknown_application());
        }
        let commands = state.world.commands.iter();
        let here = commands.filter(|command| is_of(command, guild));
        Ok(Json(here.cloned().collect()))
    })
}

fn register(
    state: &mut Inner,
    application: Snowflake,
    guild: Option<Snowflake>,
    sent: &Value,
) -> Result<Json<Vec<Value>>, ApiError> {
    if application != state.world.application.id {
        return Err(ApiError::unknown_application());
    }
    let sent = sent.as_array().cloned().unwrap_or_default();
    check(&sent)?;
    let now = clock::unix_ms();
    let made: Vec<_> = sent
        .iter()
        .map(|command| {
            let id = state.world.ids.next(now);
            wire::command(&state.world, id, command, guild)
        })
        .collect();
    state
        .world
        .commands
        .retain(|command| !is_of(command, guild));
    state.world.commands.extend(made.iter().cloned());
    state.publish(&Event::Commands);
    Ok(Json(made))
}

/// Limits of commands (Discord developer docs, "Application command naming").
fn check(commands: &[Value]) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    for (kind, most) in [(1, 100), (2, MOST_IN_MENU), (3, MOST_IN_MENU)] {
        let of_kind = commands.iter().filter(|it| kind_of(it) == kind);
        if of_kind.count() > most {
            errors.too_long("commands", most);
        }
    }
    for (index, command) in commands.iter().enumerate() {
        match kind_of(command) {
            1 => check_named(&index.to_string(), command, &mut errors),
            _ => check_in_menu(index, command, &mut errors),
        }
        let name = &command["name"];
        let twin = |other: &Value| other["name"] == *name && kind_of(other) == kind_of(command);
        if commands[..index].iter().any(twin) {
            let code = "APPLICATION_COMMANDS_DUPLICATE_NAME";
            let message = "Application command names must be unique";
            errors.add(&format!("{index}.name"), code, message);
        }
    }
    errors.into_result()
}

fn kind_of(command: &Value) -> u64 {
    command["type"].as_u64().unwrap_or(1)
}

/// A command in a context menu (types 2 and 3): a free name, no description, and no options.
fn check_in_menu(index: usize, command: &Value, errors: &mut FormErrors) {
    let name = command["name"].as_str().unwrap_or_default();
    if !(1..=32).contains(&name.chars().count()) {
        errors.bad_length(&format!("{index}.name"), 1, 32);
    }
    let is_none = |value: &Value| match value {
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        value => value.is_null(),
    };
    for field in ["description", "options"] {
        if !is_none(&command[field]) {
            let code = "APPLICATION_COMMAND_INVALID_FIELD";
            let message = "Context menu commands have neither description nor options";
            errors.add(&format!("{index}.{field}"), code, message);
        }
    }
}

/// A command or an option: its name, description, choices, and its own options.
fn check_named(path: &str, named: &Value, errors: &mut FormErrors) {
    let name = named["name"].as_str().unwrap_or_default();
    let allowed = |c: char| c == '-' || c == '_' || c == '\'' || c.is_alphanumeric();
    let valid = (1..=32).contains(&name.chars().count())
        && name.chars().all(allowed)
        && name.to_lowercase() == name;
    if !valid {
        let code = "APPLICATION_COMMAND_INVALID_NAME";
        errors.add(&format!("{path}.name"), code, "Command name is invalid");
    }
    let description = named["description"].as_str().unwrap_or_default();
    if !(1..=100).contains(&description.chars().count()) {
        errors.bad_length(&format!("{path}.description"), 1, 100);
    }
    if named["choices"]
        .as_array()
        .is_some_and(|all| all.len() > 25)
    {
        errors.too_long(&format!("{path}.choices"), 25);
    }
    let options = named["options"].as_array().map_or(&[][..], Vec::as_slice);
    if options.len() > 25 {
        errors.too_long(&format!("{path}.options"), 25);
    }
    for (index, option) in options.iter().enumerate() {
        let path = format!("{path}.options.{index}");
        if option["type"].as_u64().is_none() {
            errors.required(&format!("{path}.type"));
        }
        check_named(&path, option, errors);
    }
}

fn is_of(command: &Value, guild: Option<Snowflake>) -> bool {
    match guild {
        None => command["guild_id"].is_null(),
        Some(guild) => command["guild_id"] == guild.to_string(),
    }
}
