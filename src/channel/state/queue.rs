//! The queue: accepting items, taking up the next one, and emptying it at shutdown.

use super::{Effect, Now, ShutdownStage, State, cancel::INTERRUPT, messages};
use crate::{
    channel::{Origin, QueueItem, Request, Source},
    chat::{Delivery, OpId},
    claude::protocol::Control,
    command::Command,
};

/// The outcome in the ledger of what a shutdown ends.
const CUT_BY_SHUTDOWN: &str = "cut_by_shutdown";

impl State {
    pub(super) fn requested(&mut self, mut item: QueueItem, now: Now) {
        if let Source::Retry { press } = item.source {
            self.recovery.fetching.remove(&press);
        }
        if let (Request::Command(command), true) = (&item.request, self.turn.is_some())
            && command.is_immediate()
            // It takes a retry button with it.
            && !matches!(item.source, Source::Retry { .. })
            && !self.shutting_down
        {
            let command = command.clone();
            return self.answer_at_once(command, item, now);
        }
        if let Some(question) = self.answers_question(&item) {
            return self.answer_by_message(question, item, now);
        }
        if let Some(words) = item.thread.take_if(|_| !self.shutting_down) {
            let Some(channel) = item.place.parent else {
                item.thread = Some(words);
                return self.open_own_thread(item);
            };
            self.entitle(words, channel, now);
        }
        item.mode = self.takeover_mode(&item);
        if self.shutting_down {
            self.put_off(&item);
        } else if self.turn.is_none() && item.request.begins_turn() && self.is_held(now) {
            self.mark_waiting(&item, now);
            self.requested_while_held(item, now);
        } else if self.is_free() {
            if self.is_on_hold(&item) {
                self.keep(item, now);
            } else {
                self.queue.push_back(item);
            }
            self.run_queue(now);
        } else if self.is_on_hold(&item) {
            // It was accepted before a restart.
            self.keep(item, now);
        } else if self.queue.len() < self.config.limits.queue
            || item.source == Source::Chat(Delivery::Backfill)
        {
            if self.turn.is_none() {
                tracing::warn!(channel = %self.channel, "a message waits until Discord takes the bot's posts");
            }
            let is_in_order = is_in_order(&item);
            self.mark_waiting(&item, now);
            self.enqueue(item);
            if is_in_order && self.record_waiting() {
                self.save();
            }
        } else {
            self.refuse(&item, now);
        }
    }

    /// Answers a command that only tells something, while a turn runs.
    fn answer_at_once(&mut self, command: Command, item: QueueItem, now: Now) {
        let QueueItem {
            origin, speaker, ..
        } = item;
        self.claim_ahead(origin, Some(speaker.id), now);
        self.command(command, origin, speaker, now);
        if !self.waits_on_the_side(origin) {
            self.finish(origin);
        }
    }

    /// Answers a question of Claude's with a message, which is no turn of its own.
    fn answer_by_message(&mut self, question: String, item: QueueItem, now: Now) {
        let QueueItem {
            origin,
            speaker,
            request,
            ..
        } = item;
        self.claim_ahead(origin, None, now);
        if let Request::Prompt { text, .. } = request {
            self.answered(question, &speaker, &text, now);
        }
        self.finish(origin);
    }

    /// A question is posted. Its answer may have come before Discord's confirmation.
    pub(super) fn take_answer_from_queue(&mut self, now: Now) {
        let answers = |item: &QueueItem| self.answers_question(item);
        let found = self.queue.iter().enumerate();
        let mut found = found.filter_map(|(at, item)| Some((at, answers(item)?)));
        let Some((at, question)) = found.next() else {
            return;
        };
        if let Some(item) = self.queue.remove(at) {
            self.answer_by_message(question, item, now);
            self.record_waiting();
            self.is_dirty = true;
        }
    }

    /// Refuses an item at shutdown. The next start fetches messages, but not slash commands and retries.
    fn put_off(&mut self, item: &QueueItem) {
        if self.is_on_hold(item) {
            // It is told that it waits, and on record.
            return;
        }
        let is_fetched_later = self.config.discord.catch_up.max_messages > 0
            && item.origin.message().is_some()
            && !matches!(item.source, Source::Retry { .. });
        let text = if is_fetched_later {
            messages::PUT_OFF
        } else {
            messages::SHUTTING_DOWN
        };
        self.say(Some(item.origin), text);
    }

    /// Takes up items until a turn runs.
    pub(super) fn run_queue(&mut self, now: Now) {
        self.steer_on(now);
        if !self.is_busy() && self.process.is_recalled {
            // Another channel waits for the place, so the queue here waits for the next one.
            self.stop_process();
        }
        while self.is_free() {
            let is_held = self.is_held(now);
            let is_next = |item: &QueueItem| !is_held || !item.request.begins_turn();
            let next = self.queue.iter().position(is_next);
            let Some(item) = next.and_then(|next| self.queue.remove(next)) else {
                break;
            };
            self.run_item(item, now);
        }
        let is_wanted = self.process.is_recalled && !self.is_busy();
        if self.turn.is_none() && (is_wanted || self.shutting_down) {
            self.stop_process();
        }
    }

