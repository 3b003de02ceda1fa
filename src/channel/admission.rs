//! Applies [`limits`](crate::limits) to requests and turns.
//!
//! All channels share one instance, because a person's limit applies across channels. A thread counts as its channel;
//! otherwise people could evade the channel's limit by opening threads.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::{
    messages,
    notices::{Condition, Reporter},
    request::{QueueItem, Request},
};
use crate::{
    chat::Directory,
    config::LimitSettings,
    external::{Role, Speaker},
    ledger::TurnLine,
    limits::{BotLoopGuard, Budget, BudgetPeriod, Limits, Notice, Payer, Quantity, Reached, Scope},
    money::Usd,
    registry::{Registry, state::DayBudget},
    snowflake::{ChannelId, UserId},
};

#[derive(Debug)]
pub(crate) struct Admission {
    counts: Mutex<(Limits, BotLoopGuard)>,
    directory: Directory,
    reporter: Reporter,
}

impl Admission {
    /// With what earlier runs of the bot have booked and set.
    pub(crate) fn open(
        settings: LimitSettings,
        directory: &Directory,
        booked: &[TurnLine],
        registry: &Registry,
        reporter: Reporter,
        now: DateTime<Utc>,
    ) -> Self {
        let view = registry.view();
        let budgets = view.records();
        let budgets = budgets.filter_map(|(channel, record)| Some((channel, record.state.budget?)));
        Self::new(
            settings,
            (directory.clone(), reporter),
            booked,
            budgets,
            now,
        )
    }

    /// `booked` are the ledger's lines of the last month, `budgets` those that were set for a day.
    fn new(
        settings: LimitSettings,
        (directory, reporter): (Directory, Reporter),
        booked: &[TurnLine],
        budgets: impl IntoIterator<Item = (ChannelId, DayBudget)>,
        now: DateTime<Utc>,
    ) -> Self {
        let bot_loop_guard = BotLoopGuard::new(settings.bots_in_a_row);
        let counts = (Limits::new(settings), bot_loop_guard);
        let admission = Self {
            counts: Mutex::new(counts),
            directory,
            reporter,
        };
        for (channel, budget) in budgets {
            admission.set_budget(channel, Some(budget));
        }
        for line in booked {
            let payer = admission.payer_of(line);
            let (limits, _) = &mut *admission.lock();
            limits.add_earlier(payer, line.cost_usd, line.time, now);
        }
        admission
    }

    /// Takes other limits. What has been counted stays.
    pub(crate) fn reconfigure(&self, settings: LimitSettings) {
        let (limits, bot_loop_guard) = &mut *self.lock();
        bot_loop_guard.reconfigure(settings.bots_in_a_row);
        limits.reconfigure(settings);
    }

    /// Counts an item before it is queued. If a limit is reached, the item becomes a hint. `None` if a bot has been
    /// answered too often: it would answer a hint as well.
    pub(super) fn admit(&self, mut item: QueueItem, now: DateTime<Utc>) -> Option<QueueItem> {
        let channel = item.place.channel;
        let counted_as = self.limited_channel(channel);
        let (limits, bot_loop_guard) = &mut *self.lock();
        let is_bot = item.speaker.role == Role::Bot;
        if !bot_loop_guard.admits(counted_as, is_bot) {
            tracing::info!(%channel, "ignored a bot: the limit of answers in a row is reached");
            return None;
        }
        let payer = payer(&item.speaker, counted_as);
        if item.request.is_counted()
            && let Err(reached) = limits.take(channel, payer, now)
        {
            self.report(&reached, payer, channel);
            tracing::info!(%channel, user = %item.speaker.id, ?reached, "limit reached");
            item.request = Request::Hint(messages::limit_reached(&reached));
        }
        Some(item)
    }

