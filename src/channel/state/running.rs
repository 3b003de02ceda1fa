//! The running turn, from the moment it is taken up to its end.

use std::time::Duration;

use super::{
    Effect, Now, State,
    background::CrossedReport,
    messages,
    processes::SET_MODEL,
    turn::{CancelReason, Next, Phase, TurnMachine},
};
use crate::{
    channel::Origin,
    claude::{
        process::Exit,
        protocol::{Control, SessionEvent, TurnResult},
        turn::{Ending, Outcome, Signal, Turn as Fold},
    },
    external::{Context, File, FileState, Speaker},
};

/// How often a person is told that the API is being retried.
const RETRY_TOLD_EVERY: Duration = Duration::from_secs(20);

impl State {
    /// Takes up a message: it is run once it is recorded.
    pub(super) fn begin(
        &mut self,
        origin: Origin,
        speaker: Speaker,
        text: Option<String>,
        context: Box<Context>,
        now: Now,
    ) {
        self.last_speaker = Some(speaker.clone());
        self.answer_bytes = 0;
        let is_retry = self.recovery.is_retrying();
        let record = self.record_mut(now);
        if let Some(message) = origin.message() {
            record.begin(message, now.wall);
            record.open_turn(message, speaker.id);
        }
        let id = (self.ids)();
        self.turn = Some(TurnMachine::new(
            (origin, speaker),
            (text, context),
            id,
            is_retry,
            (now.mono, self.settings.turn_timeout),
        ));
        self.typing(true);
        self.save(true);
    }

    pub(super) fn saved(&mut self, is_saved: bool, now: Now) {
        let Some(turn) = &mut self.turn else { return };
        let origin = turn.origin;
        if !turn.recorded() {
            return;
        }
        if is_saved {
            self.fetch_attachments();
            self.proceed(now);
        } else {
            self.say(Some(origin), messages::not_recorded());
            self.over(now);
        }
    }

    /// Has the attachments of the turn's message fetched, if there are any; the process starts meanwhile.
    fn fetch_attachments(&mut self) {
        let Some(turn) = &mut self.turn else { return };
        let Some(message) = turn.origin.message() else {
            return;
        };
        if turn.context.has_offers() {
            turn.phase = Phase::Waiting { is_fetching: true };
            self.effects.push(Effect::FetchAttachments {
                turn: turn.id.clone(),
                message,
                files: turn.context.files.clone(),
            });
        }
    }

