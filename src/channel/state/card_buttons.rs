//! What the buttons of a card do.

use super::{Now, Press, State, controls::ControlAction, messages};
use crate::chat::PostKey;

impl State {
    /// The card's Stop button: like `!stop`, but the channel is told who pressed.
    pub(super) fn stop_pressed(&mut self, press: Press, now: Now) {
        let is_stopping = match &self.turn {
            Some(turn) => turn.is_cancelled(),
            None => self.background.is_reporting() && !self.background.can_interrupt(),
        };
        if is_stopping {
            return self.reply(press.interaction, messages::ALREADY_STOPPING);
        }
        self.acknowledge(press.interaction);
        let name = press.speaker.name;
        if let Some(turn) = &mut self.turn {
            turn.stopped_by = Some(name.clone());
        }
        self.stop(None, Some(&name), now);
    }

    /// The button that shows the steps of a finished card, or hides them.
    pub(super) fn steps_pressed(&mut self, press: Press, control: &str, now: Now) {
        self.acknowledge(press.interaction);
        let posts = self
            .record
            .iter_mut()
            .flat_map(|record| &mut record.state.posts);
        let mut controls = posts.flat_map(|post| {
            let key = PostKey::new(&post.key);
            post.controls
                .iter_mut()
                .map(move |control| (key.clone(), control))
        });
        let Some((key, stored)) = controls.find(|(_, stored)| stored.id == control) else {
            return;
        };
        if let Some(ControlAction::Steps {
            details,
            is_open,
            color,
        }) = ControlAction::of(stored)
        {
            let action = ControlAction::Steps {
                details,
                is_open: !is_open,
                color,
            };
            stored.action = action.to_value();
            self.is_dirty = true;
        }
        self.put_finished_card(&key, now);
    }
}