    /// Checks the budgets before a turn or a report.
    pub(super) fn may_spend(
        &self,
        channel: ChannelId,
        speaker: &Speaker,
        now: DateTime<Utc>,
    ) -> Result<(), Reached> {
        let payer = payer(speaker, self.limited_channel(channel));
        let (limits, _) = &mut *self.lock();
        let checked = limits.check_cost(channel, payer, now);
        match &checked {
            Ok(()) => {
                let budgets = limits.budgets(channel, payer, now).into_iter();
                for Budget { scope, period, .. } in budgets.filter(|it| !it.is_nearly_spent()) {
                    self.reporter.fine(condition(scope, period, payer));
                }
            }
            Err(reached) => self.report(reached, payer, channel),
        }
        checked
    }

    /// Tells the admins of a budget that is used up. `channel` is where that was noticed: in a forum itself the bot cannot
    /// post.
    fn report(&self, reached: &Reached, payer: Payer, channel: ChannelId) {
        let Quantity::Cost { period, max } = reached.quantity else {
            return;
        };
        let condition = condition(reached.scope, period, payer);
        if let Condition::Budget { id, .. } = condition
            && period != BudgetPeriod::Turn
        {
            let text = messages::notices::budget_used_up(reached, id, (period, max));
            self.reporter.wrong(condition, Some(channel), text);
        }
    }

    /// Notes that what ran in the channel has ended, whether or not it is booked.
    pub(super) fn spending_ended(&self, channel: ChannelId) {
        let (limits, _) = &mut *self.lock();
        limits.ended(channel);
    }

    /// Notes what the channel's running turn has cost so far.
    pub(super) fn spent(
        &self,
        channel: ChannelId,
        speaker: &Speaker,
        usd: Usd,
        now: DateTime<Utc>,
    ) -> Option<Notice> {
        let payer = payer(speaker, self.limited_channel(channel));
        let (limits, _) = &mut *self.lock();
        let notice = limits.spent(channel, payer, usd, now);
        if let Some(Notice::Reached(reached)) = &notice {
            self.report(reached, payer, channel);
        }
        notice
    }

    /// Counts a turn that has ended. Returns a budget that is now nearly spent.
    pub(super) fn booked(&self, line: &TurnLine) -> Option<Budget> {
        let payer = self.payer_of(line);
        let (limits, _) = &mut *self.lock();
        limits.booked(line.channel, payer, line.cost_usd, line.time)
    }

    /// Sets a channel's daily budget.
    pub(super) fn set_budget(&self, channel: ChannelId, budget: Option<DayBudget>) {
        let (limits, _) = &mut *self.lock();
        limits.set_budget(channel, budget);
    }

    /// The budgets that apply to a person in a channel.
    pub(super) fn budgets(
        &self,
        channel: ChannelId,
        speaker: &Speaker,
        now: DateTime<Utc>,
    ) -> Vec<Budget> {
        let payer = payer(speaker, self.limited_channel(channel));
        let (limits, _) = &mut *self.lock();
        limits.budgets(channel, payer, now)
    }

    fn payer_of(&self, line: &TurnLine) -> (UserId, ChannelId) {
        let channel = line.thread_of;
        let channel = channel.unwrap_or_else(|| self.limited_channel(line.channel));
        (line.author, channel)
    }

    /// The channel whose limits apply.
    fn limited_channel(&self, channel: ChannelId) -> ChannelId {
        self.directory.parent(channel).unwrap_or(channel)
    }

    fn lock(&self) -> MutexGuard<'_, (Limits, BotLoopGuard)> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The condition of a budget that holds for somebody.
fn condition(scope: Scope, period: BudgetPeriod, payer: Payer) -> Condition {
    let id = match scope {
        Scope::User => payer.user.0,
        Scope::Channel => payer.channel.0,
    };
    Condition::Budget { scope, id, period }
}

fn payer(speaker: &Speaker, channel: ChannelId) -> Payer {
    Payer {
        user: speaker.id,
        channel,
        is_admin: speaker.role.is_admin(),
    }
}

#[cfg(test)]
mod tests;
