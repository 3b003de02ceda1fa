//! No message lost, none answered twice: what is claimed, what is open, and what a bot that went down left over.
//!
//! A message is claimed on disk before anything is done about it. Its turn is open until Discord has taken the answer;
//! a turn that is open when the bot starts was cut off. The channel is told once, with a button to run the message
//! again: by itself nothing is run twice.

use super::{Effect, Now, State, turn::Running};
use crate::{
    channel::{
        item::{Item, Mark, Origin, Via, Wish},
        words,
    },
    registry::state::CutOff,
    snowflake::{MessageId, UserId},
};

impl State {
    /// Claims what is taken up from the queue, on disk. `false` for a press of a button whose message is running again
    /// already.
    pub(super) fn claim(&mut self, item: &Item, now: Now) -> bool {
        let Origin::Message(message) = item.origin else {
            return true;
        };
        if let Via::Again { notice, .. } = item.via {
            if !self.is_cut_off(message) {
                return false;
            }
            self.served = Some(notice);
        }
        let record = self.record_mut(now);
        match item.via {
            Via::Gateway | Via::CatchUp => {
                record.claim(message);
                self.note_waiting();
            }
            Via::Ahead { after } => record.claim_past(message, after),
            // It was claimed when it was taken up first.
            Via::Again { .. } => {}
        }
        // Words are claimed on disk by the same save that opens their turn.
        if !matches!(item.wish, Wish::Words { .. }) {
            self.record_mut(now).open_turn(message, item.speaker.id);
            self.save(false);
        }
        true
    }

    /// Puts on record which messages wait although later ones were taken up. Gives whether there are any.
    pub(super) fn note_waiting(&mut self) -> bool {
        let waiting = self.queue.iter().filter_map(|item| match item.via {
            Via::Gateway | Via::Ahead { .. } | Via::CatchUp => item.origin.message(),
            // It is on record as cut off.
            Via::Again { .. } => None,
        });
        let record = self.record.as_mut();
        record.is_some_and(|record| record.set_waiting(waiting))
    }

    /// Claims what is answered though others before it wait. Without an author nothing is owed if the bot goes down
    /// before it is answered: a `!stop` has had its way then.
    pub(super) fn claim_ahead(&mut self, origin: &Origin, author: Option<UserId>, now: Now) {
        if let Origin::Message(message) = origin {
            let record = self.record_mut(now);
            let is_new = record.claim_ahead(*message);
            if let Some(author) = author {
                record.open_turn(*message, author);
            }
            if is_new || author.is_some() {
                self.save(false);
            }
        }
    }

    fn is_cut_off(&self, message: MessageId) -> bool {
        self.record.as_ref().is_some_and(|record| {
            record
                .state
                .cut_off
                .iter()
                .any(|cut| cut.message == message)
        })
    }

    /// The bot has started: what was open when it went down was cut off.
    pub(super) fn recover(&mut self) {
        self.background_left_over();
        let Some(record) = &mut self.record else {
            return;
        };
        let running = self
            .running
            .as_ref()
            .and_then(|running| running.origin.message());
        let open: Vec<MessageId> = record
            .state
            .open_turns
            .iter()
            .map(|open| open.message)
            .collect();
        for message in open {
            if Some(message) != running {
                record.cut_turn(message);
            }
        }
        let untold: Vec<CutOff> = record
            .state
            .cut_off
            .iter()
            .copied()
            .filter(|cut| !cut.told)
            .collect();
        self.save(false);
        for cut in untold {
            self.offer(cut.message, cut.cuts, words::cut_off(cut.booked));
        }
    }

    /// The bot goes down in a turn that nobody has stopped.
    pub(super) fn cut_turn(&mut self, running: &Running) {
        match running.origin {
            Origin::Message(message) => self.cut(message, words::cut_by_shutdown()),
            Origin::Interaction(_) => {
                self.say(Some(running.origin.clone()), words::cut_by_shutdown());
            }
        }
    }

    /// A message's turn is over without an answer, and may be run again.
    pub(super) fn cut(&mut self, message: MessageId, text: String) {
        let record = self.record.as_mut();
        let cuts = record.and_then(|record| record.cut_turn(message));
        self.offer(message, cuts.unwrap_or(1), text);
    }

    fn offer(&mut self, message: MessageId, cuts: u32, text: String) {
        self.effects.push(Effect::Offer {
            message,
            cuts,
            text,
        });
        self.mark(Mark::Told(message));
    }

    /// Takes the button off whose message has been claimed.
    pub(super) fn unbutton(&mut self) {
        if let Some(notice) = self.served.take() {
            self.effects.push(Effect::Unbutton(notice));
        }
    }

    /// A turn is over, and all that is to be said about it has been.
    pub(super) fn answered(&mut self, origin: &Origin) {
        if let Origin::Message(message) = origin {
            self.mark(Mark::Answered(*message));
        }
    }

    pub(super) fn mark(&mut self, mark: Mark) {
        self.unreached += 1;
        self.effects.push(Effect::Mark(mark));
    }

    pub(super) fn reached(&mut self, mark: Mark) {
        self.unreached = self.unreached.saturating_sub(1);
        if let Mark::LossTold(count) = mark {
            return self.loss_told(count);
        }
        let Some(record) = &mut self.record else {
            return;
        };
        let changed = match mark {
            Mark::Answered(message) => record.close_turn(message),
            Mark::Told(message) => {
                let cut = record
                    .state
                    .cut_off
                    .iter_mut()
                    .find(|cut| cut.message == message);
                cut.is_some_and(|cut| !std::mem::replace(&mut cut.told, true))
            }
            // What it was about stays on record.
            Mark::KeptBack | Mark::LossTold(_) => false,
        };
        if changed {
            self.save(false);
        }
    }
}

/// Whether all that was said before it is known by now, so that the queue tells which messages wait.
pub(super) fn is_in_line(item: &Item) -> bool {
    matches!(item.via, Via::Gateway | Via::CatchUp) && item.origin.message().is_some()
}
