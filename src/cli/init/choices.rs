//! Who may talk to the bot, which model answers, and what Claude may do unasked.

use std::fmt;

use serde_json::{Value, json};

use super::{
    dialogue,
    discord::ChannelChoice,
    preset::{PRESETS, Preset},
    steps::Steps,
};
use crate::cli::exit::{Code, ExitError};

/// What stands for everyone in a list.
const EVERYONE: &str = "*";

struct Choice {
    name: &'static str,
    explained: &'static str,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.explained)
    }
}

/// Asks who may talk to the bot. `places` are the channels that were chosen.
pub(super) fn people(steps: &mut Steps<'_>, places: &[ChannelChoice]) -> Result<(), ExitError> {
    let admins = &steps.options.admin;
    if !admins.is_empty() {
        steps.draft.set(&["discord", "admins"], json!(admins));
    }
    let roles = &steps.options.allow_role;
    if !roles.is_empty() {
        steps
            .draft
            .set(&["discord", "allow", "roles"], json!(roles));
    }
    let allowed = if !(steps.options.allow.is_empty() && roles.is_empty()) {
        steps.options.allow.clone()
    } else if steps.dialogue.is_person() {
        ask_for_people(!places.is_empty())?
    } else {
        return admit(steps, places);
    };
    if allowed.is_empty() && roles.is_empty() {
        // Each of these would admit others than the owner.
        for who in ["users", "roles", "channels", "guilds"] {
            steps.draft.remove(&["discord", "allow", who]);
        }
        return Ok(());
    }
    let channels: Vec<_> = places.iter().map(|place| place.channel).collect();
    let is_everyone = allowed.iter().any(|id| id == EVERYONE);
    let users = match (is_everyone, channels.is_empty()) {
        // The channels say who, so that not everyone gets answers to direct messages.
        (true, false) => {
            steps.draft.remove(&["discord", "allow", "roles"]);
            Vec::new()
        }
        (true, _) => vec![EVERYONE.to_owned()],
        (false, _) => allowed,
    };
    // Roles alone leave the list of people as it is.
    if is_everyone || !users.is_empty() {
        steps
            .draft
            .set(&["discord", "allow", "users"], json!(users));
    }
    if !channels.is_empty() {
        steps
            .draft
            .set(&["discord", "allow", "channels"], json!(channels));
    }
    Ok(())
}

/// Adds the channels to those in which people may talk to the bot, if there are such.
fn admit(steps: &mut Steps<'_>, places: &[ChannelChoice]) -> Result<(), ExitError> {
    let mut channels = steps.config()?.discord.allow.channels.ids.clone();
    if !channels.is_empty() && !places.is_empty() {
        channels.extend(places.iter().map(|place| place.channel));
        steps
            .draft
            .set(&["discord", "allow", "channels"], json!(channels));
    }
    Ok(())
}

/// The IDs of people, or [`EVERYONE`]; none for the owner alone.
fn ask_for_people(has_channels: bool) -> Result<Vec<String>, ExitError> {
    let everyone = if has_channels {
        "everyone who can write in these channels"
    } else {
        "everyone who can reach it"
    };
    let options = [
        Choice {
            name: "me",
            explained: "only the owner of the application",
        },
        Choice {
            name: "some",
            explained: "you, and people that you name",
        },
        Choice {
            name: "all",
            explained: everyone,
        },
    ];
    let chosen = dialogue::choose("Who may talk to the bot?", options.into(), 0)?;
    Ok(match chosen.name {
        "me" => Vec::new(),
        "all" => vec![EVERYONE.to_owned()],
        _ => {
            let people = dialogue::people("Who else?")?;
            people.iter().map(ToString::to_string).collect()
        }
    })
}

pub(super) fn model(steps: &mut Steps<'_>) -> Result<(), ExitError> {
    let config = steps.config()?;
    let mut models = config.models(&[]);
    let model = match &steps.options.model {
        Some(model) => model.clone(),
        None if steps.dialogue.is_person() => {
            let current = models.iter().position(|model| *model == config.model);
            dialogue::choose(
                "Which model shall answer?",
                models.clone(),
                current.unwrap_or(0),
            )?
        }
        None => return Ok(()),
    };
    if !models.contains(&model) {
        models.push(model.clone());
        steps.draft.set(&["models"], json!(models));
    }
    steps.draft.set(&["model"], json!(model));
    steps.config().map(drop)
}

pub(super) fn tools(steps: &mut Steps<'_>) -> Result<(), ExitError> {
    let rules = match &steps.options.tools {
        Some(name) => Preset::named(name).map(Preset::rules),
        None if steps.dialogue.is_person() => Some(ask_for_tools()?),
        None => return Ok(()),
    };
    let rules = rules.ok_or_else(|| Code::Config.exit("there are no such tools"))?;
    steps.draft.set(&["allowed_tools"], rules);
    Ok(())
}

fn ask_for_tools() -> Result<Value, ExitError> {
    let options = PRESETS.iter().map(|preset| Choice {
        name: preset.name,
        explained: preset.explained,
    });
    let question = "What may Claude do without asking?";
    let chosen = dialogue::choose(question, options.collect(), PRESETS.len() - 1)?;
    Ok(Preset::named(chosen.name)
        .map(Preset::rules)
        .unwrap_or_default())
}
