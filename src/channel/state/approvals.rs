//! Tool calls about which a person decides: from the CLI's control request to its answer.
//!
//! Each open request has a card whose buttons are on record before it is posted. It is answered once: by a press of
//! somebody who may decide, by the time limit, or by what ends the work. Whatever closes it, the card says so. While a
//! request is open, no time limit of the work runs.

mod cards;
mod copies;
mod forms;
mod questions;

use super::{
    Now, Press, ShutdownStage, State,
    messages::{
        self,
        approvals::{self as texts, Verdict},
        questions as question_texts,
    },
    pending_approvals::{ApprovalChoice, OpenQuestion, PendingApproval, Subject},
    turn::TurnMachine,
};
use crate::{
    allow_rules::lint_rule,
    channel::approval::{ShownCall, rule_for},
    chat::{ControlId, InteractionReply, PostKey, shows_nothing},
    claude::protocol::PermissionRequest,
    config::Approvals,
    registry::state::{APPROVAL_KEY, StoredPost},
    snowflake::MessageId,
};

impl State {
    /// Whether tool calls that no rule allows are asked for.
    pub(crate) fn asks_for_approval(&self) -> bool {
        self.config.discord.approvals == Approvals::On
    }

    pub(super) fn permission_requested(&mut self, id: &str, request: &PermissionRequest, now: Now) {
        let is_stopped = self.turn.as_ref().is_some_and(TurnMachine::is_cancelled);
        let refusal = if self.shutting_down || !self.process.is_live() {
            Some(Verdict::Restarting.for_model())
        } else if is_stopped && request.agent_id.is_none() {
            Some(Verdict::Stopped.for_model())
        } else {
            (self.approvals.is_full()).then(|| texts::TOO_MANY_REQUESTS.to_owned())
        };
        if let Some(why) = refusal {
            self.approvals.note_denied(&request.tool_use_id);
            return self.respond(id, request.deny(why));
        }
        let pending = match request.tool_name.as_str() {
            "AskUserQuestion" => match self.new_question(id, request, now) {
                Some(question) => question,
                None => return self.respond(id, request.deny(question_texts::NOT_SHOWN)),
            },
            "ExitPlanMode" => self.new_plan(id, request, now),
            _ => self.new_call(id, request, now),
        };
        if self.approvals.is_empty() {
            self.pause_clocks(now);
        }
        self.approvals.push(pending);
        self.show_approvals(now);
    }

    fn new_call(&mut self, id: &str, request: &PermissionRequest, now: Now) -> PendingApproval {
        let shown = ShownCall::of(request);
        let rule = rule_for(request).filter(|_| shown.is_whole);
        let risk = rule.as_deref().map(|rule| (rule, lint_rule(rule)));
        PendingApproval {
            card: texts::approval(request, &shown, risk),
            files: shown.files,
            can_be_allowed: shown.is_whole,
            ..self.new_approval(id, request, Subject::Call { rule }, now)
        }
    }

    /// A request that begins to wait, with an empty card.
    fn new_approval(
        &mut self,
        id: &str,
        request: &PermissionRequest,
        subject: Subject,
        now: Now,
    ) -> PendingApproval {
        let limit = self.config.discord.approval_timeout;
        let turns = self.collected.iter().chain(&self.turn);
        let mut askers: Vec<_> = turns.map(|turn| turn.speaker.id).collect();
        if askers.is_empty() {
            askers.extend(self.reports_for().map(|asker| asker.id));
        }
        PendingApproval {
            id: id.to_owned(),
            request: request.clone(),
            key: PostKey::new(&format!("{APPROVAL_KEY}{}", (self.ids)())),
            card: String::new(),
            files: Vec::new(),
            can_be_allowed: true,
            subject,
            askers,
            until: now.mono + limit,
            until_unix: now.wall.timestamp() + i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        }
    }

