//! `!btw`: questions to Claude that leave no trace in the conversation.
//!
//! The CLI answers one beside whatever it does, from the conversation so far. Its cost is in the CLI's running total: if
//! no turn runs, the total is asked for afterwards; else the turn's own cost includes it.

use std::time::Duration;

use super::{
    Now, State, delivery::Purpose, messages::side_questions as texts, side_question::SideQuestion,
};
use crate::{
    channel::Origin,
    chat::{Post, PostKey},
    claude::protocol::{Control, ControlResponse, Json, Usage, UsageReport},
    external::{self, Context, Speaker},
    ledger::cost::Cost,
    registry::{
        Record,
        state::{SIDE_KEY, StoredPost},
    },
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
        let question = SideQuestion {
            id,
            text,
            origin,
            speaker,
            until: now.mono + TIMEOUT,
            is_asked: false,
        };
        self.note_side_question(&question);
        self.side_questions.push(question);
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
        self.end_side_question(&id, origin, post);
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
        self.give_up_side_questions(due, texts::TOO_SLOW);
    }

    /// The process is gone. Those that it was asked get no answer any more, or none at all if it cannot be started.
    pub(super) fn side_questions_cut(&mut self, can_go_on: bool) {
        let lost = self
            .side_questions
            .extract_if(.., |it| it.is_asked || !can_go_on);
        let lost: Vec<_> = lost.collect();
        self.give_up_side_questions(lost, texts::PROCESS_ENDED);
    }

    fn side_questions_lost(&mut self, why: &str) {
        let lost = std::mem::take(&mut self.side_questions);
        self.give_up_side_questions(lost, why);
    }

    fn give_up_side_questions(&mut self, lost: Vec<SideQuestion>, why: &str) {
        for SideQuestion { id, origin, .. } in lost {
            self.end_side_question(&id, origin, Post::text(why));
        }
    }

    /// Whether what was asked there waits for its answer.
    pub(super) fn waits_on_the_side(&self, origin: Origin) -> bool {
        self.side_questions.iter().any(|it| it.origin == origin)
    }

    /// Notes a question, so that a restart tells of it. A message's own turn in the record does that.
    fn note_side_question(&mut self, question: &SideQuestion) {
        let Some(record) = &mut self.record else {
            return;
        };
        if question.origin.message().is_none() {
            record.state.put_post(StoredPost {
                key: side_key(&question.id).as_str().to_owned(),
                text: texts::shown(&question.text),
                ..StoredPost::default()
            });
            self.save();
        }
    }

    /// Posts what has become of a question.
    fn end_side_question(&mut self, id: &str, origin: Origin, post: Post) {
        let purpose = self.purpose(Some(origin));
        let post = post.replying_to(origin.message());
        self.put(side_key(id), post, Vec::new(), purpose);
        self.finish(origin);
    }

    /// Discord has what has become of a question, or never will.
    pub(super) fn side_question_settled(&mut self, key: &PostKey) {
        if let Some(record) = &mut self.record
            && key.as_str().starts_with(SIDE_KEY)
        {
            record.state.posts.retain(|post| post.key != key.as_str());
            self.is_dirty = true;
        }
    }

    /// Tells of the questions that an earlier run of the bot has not answered. If Discord has an answer already, the same
    /// key gives the same nonce, so nothing is created; but Discord remembers a nonce for a few minutes only. After a
    /// longer downtime, such an answer is followed by this text.
    pub(super) fn tell_lost_side_questions(&mut self) {
        let Some(record) = &self.record else { return };
        let is_waiting = |post: &&StoredPost| {
            let mut waiting = self.side_questions.iter();
            waiting.any(|it| side_key(&it.id).as_str() == post.key)
        };
        let lost = record.state.side_posts().filter(|post| !is_waiting(post));
        let lost: Vec<_> = lost.cloned().collect();
        for StoredPost { key, text, .. } in lost {
            let post = Post::text(texts::cut_by_restart(&text));
            self.put(PostKey::new(&key), post, Vec::new(), Purpose::Other);
        }
    }
}

/// The key of the post that answers a question.
fn side_key(id: &str) -> PostKey {
    PostKey::new(&format!("{SIDE_KEY}{id}"))
}
