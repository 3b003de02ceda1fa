//! Commands, when their turn in the queue comes.

use super::{Effect, Now, Show, State};
use crate::{
    channel::{item::Origin, words},
    discord::command::{self, Command},
    external::Speaker,
};

impl State {
    pub(super) fn command(&mut self, command: Command, origin: Origin, speaker: Speaker, now: Now) {
        let is_admin = speaker.role.is_admin();
        let show = |state: &mut Self, what, to, speaker| {
            state.effects.push(Effect::Show { what, to, speaker });
        };
        if command.needs_admin() && !is_admin {
            self.say(Some(origin), words::admins_only(&command));
            return;
        }
        match command {
            Command::Help => self.say(Some(origin), command::help(&self.settings.models, is_admin)),
            Command::Status => show(self, Show::Status, origin, speaker),
            Command::Usage(period) => show(self, Show::Usage(period), origin, speaker),
            Command::Sessions => show(self, Show::Sessions, origin, speaker),
            Command::Model(None) => {
                let text = words::model(self.model(), &self.settings.models);
                self.say(Some(origin), text);
            }
            Command::Model(Some(name)) => self.set_model(&name, origin, now),
            Command::Clear => self.clear(origin, now),
            Command::Compact
                if self
                    .record
                    .as_ref()
                    .is_none_or(|record| !record.is_resumable()) =>
            {
                self.say(Some(origin), words::nothing_to_compact());
            }
            Command::Compact => self.begin(origin, speaker, None, now),
            // It overtakes the queue; one that comes through it finds nothing running.
            Command::Stop => self.say(Some(origin), words::nothing_runs()),
        }
    }

    fn set_model(&mut self, name: &str, origin: Origin, now: Now) {
        let model = match command::resolve_model(name, &self.settings.models) {
            Ok(model) => model.to_owned(),
            Err(error) => {
                self.say(Some(origin), error.to_string());
                return;
            }
        };
        let was = self.model().to_owned();
        let record = self.record_mut(now);
        record.model.clone_from(&model);
        if was != model {
            // What a token costs is learnt anew.
            record.state.unit_cost_usd = None;
            self.meter.forget_price();
        }
        self.save(false);
        self.say(Some(origin), words::model_set(&model, &was));
    }

    fn clear(&mut self, origin: Origin, now: Now) {
        let Some(old) = self.record.as_ref().filter(|record| !record.is_empty()) else {
            self.say(Some(origin), words::nothing_to_clear());
            return;
        };
        let text = words::cleared(old);
        let id = (self.ids)();
        self.record = self.record.as_ref().map(|old| old.cleared(id, now.wall));
        self.revive = false;
        self.save(false);
        self.end_process();
        self.say(Some(origin), text);
    }
}
