//! What a turn leaves on record.

use std::time::Instant;

use super::{
    Effect, Now, State,
    cut::{Cut, Why},
    turn::Running,
};
use crate::{
    claude::{protocol::TurnResult, turn::Outcome},
    ledger::{Line, cost::Cost},
    money::Usd,
    registry::record::Booking,
    snowflake::UserId,
};

impl State {
    /// Books a turn that had no `result`.
    pub(super) fn book_cut_off(&mut self, running: &Running, outcome: &str, now: Now) {
        if let (Some(record), Some(id)) = (&mut self.record, running.fold.session_id()) {
            record.seen(id);
        }
        let cost = self.meter.cut_off(&running.fold.seen_usage());
        self.book(running, cost, None, outcome, now);
    }

    /// Books a turn that nobody asked for: a background task reported back and Claude answered it.
    pub(super) fn book_background(&mut self, result: &TurnResult, now: Now) {
        let version = self.version.clone();
        let cost = self
            .meter
            .result(result, &result.usage, version.as_deref(), None);
        let author = self.reports_for().map(|speaker| speaker.id);
        let Some(author) = author.filter(|_| cost.usd > Usd::ZERO) else {
            return;
        };
        let booking = Booking {
            turn_id: (self.ids)(),
            usage: result.usage,
            cost_usd: cost.usd,
            duration_ms: self.record_mut(now).duration_ms,
            context_tokens: None,
            cli_total_cost_usd: self.meter.total_usd(),
            unit_cost_usd: None,
            is_error: false,
        };
        let line = self.enter(&booking, cost, author, now);
        self.push_line(
            Line {
                duration_ms: 0,
                outcome: "background".to_owned(),
                ..line
            },
            now,
        );
    }

    /// Counts a turn in the record and returns what every turn's line says.
    fn enter(&mut self, booking: &Booking, cost: Cost, author: UserId, now: Now) -> Line {
        let record = self.record_mut(now);
        let after = record.state.last_turn_id.clone();
        record.book(booking);
        let session = record.session_id.clone();
        Line {
            time: now.wall,
            turn: booking.turn_id.clone(),
            after,
            channel: self.channel,
            // Its actor knows.
            thread_of: None,
            author,
            message: None,
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

    fn push_line(&mut self, line: Line, now: Now) {
        let record = Box::new(self.record_mut(now).clone());
        self.effects.push(Effect::Save {
            record,
            line: Some(Box::new(line)),
            confirm: false,
        });
    }

    pub(super) fn book(
        &mut self,
        running: &Running,
        cost: Cost,
        outcome: Option<&Outcome>,
        name: &str,
        now: Now,
    ) {
        let usage = outcome.map_or_else(|| running.fold.seen_usage(), |outcome| outcome.usage);
        let since = |from: Instant, to: Instant| {
            let duration = to.saturating_duration_since(from);
            u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
        };
        let duration_ms = since(running.begun, now.mono);
        let asked = running.asked.unwrap_or(now.mono);
        let is_error = match outcome {
            Some(outcome) if running.cut.is_none() => outcome.ending.is_error(),
            _ => !matches!(
                &running.cut,
                Some(Cut {
                    why: Why::Stopped(_),
                    ..
                })
            ),
        };
        let context_tokens = outcome.and_then(|outcome| outcome.context_tokens);
        let booking = Booking {
            turn_id: running.id.clone(),
            usage,
            cost_usd: cost.usd,
            duration_ms,
            context_tokens,
            cli_total_cost_usd: self.meter.total_usd(),
            unit_cost_usd: self.meter.unit_cost_usd(),
            is_error,
        };
        let line = self.enter(&booking, cost, running.speaker.id, now);
        if let (Some(record), Some(message)) = (&mut self.record, running.origin.message()) {
            record.booked_turn(message);
        }
        self.push_line(
            Line {
                message: running.origin.message(),
                model_used: outcome
                    .and_then(|outcome| outcome.model.clone())
                    .or_else(|| running.fold.model().map(str::to_owned)),
                waited_ms: since(running.begun, asked),
                first_text_ms: running.first_text.map(|first| since(asked, first)),
                outcome: name.to_owned(),
                ..line
            },
            now,
        );
    }
}
