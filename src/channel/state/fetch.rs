//! What a message brings along, and what stops it at the last moment.

use super::{Effect, Now, State, turn::Phase};
use crate::{
    channel::{item::Origin, words},
    external::{Context, Fate, File},
};

impl State {
    /// What the turn that has just begun goes with.
    pub(super) fn goes_with(&mut self, context: Box<Context>) {
        if let Some(running) = &mut self.running {
            running.context = context;
        }
    }

    /// Has the files of the running turn fetched, if there are any; the process comes up meanwhile.
    pub(super) fn fetch(&mut self) {
        let Some(running) = &mut self.running else {
            return;
        };
        let Some(message) = running.origin.message() else {
            return;
        };
        if running.context.has_offers() {
            running.is_fetching = true;
            self.effects.push(Effect::Fetch {
                turn: running.id.clone(),
                message,
                files: running.context.files.clone(),
            });
        }
    }

    /// The files are there, or will not come. A turn that is over by now needs them no more.
    pub(super) fn fetched(&mut self, turn: &str, files: Vec<File>, now: Now) {
        let Some(running) = &mut self.running else {
            return;
        };
        if running.id != turn || !running.is_fetching {
            return;
        }
        running.is_fetching = false;
        let left: Vec<_> = files
            .iter()
            .filter_map(|file| match file.fate {
                Fate::Left(why) => Some((file.name.clone(), why)),
                Fate::Offered(_) | Fate::Saved(_) => None,
            })
            .collect();
        running.context.files = files;
        if !left.is_empty() {
            self.say(None, words::files_left(&left));
        }
        self.proceed(now);
    }

    /// A limit was reached while the message waited: nothing was asked, so nothing is booked. What was to be run again
    /// gets another button.
    pub(super) fn refused(&mut self, text: String, now: Now) {
        let Some(running) = &self.running else {
            return;
        };
        if running.phase == Phase::Asked {
            match running.origin {
                Origin::Message(message) if running.is_again => {
                    self.cut(message, text);
                    self.save(false);
                }
                _ => self.say(Some(running.origin.clone()), text),
            }
            self.over(now);
        }
    }
}
