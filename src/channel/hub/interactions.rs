//! Slash commands, presses and forms: what is refused or private is answered to the person alone.

use super::Hub;
use crate::{
    channel::{
        intake::Ignored,
        messages,
        request::{QueueItem, Request},
        state::{Event, OPTIONS_FIELD, Press, ReportKind},
    },
    chat::{Author, ChatOp, ControlId, Interaction, InteractionKind, InteractionReply, Place},
    command::{Command, SPECS, Values},
    persona::RELOAD,
    registry::state::StoredPost,
    snowflake::{ChannelId, MessageId, UserId},
};

/// How many suggestions Discord shows.
const MOST_SUGGESTED: usize = 25;

impl Hub {
    pub(super) fn interacted(
        &mut self,
        place: &Place,
        author: &Author,
        interaction: Interaction,
        kind: InteractionKind,
    ) {
        let channel = place.channel;
        let who = (channel, author.id);
        match kind {
            InteractionKind::Command { name, options } => {
                let command = (name.as_str(), options.as_slice());
                let item = self
                    .intake()
                    .command(place, author, interaction.id, command);
                if let Some(item) = self.admit_interaction(who, &interaction, item) {
                    self.slash_command(&name, interaction, item);
                }
            }
            InteractionKind::Press {
                message,
                custom_id,
                values,
            } => self.pressed(
                (place, author),
                interaction,
                (message, custom_id),
                values,
                None,
            ),
            InteractionKind::Form {
                message: Some(message),
                custom_id,
                fields,
            } => {
                let (chosen, texts): (Vec<_>, Vec<_>) =
                    fields.into_iter().partition(|(id, _)| id == OPTIONS_FIELD);
                let values = chosen.into_iter().map(|(_, value)| value).collect();
                let entered = texts.into_iter().next().map(|(_, value)| value);
                let entered = Some(entered.unwrap_or_default());
                let control = (message, custom_id);
                self.pressed((place, author), interaction, control, values, entered);
            }
            InteractionKind::Form {
                message: None,
                custom_id,
                fields,
            } => {
                let entered = fields.into_iter().next().map(|(_, value)| value);
                self.asked((place, author), interaction, &custom_id, entered);
            }
            InteractionKind::MessageCommand {
                name,
                message,
                link,
            } => self.message_command((place, author), interaction, &name, (message, link)),
            InteractionKind::Autocomplete { command, typed, .. } => {
                let is_let_in = self.intake().admit(author, place).is_ok();
                let all = if is_let_in {
                    self.suggestions(&command, place)
                } else {
                    Vec::new()
                };
                let typed = typed.to_lowercase();
                let is_it = |name: &String| name.to_lowercase().contains(&typed);
                let found = all.into_iter().filter(is_it).take(MOST_SUGGESTED);
                let reply = InteractionReply::Suggest(found.collect());
                self.reply_with(channel, interaction, reply);
            }
        }
    }

    /// What may be chosen for a command.
    fn suggestions(&self, command: &str, place: &Place) -> Vec<String> {
        let spec = SPECS.iter().find(|spec| spec.name == command);
        let argument = spec.and_then(|spec| spec.argument.as_ref());
        let settings = self.shared.settings.now();
        let config = settings.config();
        match argument.map(|argument| argument.values) {
            Some(Values::Models) => config.models(&self.shared.listed_models.now()),
            Some(Values::Personas) => {
                let channel = config.settings_of(place.channel, place.parent);
                let all: Vec<String> = settings.personas.names().map(str::to_owned).collect();
                let mut names = config.personas_for(channel, &all);
                names.push(RELOAD.to_owned());
                names
            }
            _ => Vec::new(),
        }
    }

    /// A button was pressed, options of a menu were chosen, or a form was submitted.
    fn pressed(
        &mut self,
        (place, author): (&Place, &Author),
        interaction: Interaction,
        (message, custom_id): (MessageId, String),
        values: Vec<String>,
        entered: Option<String>,
    ) {
        let who = (place.channel, author.id);
        let id = ControlId::parse(&custom_id);
        let is_it = |post: &StoredPost| {
            let mut controls = post.controls.iter();
            controls.any(|control| id.as_ref().is_some_and(|id| id.name == control.id))
        };
        let Some(place) = self.place_of_press(place, is_it) else {
            return self.reply(place.channel, interaction, messages::CONTROL_EXPIRED);
        };
        let speaker = self.intake().admit(author, &place);
        if let Some(speaker) = self.admit_interaction(who, &interaction, speaker) {
            let press = Press {
                interaction,
                speaker,
                message,
                custom_id,
                values,
                entered,
                may_approve: self.intake().may_approve(author, &place),
            };
            self.send(place.channel, Event::Pressed(press));
        }
    }

    /// Runs an accepted slash command. Reports are answered in private, everything else in the channel.
    fn slash_command(&mut self, name: &str, interaction: Interaction, item: QueueItem) {
        let channel = item.place.channel;
        let Some((command, report)) = report_of(&item.request) else {
            self.reply(channel, interaction, messages::command_received(name));
            return self.pass_on_admitted(item);
        };
        let speaker = item.speaker;
        if command.needs_admin() && !speaker.role.is_admin() {
            return self.reply(channel, interaction, messages::admins_only(command));
        }
        let event = Event::ReportRequested {
            report,
            interaction,
            speaker,
        };
        self.send(channel, event);
    }

    /// What a slash command or a press asks for. `None` if it is a duplicate, or refused, which the person is told.
    pub(super) fn admit_interaction<T>(
        &mut self,
        (channel, person): (ChannelId, UserId),
        interaction: &Interaction,
        asked: Result<T, Ignored>,
    ) -> Option<T> {
        if !self.dedup.admit_id(interaction.id) {
            return None;
        }
        match asked {
            Ok(asked) => Some(asked),
            Err(ignored) => {
                tracing::debug!(%channel, ?ignored, "refused an interaction");
                self.strangers
                    .mark_told(channel, person, chrono::Utc::now());
                self.reply(channel, interaction.clone(), messages::NOT_LET_IN);
                None
            }
        }
    }

    pub(super) fn reply(
        &self,
        channel: ChannelId,
        interaction: Interaction,
        text: impl Into<String>,
    ) {
        self.reply_with(channel, interaction, InteractionReply::Private(text.into()));
    }

    pub(super) fn reply_with(
        &self,
        channel: ChannelId,
        interaction: Interaction,
        reply: InteractionReply,
    ) {
        self.shared.outbox.send(ChatOp::Reply {
            channel,
            interaction,
            reply,
        });
    }
}

fn report_of(request: &Request) -> Option<(&Command, ReportKind)> {
    match request {
        Request::Command(command) => Some((command, ReportKind::of(command)?)),
        _ => None,
    }
}
