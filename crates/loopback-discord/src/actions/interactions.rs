//! Slash commands, commands of messages, autocomplete, components and modals.

use serde_json::{Value, json};

use super::{ActionError, ensure, message, require_member};
use crate::{InteractionKind, Snowflake, clock, event::Event, shared::State};

/// `user` runs a slash command.
pub(crate) fn slash(
    state: &mut State,
    channel: Snowflake,
    user: Snowflake,
    name: &str,
    options: &Value,
) -> Result<Snowflake, ActionError> {
    require_member(state, channel, user)?;
    let command = command(state, name, 1)?;
    let kind = InteractionKind::Command {
        command: id_of(command),
        name: name.to_owned(),
        options: typed(&command["options"], options),
    };
    Ok(interact(state, channel, user, kind))
}

/// `user` types in an option of a slash command, for which the app suggests choices.
pub(crate) fn autocomplete(
    state: &mut State,
    channel: Snowflake,
    user: Snowflake,
    name: &str,
    options: &Value,
    focused: &str,
) -> Result<Snowflake, ActionError> {
    require_member(state, channel, user)?;
    let command = command(state, name, 1)?;
    ensure(has_autocomplete(&command["options"], focused), || {
        format!("command `{name}` has no option `{focused}` with autocomplete")
    })?;
    let mut options = typed(&command["options"], options);
    ensure(focus(&mut options, focused), || {
        format!("option `{focused}` has no value")
    })?;
    let kind = InteractionKind::Autocomplete {
        command: id_of(command),
        name: name.to_owned(),
        options,
    };
    Ok(interact(state, channel, user, kind))
}

/// `user` uses a command in the context menu of a message.
pub(crate) fn message_command(
    state: &mut State,
    target: Snowflake,
    user: Snowflake,
    name: &str,
) -> Result<Snowflake, ActionError> {
    let found = message(state, target)?;
    let channel = found.channel;
    ensure(found.is_visible_to(user), || {
        format!("{user} does not see message {target}")
    })?;
    require_member(state, channel, user)?;
    let kind = InteractionKind::MessageCommand {
        command: id_of(command(state, name, 3)?),
        name: name.to_owned(),
        target,
    };
    Ok(interact(state, channel, user, kind))
}

/// The registered command of this name and type.
fn command<'a>(state: &'a State, name: &str, kind: u64) -> Result<&'a Value, ActionError> {
    let mut commands = state.world.commands.iter();
    let found = commands.find(|command| command["name"] == name && command["type"] == kind);
    found.ok_or_else(|| ActionError::new(format!("no command `{name}` is registered")))
}

fn id_of(command: &Value) -> Snowflake {
    let id = command["id"].as_str().unwrap_or_default().parse();
    id.unwrap_or(Snowflake::new(0))
}

/// Converts `{"name": value}` to the list that Discord sends; a list is returned unchanged. The
/// value of a subcommand or a group is an object of its own.
fn typed(declared: &Value, given: &Value) -> Value {
    let Value::Object(given) = given else {
        return given.as_array().map_or(json!([]), |list| json!(list));
    };
    let options = given.iter().map(|(name, value)| {
        let mut declared = declared.as_array().into_iter().flatten();
        let option = declared.find(|option| option["name"] == **name);
        if let (Some(option), Value::Object(_)) = (option, value) {
            let options = typed(&option["options"], value);
            return json!({ "name": name, "type": option["type"], "options": options });
        }
        let guessed = match value {
            Value::Bool(_) => 5,
            Value::Number(number) if number.is_f64() => 10,
            Value::Number(_) => 4,
            _ => 3,
        };
        let kind = option.and_then(|option| option["type"].as_u64());
        json!({ "name": name, "type": kind.unwrap_or(guessed), "value": value })
    });
    options.collect()
}

/// Whether an option of this name, at any depth, is declared with autocomplete.
fn has_autocomplete(declared: &Value, name: &str) -> bool {
    let mut options = declared.as_array().into_iter().flatten();
    options.any(|option| {
        (option["name"] == name && option["autocomplete"] == true)
            || has_autocomplete(&option["options"], name)
    })
}

/// Marks the option of this name as focused; false if it is not there.
fn focus(options: &mut Value, name: &str) -> bool {
    let mut options = options.as_array_mut().into_iter().flatten();
    options.any(|option| {
        if option["name"] == name && !option["value"].is_null() {
            option["focused"] = json!(true);
            return true;
        }
        option
            .get_mut("options")
            .is_some_and(|inner| focus(inner, name))
    })
}

/// `user` presses a button of a message, or chooses `values` in a menu.
pub(crate) fn press(
    state: &mut State,
    id: Snowflake,
    custom_id: &str,
    user: Snowflake,
    values: &[String],
) -> Result<Snowflake, ActionError> {
    let found = message(state, id)?;
    let channel = found.channel;
    ensure(found.is_visible_to(user), || {
        format!("{user} does not see message {id}")
    })?;
    let component = found.component(custom_id).ok_or_else(|| {
        ActionError::new(format!(
            "message {id} has no enabled component `{custom_id}`"
        ))
    })?;
    check_choice(component, values)?;
    let kind = InteractionKind::Component {
        message: id,
        custom_id: custom_id.to_owned(),
        kind: component["type"].as_u64().unwrap_or(2),
        values: values.to_vec(),
    };
    require_member(state, channel, user)?;
    Ok(interact(state, channel, user, kind))
}

