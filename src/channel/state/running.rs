//! The running turn, up to its end.

use std::time::Duration;

use super::{
    Effect, Now, State, Wait,
    answer_progress::AnswerProgress,
    background::CrossedReport,
    messages,
    processes::{SET_MODEL, WITHDRAW},
    turn::{Asked, CancelReason, Compaction, Loss, Next, TurnMachine, TurnPhase},
};
use crate::{
    channel::{Origin, first_words::first_words},
    claude::{
        protocol::{Control, SessionEvent, TurnResult},
        turn::Signal,
    },
    config::Verbosity,
    external::{Context, Speaker},
    registry::state::Unanswered,
};

/// How often a person is told about retries of the API.
pub(super) const RETRY_TOLD_EVERY: Duration = Duration::from_secs(20);

impl State {
    /// Begins a turn, which is saved before it is run.
    pub(super) fn begin(
        &mut self,
        origin: Origin,
        speaker: Speaker,
        text: Option<String>,
        context: Box<Context>,
        now: Now,
    ) {
        let turn = self.new_turn(origin, speaker, text, context, now);
        self.turn = Some(turn);
        self.turn_began(now);
        self.save_for(Wait::Confirmed);
    }

    /// A turn has become the running one.
    pub(super) fn turn_began(&mut self, now: Now) {
        let Some(turn) = &self.turn else { return };
        let origin = turn.origin;
        self.last_speaker = Some(turn.speaker.clone());
        self.interrupts_end();
        self.answer.new_turn();
        self.process.is_needed();
        self.card_began(now);
        self.mark_working(origin, now);
        self.typing(true);
    }

    /// Opens a turn in the record.
    pub(super) fn new_turn(
        &mut self,
        origin: Origin,
        speaker: Speaker,
        text: Option<String>,
        mut context: Box<Context>,
        now: Now,
    ) -> TurnMachine {
        self.begin_with_channel();
        let is_retry = self.recovery.retried.is_some();
        let message = origin.message();
        let is_forked = message.is_some_and(|it| self.recovery.forks.contains_key(&it));
        let left = message.and_then(|message| self.fork_session(message, now));
        let is_next = self.turn.is_none();
        let record = self.record_mut(now);
        if record.is_at_start() && is_next {
            record.state.first_words = text.as_deref().and_then(first_words);
        }
        let unanswered = &mut record.state.unanswered;
        let is_it = |it: &mut Unanswered| left.is_none() && Some(it.message) == origin.message();
        let withdrawn = unanswered.take_if(is_it).map(|it| it.turn);
        // Otherwise the session may hold what an earlier turn of it did.
        context.is_rerun &= !is_forked && withdrawn.is_none();
        if let Some(message) = origin.message() {
            record.begin(message, now.wall);
            record.open_turn(message, speaker.id);
        }
        TurnMachine {
            origin,
            speaker,
            is_retry,
            text,
            context,
            id: (self.ids)(),
            is_sent: false,
            began: now.mono,
            deadline: now.mono + self.config.claude.turn_timeout,
            paused_at: (!self.approvals.is_empty()).then_some(now.mono),
            stopped_by: None,
            backoff_told: false,
            moves: 0,
            loss: Loss::default(),
            compaction: Compaction::default(),
            left,
            withdrawn,
            withdrawal: None,
            deleted_at: None,
            phase: TurnPhase::Recording,
        }
    }

    pub(super) fn saved(&mut self, is_saved: bool, now: Now) {
        let Some(turn) = self.prepared_turn() else {
            return;
        };
        let origin = turn.origin;
        if !turn.recorded() {
            return;
        }
        if is_saved {
            self.rebuild_or_look_up(now);
            self.proceed(now);
        } else {
            self.say(Some(origin), messages::NOT_RECORDED);
            self.drop_prepared(now);
        }
    }

    /// Requests what the waiting turn needs next.
    pub(super) fn proceed(&mut self, now: Now) {
        self.ask_on_the_side(now);
        let model = self.model().to_owned();
        self.unsteer_unasked();
        // The CLI would make the message a part of a running report.
        let turn = self.steering.as_mut().or(self.turn.as_mut());
        let Some(turn) = turn.filter(|_| !self.background.has_report()) else {
            return;
        };
        match turn.next(self.process.model(), &model) {
            Next::Nothing => {}
            Next::Process => {
                if self.process.is_absent() {
                    self.start_or_back_off(now);
                }
                self.tell_backing_off(now);
            }
            Next::ChangeModel => {
                turn.begin_preparing(now.mono);
                self.process.model_requested.clone_from(&model);
                self.control(SET_MODEL, Control::SetModel { model });
            }
            Next::Withdraw(target_message_uuid) => {
                turn.begin_preparing(now.mono);
                let rewind = Control::RewindConversation {
                    target_message_uuid,
                };
                self.control(WITHDRAW, rewind);
            }
            Next::CheckLimit => {
                turn.phase = TurnPhase::CheckingLimit;
                let speaker = turn.speaker.clone();
                if !self.is_asked() {
                    self.spending_ended();
                }
                self.effects.push(Effect::CheckLimit(speaker));
            }
        }
    }

