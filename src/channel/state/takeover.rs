//! Messages that do not wait for the running turn: one that interrupts stops it, one that steers cuts it softly.
//!
//! Such a message goes to the front of the queue. One that steers is taken from there while the turn still runs: it is
//! recorded, looked up and checked like any other, then sent with `priority: "now"`. The CLI cuts the text that streams, or
//! lets the running tool finish, ends the turn with a `result`, and takes the message up. So there are two turns for a
//! moment, whose results come in order. Where the turn cannot be cut, or ends first, the message is simply next.

use super::{
    Now, State,
    answer_progress::AnswerProgress,
    messages::queue as texts,
    stall_detector::StallDetector,
    turn::{CancelReason, Compaction, TurnMachine, TurnPhase},
};
use crate::{
    channel::{QueueItem, Request, Source},
    chat::Delivery,
    claude::turn::{Ending, Outcome},
    config::QueueMode,
};

impl State {
    /// What a message does to the running turn, unless it waits.
    ///
    /// To take over closes what somebody is asked. So only who may answer does it then, and only by the prefix: without it,
    /// the message may be the answer.
    pub(super) fn takeover_mode(&self, item: &QueueItem) -> Option<QueueMode> {
        let is_new = self.turn.is_some()
            && item.source == Source::Chat(Delivery::Live)
            && matches!(item.request, Request::Prompt { .. });
        let is_asking = !self.approvals.is_empty();
        if is_asking
            && (item.mode != Some(QueueMode::Interrupt)
                || !self.approvals.may_answer_all(&item.speaker))
        {
            return None;
        }
        let mode = item.mode.unwrap_or_else(|| self.queue_mode());
        Some(mode).filter(|mode| is_new && matches!(mode, QueueMode::Steer | QueueMode::Interrupt))
    }

    /// Puts an item into the queue: first those that interrupt, then those that steer, then the others.
    pub(super) fn enqueue(&mut self, item: QueueItem) {
        let behind = |waiting: &QueueItem| rank(waiting.mode) > rank(item.mode);
        let at = self.queue.iter().position(behind);
        self.queue.insert(at.unwrap_or(self.queue.len()), item);
    }

    /// What interrupts does so once: the turn that follows, or that Claude only now gets, is not stopped.
    pub(super) fn interrupts_end(&mut self) {
        for item in &mut self.queue {
            item.mode.take_if(|mode| *mode == QueueMode::Interrupt);
        }
    }

    /// Lets the first message in the queue take over, if it is to.
    pub(super) fn take_over(&mut self, now: Now) {
        self.unsteer_unasked();
        let next = self.queue.front();
        let Some((mode, name)) =
            next.and_then(|next| Some((next.mode?, next.speaker.name.clone())))
        else {
            return;
        };
        if mode == QueueMode::Steer {
            if self.steering.is_none() && self.can_be_steered() {
                self.begin_steering(now);
            }
            return;
        }
        // A message that has not reached Claude is run first.
        let is_running = |turn: &&mut TurnMachine| turn.asked().is_some() && !turn.is_cancelled();
        if let Some(turn) = self.turn.as_mut().filter(is_running) {
            turn.stopped_by = Some(name);
            self.cancel(CancelReason::Interrupted, now);
        }
    }

    /// Whether the CLI works on the turn's message, so that a line now is neither merged with it nor with a report.
    fn can_be_steered(&self) -> bool {
        let Some(turn) = self.turn.as_ref().filter(|turn| turn.text.is_some()) else {
            return false;
        };
        let is_ready = self.process.is_live()
            && !self.process.is_outdated
            // The CLI would withdraw what it asks.
            && self.approvals.is_empty()
            && !self.background.has_report()
            && self.missing_permission().is_none();
        let is_own = turn.asked().is_some_and(|asked| {
            asked.is_own
                && asked.has_begun()
                && asked.crossed.is_none()
                && asked.cancellation.is_none()
        });
        is_ready && is_own && turn.compaction != Compaction::Running
    }

    fn begin_steering(&mut self, now: Now) {
        let Some(item) = self.queue.pop_front() else {
            return;
        };
        self.place = Some(item.place.clone());
        self.last_author_name = Some(item.speaker.name.clone());
        self.claim(&item, now);
        if let Request::Prompt { text, context } = item.request {
            let turn = self.new_turn(item.origin, item.speaker, Some(text), context, now);
            self.steering = Some(turn);
            self.save_for(super::Wait::Confirmed);
        }
    }

