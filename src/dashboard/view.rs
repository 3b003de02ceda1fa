//! What the page gets, as JSON. Names and texts are redacted.

use std::{collections::HashMap, time::Instant};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    desk::Desk,
    feed::shown,
    usage::{Sum, Totals},
};
use crate::{
    channel::{Activity, OpenApproval, Phase},
    chat::{ButtonStyle, Control, Directory, FieldKind, Form, FormField, InteractionReply},
    snowflake::{ChannelId, UserId},
};

/// What happens now.
pub(super) fn now(desk: &Desk, memory: &HashMap<i32, u64>) -> Value {
    let (processes, waiting) = desk.processes();
    let live = desk.live();
    let channels = live.channels.iter().map(|(channel, activity)| {
        let doing = live.doing.get(channel);
        let mut shown = activity_view(desk, *channel, activity, memory);
        shown["doing"] = json!(doing.map(|doing| desk.show(doing)));
        shown
    });
    let channels: Vec<_> = channels.collect();
    let approvals = live.channels.iter().flat_map(|(channel, activity)| {
        let approvals = activity.approvals.iter();
        approvals.map(|approval| approval_view(desk, *channel, approval))
    });
    let (warnings, errors) = desk.log.counts();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "is_connected": desk.is_connected(),
        "uptime_secs": desk.started.elapsed().as_secs(),
        "processes": processes,
        "most_processes": desk.most_processes,
        "waiting_for_process": waiting,
        "warnings": warnings,
        "errors": errors,
        "can_decide": desk.credentials.can_decide(),
        "shows_text": desk.rules.shows_text,
        "approvals": approvals.collect::<Vec<_>>(),
        "channels": channels,
    })
}

/// What has been used.
pub(super) fn usage(desk: &Desk, now: DateTime<Utc>) -> Value {
    let Totals {
        days,
        channels,
        people,
        models,
    } = desk.usage().totals(now);
    let named = |name: String, sum: Sum| {
        let mut shown = json!(sum);
        shown["name"] = desk.show(&name).into();
        shown
    };
    let days = days
        .into_iter()
        .map(|(day, sum)| named(day.to_string(), sum));
    let channels = channels
        .into_iter()
        .map(|(channel, sum)| named(channel_name(&desk.directory, channel), sum));
    let people = people
        .into_iter()
        .map(|(person, sum)| named(person_name(&desk.directory, person), sum));
    let models = models.into_iter().map(|(model, sum)| named(model, sum));
    json!({
        "days": days.collect::<Vec<_>>(),
        "channels": channels.collect::<Vec<_>>(),
        "people": people.collect::<Vec<_>>(),
        "models": models.collect::<Vec<_>>(),
    })
}

/// The reply to a decision.
pub(super) fn reply(desk: &Desk, reply: InteractionReply) -> Value {
    match reply {
        InteractionReply::Private(why) | InteractionReply::PrivateFiles { text: why, .. } => {
            json!({ "refused": desk.show(&why) })
        }
        InteractionReply::OpenForm(Form { title, fields, .. }) => {
            // An admin decides by the card's buttons, or writes.
            let is_text = |field: &FormField| matches!(field.kind, FieldKind::Text { .. });
            let label = fields.into_iter().find(is_text).map(|field| field.label);
            json!({ "form": { "title": title, "label": label } })
        }
        InteractionReply::Acknowledge | InteractionReply::Suggest(_) => json!({ "done": true }),
    }
}

fn activity_view(
    desk: &Desk,
    channel: ChannelId,
    activity: &Activity,
    memory: &HashMap<i32, u64>,
) -> Value {
    let place = desk.directory.place(channel);
    let guild = place.and_then(|place| place.guild_name);
    let since = activity
        .since
        .map(|since| seconds_since(since, Instant::now()));
    json!({
        "channel": channel,
        "name": desk.show(&channel_name(&desk.directory, channel)),
        "guild": guild.map(|guild| desk.show(&guild)),
        "phase": match activity.phase {
            Phase::Idle => "idle",
            Phase::Starting => "starting",
            Phase::Working if !activity.approvals.is_empty() => "deciding",
            Phase::Working => "working",
            Phase::Background => "background",
        },
        "person": activity.person.as_ref().map(|person| desk.show(&person.name)),
        "model": desk.show(&activity.model),
        "since_secs": since,
        "queue": activity.queue,
        "context_tokens": activity.context_tokens,
        "context_window": activity.context_window,
        "cost_usd": activity.cost_usd,
        "memory_bytes": activity.pid.and_then(|pid| memory.get(&pid)),
    })
}

fn seconds_since(since: Instant, now: Instant) -> u64 {
    now.saturating_duration_since(since).as_secs()
}

fn approval_view(desk: &Desk, channel: ChannelId, approval: &OpenApproval) -> Value {
    // Nobody decides what they cannot read.
    let shows_text = desk.rules.shows_text || desk.credentials.can_decide();
    let controls = approval.controls.iter().map(|control| match control {
        Control::Button(button) => json!({
            "id": button.id.to_string(),
            "label": desk.show(&button.label),
            "style": match button.style {
                ButtonStyle::Primary => "primary",
                ButtonStyle::Secondary => "secondary",
                ButtonStyle::Success => "success",
                ButtonStyle::Danger => "danger",
            },
        }),
        Control::Menu(menu) => {
            let option = |option: &crate::chat::MenuOption| {
                json!({
                    "value": option.value,
                    "label": desk.show(&option.label),
                    "description": desk.show(&option.description),
                })
            };
            json!({
                "id": menu.id.to_string(),
                "label": desk.show(&menu.placeholder),
                "most": menu.max,
                "options": menu.options.iter().map(option).collect::<Vec<_>>(),
            })
        }
    });
    json!({
        "channel": channel,
        "name": desk.show(&channel_name(&desk.directory, channel)),
        "key": approval.key,
        "text": if shows_text { desk.show(&approval.text) } else { String::new() },
        // Before the card is in the channel, nothing can be decided.
        "controls": controls.filter(|_| shows_text && approval.message.is_some()).collect::<Vec<_>>(),
    })
}

/// A channel's name, else its id.
fn channel_name(directory: &Directory, channel: ChannelId) -> String {
    let place = directory.place(channel);
    let name = place.and_then(|place| place.name);
    name.unwrap_or_else(|| channel.to_string())
}

/// A person's name, else their id.
fn person_name(directory: &Directory, person: UserId) -> String {
    let name = directory.person(person);
    name.unwrap_or_else(|| person.to_string())
}

impl Desk {
    /// A text as a chat would show it.
    fn show(&self, text: &str) -> String {
        shown(text, &self.rules)
    }
}
