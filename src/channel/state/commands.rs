//! Commands, except `!stop`, which overtakes the queue.

use std::sync::Arc;

use super::{Document, Now, ReportKind, State, messages};
use crate::{
    channel::Origin,
    claude::protocol::{Control, Effort},
    command::{self, Command},
    external::Speaker,
    registry::Record,
    snowflake::{ChannelId, MessageId},
};

pub(super) const EFFORT: &str = "switchboard-effort";

impl State {
    pub(super) fn command(&mut self, command: Command, origin: Origin, speaker: Speaker, now: Now) {
        let is_admin = speaker.role.is_admin();
        if command.needs_admin() && !is_admin {
            self.say(Some(origin), messages::admins_only(&command));
            return;
        }
        match command {
            Command::Help => {
                let text = command::help(&self.models(), is_admin);
                self.say(Some(origin), text);
            }
            Command::Status => self.report(ReportKind::Status, origin, speaker),
            Command::Usage(period) => self.report(ReportKind::Usage(period), origin, speaker),
            Command::Session => self.report(ReportKind::Session, origin, speaker),
            Command::Sessions => self.report(ReportKind::Sessions, origin, speaker),
            Command::Tools => self.show_tools(origin),
            Command::Revoke(rule) => self.revoke(&rule, origin),
            Command::Budget(None) => self.report(ReportKind::Budgets, origin, speaker),
            Command::Budget(Some(change)) => self.change_budget(change, origin, &speaker, now),
            Command::Model(None) => {
                let text = messages::model(self.model(), &self.models());
                self.say(Some(origin), text);
            }
            Command::Model(Some(name)) => self.set_model(&name, origin, now),
            Command::Persona(None) => self.show_persona(origin),
            Command::Persona(Some(name)) => self.set_persona(&name, origin, now),
            Command::ReloadPersonas => self.compose(Document::Personas, origin),
            Command::Verbose(new) => {
                if let Some(new) = new {
                    self.record_mut(now).state.verbose = Some(new);
                    self.save();
                }
                self.say(Some(origin), messages::verbose(self.verbosity()));
            }
            Command::Stream(None) => {
                let text = messages::stream_mode(self.stream_mode());
                self.say(Some(origin), text);
            }
            Command::Stream(Some(mode)) => {
                self.record_mut(now).state.stream = Some(mode);
                self.save();
                self.say(Some(origin), messages::stream_mode_set(mode));
            }
            Command::Btw(question) => self.side_question(question, origin, speaker, now),
            Command::Diff => self.compose(Document::Changes, origin),
            Command::Export(last) => self.export(last, origin),
            Command::Context => self.show_context(origin),
            Command::Ping => {
                let sent = origin.message().map(MessageId::sent_at);
                let took = sent.map(|sent| (now.wall - sent).num_milliseconds());
                self.say(Some(origin), messages::pong(took));
            }
            Command::Effort => self.say(Some(origin), messages::effort(self.effort())),
            Command::SetEffort(level) => {
                self.record_mut(now).state.effort = level;
                self.save();
                if self.process.is_live() {
                    self.control(EFFORT, Control::effort(self.effort()));
                }
                self.say(Some(origin), messages::effort_set(self.effort()));
            }
            Command::Mode(None) => self.say(Some(origin), messages::modes::mode(self.mode())),
            Command::Mode(Some(mode)) => self.set_mode(mode, origin, now),
            Command::Clear => self.clear(origin, now),
            Command::Resume => self.offer_earlier(origin, now),
            Command::Fork(at) => self.fork_asked(at, (origin, speaker.id), now),
            Command::Rewind(at) => self.rewind_asked(at, origin),
            Command::Compact => {
                let record = self.record.as_ref();
                if record.is_some_and(Record::is_resumable) {
                    self.begin(origin, speaker, None, Box::default(), now);
                } else {
                    self.say(Some(origin), messages::NOTHING_TO_COMPACT);
                }
            }
            // The hub sends it past the queue; in the queue it finds nothing running.
            Command::Stop | Command::StopAll => {
                let text = self.nothing_runs();
                self.say(Some(origin), text);
            }
            Command::Queue => self.show_queue(origin),
            Command::QueueMode(mode) => self.set_queue_mode(mode, origin, now),
        }
    }

    /// The channel whose settings in the configuration apply here.
    pub(super) fn settings_from(&self) -> ChannelId {
        self.config.settings_of(self.channel, self.parent())
    }

    /// A CLI that reads messages from stdin ignores an agent that it does not know.
    pub(super) fn check_agent(&self, known: &[String]) {
        let agent = self.config.agent_for(self.settings_from());
        if let Some(agent) = agent.filter(|agent| !known.iter().any(|known| known == agent)) {
            tracing::warn!(channel = %self.channel, agent, known = known.join(", "), "the CLI does not know the agent");
        }
    }

    /// How much the model thinks here; `None` is the model's default.
    pub(super) fn effort(&self) -> Option<Effort> {
        let own = self.choices().effort;
        own.or_else(|| self.config.effort_for(self.settings_from()))
    }

    /// The model of the next turn.
    pub(crate) fn model(&self) -> &str {
        let record = self.record.as_ref();
        record
            .map(|record| record.model.as_str())
            .or_else(|| self.channel_model())
            .unwrap_or(&self.default_model)
    }

    /// Takes the models that the CLI lists.
    pub(crate) fn know_models(&mut self, listed: Arc<[String]>) {
        self.listed_models = listed;
    }

    /// The models among which the channel can choose.
    pub(super) fn models(&self) -> Vec<String> {
        let mut models = self.config.models(&self.listed_models);
        // After a restart no process has listed the channel's own yet.
        if self.config.models.is_none() && !models.iter().any(|model| model == self.model()) {
            models.push(self.model().to_owned());
        }
        models
    }

    /// A choice that the configuration does not list any more ends.
    pub(super) fn drop_unlisted_model(&mut self) {
        let Some(record) = &mut self.record else {
            return;
        };
        let allowed = self.config.models.as_ref();
        if allowed.is_some_and(|allowed| !allowed.contains(&record.model)) {
            record.model.clone_from(&self.default_model);
            // The price of a token belongs to the old model.
            record.state.unit_cost_usd = None;
            self.meter.forget_price();
        }
    }

    fn set_model(&mut self, name: &str, origin: Origin, now: Now) {
        let models = self.models();
        let model = match command::resolve_model(name, &models) {
            Ok(model) => model.to_owned(),
            Err(error) => {
                self.say(Some(origin), error.to_string());
                return;
            }
        };
        let was = self.model().to_owned();
        self.use_model(&model, now);
        self.say(Some(origin), messages::model_set(&model, &was));
    }

    /// Sets the model of the next turn.
    pub(super) fn use_model(&mut self, model: &str, now: Now) {
        let is_other = self.model() != model;
        let record = self.record_mut(now);
        model.clone_into(&mut record.model);
        record.state.inherits_model = false;
        if is_other {
            // The price of a token belongs to the old model.
            record.state.unit_cost_usd = None;
            self.meter.forget_price();
        }
        self.save();
    }
}