    fn run_item(&mut self, item: QueueItem, now: Now) {
        if let (Source::Retry { press }, Request::Hint(hint)) = (item.source, &item.request) {
            self.say(Some(item.origin), hint.clone());
            // A retry keeps its button; a message that waited has none.
            if let OpId::Held(message) = press {
                self.forget_held(message);
            }
            return;
        }
        if item.request.begins_turn() && self.missing_permission().is_some() {
            return self.leave(&item, now);
        }
        self.place = Some(item.place.clone());
        self.last_author_name = Some(item.speaker.name.clone());
        if !self.claim(&item, now) {
            self.say(Some(item.origin), messages::ALREADY_RETRIED);
            return;
        }
        let is_pressed = matches!(
            item.source,
            Source::Retry {
                press: OpId::Press(_)
            }
        );
        let QueueItem {
            origin,
            speaker,
            request,
            ..
        } = item;
        match request {
            Request::Prompt { text, mut context } => {
                context.is_rerun |= is_pressed;
                self.begin(origin, speaker, Some(text), context, now);
            }
            Request::Command(command) => {
                self.command(command, origin, speaker, now);
                if self.turn.is_none() && !self.waits_on_the_side(origin) {
                    self.finish(origin);
                }
            }
            Request::Hint(hint) => {
                self.say(Some(origin), hint);
                self.finish(origin);
            }
            Request::Skipped(count) => {
                let purpose = self.purpose(Some(origin));
                self.say_for(purpose, messages::skipped(count));
                self.finish(origin);
            }
        }
    }

    /// Leaves an item whose answer could not be posted. A retry keeps its button.
    fn leave(&mut self, item: &QueueItem, now: Now) {
        tracing::warn!(channel = %self.channel, "not run: the bot lacks a permission in this channel");
        if !matches!(item.source, Source::Retry { .. }) {
            self.claim_ahead(item.origin, None, now);
            self.finish(item.origin);
        }
    }

    pub(super) fn shut_down(&mut self, stage: ShutdownStage, now: Now) {
        self.shutting_down = true;
        self.process.restarts = false;
        self.recovery.undo_until.clear();
        self.approvals_at_shutdown(stage, now);
        self.ask_on_the_side(now);
        for item in std::mem::take(&mut self.queue) {
            self.mark_done(item.origin);
            self.put_off(&item);
        }
        if self.turn.is_none() {
            self.book_cut_report(CUT_BY_SHUTDOWN, now);
            self.run_queue(now);
        }
        match stage {
            ShutdownStage::Running | ShutdownStage::Drain => {}
            ShutdownStage::Interrupt => {
                // So that the CLI saves the unfinished turn in the session.
                if self.is_asked() {
                    self.control(INTERRUPT, Control::Interrupt);
                }
                self.cut_by_shutdown(now);
                self.stop_process();
            }
            ShutdownStage::Kill => {
                self.cut_by_shutdown(now);
                if !self.process.is_absent() {
                    self.background_lost();
                    self.effects.push(Effect::Kill);
                    self.process.kill();
                }
            }
        }
    }

    fn cut_by_shutdown(&mut self, now: Now) {
        self.end_answer(false, now);
        self.book_cut_report(CUT_BY_SHUTDOWN, now);
        let Some(turn) = self.turn.take() else {
            return;
        };
        let reason = turn.cancel_reason();
        let cost = self.cost_without_result(&turn).usd;
        match (reason, turn.origin) {
            (Some(reason), _) => self.say_cancelled(&turn, reason, cost),
            (None, Origin::Message(message)) => {
                self.cut_off(message, messages::cut_by_shutdown(true));
            }
            (None, Origin::Interaction(_)) => {
                self.say(Some(turn.origin), messages::cut_by_shutdown(false));
            }
        }
        self.book_without_result(&turn, CUT_BY_SHUTDOWN, now);
        self.card_ended(now);
        self.settle_collected(turn.origin, now);
        if reason.is_some() {
            self.finish(turn.origin);
        }
        if let Some(steering) = self.steering.take() {
            let text = messages::cut_by_shutdown(true);
            self.fail(steering.origin, text);
        }
        self.typing(false);
    }
}

/// Whether all earlier messages are known, so that the queue holds all messages that wait.
fn is_in_order(item: &QueueItem) -> bool {
    let is_complete = matches!(
        item.source,
        Source::Chat(Delivery::Live | Delivery::Backfill)
    );
    is_complete && item.origin.message().is_some()
}
