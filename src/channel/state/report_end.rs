//! How a report on background tasks ends, and whom that pings.
//!
//! The end of a task that has taken long pings whoever had it started, once: by the report, if that goes out whole in one
//! post, or by a short message.

use std::time::Duration;

use super::{Now, State, messages, reports::BOOKED_AS, running::RETRY_TOLD_EVERY};
use crate::{
    channel::Origin,
    claude::{
        protocol::ApiRetry,
        turn::{Ending, Outcome},
    },
    config::Verbosity,
    snowflake::MessageId,
};

impl State {
    fn notify_after(&self) -> Duration {
        self.config.discord.notify_after
    }

    /// The message to which a report on a long task replies, until that has pinged.
    pub(super) fn message_of_task(&self, now: Now) -> Option<MessageId> {
        let ended = self.background.pinging(now.mono, self.notify_after())?;
        ended.starter.message
    }

    /// Pings at the end of a long task, unless the report on it has.
    pub(super) fn ping_for_task(&mut self, now: Now) {
        let ended = self.background.pinging(now.mono, self.notify_after());
        let Some(ended) = ended.cloned() else { return };
        self.background.pinged();
        if let Some(message) = ended.starter.message {
            let text = messages::task_ended(&ended.task, ended.took);
            self.say(Some(Origin::Message(message)), text);
        }
    }

    /// Ends a report whose texts have been posted.
    pub(super) fn report_over(&mut self, outcome: &Outcome, now: Now) {
        let was_told = self.background.login_expired;
        let ending = if was_told {
            &Ending::LoginExpired
        } else {
            &outcome.ending
        };
        let name = match ending {
            ending if ending.is_success() => BOOKED_AS,
            ending => ending.name(),
        };
        self.book_background(&outcome.result, name, now);
        if ending.is_error() && !was_told {
            self.report_failed(ending, now);
        }
        self.ping_for_task(now);
        self.say_refused(outcome);
        let is_busy = self.is_asked() || self.background.has_tasks();
        if ending.needs_process() && !is_busy {
            self.stop_process();
        }
    }

    /// Tells why there is no report, whoever had the task started.
    fn report_failed(&mut self, ending: &Ending, now: Now) {
        let limit = match ending {
            Ending::UsageLimit {
                kind,
                resets_at,
                detail,
            } => {
                let limit = (kind.as_deref(), *resets_at, detail.as_str());
                let until = self.note_usage_limit(limit, now);
                until.map(|until| (until, messages::limit_resets(kind.as_deref(), until)))
            }
            _ => None,
        };
        let (until, why) = limit.unzip();
        let why = why.or_else(|| messages::ending(ending, self.model(), false));
        let ended = self.background.ended.as_ref();
        let text = messages::report_failed(ended.map(|it| &it.task), &why.unwrap_or_default());
        let message = ended.and_then(|ended| ended.starter.message);
        let origin = message.map(Origin::Message);
        if self.message_of_task(now).is_some() {
            self.say(origin, text);
        } else {
            self.say_quietly(origin, text);
        }
        self.background.pinged();
        if let Some(until) = until {
            self.hold_queue(until, now);
        }
    }

    /// The CLI repeats a call to the API in a report.
    pub(super) fn report_retries(&mut self, retry: &ApiRetry, now: Now) {
        if retry.status == Some(401) {
            // The CLI would retry for minutes, which cannot help.
            if self.background.can_interrupt() {
                self.report_failed(&Ending::LoginExpired, now);
                self.interrupt_report(now);
                self.background.login_expired = true;
            }
            return;
        }
        // The card says it.
        if self.verbosity() != Verbosity::Off {
            return;
        }
        let told = self.background.retry_told;
        if told.is_none_or(|told| now.mono >= told + RETRY_TOLD_EVERY) {
            self.background.retry_told = Some(now.mono);
            let text = messages::retrying(retry.attempt, retry.max_retries, retry.status);
            self.say(None, text);
        }
    }

    /// Names the tools that the rules refused.
    pub(super) fn say_refused(&mut self, outcome: &Outcome) {
        if let Some(text) = messages::refused_tools(&self.undecided(outcome)) {
            self.say(None, text);
        }
    }
}
