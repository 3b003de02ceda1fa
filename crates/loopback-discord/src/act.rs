//! What people do: they say things, run commands, press buttons.
//!
//! Who calls these is told what is wrong with an act: the page shows it, a test panics with it.

use std::fmt;

use serde_json::{Value, json};

use crate::{
    ChannelKind, InteractionKind, Snowflake, clock, event::Event, shared::State, world::Draft,
};

/// Why an act is not possible.
#[derive(Clone, Debug)]
pub(crate) struct Impossible(pub(crate) String);

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `user` says something.
pub(crate) fn say(
    state: &mut State,
    channel: Snowflake,
    user: Snowflake,
    text: &str,
    reply_to: Option<Snowflake>,
) -> Result<Snowflake, Impossible> {
    known(state, channel, user)?;
    if let Some(id) = reply_to {
        let found = state.world.messages.get(&id);
        let here = found.is_some_and(|message| message.channel == channel);
        possible(here, || format!("there is no message {id} in {channel}"))?;
    }
    let draft = Draft {
        content: text.to_owned(),
        reply_to,
        ..Draft::default()
    };
    let id = state.world.post(channel, user, draft, clock::unix_ms());
    state.publish(&Event::Created(id));
    Ok(id)
}

/// `user` runs a slash command.
pub(crate) fn slash(
    state: &mut State,
    channel: Snowflake,
    user: Snowflake,
    name: &str,
    options: &Value,
) -> Result<Snowflake, Impossible> {
    known(state, channel, user)?;
    let commands = &state.world.commands;
    let command = commands.iter().find(|command| command["name"] == name);
    let Some(command) = command else {
        return Err(Impossible(format!("no command `{name}` is registered")));
    };
    let kind = InteractionKind::Command {
        command: command["id"]
            .as_str()
            .unwrap_or_default()
            .parse()
            .unwrap_or(Snowflake::new(0)),
        name: name.to_owned(),
        options: typed(&command["options"], options),
    };
    Ok(ask(state, channel, user, kind))
}

/// `{"name": value}` as Discord sends options; a list is taken to be in that form already.
fn typed(declared: &Value, given: &Value) -> Value {
    let Value::Object(given) = given else {
        return given.as_array().map_or(json!([]), |list| json!(list));
    };
    let options = given.iter().map(|(name, value)| {
        let declared = declared.as_array().into_iter().flatten();
        let mut same = declared.filter(|option| option["name"] == **name);
        let guessed = match value {
            Value::Bool(_) => 5,
            Value::Number(number) if number.is_f64() => 10,
            Value::Number(_) => 4,
            _ => 3,
        };
        let kind = same.next().and_then(|option| option["type"].as_u64());
        json!({ "name": name, "type": kind.unwrap_or(guessed), "value": value })
    });
    options.collect()
}

/// `user` uses a component of a message.
pub(crate) fn press(
    state: &mut State,
    message: Snowflake,
    custom_id: &str,
    user: Snowflake,
    values: &[String],
) -> Result<Snowflake, Impossible> {
    let found = state.world.messages.get(&message);
    let found = found.ok_or_else(|| Impossible(format!("there is no message {message}")))?;
    let channel = found.channel;
    let hidden = found.ephemeral_to.is_some_and(|only| only != user);
    possible(!hidden, || format!("{user} does not see message {message}"))?;
    let component = found.component(custom_id).ok_or_else(|| {
        Impossible(format!(
            "nothing on message {message} that can be used is `{custom_id}`"
        ))
    })?;
    let kind = InteractionKind::Component {
        message,
        custom_id: custom_id.to_owned(),
        kind: component["type"].as_u64().unwrap_or(2),
        values: values.to_vec(),
    };
    known(state, channel, user)?;
    Ok(ask(state, channel, user, kind))
}

/// The user of an interaction that opened a form sends it in.
pub(crate) fn submit(
    state: &mut State,
    opened_by: Snowflake,
    values: &Value,
) -> Result<Snowflake, Impossible> {
    let asked = state.world.interactions.get(&opened_by);
    let form = asked.and_then(|asked| {
        let shown = asked.acknowledgement.as_ref()?;
        (shown.kind == 9).then(|| (asked, shown.data.clone()))
    });
    let Some((asked, form)) = form else {
        return Err(Impossible(format!(
            "interaction {opened_by} opened no form"
        )));
    };
    let mut rows = form["components"].clone();
    for row in rows.as_array_mut().into_iter().flatten() {
        for field in row["components"].as_array_mut().into_iter().flatten() {
            let id = field["custom_id"].as_str().unwrap_or_default();
            let value = values.get(id).cloned().unwrap_or(json!(""));
            *field =
                json!({ "type": field["type"], "custom_id": field["custom_id"], "value": value });
        }
    }
    let kind = InteractionKind::Modal {
        custom_id: form["custom_id"].as_str().unwrap_or_default().to_owned(),
        components: rows,
        message: asked.message(),
    };
    let (channel, user) = (asked.channel, asked.user);
    Ok(ask(state, channel, user, kind))
}

fn ask(state: &mut State, channel: Snowflake, user: Snowflake, kind: InteractionKind) -> Snowflake {
    let id = state.world.interact(channel, user, kind, clock::unix_ms());
    state.publish(&Event::Asked(id));
    id
}

/// Whether there are such a channel and user, and the user is in the channel.
pub(crate) fn known(state: &State, channel: Snowflake, user: Snowflake) -> Result<(), Impossible> {
    let place = state.world.channel(channel);
    let place = place.ok_or_else(|| Impossible(format!("there is no channel {channel}")))?;
    possible(state.world.user(user).is_some(), || {
        format!("there is no user {user}")
    })?;
    let allowed = match place.kind {
        ChannelKind::Direct { user: with } => user == with || user == state.world.bot,
        ChannelKind::Text { guild } | ChannelKind::Thread { guild, .. } => {
            let guild = state.world.guild(guild);
            guild.is_some_and(|guild| guild.member(user).is_some())
        }
    };
    possible(allowed, || {
        format!("user {user} is not in channel {channel}")
    })
}

/// An error unless something is so.
pub(crate) fn possible(is: bool, why: impl FnOnce() -> String) -> Result<(), Impossible> {
    if is { Ok(()) } else { Err(Impossible(why())) }
}