    /// Whether the message that is about to be sent steers. It waits if the turn cannot be cut any more.
    pub(super) fn may_send(&mut self) -> bool {
        if self.steering.is_none() || self.can_be_steered() {
            return true;
        }
        if let Some(turn) = &mut self.steering {
            turn.phase = TurnPhase::Waiting { is_fetching: false };
        }
        false
    }

    /// The turn that is being prepared: the one that steers, if there is one.
    pub(super) fn prepared_turn(&mut self) -> Option<&mut TurnMachine> {
        self.steering.as_mut().or(self.turn.as_mut())
    }

    /// The turn is over: the message that steers is next.
    pub(super) fn steer_on(&mut self, now: Now) {
        if self.turn.is_some() {
            return;
        }
        let Some(mut turn) = self.steering.take() else {
            return;
        };
        let silence = self.config.claude.silence;
        if let Some(asked) = turn.asked_mut() {
            asked.stalls = StallDetector::new(now.mono, silence);
            self.answer = AnswerProgress::default();
        }
        let is_gone = !self.process.is_live() && !self.process.is_stopping();
        if turn.asked().is_some() && is_gone {
            // The process ended before it took the message up.
            turn.moves += 1;
            turn.phase = TurnPhase::Waiting { is_fetching: false };
        } else if turn.asked().is_some() && self.process.is_outdated {
            // The process has a rule that was revoked. It may have taken the message up, so the session may have it.
            turn.withdrawn = Some(turn.id.clone());
            turn.phase = TurnPhase::Waiting { is_fetching: false };
            self.stop_process();
        }
        turn.deadline = now.mono + self.config.claude.turn_timeout;
        turn.paused_at = (!self.approvals.is_empty()).then_some(now.mono);
        if matches!(turn.phase, TurnPhase::CheckingLimit) {
            turn.phase = TurnPhase::Waiting { is_fetching: false };
        }
        let withdrawn = turn.withdrawal;
        self.turn = Some(turn);
        self.turn_began(now);
        match withdrawn {
            Some(_) if !self.is_asked() => self.drop_turn(now),
            Some(reason) => self.cancel(reason, now),
            None => self.proceed(now),
        }
    }

    /// Nothing steers a turn whose message has not reached Claude, or has to be sent again.
    pub(super) fn unsteer_unasked(&mut self) {
        if self.turn.is_some() && !self.is_asked() {
            self.unsteer(Some(QueueMode::Steer));
        }
    }

    /// Puts the message that steers back to the front of the queue.
    pub(super) fn unsteer(&mut self, mode: Option<QueueMode>) {
        let Some(turn) = self.steering.take() else {
            return;
        };
        let item = self.item_of(&turn).filter(|_| turn.withdrawal.is_none());
        match item {
            Some(item) => {
                if let (Some(record), Some(message)) = (&mut self.record, item.origin.message()) {
                    record.close_turn(message);
                }
                self.queue.push_front(QueueItem { mode, ..item });
                self.record_waiting();
                self.is_dirty = true;
            }
            None => self.finish(turn.origin),
        }
    }

    /// Withdraws the message that steers. Once it was sent, Claude is stopped when it takes it up.
    pub(super) fn withdraw_steering(
        &mut self,
        is_it: impl FnOnce(&TurnMachine) -> bool,
        reason: CancelReason,
    ) -> Option<QueueItem> {
        let turn = self.steering.take_if(|turn| is_it(turn))?;
        let item = self.item_of(&turn);
        if turn.is_sent {
            self.steering = Some(TurnMachine {
                withdrawal: Some(reason),
                ..turn
            });
        } else {
            self.finish(turn.origin);
        }
        item
    }

    /// Says that the turn was cut for the message that steers. `false` if it was not.
    pub(super) fn say_made_way(&mut self, turn: &TurnMachine, outcome: &Outcome) -> bool {
        let steering = self.steering.as_ref();
        let Some(steering) = steering.filter(|_| outcome.ending == Ending::Interrupted) else {
            return false;
        };
        let text = texts::made_way(&steering.speaker.name);
        self.say_quietly(Some(turn.origin), text);
        true
    }
}

/// Its place in the queue.
fn rank(mode: Option<QueueMode>) -> u8 {
    match mode {
        Some(QueueMode::Interrupt) => 0,
        Some(QueueMode::Steer) => 1,
        Some(QueueMode::Queue | QueueMode::Collect) | None => 2,
    }
}
