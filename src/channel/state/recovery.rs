//! Restarts and retries: no message is lost, and none is run twice.
//!
//! A message is claimed on disk before it is run. Its turn is open until Discord has accepted the answer; a turn that is
//! open when the bot starts was cut off. The channel is told once, with a button that runs the message again.

use super::{
    Now, Press, State, Unavailable, Unsaved,
    controls::{ControlAction, buttons, has_action},
    delivery::Purpose,
    messages,
    recovery_state::ForkReason,
};
use crate::{
    channel::{Origin, QueueItem, Request, Source},
    chat::{ChatOp, Delivery, OpId, Post, PostKey},
    claude::protocol::Task,
    command::Command,
    external::Role,
    registry::state::{CutOff, StoredPost},
    snowflake::{MessageId, UserId},
};

impl State {
    /// Claims an item that is taken up from the queue. `false` for a retry of a message that has already been retried.
    pub(super) fn claim(&mut self, item: &QueueItem, now: Now) -> bool {
        let Origin::Message(message) = item.origin else {
            return true;
        };
        if let Source::Retry { .. } = item.source {
            let is_cut_off = self.cut_off_record(message).is_some();
            self.recovery.retried = is_cut_off.then_some(message);
            if !is_cut_off {
                return false;
            }
            self.record_mut(now).release(message);
        }
        let record = self.record_mut(now);
        match item.source {
            Source::Chat(Delivery::Live | Delivery::Backfill) => {
                record.claim(message);
                self.record_waiting();
            }
            Source::Chat(Delivery::LiveAhead { after }) => record.claim_past(message, after),
            // It is already claimed.
            Source::Retry { .. } => {}
        }
        // The save that opens a prompt's turn also claims it.
        if !matches!(item.request, Request::Prompt { .. }) {
            self.record_mut(now).open_turn(message, item.speaker.id);
            self.save();
        }
        true
    }

    /// Records which messages wait. Returns whether any of them is older than a claimed one.
    pub(super) fn record_waiting(&mut self) -> bool {
        let is_retry = |item: &&QueueItem| matches!(item.source, Source::Retry { .. });
        let waiting = self.queue.iter().chain(&self.recovery.for_threads);
        let waiting = waiting.filter(|item| !is_retry(item));
        let waiting = waiting.filter_map(|item| item.origin.message());
        let record = self.record.as_mut();
        record.is_some_and(|record| record.set_waiting(waiting))
    }

    /// A message of the bot's own has come back, so all messages before it have been received. They are claimed, unless
    /// one waits in the queue.
    pub(super) fn own_message(&mut self, message: MessageId) {
        if let Some(record) = &mut self.record
            && self.queue.is_empty()
            && self.recovery.for_threads.is_empty()
            && !self.shutting_down
            && record.note_own(message)
        {
            self.unsaved = self.unsaved.max(Unsaved::OwnMessage);
        }
    }

    /// Claims a message that is answered before others that wait. Without an author no turn is opened, so that a `!stop`
    /// whose answer is cut off is not retried.
    pub(super) fn claim_ahead(&mut self, origin: Origin, author: Option<UserId>, now: Now) {
        if let Origin::Message(message) = origin {
            let record = self.record_mut(now);
            let is_new = record.claim_ahead(message);
            if let Some(author) = author {
                record.open_turn(message, author);
            }
            if is_new || author.is_some() {
                self.save();
            }
        }
    }

    fn cut_off_record(&self, message: MessageId) -> Option<&CutOff> {
        let record = self.record.as_ref()?;
        let mut cut_off = record.state.cut_off.iter();
        cut_off.find(|cut| cut.message == message)
    }

    /// Handles what an earlier run of the bot left open.
    pub(super) fn recover(&mut self, now: Now) {
        self.tell_losses();
        self.restore_held(now);
        self.close_cards();
        self.close_stop_offers();
        self.close_earlier_approvals();
        self.restore_undo(now);
        self.tell_lost_side_questions();
        let turns = self.turn.iter().chain(&self.steering);
        let turns = turns.chain(&self.collected);
        let on_the_side = self.side_questions.iter().map(|it| it.origin);
        let running = turns.map(|turn| turn.origin).chain(on_the_side);
        let running: Vec<_> = running.filter_map(Origin::message).collect();
        let Some(record) = &mut self.record else {
            return;
        };
        for open in record.state.open_turns.clone() {
            if !running.contains(&open.message) {
                record.mark_turn_cut_off(open.message);
            }
        }
        let cut_off = record.state.cut_off.clone();
        self.save();
        for cut in cut_off.into_iter().filter(|cut| !cut.told) {
            let message = cut.message;
            self.mark_cut_off(message, now);
            let text = messages::cut_off(cut.booked).into();
            self.offer_cut(message, cut.cuts, text, &[ControlAction::Retry { message }]);
        }
    }