    /// A button of a request was pressed, or its form submitted.
    pub(super) fn decision_pressed(
        &mut self,
        press: Press,
        requests: &[String],
        choice: &ApprovalChoice,
        now: Now,
    ) {
        let may_answer = |id: &String| {
            let open = self.approvals.get(id);
            open.is_none_or(|open| open.may_answer(&press.speaker))
        };
        let is_for_asker = choice.is_for_asker();
        let is_for_approver = !is_for_asker || *choice == ApprovalChoice::ChangePlan;
        if !(press.may_approve && is_for_approver
            || is_for_asker && requests.iter().all(may_answer))
        {
            let why = if is_for_asker {
                question_texts::NOT_THE_ASKER
            } else {
                texts::NOT_AN_APPROVER
            };
            return self.reply(press.interaction, why);
        }
        let question = requests.first().and_then(|id| self.approvals.question(id));
        let verdict = match verdict(choice, &press, question) {
            Ok(verdict) => verdict,
            Err(why) => return self.reply(press.interaction, why),
        };
        let allows = verdict.as_ref().is_some_and(Verdict::allows);
        if !self.approvals.are_open(requests, allows) {
            return self.reply(press.interaction, texts::ALREADY_DECIDED);
        }
        let Some(verdict) = verdict else {
            if let Some(id) = ControlId::parse(&press.custom_id) {
                let question = requests.first().and_then(|id| self.approvals.question(id));
                let form = InteractionReply::OpenForm(forms::form(id, choice, question));
                self.reply_with(press.interaction, form);
            }
            return;
        };
        self.acknowledge(press.interaction);
        if let Verdict::Granted {
            rule, is_permanent, ..
        } = &verdict
        {
            self.grant(rule, *is_permanent, &press.speaker, now);
        }
        self.decide(requests, &verdict, now);
    }

    /// Closes open requests and answers them. An answered question makes room for the next one of its request.
    fn decide(&mut self, requests: &[String], verdict: &Verdict, now: Now) {
        let decided = requests.iter().filter_map(|id| self.approvals.take(id));
        let decided: Vec<_> = decided.collect();
        for approval in &decided {
            self.close_approval(approval, verdict);
        }
        // If the bot dies now, no card says that nobody has decided about what has run.
        self.save();
        for approval in &decided {
            match self.next_question(approval, verdict, now) {
                Some(next) => self.approvals.push(next),
                None => self.answer_approval(approval, verdict, now),
            }
        }
        self.approvals_changed(now);
    }

    fn answer_approval(&mut self, approval: &PendingApproval, verdict: &Verdict, now: Now) {
        let request = &approval.request;
        let response = match verdict {
            Verdict::Allowed { .. } => request.allow(),
            Verdict::Granted { rule, .. } => {
                let (tool, content) = rule.split_once('(').unwrap_or((rule, ""));
                request.allow_with_rule(tool, content.strip_suffix(')'))
            }
            Verdict::PlanApproved { accepts_edits, .. } => {
                request.allow_in_mode(self.plan_approved(*accepts_edits, now))
            }
            Verdict::Answered { answer, .. } => match &approval.subject {
                Subject::Question(open) => request.answer(&open.answered(answer).answers),
                Subject::Call { .. } | Subject::Plan { .. } => request.allow(),
            },
            _ => request.deny(approval.refusal(verdict)),
        };
        if !verdict.allows() {
            self.approvals.note_denied(&request.tool_use_id);
        }
        self.respond(&approval.id, response);
    }

    /// Requests were closed.
    fn approvals_changed(&mut self, now: Now) {
        if self.approvals.is_empty() {
            self.resume_clocks(now);
        } else {
            self.show_approvals(now);
        }
    }

    /// Closes all open requests, and denies those that the CLI may go on waiting for.
    pub(super) fn close_approvals(
        &mut self,
        verdict: &Verdict,
        is_waiting: impl Fn(&PermissionRequest) -> bool,
        now: Now,
    ) {
        let open = self.approvals.take_all();
        if open.is_empty() {
            return;
        }
        for approval in open {
            if is_waiting(&approval.request) {
                self.answer_approval(&approval, verdict, now);
            }
            self.close_approval(&approval, verdict);
        }
        self.resume_clocks(now);
    }

    /// The turn is being interrupted, which also withdraws its requests; those of subagents may be in the background.
    pub(super) fn approvals_stopped(&mut self, now: Now) {
        let is_of_subagent = |request: &PermissionRequest| request.agent_id.is_some();
        self.close_approvals(&Verdict::Stopped, is_of_subagent, now);
    }

    pub(super) fn approvals_lost(&mut self, now: Now) {
        self.close_approvals(&Verdict::ProcessEnded, |_| false, now);
    }

    pub(super) fn approvals_at_shutdown(&mut self, stage: ShutdownStage, now: Now) {
        let is_waiting = stage <= ShutdownStage::Drain;
        self.close_approvals(&Verdict::Restarting, |_| is_waiting, now);
    }

    /// The CLI has withdrawn a control request.
    pub(super) fn approval_cancelled(&mut self, id: &str, now: Now) {
        if let Some(approval) = self.approvals.take(id) {
            self.close_approval(&approval, &Verdict::Withdrawn);
            self.approvals_changed(now);
        }
    }

