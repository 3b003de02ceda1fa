//! Booking turns in the record and the ledger.

use std::time::Instant;

use super::{
    Now, State,
    reports::BOOKED_AS,
    side_questions::BOOKED_AS as SIDE_QUESTION,
    turn::{CancelReason, TurnMachine},
};
use crate::{
    claude::{
        protocol::{TurnResult, Usage},
        turn::{Ending, Outcome, Turn as Fold},
    },
    ledger::{TurnLine, cost::Cost},
    money::Usd,
    registry::record::Booking,
    snowflake::UserId,
};

impl State {
    /// Books a turn that ended with a `result`. Returns its cost.
    pub(super) fn book_result(
        &mut self,
        turn: &TurnMachine,
        outcome: &Outcome,
        name: &str,
        now: Now,
    ) -> Usd {
        let cost = self.meter.result(
            &outcome.result,
            &outcome.usage,
            self.cli_version.as_deref(),
            outcome.model.as_deref(),
        );
        self.book(turn, cost, Some(outcome), name, now);
        cost.usd
    }

    /// The cost of a turn that had no `result`.
    pub(super) fn cost_without_result(&self, turn: &TurnMachine) -> Cost {
        let fold = turn.asked().map(|asked| &asked.fold);
        fold.map_or(Cost::ZERO, |fold| self.cost_of_cut(fold))
    }

    fn cost_of_cut(&self, fold: &Fold) -> Cost {
        let model = fold.model().unwrap_or_else(|| self.model());
        let main = (model, &fold.seen_usage());
        self.meter.cut_off(main, fold.subagent_usage())
    }

    /// Books a turn that had no `result`.
    pub(super) fn book_without_result(&mut self, turn: &TurnMachine, name: &str, now: Now) {
        let fold = turn.asked().map(|asked| &asked.fold);
        if let (Some(record), Some(id)) = (&mut self.record, fold.and_then(Fold::session_id)) {
            record.set_session_id(id);
        }
        let cost = self.cost_without_result(turn);
        self.book(turn, cost, None, name, now);
    }

    /// Books a report. One that failed is booked also if it cost nothing.
    pub(super) fn book_background(&mut self, result: &TurnResult, name: &str, now: Now) {
        let author = self.reports_for().map(|speaker| speaker.id);
        self.book_apart(author, result, name, now);
    }

    /// Books what preceded another attempt at the running turn's message.
    pub(super) fn book_attempt(&mut self, result: &TurnResult, now: Now) {
        let author = self.turn.as_ref().map(|turn| turn.speaker.id);
        self.book_apart(author, result, BOOKED_AS, now);
    }

    fn book_apart(&mut self, author: Option<UserId>, result: &TurnResult, name: &str, now: Now) {
        let version = self.cli_version.clone();
        let cost = self
            .meter
            .result(result, &result.usage, version.as_deref(), None);
        let is_stopped = name == Ending::Interrupted.name();
        let is_error = name != BOOKED_AS && !is_stopped;
        if self.cards.report().is_some() {
            self.card_booked(cost.usd, is_error, is_stopped);
        }
        match author.filter(|_| is_error || cost.usd > Usd::ZERO) {
            Some(author) => self.book_line(author, (result.usage, cost), name, now),
            None => self.spending_ended(),
        }
    }

    /// Books a report that the end of the process cuts off.
    pub(super) fn book_cut_report(&mut self, name: &str, now: Now) {
        if !self.background.is_reporting() {
            return;
        }
        let fold = &self.background.fold;
        let (usage, cost) = (fold.seen_usage(), self.cost_of_cut(fold));
        let author = self.reports_for().map(|speaker| speaker.id);
        if let Some(author) = author.filter(|_| cost.usd > Usd::ZERO) {
            self.book_line(author, (usage, cost), name, now);
        }
    }

    pub(super) fn book_line(
        &mut self,
        author: UserId,
        (usage, cost): (Usage, Cost),
        name: &str,
        now: Now,
    ) {
        let booking = Booking {
            turn_id: (self.ids)(),
            usage,
            cost_usd: cost.usd,
            duration_ms: self.record_mut(now).duration_ms,
            context_tokens: None,
            cli_total_cost_usd: self.meter.total_usd(),
            unit_cost_usd: None,
            is_error: ![BOOKED_AS, SIDE_QUESTION, Ending::Interrupted.name()].contains(&name),
        };
        let line = TurnLine {
            duration_ms: 0,
            outcome: name.to_owned(),
            ..self.count(&booking, cost, author, now)
        };
        self.unsaved_entries.push(line.into());
    }