    fn tell_losses(&mut self) {
        let as_task = |description: String| Task {
            description,
            ..Task::default()
        };
        let tasks: Vec<_> = self.recovery.losses.iter().cloned().map(as_task).collect();
        if !tasks.is_empty() {
            let text = messages::tasks_lost_in_restart(&tasks);
            self.say_for(Purpose::TasksLost(tasks.len()), text);
        }
    }

    /// Ends a turn that failed. A message can be retried.
    pub(super) fn fail(&mut self, origin: Origin, text: String) {
        match origin {
            Origin::Message(message) => self.cut_off(message, text),
            Origin::Interaction(_) => self.say(Some(origin), text),
        }
    }

    /// Ends a turn without an answer and offers a retry.
    pub(super) fn cut_off(&mut self, message: MessageId, text: String) {
        self.offer(message, text, &[ControlAction::Retry { message }]);
    }

    /// Ends a turn without an answer and offers what can be done about it. Each button runs the message again.
    pub(super) fn offer(&mut self, message: MessageId, text: String, actions: &[ControlAction]) {
        let record = self.record.as_mut();
        let cuts = record.and_then(|record| record.mark_turn_cut_off(message));
        self.is_dirty = true;
        self.mark_failed(message);
        self.offer_cut(message, cuts.unwrap_or(1), text, actions);
    }

    /// Posts a notice with a button for each action. Its key depends on how often the turn was cut off, so that each cut gets one
    /// notice, even if the bot goes down before it learns of the delivery.
    fn offer_cut(
        &mut self,
        message: MessageId,
        cuts: u32,
        text: String,
        actions: &[ControlAction],
    ) {
        let key = PostKey::cut_off(message, cuts);
        self.put_offer(key, message, text, actions);
    }

    /// Posts a notice with a button that runs an edited message again.
    pub(super) fn offer_repeat(&mut self, message: MessageId, text: String) {
        let key = self.new_key();
        self.put_offer(key, message, text, &[ControlAction::Repeat { message }]);
    }

    fn put_offer(
        &mut self,
        key: PostKey,
        message: MessageId,
        text: String,
        actions: &[ControlAction],
    ) {
        let is_repeat = matches!(actions, [ControlAction::Repeat { .. }]);
        let controls = actions.iter().map(|action| action.stored((self.ids)()));
        let controls: Vec<_> = controls.collect();
        let Some(record) = &mut self.record else {
            return;
        };
        let stored = record.state.post(key.as_str()).cloned();
        let stored = stored.unwrap_or_else(|| StoredPost {
            key: key.as_str().to_owned(),
            text,
            revision: 1,
            controls,
            ..StoredPost::default()
        });
        record.state.put_post(stored.clone());
        self.is_dirty = true;
        let post = Post {
            controls: buttons(&stored),
            is_final: false,
            notify: !is_repeat && self.answer.claim_ping(),
            ..Post::text(stored.text).replying_to(Some(message))
        };
        let purpose = if is_repeat {
            Purpose::Other
        } else {
            Purpose::CutOffNotice(message)
        };
        self.put(key, post, stored.messages, purpose);
    }

    /// Removes the retry button of a message from the channel and the record.
    pub(super) fn retire_button(&mut self, message: MessageId) {
        let Some(record) = &mut self.record else {
            return;
        };
        let is_it =
            |post: &mut StoredPost| has_action(post, |action| action.message() == Some(message));
        let retired: Vec<StoredPost> = record.state.posts.extract_if(.., is_it).collect();
        let pressed_by = self.recovery.pressed_by.take();
        let by = pressed_by.and_then(|(pressed, name)| (pressed == message).then_some(name));
        for mut stored in retired {
            self.is_dirty = true;
            if let Some(name) = &by {
                stored.text += &messages::retried_by(name);
            }
            let post = Post::text(stored.text).replying_to(Some(message));
            let key = PostKey::new(&stored.key);
            self.put(key, post, stored.messages, Purpose::Other);
        }
    }