    pub(super) fn approvals_tick(&mut self, now: Now) {
        let limit = self.config.discord.approval_timeout;
        let mut is_changed = false;
        while let Some(approval) = self.approvals.take_first(|open| now.mono >= open.until) {
            let verdict = Verdict::TimedOut(limit);
            self.answer_approval(&approval, &verdict, now);
            self.close_approval(&approval, &verdict);
            is_changed = true;
        }
        if is_changed {
            self.approvals_changed(now);
        }
    }

    /// The cards of these open requests were deleted.
    pub(super) fn approvals_deleted(&mut self, deleted: &[MessageId], now: Now) {
        let Some(record) = &mut self.record else {
            return;
        };
        let posts = &mut record.state.posts;
        let is_deleted = |post: &mut StoredPost| {
            post.key.starts_with(APPROVAL_KEY)
                && post
                    .messages
                    .iter()
                    .any(|message| deleted.contains(message))
        };
        let gone: Vec<_> = posts.extract_if(.., is_deleted).collect();
        for post in gone {
            self.is_dirty = true;
            let key = PostKey::new(&post.key);
            if let Some(approval) = self.approvals.take_first(|open| open.key == key) {
                self.answer_approval(&approval, &Verdict::Deleted, now);
                self.close_approval(&approval, &Verdict::Deleted);
                self.say(None, approval.closed_line(&Verdict::Deleted));
                self.approvals_changed(now);
            }
        }
    }

    fn pause_clocks(&mut self, now: Now) {
        if let Some(turn) = &mut self.turn {
            turn.pause(now.mono);
        }
        self.background.pause(now.mono);
    }

    fn resume_clocks(&mut self, now: Now) {
        if let Some(turn) = &mut self.turn {
            turn.resume(now.mono);
        }
        self.background.resume(now.mono);
        if self.steering.is_some() && self.is_asked() {
            // It could not be sent meanwhile.
            self.proceed(now);
        }
    }
}

/// What a press decides about a call, a plan or this question; `None` if it opens a form. The error is for the person.
fn verdict(
    choice: &ApprovalChoice,
    press: &Press,
    question: Option<&OpenQuestion>,
) -> Result<Option<Verdict>, &'static str> {
    let by = press.speaker.name.clone();
    let entered = press.entered.as_ref().map(|entered| {
        let longest = match choice {
            ApprovalChoice::DenyWithReason => texts::LONGEST_REASON,
            _ => question_texts::LONGEST_ANSWER,
        };
        let entered = entered.chars().take(longest).collect::<String>();
        Some(entered).filter(|text| !shows_nothing(text))
    });
    let wanted = match (choice, entered) {
        (choice, None) if choice.opens_form() => return Ok(None),
        (ApprovalChoice::DenyWithReason, Some(reason)) => Verdict::Denied { by, reason },
        (ApprovalChoice::AnswerFreely, Some(written)) => {
            let answer = forms::answer(question, &press.values, written);
            let answer = answer.ok_or(question_texts::EMPTY)?;
            Verdict::Answered { by, answer }
        }
        (ApprovalChoice::ChangePlan, Some(None)) => return Err(question_texts::EMPTY),
        (ApprovalChoice::ChangePlan, Some(Some(wanted))) => Verdict::PlanChanged { by, wanted },
        (ApprovalChoice::AllowOnce, None) => Verdict::Allowed { by },
        (ApprovalChoice::Grant { rule, is_permanent }, None) => Verdict::Granted {
            by,
            is_permanent: *is_permanent,
            rule: rule.clone(),
        },
        (ApprovalChoice::Deny, None) => Verdict::Denied { by, reason: None },
        (ApprovalChoice::Answer { label }, None) => Verdict::Answered {
            by,
            answer: label.clone(),
        },
        (ApprovalChoice::Choose { options, .. }, None) => {
            let chosen = press.values.iter().filter_map(|value| {
                let option = options.get(value.parse::<usize>().ok()?)?;
                Some(option.label.as_str())
            });
            let chosen: Vec<_> = chosen.collect();
            if chosen.is_empty() {
                return Err(messages::CONTROL_EXPIRED);
            }
            let answer = chosen.join(", ");
            Verdict::Answered { by, answer }
        }
        (ApprovalChoice::ApprovePlan { accepts_edits }, None) => Verdict::PlanApproved {
            by,
            accepts_edits: *accepts_edits,
        },
        // It opens no form.
        _ => return Err(messages::CONTROL_EXPIRED),
    };
    Ok(Some(wanted))
}