/// A menu takes only as many of its own options as it says.
fn check_choice(component: &Value, values: &[String]) -> Result<(), ActionError> {
    if component["type"] == 2 {
        return ensure(values.is_empty(), || "a button takes no values".to_owned());
    }
    let bound = |name: &str| {
        let bound = component[name].as_u64().unwrap_or(1);
        usize::try_from(bound).unwrap_or(usize::MAX)
    };
    let (least, most) = (bound("min_values"), bound("max_values"));
    ensure((least..=most).contains(&values.len()), || {
        format!("the menu takes {least} to {most} values")
    })?;
    let Some(options) = component["options"].as_array() else {
        return Ok(());
    };
    let unknown = values
        .iter()
        .find(|value| options.iter().all(|option| option["value"] != ***value));
    match unknown {
        None => Ok(()),
        Some(value) => Err(ActionError::new(format!(
            "the menu has no option `{value}`"
        ))),
    }
}

/// The user of the interaction that opened a modal submits it. `values` are by `custom_id`.
pub(crate) fn submit(
    state: &mut State,
    opened_by: Snowflake,
    values: &Value,
) -> Result<Snowflake, ActionError> {
    let opener = state.world.interactions.get(&opened_by);
    let modal = opener.and_then(|opener| {
        let shown = opener.acknowledgement.as_ref()?;
        (shown.kind == 9).then(|| (opener, shown.data.clone()))
    });
    let Some((opener, modal)) = modal else {
        return Err(ActionError::new(format!(
            "interaction {opened_by} opened no modal"
        )));
    };
    let components = modal["components"].as_array().into_iter().flatten();
    let components: Result<Vec<_>, _> = components.map(|it| filled(it, values)).collect();
    let components = Value::from(components?);
    let kind = InteractionKind::Modal {
        custom_id: modal["custom_id"].as_str().unwrap_or_default().to_owned(),
        components,
        message: opener.message(),
    };
    let (channel, user) = (opener.channel, opener.user);
    Ok(interact(state, channel, user, kind))
}

/// A row or a label of a modal as Discord sends it back: its field with what was entered, without its text.
fn filled(component: &Value, values: &Value) -> Result<Value, ActionError> {
    let kind = &component["type"];
    Ok(if let Some(row) = component["components"].as_array() {
        let fields: Result<Vec<_>, _> = row.iter().map(|field| entered(field, values)).collect();
        json!({ "type": kind, "components": fields? })
    } else if let Some(field) = component.get("component") {
        json!({ "type": kind, "component": entered(field, values)? })
    } else {
        json!({ "type": kind })
    })
}

/// What was entered in a field: a text, the values that are chosen, or whether it is ticked.
fn entered(field: &Value, values: &Value) -> Result<Value, ActionError> {
    let (id, kind) = (&field["custom_id"], &field["type"]);
    let value = id.as_str().and_then(|id| values.get(id));
    let filled = |name: &str, value: Value| json!({ "type": kind, "custom_id": id, name: value });
    Ok(match kind.as_u64() {
        Some(4) => filled("value", text_entered(field, value)?.into()),
        Some(21) => {
            let chosen = value.filter(|value| !value.is_null());
            let chosen = chosen.into_iter().cloned().collect::<Vec<_>>();
            check_chosen(field, &chosen, 1)?;
            filled("value", chosen.into_iter().next().unwrap_or_default())
        }
        Some(22) => {
            let chosen = value.and_then(Value::as_array).cloned();
            let chosen = chosen.unwrap_or_default();
            check_chosen(
                field,
                &chosen,
                field["options"].as_array().map_or(0, Vec::len),
            )?;
            filled("values", chosen.into())
        }
        Some(23) => filled("value", value.is_some_and(|value| *value == true).into()),
        _ => filled("values", value.cloned().unwrap_or(json!([]))),
    })
}

/// Whether options were chosen that a field has, and as many as it takes.
fn check_chosen(field: &Value, chosen: &[Value], most: usize) -> Result<(), ActionError> {
    let id = &field["custom_id"];
    let options = field["options"].as_array().map_or(&[][..], Vec::as_slice);
    let is_option = |value: &Value| options.iter().any(|option| option["value"] == *value);
    ensure(chosen.iter().all(is_option), || {
        format!("field {id} has no such option")
    })?;
    let least = field["min_values"].as_u64().unwrap_or(1);
    let most = field["max_values"].as_u64().unwrap_or(most as u64);
    let optional = chosen.is_empty() && field["required"] == false;
    ensure(
        optional || (least..=most).contains(&(chosen.len() as u64)),
        || format!("field {id} takes {least} to {most} options"),
    )
}

fn text_entered<'a>(field: &'a Value, value: Option<&'a Value>) -> Result<&'a str, ActionError> {
    let text = value.or(field.get("value")).and_then(Value::as_str);
    let text = text.unwrap_or_default();
    let length = text.chars().count() as u64;
    let required = field["required"] != false;
    let least = field["min_length"].as_u64().unwrap_or(u64::from(required));
    let most = field["max_length"].as_u64().unwrap_or(4000);
    let optional = length == 0 && !required;
    ensure(
        optional || (least.max(u64::from(required))..=most).contains(&length),
        || {
            format!(
                "field {} takes {least} to {most} characters",
                field["custom_id"]
            )
        },
    )?;
    Ok(text)
}

fn interact(
    state: &mut State,
    channel: Snowflake,
    user: Snowflake,
    kind: InteractionKind,
) -> Snowflake {
    let now = clock::unix_ms();
    let id = state.world.add_interaction(channel, user, kind, now);
    state.publish(&Event::InteractionCreated(id));
    id
}