    /// Notes the messages of a stored post, and handles presses that waited for them.
    pub(super) fn note_posted(&mut self, key: &PostKey, messages: &[MessageId], now: Now) {
        let state = self.record.as_mut().map(|record| &mut record.state);
        let stored = state.and_then(|state| state.post_mut(key.as_str()));
        if let Some(stored) = stored.filter(|stored| stored.messages != messages) {
            stored.messages = messages.to_vec();
            self.is_dirty = true;
            for (_, press) in std::mem::take(&mut self.recovery.early) {
                self.pressed(press, now);
            }
        }
    }

    pub(super) fn retry_pressed(&mut self, press: Press, action: ControlAction, now: Now) {
        let Some(message) = action.message() else {
            return;
        };
        let author = self.cut_off_record(message).map(|cut| cut.author);
        match author {
            None => self.reply(press.interaction, messages::ALREADY_RETRIED),
            Some(author) if author != press.speaker.id && !press.speaker.role.is_admin() => {
                self.reply(press.interaction, messages::RETRY_NOT_YOURS);
            }
            Some(_) if self.is_being_retried(message) => {
                self.reply(press.interaction, messages::ALREADY_RETRIED);
            }
            Some(_) => {
                if let Some(permission) = self.missing_permission() {
                    let text = messages::may_not_post(permission);
                    return self.reply(press.interaction, &text);
                }
                if let Err(text) = self.prepare(action, press.speaker.role, now) {
                    return self.reply(press.interaction, &text);
                }
                let id = OpId::Press(press.interaction.id);
                self.acknowledge(press.interaction);
                self.recovery.pressed_by = Some((message, press.speaker.name));
                self.fetch_for_retry(id, message);
            }
        }
    }

    pub(super) fn fetch_for_retry(&mut self, id: OpId, message: MessageId) {
        self.recovery.fetching.insert(id, message);
        self.chat(ChatOp::FetchMessage {
            id,
            channel: self.channel,
            holder: self.holder(message),
            message,
        });
    }

    /// Whether a press has set off another run of the message, which has not begun.
    fn is_being_retried(&self, message: MessageId) -> bool {
        let mut fetching = self.recovery.fetching.values();
        let mut waiting = self.queue.iter();
        fetching.any(|fetched| *fetched == message)
            || waiting.any(|item| item.origin == Origin::Message(message))
    }

    /// Does what a button promises besides running the message again. The error is for the person.
    pub(super) fn prepare(
        &mut self,
        action: ControlAction,
        role: Role,
        now: Now,
    ) -> Result<(), String> {
        match action {
            ControlAction::SwitchModel { .. } if !role.is_admin() => {
                return Err(messages::admins_only(&Command::Model(None)));
            }
            ControlAction::SwitchModel { model, .. } => self.use_model(&model, now),
            ControlAction::Repair { message, session }
                if session.is_empty() || session == self.record_mut(now).session_id =>
            {
                self.recovery.forks.insert(message, ForkReason::Repair);
            }
            ControlAction::Repeat { message } => {
                self.recovery.forks.insert(message, ForkReason::Rewind);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn retry_unavailable(&mut self, press: OpId, why: Unavailable) {
        let Some(message) = self.recovery.fetching.remove(&press) else {
            return;
        };
        self.recovery.pressed_by = None;
        self.recovery.forks.remove(&message);
        let held = self.record.as_mut().map(|record| &mut record.state.held);
        let was_held = held.is_some_and(|held| {
            let before = held.len();
            held.retain(|held| *held != message);
            before != held.len()
        });
        self.is_dirty |= was_held;
        if why == Unavailable::NotFetched && was_held {
            return self.cut_off(message, messages::MESSAGE_NOT_FETCHED.to_owned());
        }
        self.say(
            None,
            match why {
                Unavailable::Deleted => messages::MESSAGE_GONE,
                Unavailable::Refused => messages::MESSAGE_REFUSED,
                Unavailable::NotFetched => messages::MESSAGE_NOT_FETCHED,
            },
        );
        if why != Unavailable::NotFetched {
            self.retire_button(message);
        }
    }
}
