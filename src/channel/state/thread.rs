//! What a thread has of its channel: the settings and granted rules, where it has none of its own, and, if the
//! configuration says so, the beginning of its conversation.

use super::{Effect, State, commands::EFFORT, messages::branches as texts, of_channel::OfChannel};
use crate::{
    claude::protocol::Control,
    registry::{
        Record,
        settings::{Choices, Settings},
    },
};

impl State {
    /// This is a thread.
    pub(crate) fn enter_channel(&mut self, of_channel: OfChannel) {
        self.of_channel = Some(of_channel);
        self.take_over_model();
    }

    /// Whether it is not known that this is a thread.
    pub(crate) fn has_no_channel(&self) -> bool {
        self.of_channel.is_none()
    }

    /// Whether this is a thread in which nothing has been asked.
    pub(crate) fn is_unused_thread(&self) -> bool {
        self.of_channel.is_some()
            && self.turn.is_none()
            && self.record.as_ref().is_none_or(Record::is_unused)
    }

    pub(crate) fn set_beginning(&mut self, beginning: Option<Box<Record>>) {
        if let Some(of_channel) = &mut self.of_channel {
            of_channel.beginning = beginning;
        }
    }

    /// Whether the first message continues another session, from what that is then.
    pub(super) fn begins_with_channel(&self) -> bool {
        let of_channel = self.of_channel.as_ref();
        of_channel.is_some_and(|it| it.beginning.is_some()) && self.is_unused_thread()
    }

    /// Has an unused thread begin with what its channel gives it.
    pub(super) fn begin_with_channel(&mut self) {
        if !self.is_unused_thread() {
            return;
        }
        let of_channel = self.of_channel.as_mut();
        let Some(beginning) = of_channel.and_then(|it| it.beginning.take()) else {
            return;
        };
        self.continue_as(*beginning);
        // It may have been started ahead, for an empty session.
        self.stop_process();
        self.say(None, texts::BEGINS_WITH_CHANNEL);
    }

    /// Takes over the session of another record, and where it works.
    pub(super) fn continue_as(&mut self, record: Record) {
        let (works_in, inherits_model) = (record.state.works_in, record.state.inherits_model);
        let known_inherits = self.record.as_ref().map(|it| it.state.inherits_model);
        let mut record = match &self.record {
            Some(known) => known.moved_to(record),
            None => record,
        };
        record.state.works_in = works_in;
        // A model that was set before the first message is kept.
        let inherited = known_inherits.unwrap_or(true);
        record.state.inherits_model = inherits_model && inherited;
        self.record = Some(record);
        self.take_over_model();
        self.is_dirty = true;
    }

    /// What was chosen here, or else in the thread's channel.
    pub(super) fn choices(&self) -> Choices {
        let record = self.record.as_ref();
        let own = record.map_or_else(Choices::default, |record| Choices::of(&record.state));
        match &self.of_channel {
            Some(of_channel) => own.or(of_channel.settings.choices.clone()),
            None => own,
        }
    }

    /// The model of the thread's channel, unless the thread has its own in the configuration.
    pub(super) fn channel_model(&self) -> Option<&str> {
        let own = self.config.channels.get(&self.channel);
        let has_own = own.is_some_and(|own| own.model.is_some());
        let of_channel = self.of_channel.as_ref().filter(|_| !has_own)?;
        of_channel.settings.model.as_deref()
    }

    fn take_over_model(&mut self) {
        let model = self.channel_model().map(str::to_owned);
        let (Some(model), Some(record)) = (model, &mut self.record) else {
            return;
        };
        if record.state.inherits_model && record.model != model {
            record.model = model;
            record.state.unit_cost_usd = None;
            self.meter.forget_price();
        }
    }

    /// The thread's channel has other settings or rules now.
    pub(super) fn channel_settings_changed(&mut self, settings: Settings) {
        let (mode, effort) = (self.mode(), self.effort());
        let Some(of_channel) = &mut self.of_channel else {
            return;
        };
        let before = std::mem::replace(&mut of_channel.settings, settings);
        let grants = &of_channel.settings.grants;
        let has_new = grants.iter().any(|grant| !before.grants.contains(grant));
        self.take_over_model();
        if self.mode() != mode {
            self.apply_mode(self.mode());
        }
        if self.effort() != effort && self.process.is_live() {
            self.control(EFFORT, Control::effort(self.effort()));
        }
        if has_new {
            // The next process has the rule.
            self.end_when_idle();
        }
    }

    /// Tells the threads when what holds in them has changed.
    pub(super) fn share_settings(&mut self) {
        if self.of_channel.is_none() && !self.shared_settings.are_of(self.record.as_ref()) {
            let settings = self.record.as_ref().map(Settings::of).unwrap_or_default();
            self.shared_settings.clone_from(&settings);
            self.effects.push(Effect::ShareSettings(settings));
        }
    }
}
