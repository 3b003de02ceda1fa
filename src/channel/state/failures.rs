//! What follows from a turn that failed, besides telling people.

use std::borrow::Cow;

use super::{
    Effect, Now, State,
    controls::{ControlAction, has_action},
    messages,
    recovery_state::ForkReason,
    turn::{Compaction, TurnMachine, TurnPhase},
};
use crate::{
    channel::Origin,
    chat::shows_nothing,
    claude::{
        protocol::{Json, TurnResult},
        turn::{Ending, Outcome},
    },
    registry::{
        Record,
        state::{Checkpoint, Unanswered},
    },
    snowflake::MessageId,
};

/// How many models are offered.
const MOST_MODELS: usize = 4;

impl State {
    /// The outcome of the running turn; `None` if its message is run again at once, without the person.
    pub(super) fn final_outcome<'a>(
        &mut self,
        outcome: &'a Outcome,
        now: Now,
    ) -> Option<Cow<'a, Outcome>> {
        let silence = self.config.claude.silence;
        let is_steered = self.steering.as_ref().is_some_and(|it| it.is_sent);
        let turn = self.turn.as_mut();
        let Some(turn) = turn.filter(|turn| !is_steered && !turn.is_cancelled()) else {
            return Some(Cow::Borrowed(outcome));
        };
        match (turn.compaction, &outcome.ending) {
            (Compaction::None, Ending::ConversationTooLong) if turn.text.is_some() => {
                turn.compaction = Compaction::Running;
                turn.ask(now.mono, silence);
                self.effects.push(Effect::Ask {
                    id: (self.ids)(),
                    before: Vec::new(),
                    speaker: turn.speaker.clone(),
                    text: None,
                    context: Box::default(),
                    steers: false,
                });
                self.book_attempt(&outcome.result, now);
                self.say(None, messages::COMPACTING_FIRST);
                None
            }
            (Compaction::Running, _) if outcome.compacted => {
                turn.compaction = Compaction::Done;
                turn.phase = TurnPhase::Waiting { is_fetching: false };
                self.book_attempt(&outcome.result, now);
                self.proceed(now);
                None
            }
            (Compaction::Running, _) => Some(Cow::Owned(Outcome {
                ending: Ending::ConversationTooLong,
                ..outcome.clone()
            })),
            (_, Ending::HistoryDamaged(_)) if is_repaired(turn) => {
                self.book_attempt(&outcome.result, now);
                self.restore_checkpoint(now);
                None
            }
            _ => Some(Cow::Borrowed(outcome)),
        }
    }

    /// Handles a failed turn after which the message waits, or gets a button. `false` if there is only something to say.
    pub(super) fn turn_failed(&mut self, turn: &TurnMachine, outcome: &Outcome, now: Now) -> bool {
        let is_busy = matches!(outcome.ending, Ending::ApiDown { .. });
        if !is_busy {
            self.hold.turn_ended();
        }
        let Some(message) = turn.origin.message().filter(|_| turn.text.is_some()) else {
            return false;
        };
        let mut actions = match &outcome.ending {
            Ending::UsageLimit {
                kind,
                resets_at,
                detail,
            } => {
                let limit = (kind.as_deref(), *resets_at, detail.as_str());
                if self.usage_limited(turn, limit, now) {
                    return true;
                }
                vec![ControlAction::Retry { message }]
            }
            Ending::ApiDown { status } => {
                if self.retry_later(turn, *status, outcome, now) {
                    return true;
                }
                self.hold.turn_ended();
                vec![ControlAction::Retry { message }]
            }
            Ending::LongContext | Ending::ModelUnknown => {
                let mut others = self.models();
                others.retain(|model| model != self.model());
                let switch = |model| ControlAction::SwitchModel { message, model };
                others.into_iter().take(MOST_MODELS).map(switch).collect()
            }
            Ending::HistoryDamaged(_) => {
                let session = self.record_mut(now).session_id.clone();
                vec![ControlAction::Repair { message, session }]
            }
            _ => return false,
        };
        let is_told = matches!(outcome.ending, Ending::HistoryDamaged(_)) && self.offers_repair();
        let text = if is_told {
            messages::STILL_DAMAGED.to_owned()
        } else {
            let has_buttons = !actions.is_empty();
            messages::ending(&outcome.ending, self.model(), has_buttons).unwrap_or_default()
        };
        if actions.is_empty() {
            // There is no other model.
            actions.push(ControlAction::Retry { message });
        }
        self.offer(message, text, &actions);
        true
    }

    /// Whether a notice stands that the conversation is damaged.
    fn offers_repair(&self) -> bool {
        let record = self.record.as_ref();
        let is_repair = |action| matches!(action, ControlAction::Repair { .. });
        record.is_some_and(|record| {
            let mut posts = record.state.posts.iter();
            posts.any(|post| has_action(post, is_repair))
        })
    }

    /// Moves the message, which is about to be asked, to a process with the new program or settings.
    pub(super) fn process_replaced(&mut self, notice: Option<&str>) {
        let Some(turn) = &mut self.turn else { return };
        if matches!(turn.phase, TurnPhase::CheckingLimit) {
            turn.phase = TurnPhase::Waiting { is_fetching: false };
            if let Some(notice) = notice {
                self.say(None, notice);
            }
            self.stop_process();
        }
    }

    /// Whether a result can't be that of the person's message, as nothing but a text of the CLI's own came before it.
    pub(super) fn is_without_answer(&self, result: &TurnResult) -> bool {
        let turn = self.turn.as_ref().filter(|turn| turn.text.is_some());
        let asked = turn.and_then(TurnMachine::asked);
        asked.is_some_and(|asked| {
            asked.cancellation.is_none() && asked.fold.is_without_answer(result)
        })
    }

    /// Notes that nothing but the message of the turn has come into the session, in case it is run again.
    pub(super) fn note_unanswered(&mut self, turn: &TurnMachine, outcome: &Outcome) {
        // Of messages that were asked together, the oldest is run again first.
        let first = self.collected.first().unwrap_or(turn);
        let message = first.origin.message();
        let is_answered = outcome.ending == Ending::Answered;
        let message = message.filter(|_| outcome.is_untouched && !is_answered);
        if let (Some(record), Some(message)) = (&mut self.record, message) {
            let turn = turn.id.clone();
            record.state.unanswered = Some(Unanswered { message, turn });
        }
    }

    /// The CLI has withdrawn the message of an attempt that failed, or cannot do so.
    pub(super) fn withdrawn(&mut self, answer: &Json, now: Now) {
        let Some(turn) = &mut self.turn else { return };
        if !turn.prepared() {
            return;
        }
        turn.withdrawn = None;
        let error: String = answer.get("error").read();
        if error == "no preceding assistant" {
            // The session holds nothing else.
            let id = (self.ids)();
            self.record_mut(now).replace_session(id);
            self.save();
            self.stop_process();
        } else if !error.is_empty() {
            tracing::debug!(channel = %self.channel, error, "an unanswered message stays in the session");
        }
        self.proceed(now);
    }

    /// Notes where the session can be forked, and that another one was left. Comes before the session counts as begun.
    pub(super) fn note_checkpoint(&mut self, turn: &TurnMachine, outcome: &Outcome) {
        if let Some((old, ForkReason::Rewind)) = &turn.left {
            self.say(None, messages::rewound(old));
        }
        let uuid = turn.asked().and_then(|asked| asked.fold.assistant_uuid());
        let Some(record) = self
            .record
            .as_mut()
            .filter(|_| outcome.ending == Ending::Answered)
        else {
            return;
        };
        if let Some(uuid) = uuid {
            let checkpoint = Checkpoint {
                at: uuid.to_owned(),
                message: turn.origin.message(),
                is_first: record.is_at_start(),
            };
            record.state.add_checkpoint(checkpoint);
        }
        if let Some((old, ForkReason::Repair)) = &turn.left {
            self.say(None, messages::repaired(old));
        }
    }

    /// Leaves the session if the message is to run in a new one. Returns which one was left, and why.
    pub(super) fn fork_session(
        &mut self,
        message: MessageId,
        now: Now,
    ) -> Option<(String, ForkReason)> {
        let way = self.recovery.forks.remove(&message)?;
        let old = match way {
            ForkReason::Repair => {
                // One repair is enough for all messages that were rejected.
                let forks = &mut self.recovery.forks;
                forks.retain(|_, reason| *reason != ForkReason::Repair);
                let old = self.record.as_ref()?.session_id.clone();
                self.restore_checkpoint(now);
                let is_kept = self.record.as_ref().is_some_and(Record::is_resumable);
                is_kept.then_some(old)
            }
            ForkReason::Rewind => {
                let id = (self.ids)();
                let record = self.record_mut(now);
                let old = record.rewind(message, id);
                if old.is_some() {
                    self.stop_process();
                } else if !record.is_at_start() {
                    self.say_quietly(Some(Origin::Message(message)), messages::NOT_REWOUND);
                }
                old
            }
        };
        Some((old?, way))
    }

    /// The session in which an edited message runs after all, because the CLI can't go back in it.
    pub(super) fn rewound_from(&mut self) -> Option<String> {
        let left = &mut self.turn.as_mut()?.left;
        let (old, _) = left.take_if(|(_, way)| *way == ForkReason::Rewind)?;
        Some(old)
    }

    /// Continues in a new session that leaves out the end of the conversation, or all of it.
    pub(super) fn restore_checkpoint(&mut self, now: Now) {
        let id = (self.ids)();
        let record = self.record_mut(now);
        record.restore_checkpoint(id);
        let is_anew = !record.is_resumable();
        if let Some(turn) = &mut self.turn {
            turn.phase = TurnPhase::Waiting { is_fetching: false };
            turn.left.take_if(|_| is_anew);
        }
        self.save();
        self.stop_process();
        if is_anew {
            self.say(None, messages::REPAIRED_ANEW);
        }
    }
}

fn is_repaired(turn: &TurnMachine) -> bool {
    matches!(turn.left, Some((_, ForkReason::Repair)))
}

/// What to post at the end of a turn that was not cancelled, besides the answer. The error is about a turn without one.
pub(super) fn last_words(
    turn: &TurnMachine,
    outcome: &Outcome,
    model: &str,
    has_answered: bool,
) -> Result<Option<String>, String> {
    let unsaid = outcome.unsaid.clone().filter(|text| !shows_nothing(text));
    let ending = match &outcome.ending {
        Ending::Answered | Ending::Silent if turn.text.is_none() => {
            return Ok(Some(if outcome.compacted {
                messages::COMPACTED.into()
            } else {
                unsaid.unwrap_or_else(|| messages::NOT_COMPACTED.into())
            }));
        }
        Ending::Answered | Ending::Silent if unsaid.is_some() || has_answered => return Ok(unsaid),
        Ending::Answered => &Ending::Silent,
        ending => ending,
    };
    let has_button = turn.origin.message().is_some();
    let text = || messages::ending(ending, model, has_button).unwrap_or_default();
    Err(unsaid.unwrap_or_else(text))
}