    fn book(
        &mut self,
        turn: &TurnMachine,
        cost: Cost,
        outcome: Option<&Outcome>,
        name: &str,
        now: Now,
    ) {
        let asked = turn.asked();
        let seen = || asked.map_or(Usage::default(), |asked| asked.fold.seen_usage());
        let asked_at = asked.map_or(now.mono, |asked| asked.at);
        let reason = turn.cancel_reason();
        let is_error = match (outcome, reason) {
            (Some(outcome), None) => outcome.ending.is_error(),
            (_, Some(reason)) => !matches!(
                reason,
                CancelReason::Stopped(_) | CancelReason::Interrupted | CancelReason::OverBudget(_)
            ),
            (None, None) => true,
        };
        let is_stopped = match reason {
            Some(reason) => matches!(
                reason,
                CancelReason::Stopped(_)
                    | CancelReason::Interrupted
                    | CancelReason::Deleted
                    | CancelReason::OverBudget(_)
            ),
            None => outcome.is_some_and(|outcome| outcome.ending == Ending::Interrupted),
        };
        self.card_booked(cost.usd, is_error, is_stopped);
        let booking = Booking {
            turn_id: turn.id.clone(),
            usage: outcome.map_or_else(seen, |outcome| outcome.usage),
            cost_usd: cost.usd,
            duration_ms: milliseconds(turn.began, now.mono),
            context_tokens: outcome.and_then(|outcome| outcome.context_tokens),
            cli_total_cost_usd: self.meter.total_usd(),
            unit_cost_usd: self.meter.unit_cost_usd(),
            is_error,
        };
        let line = self.count(&booking, cost, turn.speaker.id, now);
        if let (Some(record), Some(window)) = (&mut self.record, outcome.and_then(context_window)) {
            record.state.context_window = Some(window);
        }
        let message = turn.origin.message();
        if let (Some(record), Some(message)) = (&mut self.record, message) {
            record.booked_turn(message);
            if record.has_open_turn(message) {
                let before = self.collected.iter();
                for other in before.filter_map(|turn| turn.origin.message()) {
                    record.booked_turn(other);
                }
            }
            self.deliveries.booked(message, turn.id.clone());
        }
        let seen_model = || asked.and_then(|asked| asked.fold.model().map(str::to_owned));
        let before = self.collected.iter();
        let line = TurnLine {
            message,
            together: before.filter_map(|turn| turn.origin.message()).collect(),
            assistant_uuid: asked.and_then(|asked| asked.fold.assistant_uuid().map(str::to_owned)),
            model_used: outcome
                .and_then(|outcome| outcome.model.clone())
                .or_else(seen_model),
            waited_ms: milliseconds(turn.began, asked_at),
            first_text_ms: asked
                .and_then(|asked| asked.first_text)
                .map(|first| milliseconds(asked_at, first)),
            outcome: name.to_owned(),
            ..line
        };
        self.unsaved_entries.push(line.into());
    }

    /// Counts a turn in the record. Returns its line without the details of a message.
    fn count(&mut self, booking: &Booking, cost: Cost, author: UserId, now: Now) -> TurnLine {
        self.is_spending = false;
        let record = self.record_mut(now);
        let after = record.state.last_turn_id.clone();
        record.book(booking);
        let session = record.session_id.clone();
        TurnLine {
            time: now.wall,
            turn: booking.turn_id.clone(),
            after,
            channel: self.channel,
            // The actor sets it.
            thread_of: None,
            author,
            message: None,
            together: Vec::new(),
            reply_ids: Vec::new(),
            assistant_uuid: None,
            session,
            model: self.model().to_owned(),
            model_used: None,
            input_tokens: booking.usage.input_tokens,
            output_tokens: booking.usage.output_tokens,
            cache_read_tokens: booking.usage.cache_read_tokens,
            cache_creation_tokens: booking.usage.cache_creation_tokens,
            cost_usd: cost.usd,
            estimated: cost.estimated,
            duration_ms: booking.duration_ms,
            waited_ms: 0,
            first_text_ms: None,
            outcome: String::new(),
        }
    }
}

/// How many tokens the context of the model that answered can hold.
fn context_window(outcome: &Outcome) -> Option<u64> {
    let model = outcome.model.as_deref()?;
    let mut models = outcome.result.model_usage.iter();
    models.find(|used| used.model == model)?.context_window
}

fn milliseconds(from: Instant, to: Instant) -> u64 {
    let duration = to.saturating_duration_since(from);
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
