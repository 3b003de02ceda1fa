//! What turns cost: what the limits are told, and the log.

use chrono::Utc;

use super::Actor;
use crate::{
    channel::{messages, notices::Condition, state::Event},
    claude::turn::Ending,
    external::Speaker,
    ledger::{self, Entry},
    limits::{Notice, Reached},
    money::Usd,
    registry::Record,
};

impl Actor {
    /// Notes turns that have ended.
    pub(super) fn note_turns(&self, record: &Record, entries: &mut [Entry]) {
        for entry in entries {
            if let Entry::Turn(line) = entry {
                line.thread_of = self.shared.directory.parent(self.channel);
                log_turn(line, record);
                self.note_login(&line.outcome);
                if let Some(watcher) = &self.shared.watcher {
                    watcher.booked(line);
                }
                if let Some(budget) = self.shared.admission.booked(line) {
                    let event = Event::BudgetNearlySpent {
                        text: messages::budget_nearly_spent(&budget),
                        message: line.message,
                    };
                    // This actor holds the receiver.
                    drop(self.reports.0.send(Box::new(event)));
                }
            }
        }
    }

    /// Notes what the end of a turn tells of the login.
    fn note_login(&self, outcome: &str) {
        let reporter = &self.shared.reporter;
        if outcome == Ending::LoginExpired.name() {
            let text = messages::notices::LOGIN_EXPIRED.to_owned();
            reporter.wrong(Condition::Login, Some(self.channel), text);
        } else if outcome == Ending::Answered.name() {
            reporter.fine(Condition::Login);
        }
    }

    /// Notes what the running turn has cost so far.
    pub(super) fn spent(&self, speaker: &Speaker, usd: Usd) -> Option<Event> {
        let admission = &self.shared.admission;
        let notice = admission.spent(self.channel, speaker, usd, Utc::now())?;
        Some(match notice {
            Notice::Reached(reached) => Event::BudgetReached(reached),
            Notice::NearlySpent(budget) => Event::BudgetNearlySpent {
                text: messages::budget_nearly_spent(&budget),
                message: None,
            },
        })
    }

    pub(super) fn may_spend(&self, speaker: &Speaker) -> Result<(), Reached> {
        let admission = &self.shared.admission;
        admission.may_spend(self.channel, speaker, Utc::now())
    }
}

fn log_turn(line: &ledger::TurnLine, record: &Record) {
    tracing::info!(
        channel = %line.channel,
        channel_name = record.channel_name.as_deref(),
        author = %line.author,
        author_name = record.last_author_name.as_deref(),
        model = line.model_used.as_deref().unwrap_or(&line.model),
        duration_ms = line.duration_ms,
        waited_ms = line.waited_ms,
        first_text_ms = line.first_text_ms,
        tokens_in = line.usage().all_input(),
        tokens_out = line.output_tokens,
        cost_usd = line.cost_usd.dollars(),
        session = messages::short(&line.session),
        outcome = line.outcome,
        "turn"
    );
}