    /// Asks, unless a limit was reached while the message waited. Then nothing is booked, and a retry gets a new button.
    pub(super) fn limit_checked(&mut self, checked: Result<(), String>, now: Now) {
        let silence = self.config.claude.silence;
        let Some(turn) = self.prepared_turn() else {
            return;
        };
        if !matches!(turn.phase, TurnPhase::CheckingLimit) {
            return;
        }
        if checked.is_ok() && (self.holds_turn(now) || !self.may_send()) {
            return;
        }
        if checked.is_ok() && self.collect(now) {
            return;
        }
        let steers = self.steering.is_some();
        let before = if steers {
            Vec::new()
        } else {
            self.said_before()
        };
        let Some(turn) = self.steering.as_mut().or(self.turn.as_mut()) else {
            return;
        };
        match (checked, turn.origin) {
            (Ok(()), _) => {
                if std::mem::replace(&mut turn.is_sent, true) {
                    // The CLI drops a message whose id it knows.
                    turn.id = (self.ids)();
                }
                turn.ask(now.mono, silence);
                self.effects.push(Effect::Ask {
                    id: turn.id.clone(),
                    before,
                    speaker: turn.speaker.clone(),
                    text: turn.text.clone(),
                    context: turn.context.clone(),
                    steers,
                });
                if !steers {
                    self.answer = AnswerProgress::default();
                    self.interrupts_end();
                }
            }
            (Err(text), Origin::Message(message)) if turn.is_retry => {
                self.cut_off(message, text);
                self.drop_turn(now);
            }
            (Err(text), origin) => {
                self.say(Some(origin), text);
                self.drop_prepared(now);
            }
        }
    }

    /// Whether the CLI works on a message.
    pub(super) fn is_asked(&self) -> bool {
        self.turn.as_ref().and_then(TurnMachine::asked).is_some()
    }

    pub(super) fn asked_mut(&mut self) -> Option<&mut Asked> {
        self.turn.as_mut()?.asked_mut()
    }

    pub(super) fn turn_heard(&mut self, event: &SessionEvent, now: Now) {
        match event {
            _ if !self.is_asked() => return self.heard_between_turns(event, now),
            SessionEvent::Init(init) => {
                self.check_agent(&init.agents);
                self.crossed_report_is_other(now);
            }
            SessionEvent::CommandLifecycle(message) => self.message_state_heard(message),
            SessionEvent::Result(result)
                if result.origin.is_some() || self.is_without_answer(result) =>
            {
                if let Some(asked) = self.asked_mut() {
                    let result = TurnResult::clone(result);
                    asked.crossed = Some(CrossedReport::new(result, now.mono));
                }
                return;
            }
            _ => {}
        }
        self.answer_heard(event, now);
        let Some(asked) = self.asked_mut() else {
            return;
        };
        let was_compacting = asked.stalls.is_compacting();
        asked.stalls.heard(event, now.mono);
        let begins_compacting = asked.stalls.is_compacting() && !was_compacting;
        let cancellation = asked.cancellation.as_ref();
        let is_interrupting = cancellation.and_then(|cancelled| cancelled.until).is_some();
        let signals = asked.fold.apply(event);
        if is_interrupting && matches!(event, SessionEvent::Init(_)) {
            // CLI 2.1.329 forgets an interrupt that arrives before the turn's `init`.
            self.control(super::cancel::INTERRUPT, Control::Interrupt);
        }
        let turn = self.turn.as_ref();
        if begins_compacting
            && self.verbosity() == Verbosity::Off
            && turn.is_some_and(TurnMachine::compacts_by_itself)
        {
            // Elsewhere the card says it.
            self.say(None, messages::COMPACTING);
        }
        for signal in signals {
            self.signal(signal, now);
        }
    }

    fn signal(&mut self, signal: Signal, now: Now) {
        let has_cards = self.verbosity() != Verbosity::Off;
        let Some(asked) = self.asked_mut() else {
            return;
        };
        match signal {
            Signal::Text(text) => {
                asked.first_text.get_or_insert(now.mono);
                self.answer_finished(text, now);
            }
            // The CLI would retry for minutes, which cannot help.
            Signal::Retrying(retry) if retry.status == Some(401) => {
                if asked.cancellation.is_none() {
                    self.cancel(CancelReason::LoginExpired, now);
                }
            }
            // The card says it.
            Signal::Retrying(_) if has_cards => {}
            Signal::Retrying(retry) => {
                let told = asked.retry_told;
                if told.is_none_or(|told| now.mono >= told + RETRY_TOLD_EVERY) {
                    asked.retry_told = Some(now.mono);
                    let text = messages::retrying(retry.attempt, retry.max_retries, retry.status);
                    self.say(None, text);
                }
            }
            Signal::Tool(call) => {
                tracing::debug!(channel = %self.channel, tool = call.name, "tool use");
                self.answer_goes_on(now);
            }
            Signal::Ended(outcome) => self.ended(&outcome, now),
        }
    }
}
