//! `!btw`: questions to Claude that leave no trace in the conversation.
//!
//! The CLI answers one beside whatever it does, from the conversation so far. Its cost is in the CLI's running total: if
//! no turn runs, the total is asked for afterwards; else the turn's own cost includes it.

use std::time::Duration;

use super::{Now, State, messages::side_questions as texts, side_question::SideQuestion};
use crate::{
    channel::Origin,
    chat::Post,
    claude::protocol::{Control, ControlResponse, Json, Usage, UsageReport},
    external::{self, Context, Speaker},
    ledger::cost::Cost,
    registry::Record,
    snowflake::UserId,
};

/// How long an answer may take, with the start of a process.
const TIMEOUT: Duration = Duration::from_mins(3);

/// How many may wait for an answer in a channel.
const MOST: usize = 3;

/// How the ids of these control requests begin. What follows is the question's own.
pub(super) const ASKED: &str = "switchboard-btw-";
pub(super) const COUNTED: &str = "switchboard-btw-cost-";

/// The outcome in the ledger.
pub(super) const BOOKED_AS: &str = "side_question";

impl State {
    pub(super) fn side_question(
        &mut self,
        text: String,
        origin: Origin,
        speaker: Speaker,
        now: Now,
    ) {
        let record = self.record.as_ref();
        let refusal = if text.is_empty() {
            Some(texts::NO_QUESTION)
        } else if record.is_none_or(Record::is_at_start) {
            Some(texts::NO_CONVERSATION)
        } else if self.side_questions.len() >= MOST {
            Some(texts::TOO_MANY)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return self.say(Some(origin), refusal);
        }
        let id = (self.ids)();
        self.side_questions.push(SideQuestion {
            id,
            text,
            origin,
            speaker,
            until: now.mono + TIMEOUT,
            is_asked: false,
        });
        self.ask_on_the_side(now);
    }

    /// Asks what waits, and starts a process for it if there is none.
    pub(super) fn ask_on_the_side(&mut self, now: Now) {
        if self.side_questions.iter().all(|it| it.is_asked) {
            return;
        }
        if self.shutting_down {
            return self.side_questions_lost(texts::SHUTTING_DOWN);
        }
        if self.process.is_absent() && self.turn.is_none() {
            return self.start_or_back_off(now);
        }
        if !self.process.is_live() {
            return;
        }
        let mut asked = Vec::new();
        for question in self.side_questions.iter_mut().filter(|it| !it.is_asked) {
            question.is_asked = true;
            let wrapped = external::wrap(&question.speaker, &Context::default(), &question.text);
            asked.push((question.id.clone(), wrapped.concat()));
        }
        for (id, question) in asked {
            self.control(&format!("{ASKED}{id}"), Control::SideQuestion { question });
        }
    }

    pub(super) fn side_question_answered(&mut self, id: &str, response: &ControlResponse) {
        let found = self.side_questions.iter().position(|it| it.id == id);
        let Some(question) = found.map(|at| self.side_questions.remove(at)) else {
            return;
        };
        let SideQuestion {
            id,
            text,
            origin,
            speaker,
            ..
        } = question;
        let answer = response.body.get("response").text();
        let post = match (answer, response.error.as_deref()) {
            (Some(answer), None) if !answer.trim().is_empty() => {
                let question = origin.message().is_none().then_some(text.as_str());
                Post::answer(texts::answer(question, &answer))
            }
            (_, Some(error)) if error.contains("Unsupported control request") => {
                Post::text(texts::UNSUPPORTED)
            }
            (_, error) => {
                tracing::warn!(channel = %self.channel, error, "a side question has no answer");
                Post::text(texts::NO_ANSWER)
            }
        };
        let key = self.new_key();
        let purpose = self.purpose(Some(origin));
        let post = post.replying_to(origin.message());
        self.put(key, post, Vec::new(), purpose);
        if !self.is_asked() && !self.background.is_busy() && self.process.is_live() {
            let id = format!("{COUNTED}{id}-{}", speaker.id);
            self.control(&id, Control::GetUsage);
        }
    }

    /// Books what a side question has cost, unless a turn has begun, whose cost includes it then.
    pub(super) fn side_question_counted(&mut self, id: &str, body: &Json, now: Now) {
        let author = id.rsplit('-').next().and_then(|id| id.parse().ok());
        let report: UsageReport = body.read();
        let total = report.session.total_cost_usd;
        let (Some(author), Some(total)) = (author.map(UserId), total) else {
            return;
        };
        if self.is_asked() || self.background.is_busy() {
            return;
        }
        let cost = self.meter.counted(total);
        if cost != Cost::ZERO {
            self.book_line(author, (Usage::default(), cost), BOOKED_AS, now);
        }
    }

    pub(super) fn side_questions_tick(&mut self, now: Now) {
        let due = self
            .side_questions
            .extract_if(.., |it| now.mono >= it.until);
        let due: Vec<_> = due.collect();
        for question in due {
            self.say(Some(question.origin), texts::TOO_SLOW);
        }
    }

    /// The process is gone. Those that it was asked get no answer any more, or none at all if it cannot be started.
    pub(super) fn side_questions_cut(&mut self, can_go_on: bool) {
        let lost = self
            .side_questions
            .extract_if(.., |it| it.is_asked || !can_go_on);
        let lost: Vec<_> = lost.collect();
        for question in lost {
            self.say(Some(question.origin), texts::PROCESS_ENDED);
        }
    }

    fn side_questions_lost(&mut self, why: &str) {
        for question in std::mem::take(&mut self.side_questions) {
            self.say(Some(question.origin), why);
        }
    }
}
