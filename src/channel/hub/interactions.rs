//! Slash commands and presses: what is refused or private is answered to the person alone.

use super::Hub;
use crate::{
    channel::{
        intake::Ignored,
        messages,
        request::{QueueItem, Request},
        state::{Event, Report},
    },
    chat::{ChatOp, Interaction, InteractionReply},
    command::Command,
    snowflake::{ChannelId, UserId},
};

impl Hub {
    /// Runs an accepted slash command. Reports are answered in private, everything else in the channel.
    pub(super) fn slash_command(&mut self, name: &str, interaction: Interaction, item: QueueItem) {
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
                self.strangers.told(channel, person, chrono::Utc::now());
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
        self.shared.outbox.send(ChatOp::Reply {
            channel,
            interaction,
            reply: InteractionReply::Private(text.into()),
        });
    }
}

fn report_of(request: &Request) -> Option<(&Command, Report)> {
    match request {
        Request::Command(command) => Some((command, Report::of(command)?)),
        _ => None,
    }
}
