//! The record, and saving it.

use super::{Effect, Now, State, Unsaved, Wait};
use crate::registry::{Record, record::Names};

impl State {
    /// Creates the record if there is none.
    pub(super) fn record_mut(&mut self, now: Now) -> &mut Record {
        let record = self.record.take().unwrap_or_else(|| {
            let model = self.model().to_owned();
            let mut record = Record::new((self.ids)(), model, now.wall);
            record.state.inherits_model = self.of_channel.is_some();
            record
        });
        self.record.insert(record)
    }

    /// Saves the record before the effects that follow.
    pub(super) fn save(&mut self) {
        self.save_for(Wait::Effects);
    }

    pub(super) fn save_for(&mut self, wait: Wait) {
        (self.is_dirty, self.unsaved) = (false, Unsaved::Nothing);
        if let Some(record) = &mut self.record {
            let place = self.place.as_ref();
            record.set_names(Names {
                channel: place.and_then(|place| place.name.as_deref()),
                guild: place.and_then(|place| place.guild_name.as_deref()),
                author: self.last_author_name.as_deref(),
            });
            self.effects.push(Effect::Save {
                record: Box::new(record.clone()),
                entries: std::mem::take(&mut self.unsaved_entries),
                wait,
            });
            if let Some(message) = self.recovery.retried.take() {
                self.retire_button(message);
                self.remove_partial_answer(message);
            }
        }
    }
}
