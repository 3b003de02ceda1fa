//! Claude's questions, one after the other, and its plans.

use super::question_texts as texts;
use crate::{
    channel::{
        Origin, QueueItem, Request, Source,
        messages::approvals::Verdict,
        state::{
            Now, State,
            pending_approvals::{OpenQuestion, PendingApproval, Subject},
        },
    },
    chat::{Post, PostKey, shows_nothing},
    claude::protocol::{PermissionMode, PermissionRequest},
    config::QueueMode,
    external::Speaker,
    snowflake::MessageId,
};

impl State {
    /// The first question of a request; `None` if there is nothing to show.
    pub(super) fn new_question(
        &mut self,
        id: &str,
        request: &PermissionRequest,
        now: Now,
    ) -> Option<PendingApproval> {
        let all = request.questions();
        let is_shown = all
            .iter()
            .all(|question| !shows_nothing(&question.question));
        let first = OpenQuestion {
            all,
            ..OpenQuestion::default()
        };
        (is_shown && first.question().is_some()).then(|| self.ask(id, request, first, now))
    }

    fn ask(
        &mut self,
        id: &str,
        request: &PermissionRequest,
        open: OpenQuestion,
        now: Now,
    ) -> PendingApproval {
        let question = open.question().cloned().unwrap_or_default();
        PendingApproval {
            card: texts::question(&question, open.index + 1, open.all.len()),
            ..self.new_approval(id, request, Subject::Question(open), now)
        }
    }

    /// The question that follows the one which is answered.
    pub(super) fn next_question(
        &mut self,
        answered: &PendingApproval,
        verdict: &Verdict,
        now: Now,
    ) -> Option<PendingApproval> {
        let (Subject::Question(open), Verdict::Answered { answer, .. }) =
            (&answered.subject, verdict)
        else {
            return None;
        };
        let next = open.answered(answer);
        next.question()?;
        let next = self.ask(&answered.id, &answered.request, next, now);
        // Whoever started the work stays the one who is asked.
        Some(PendingApproval {
            askers: answered.askers.clone(),
            ..next
        })
    }

    /// Posts a plan, and its request.
    pub(super) fn new_plan(
        &mut self,
        id: &str,
        request: &PermissionRequest,
        now: Now,
    ) -> PendingApproval {
        let plan = request.plan().filter(|plan| !shows_nothing(plan));
        let can_be_allowed = plan.is_some();
        let shown_by = plan.map(|plan| self.post_plan(plan));
        PendingApproval {
            card: texts::plan(can_be_allowed),
            can_be_allowed,
            ..self.new_approval(id, request, Subject::Plan { shown_by }, now)
        }
    }

    fn post_plan(&mut self, plan: String) -> PostKey {
        let origin = self.turn.as_ref().map(|turn| turn.origin);
        let post = Post {
            reply_to: origin.and_then(Origin::message),
            ..Post::answer(plan)
        };
        let (key, purpose) = (self.new_key(), self.purpose(origin));
        self.put(key.clone(), post, Vec::new(), purpose);
        key
    }

    /// The request that a message answers: the person who is asked wrote it after the question.
    fn takes_as_answer(&self, speaker: &Speaker, message: MessageId, text: &str) -> Option<String> {
        let question = self.approvals.question_for(speaker.id)?;
        let record = self.record.as_ref()?;
        let shown = record.state.post(question.key.as_str())?.messages.last()?;
        (message > *shown && !shows_nothing(text) && !self.shutting_down)
            .then(|| question.id.clone())
    }

    /// The same for a message that is addressed to the bot, and would wait otherwise.
    pub(in crate::channel::state) fn answers_question(&self, item: &QueueItem) -> Option<String> {
        match (&item.request, item.origin, item.source) {
            (Request::Prompt { text, context }, Origin::Message(message), Source::Chat(_))
                if context.is_empty() && item.mode != Some(QueueMode::Interrupt) =>
            {
                self.takes_as_answer(&item.speaker, message, text)
            }
            _ => None,
        }
    }

    /// A message that is not for the bot was written.
    pub(in crate::channel::state) fn overheard(
        &mut self,
        message: MessageId,
        speaker: &Speaker,
        text: &str,
        now: Now,
    ) {
        if let Some(question) = self.takes_as_answer(speaker, message, text) {
            self.answered(question, speaker, text, now);
        }
    }

    /// A message answered an open question.
    pub(in crate::channel::state) fn answered(
        &mut self,
        question: String,
        speaker: &Speaker,
        text: &str,
        now: Now,
    ) {
        let verdict = Verdict::Answered {
            by: speaker.name.clone(),
            answer: text.trim().chars().take(texts::LONGEST_ANSWER).collect(),
        };
        self.decide(&[question], &verdict, now);
    }

    /// A plan is approved, which ends plan mode. Returns the mode that follows.
    pub(super) fn plan_approved(&mut self, accepts_edits: bool, now: Now) -> PermissionMode {
        let mode = if accepts_edits {
            PermissionMode::AcceptEdits
        } else {
            PermissionMode::Default
        };
        self.keep_mode(mode, now);
        mode
    }
}
