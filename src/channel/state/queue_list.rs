//! `!queue`: what waits, with buttons that drop a message or move it to the front; and `!stop all`, which drops what waits.
//!
//! A list shows what waited when it was posted. A press names its message, so one on an old list does nothing to another.

use super::{
    Now, Press, State,
    controls::{ControlAction, buttons},
    delivery::Purpose,
    messages::queue as texts,
    turn::{CancelReason, TurnMachine},
};
use crate::{
    channel::{Origin, QueueItem, Source},
    chat::{OpId, Post, PostKey},
    config::QueueMode,
    external::Speaker,
    registry::state::StoredPost,
};

/// How the keys of lists begin.
const KEY: &str = "q.";

/// How many of the messages have buttons: two of them each, in four rows of five.
const WITH_BUTTONS: usize = 10;

impl State {
    pub(crate) fn queue_mode(&self) -> QueueMode {
        let chosen = self.choices().queue_mode;
        chosen.unwrap_or(self.config.discord.queue.mode)
    }

    /// How many messages wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len() + usize::from(self.steering.is_some())
    }

    pub(super) fn set_queue_mode(&mut self, mode: QueueMode, origin: Origin, now: Now) {
        self.record_mut(now).state.queue_mode = Some(mode);
        self.save();
        self.say(Some(origin), texts::mode_line(mode));
    }

    /// Shows what waits. An earlier list loses its buttons.
    pub(super) fn show_queue(&mut self, origin: Origin) {
        let posts = self.record.iter_mut().flat_map(|it| &mut it.state.posts);
        let is_list = |post: &&mut StoredPost| post.key.starts_with(KEY);
        let earlier: Vec<_> = posts.filter(is_list).map(|post| post.clone()).collect();
        for stored in earlier {
            self.forget_post(&PostKey::new(&stored.key));
            self.put_stored(&stored, Post::text(texts::LIST_REPLACED));
        }
        let waiting = self.listed();
        if waiting.is_empty() {
            let text = texts::list(waiting.iter(), self.queue_mode());
            return self.say(Some(origin), text);
        }
        let key = PostKey::new(&format!("{KEY}{}", (self.ids)()));
        let stored = StoredPost {
            key: key.as_str().to_owned(),
            ..StoredPost::default()
        };
        self.put_queue_list(stored, Some(origin));
    }

    /// What waits for Claude, in order. A message that steers is on its way to Claude before the others.
    fn listed(&self) -> Vec<QueueItem> {
        let steering = self.steering.as_ref().filter(|turn| is_on_its_way(turn));
        let steering = steering.and_then(|turn| self.item_of(turn));
        steering
            .into_iter()
            .chain(self.queue.iter().cloned())
            .collect()
    }

    /// Brings a list up to date.
    fn put_queue_list(&mut self, mut stored: StoredPost, origin: Option<Origin>) {
        let waiting = self.listed();
        let ids = waiting.iter().take(WITH_BUTTONS);
        let ids = ids.map(|it| it.origin.id());
        let ids: Vec<_> = (1..).zip(ids).collect();
        let drop = ids
            .iter()
            .map(|&(number, item)| ControlAction::Drop { item, number });
        // One that steers comes before the queue, and nothing comes before it.
        let steering = waiting.len().saturating_sub(self.queue.len());
        let front = ids.iter().skip(steering + 1);
        let front = front.map(|&(number, item)| ControlAction::Front { item, number });
        let actions: Vec<_> = drop.chain(front).collect();
        stored.text = texts::list(waiting.iter(), self.queue_mode());
        let controls = actions.iter().map(|action| action.stored((self.ids)()));
        stored.controls = controls.collect();
        stored.revision += 1;
        let Some(record) = &mut self.record else {
            return;
        };
        record.state.put_post(stored.clone());
        self.save();
        let post = Post {
            controls: buttons(&stored),
            is_final: false,
            ..Post::text(stored.text).replying_to(origin.and_then(Origin::message))
        };
        let purpose = origin.map_or(Purpose::Other, |origin| self.purpose(Some(origin)));
        self.put(PostKey::new(&stored.key), post, stored.messages, purpose);
    }

    /// A button of a list was pressed.
    pub(super) fn queue_pressed(&mut self, press: Press, action: &ControlAction, now: Now) {
        let (ControlAction::Drop { item, .. } | ControlAction::Front { item, .. }) = action else {
            return;
        };
        let is_it = |it: &QueueItem| it.origin.id() == *item;
        let listed = self.listed();
        let Some(item) = listed.iter().find(|it| is_it(it)) else {
            return self.reply(press.interaction, texts::NO_LONGER_WAITS);
        };
        if !may_move(item, &press.speaker) {
            return self.reply(press.interaction, texts::NOT_YOURS);
        }
        self.acknowledge(press.interaction);
        match (self.queue.iter().position(is_it), action) {
            (Some(at), ControlAction::Drop { .. }) => {
                self.queue.remove(at);
                self.drop_waiting(item, now);
            }
            (Some(at), _) => {
                if let Some(moved) = self.queue.remove(at) {
                    self.queue.push_front(moved);
                }
            }
            // The one that steers.
            (None, ControlAction::Drop { .. }) => {
                tracing::info!(channel = %self.channel, origin = ?item.origin, "a steering message was dropped");
                self.is_dirty = true;
                self.withdraw_steering(|_| true, CancelReason::Stopped(item.origin));
            }
            (None, _) => {}
        }
        self.record_waiting();
        let posts = self.record.iter().flat_map(|it| &it.state.posts);
        let mut lists = posts.filter(|post| post.key.starts_with(KEY));
        let list = lists.find(|post| post.messages.contains(&press.message));
        if let Some(stored) = list.cloned() {
            self.put_queue_list(stored, None);
        }
    }

    /// A message that was taken out of the queue does not run.
    fn drop_waiting(&mut self, item: &QueueItem, now: Now) {
        tracing::info!(channel = %self.channel, origin = ?item.origin, "a waiting message was dropped");
        self.is_dirty = true;
        match item.source {
            Source::Retry {
                press: OpId::Held(message),
            } => self.forget_held(message),
            // It keeps its button.
            Source::Retry { .. } => {
                if let Some(message) = item.origin.message() {
                    self.mark_failed(message);
                }
            }
            Source::Chat(_) => {
                self.claim_ahead(item.origin, None, now);
                self.finish(item.origin);
            }
        }
    }

    /// `!stop all`: stops what runs, and drops what waits, as far as the person may.
    pub(super) fn stop_all(&mut self, origin: Origin, speaker: &Speaker, now: Now) {
        self.claim_ahead(origin, None, now);
        let queue = std::mem::take(&mut self.queue);
        let (mut dropped, left): (Vec<_>, Vec<_>) =
            queue.into_iter().partition(|item| may_move(item, speaker));
        self.queue = left.into();
        for item in &dropped {
            self.drop_waiting(item, now);
        }
        self.record_waiting();
        let may = |turn: &TurnMachine| turn.speaker.id == speaker.id || speaker.role.is_admin();
        let steering = self.withdraw_steering(may, CancelReason::Stopped(origin));
        dropped.splice(0..0, steering);
        let left = self.queue.len();
        if !dropped.is_empty() || left > 0 {
            self.say(Some(origin), texts::dropped(dropped.iter(), left));
        }
        if self.turn.is_some() || self.background.is_busy() || (dropped.is_empty() && left == 0) {
            self.stop(Some(origin), None, now);
        }
    }

    /// Drops the message that is to be run again after a pause, for `!stop`. `false` if there is none.
    pub(super) fn drop_paused(&mut self, now: Now) -> bool {
        let paused = std::mem::take(&mut self.hold.paused);
        let is_it = |item: &QueueItem| item.origin.message().is_some_and(|it| paused.contains(&it));
        let queue = std::mem::take(&mut self.queue);
        let (dropped, left): (Vec<_>, Vec<_>) = queue.into_iter().partition(is_it);
        self.queue = left.into();
        if dropped.is_empty() {
            return false;
        }
        self.hold.turn_ended();
        for item in &dropped {
            self.drop_waiting(item, now);
        }
        true
    }

    pub(super) fn nothing_runs(&self) -> String {
        texts::nothing_runs(self.queue.len())
    }
}

/// Whether a message that steers has not reached Claude, and still shall.
fn is_on_its_way(turn: &TurnMachine) -> bool {
    !turn.is_sent && turn.withdrawal.is_none()
}

/// Whether the person may drop the message or move it.
fn may_move(item: &QueueItem, speaker: &Speaker) -> bool {
    item.speaker.id == speaker.id || speaker.role.is_admin()
}
