//! What the running turn costs, and the channel's budget for the day.

use super::{Effect, Now, State, messages, turn::CancelReason};
use crate::{
    channel::Origin,
    claude::protocol::{ApiEvent, SessionEvent},
    command::BudgetChange,
    external::{Role, Speaker},
    limits::Reached,
    money::Usd,
    registry::state::DayBudget,
    snowflake::MessageId,
};

impl State {
    /// Reports what the running turn or report has cost, where another call to the API begins or may follow.
    pub(super) fn note_spending(&mut self, event: &SessionEvent) {
        if !costs(event) {
            return;
        }
        let turn = self.turn.as_ref();
        let asked = turn.and_then(|turn| Some((turn.asked()?, &turn.speaker)));
        let (fold, speaker) = match asked {
            Some((asked, _)) if asked.cancellation.is_some() => return,
            Some((asked, speaker)) => (&asked.fold, speaker),
            None => match self.reports_for() {
                Some(speaker) => (&self.background.fold, speaker),
                None => return,
            },
        };
        let model = fold.model().unwrap_or_else(|| self.model());
        let mut meter = self.meter.clone();
        meter.assume_price(model);
        let usd = meter.so_far((model, &fold.seen_usage()), fold.subagent_usage());
        let speaker = speaker.clone();
        self.meter = meter;
        self.is_spending = true;
        self.effects.push(Effect::Spent { speaker, usd });
    }

    /// Drops what was spent if it is not booked: nothing costs anything any more, or something else does.
    pub(super) fn spending_ended(&mut self) {
        if std::mem::take(&mut self.is_spending) {
            self.effects.push(Effect::SpendingEnded);
        }
    }

    pub(super) fn budget_reached(&mut self, reached: Reached, now: Now) {
        if self.is_asked() {
            if self.turn.as_ref().is_some_and(|turn| !turn.is_cancelled()) {
                tracing::info!(channel = %self.channel, ?reached, "a budget is used up");
                self.cancel(CancelReason::OverBudget(reached), now);
            }
        } else {
            self.background_over_budget(&reached, now);
        }
    }

    pub(super) fn budget_nearly_spent(&mut self, text: String, message: Option<MessageId>) {
        let running = self.turn.as_ref().map(|turn| turn.origin);
        self.say_quietly(message.map(Origin::Message).or(running), text);
    }

    /// Sets the channel's budget for today, or drops what was set.
    pub(super) fn change_budget(
        &mut self,
        change: BudgetChange,
        origin: Origin,
        speaker: &Speaker,
        now: Now,
    ) {
        let text = match self.changed_budget(change, speaker, now) {
            Ok(budget) => {
                let text = messages::budget_set(budget.as_ref());
                self.record_mut(now).state.budget.clone_from(&budget);
                self.save();
                self.effects.push(Effect::SetBudget(budget));
                text
            }
            Err(text) => text,
        };
        self.say(Some(origin), text);
    }

    fn changed_budget(
        &self,
        change: BudgetChange,
        speaker: &Speaker,
        now: Now,
    ) -> Result<Option<DayBudget>, String> {
        if let Some(parent) = self.place.as_ref().and_then(|place| place.parent) {
            return Err(messages::budget_of_parent(parent));
        }
        let BudgetChange::Set(usd) = change else {
            return Ok(None);
        };
        let limits = &self.config.limits;
        let highest = highest(
            limits.channel.usd_max,
            limits.channel.usd_per_day,
            speaker.role,
        );
        match highest {
            Some(highest) if usd > highest => {
                let is_set = limits.channel.usd_max.is_some();
                Err(messages::budget_too_high(highest, is_set))
            }
            _ => Ok(Some(DayBudget {
                usd,
                until: limits.timezone.next_day(now.wall),
                by: speaker.id,
                name: speaker.name.clone(),
            })),
        }
    }
}

/// The highest budget that somebody may set. `None` if it is not limited.
fn highest(max: Option<Usd>, configured: Option<Usd>, role: Role) -> Option<Usd> {
    match max {
        Some(max) => Some(configured.map_or(max, |configured| configured.max(max))),
        None => configured.filter(|_| role != Role::Owner),
    }
}

/// Whether what a turn costs is known better now, and the turn goes on.
fn costs(event: &SessionEvent) -> bool {
    match event {
        SessionEvent::Stream(stream) if !stream.is_subagent() => match &stream.event {
            ApiEvent::MessageStart { .. } => true,
            // Otherwise the turn ends here, and its exact cost follows.
            ApiEvent::MessageDelta { stop_reason, .. } => {
                stop_reason.is("tool_use") || stop_reason.is("pause_turn")
            }
            _ => false,
        },
        SessionEvent::Assistant(said) => said.is_subagent(),
        _ => false,
    }
}
