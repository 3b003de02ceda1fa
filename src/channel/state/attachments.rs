//! The attachments of the running turn's message.

use super::{
    Effect, Now, State, messages,
    turn::{TurnMachine, TurnPhase},
};
use crate::{
    claude::turn::{Ending, Outcome},
    external::File,
};

/// The kind of error with which the API refuses a picture or a document.
const INVALID_REQUEST: &str = "invalid_request";

impl State {
    /// Fetches the message's attachments, while the process starts.
    pub(super) fn fetch_attachments(&mut self) {
        let turn = self.steering.as_mut().or(self.turn.as_mut());
        let Some(turn) = turn else { return };
        let Some(message) = turn.origin.message() else {
            return;
        };
        if turn.context.has_offers() {
            turn.phase = TurnPhase::Waiting { is_fetching: true };
            self.effects.push(Effect::FetchAttachments {
                turn: turn.id.clone(),
                message,
                files: turn.context.files.clone(),
            });
        }
    }

    /// Handles the fetched attachments, unless their turn has ended.
    pub(super) fn attachments_fetched(&mut self, id: &str, files: Vec<File>, now: Now) {
        let Some(turn) = self.prepared_turn().filter(|turn| turn.id == id) else {
            return;
        };
        let TurnPhase::Waiting { is_fetching } = &mut turn.phase else {
            return;
        };
        if !std::mem::take(is_fetching) {
            return;
        }
        let left = messages::files_left(&files);
        turn.context.files = files;
        if let Some(left) = left {
            self.say(None, left);
        }
        self.proceed(now);
    }
}

/// Whether the API refused a picture or a PDF of the message, and the CLI went on without it.
pub(super) fn was_media_refused(turn: &TurnMachine, outcome: &Outcome) -> bool {
    outcome.ending == Ending::Answered
        && outcome.api_error.as_deref() == Some(INVALID_REQUEST)
        && turn.context.media().next().is_some()
}