    /// The attachments are there, or will not come. A turn that is over by now does not need them.
    pub(super) fn attachments_fetched(&mut self, id: &str, files: Vec<File>, now: Now) {
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.id == id) else {
            return;
        };
        let Phase::Waiting { is_fetching } = &mut turn.phase else {
            return;
        };
        if !std::mem::take(is_fetching) {
            return;
        }
        let skipped: Vec<_> = files
            .iter()
            .filter_map(|file| match file.state {
                FileState::Skipped(why) => Some((file.name.clone(), why)),
                FileState::Offered(_) | FileState::Saved(_) => None,
            })
            .collect();
        turn.context.files = files;
        if !skipped.is_empty() {
            self.say(None, messages::files_left(&skipped));
        }
        self.proceed(now);
    }

    /// Brings the waiting turn one step further: a process, the right model, its limit, the message.
    pub(super) fn proceed(&mut self, now: Now) {
        let model = self.model().to_owned();
        // A message would be folded into a report that runs.
        let Some(turn) = self.turn.as_mut().filter(|_| !self.background.has_report()) else {
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
                turn.changes_model(now.mono);
                self.control(SET_MODEL, Control::SetModel { model });
            }
            Next::CheckLimit => {
                turn.phase = Phase::CheckingLimit;
                let speaker = turn.speaker.clone();
                self.effects.push(Effect::CheckLimit(speaker));
            }
        }
    }

    /// Asks, unless a limit was reached while the message waited: nothing was asked then, so nothing is booked. What
    /// was to be run again gets another button.
    pub(super) fn limit_checked(&mut self, checked: Result<(), String>, now: Now) {
        let silence = self.settings.silence;
        let Some(turn) = &mut self.turn else { return };
        if !matches!(turn.phase, Phase::CheckingLimit) {
            return;
        }
        match (checked, turn.origin) {
            (Ok(()), _) => {
                turn.ask(now.mono, silence);
                self.effects.push(Effect::Ask {
                    speaker: turn.speaker.clone(),
                    text: turn.text.clone(),
                    context: turn.context.clone(),
                });
            }
            (Err(text), Origin::Message(message)) if turn.is_retry => {
                self.cut_off(message, text);
                self.over(now);
            }
            (Err(text), origin) => {
                self.say(Some(origin), text);
                self.over(now);
            }
        }
    }

    /// Whether the CLI works on a person's message.
    pub(super) fn is_asked(&self) -> bool {
        self.turn
            .as_ref()
            .is_some_and(|turn| turn.asked().is_some())
    }

    /// Something that the CLI said about a turn.
    pub(super) fn turn_heard(&mut self, event: &SessionEvent, now: Now) {
        match event {
            _ if !self.is_asked() => return self.heard_between_turns(event, now),
            SessionEvent::Init(_) => self.crossed_report_is_other(now),
            SessionEvent::Result(result) if result.origin.is_some() => {
                if let Some(asked) = self.turn.as_mut().and_then(TurnMachine::asked_mut) {
                    let result = TurnResult::clone(result);
                    asked.crossed = Some(CrossedReport::new(result, now.mono));
                }
                return;
            }
            _ => {}
        }
        let Some(asked) = self.turn.as_mut().and_then(TurnMachine::asked_mut) else {
            return;
        };
        asked.stalls.heard(event, now.mono);
        let is_interrupting = asked
            .cancellation
            .as_ref()
            .is_some_and(|cancellation| cancellation.until.is_some());
        let signals = asked.fold.apply(event);
        if is_interrupting && matches!(event, SessionEvent::Init(_)) {
            // 2.1.329 forgets an interrupt that came before the turn's `init`.
            self.control(super::cancel::INTERRUPT, Control::Interrupt);
        }
        for signal in signals {
            self.signal(signal, now);
        }
    }

    fn signal(&mut self, signal: Signal, now: Now) {
        let Some(turn) = &mut self.turn else { return };
        let origin = turn.origin;
        let Some(asked) = turn.asked_mut() else {
            return;
        };
        match signal {
            Signal::Text(text) => {
                asked.first_text.get_or_insert(now.mono);
                let is_first = asked.fold.said() <= 1;
                self.say_answer(is_first.then_some(origin), text);
            }
            // The CLI would go on for minutes, which cannot help.
            Signal::Retrying(retry) if retry.status == Some(401) => {
                if asked.cancellation.is_none() {
                    self.cancel(CancelReason::LoginExpired, now);
                }
            }
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
            }
            Signal::Ended(outcome) => self.ended(&outcome, now),
        }
    }

    /// Something is said while no message is under way: a background task reports, or a start fails.
    fn heard_between_turns(&mut self, event: &SessionEvent, now: Now) {
        self.report_heard(event, now);
        for signal in Fold::new().apply(event) {
            match signal {
                Signal::Text(text) => self.say_answer(None, text),
                Signal::Ended(outcome) if outcome.ending == Ending::SessionMissing => {
                    self.replace_session(now);
                }
                Signal::Ended(_) | Signal::Retrying(_) | Signal::Tool(_) => {}
            }
        }
    }

    /// The turn has its result.
    pub(super) fn ended(&mut self, outcome: &Outcome, now: Now) {
        self.cli_version = outcome.version.clone().or(self.cli_version.take());
        self.process.succeeded();
        if outcome.ending == Ending::SessionMissing && self.replace_session(now) {
            return;
        }
        let Some(turn) = self.turn.take() else {
            return;
        };
        let reason = turn.cancellation().map(|cancellation| cancellation.reason);
        self.log_oddities(&turn, outcome);
        if let (Some(record), Some(id)) = (&mut self.record, &outcome.session_id) {
            record.seen(id);
        }
        let name = reason.map_or(outcome.ending.name(), CancelReason::outcome);
        // The record must have the turn open until its last words are delivered.
        let booked = self.book_result(&turn, outcome, name, now);
        match reason {
            Some(reason) => self.say_cancelled(&turn, reason),
            None => {
                if let Some(text) = last_words(&turn, outcome) {
                    self.say(Some(turn.origin), text);
                }
            }
        }
        self.save_with(Some(booked.into()), false);
        self.finish(turn.origin);
        self.typing(false);
        if name == Ending::LoginExpired.name() && !self.background.is_busy() {
            // Inside bubblewrap only the next process sees a login that was renewed outside.
            self.stop_process();
        }
        self.take_up_next(now);
    }

    fn log_oddities(&self, turn: &TurnMachine, outcome: &Outcome) {
        let denied: Vec<_> = outcome.result.denied_tools().collect();
        if !denied.is_empty() {
            let tools = denied.join(", ");
            tracing::info!(channel = %self.channel, tools, "refused: no allow rule");
        }
        let unknown = turn.asked().map_or(0, |asked| asked.fold.unknown());
        if unknown > 0 {
            tracing::debug!(channel = %self.channel, unknown, "messages of unknown type");
        }
    }

    /// The CLI has lost the session: the channel moves to a new one, and the message with it. `false` if it has moved
    /// too often already, or nobody waits for its answer any more.
    pub(super) fn replace_session(&mut self, now: Now) -> bool {
        let id = (self.ids)();
        if let Some(turn) = &mut self.turn
            && (turn.is_cancelled() || !turn.moves_on())
        {
            return false;
        }
        let origin = self.turn.as_ref().map(|turn| turn.origin);
        self.record_mut(now).replace_session(id);
        self.save(false);
        self.say(origin, messages::session_gone());
        self.stop_process();
        true
    }

    /// The process is gone, and with it the turn that it worked on.
    pub(super) fn turn_lost(&mut self, exit: &Exit, now: Now) {
        let Some(turn) = self.turn.take() else {
            return;
        };
        let outcome = match turn.cancellation() {
            Some(cancellation) => {
                let reason = cancellation.reason;
                self.say_cancelled(&turn, reason);
                reason.outcome()
            }
            None => {
                let last_output = turn.asked().and_then(|asked| asked.fold.last_words());
                self.say(
                    Some(turn.origin),
                    messages::crashed(exit, last_output.as_deref()),
                );
                "crashed"
            }
        };
        self.book_without_result(&turn, outcome, now);
        self.finish(turn.origin);
        self.typing(false);
        self.take_up_next(now);
    }

    /// The turn cannot be run. Says why and goes on.
    pub(super) fn give_up(&mut self, text: String, outcome: &str, now: Now) {
        let Some(turn) = self.turn.take() else {
            return;
        };
        self.say(Some(turn.origin), text);
        self.book_without_result(&turn, outcome, now);
        self.finish(turn.origin);
        self.typing(false);
        self.take_up_next(now);
    }

    /// The turn is over without a line in the ledger: it was never run.
    pub(super) fn over(&mut self, now: Now) {
        if let Some(turn) = self.turn.take() {
            self.finish(turn.origin);
        }
        self.process.forget_restart();
        self.typing(false);
        self.take_up_next(now);
    }

    /// Whether the process ended before it took notice of the message: an idle CLI that died just then. The message
    /// waits for another process, as often as it may move.
    pub(super) fn was_never_begun(&mut self) -> bool {
        let Some(turn) = self.turn.as_mut().filter(|_| !self.shutting_down) else {
            return false;
        };
        let is_untouched = turn
            .asked()
            .is_some_and(|asked| asked.cancellation.is_none() && asked.fold.session_id().is_none());
        is_untouched && turn.moves_on()
    }
}

/// What is said at the end of a turn that nobody cut short, beside the answer; `None` where the answer says it all.
fn last_words(turn: &TurnMachine, outcome: &Outcome) -> Option<String> {
    match (&outcome.ending, outcome.unsaid.clone()) {
        (Ending::Answered | Ending::Silent, unsaid) if turn.text.is_none() => {
            if outcome.compacted {
                Some(messages::compacted())
            } else {
                unsaid.or_else(|| Some(messages::not_compacted()))
            }
        }
        (_, Some(unsaid)) => Some(unsaid),
        (ending, None) => messages::ending(ending),
    }
}
