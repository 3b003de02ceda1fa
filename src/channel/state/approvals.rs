//! Tool calls about which a person decides: from the CLI's control request to its answer.
//!
//! Each open request has a card whose buttons are on record before it is posted. It is answered once: by a press of
//! somebody who may decide, by the time limit, or by what ends the work. Whatever closes it, the card says so. While a
//! request is open, no time limit of the work runs.

mod cards;

use super::{
    Now, Press, ShutdownStage, State,
    messages::{
        self,
        approvals::{self as texts, Verdict},
    },
    pending_approvals::{ApprovalChoice, PendingApproval},
    turn::TurnMachine,
};
use crate::{
    allow_rules::lint_rule,
    channel::approval::{ShownCall, rule_for},
    chat::{ControlId, Form, FormField, InteractionReply, PostKey, shows_nothing},
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
        let shown = ShownCall::of(request);
        let rule = rule_for(request).filter(|_| shown.is_whole);
        let risk = rule.as_deref().map(|rule| (rule, lint_rule(rule)));
        let card = texts::approval(request, &shown, risk);
        let limit = self.config.discord.approval_timeout;
        if self.approvals.is_empty() {
            self.pause_clocks(now);
        }
        let key = PostKey::new(&format!("{APPROVAL_KEY}{}", (self.ids)()));
        self.approvals.push(PendingApproval {
            id: id.to_owned(),
            request: request.clone(),
            key,
            card,
            files: shown.files,
            can_be_allowed: shown.is_whole,
            rule,
            until: now.mono + limit,
            until_unix: now.wall.timestamp() + i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        });
        self.show_approvals(now);
    }

    /// A button of a request was pressed, or its form submitted.
    pub(super) fn decision_pressed(
        &mut self,
        press: Press,
        requests: &[String],
        choice: ApprovalChoice,
        now: Now,
    ) {
        if !press.may_approve {
            return self.reply(press.interaction, texts::NOT_AN_APPROVER);
        }
        let by = press.speaker.name.clone();
        let verdict = match (choice, press.entered) {
            (ApprovalChoice::DenyWithReason, None) => None,
            (ApprovalChoice::DenyWithReason, Some(reason)) => {
                let reason = reason.chars().take(texts::LONGEST_REASON).collect();
                let reason = Some(reason).filter(|text: &String| !shows_nothing(text));
                Some(Verdict::Denied { by, reason })
            }
            // It opens no form.
            (_, Some(_)) => return self.reply(press.interaction, messages::CONTROL_EXPIRED),
            (ApprovalChoice::AllowOnce, None) => Some(Verdict::Allowed { by }),
            (ApprovalChoice::Grant { rule, is_permanent }, None) => Some(Verdict::Granted {
                by,
                is_permanent,
                rule,
            }),
            (ApprovalChoice::Deny, None) => Some(Verdict::Denied { by, reason: None }),
        };
        let allows = verdict.as_ref().is_some_and(Verdict::allows);
        if !self.approvals.are_open(requests, allows) {
            return self.reply(press.interaction, texts::ALREADY_DECIDED);
        }
        let Some(verdict) = verdict else {
            if let Some(id) = ControlId::parse(&press.custom_id) {
                let form = InteractionReply::OpenForm(reason_form(id));
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
        let decided = requests.iter().filter_map(|id| self.approvals.take(id));
        let decided: Vec<_> = decided.collect();
        for approval in &decided {
            self.close_approval(approval, &verdict);
        }
        // If the bot dies now, no card says that nobody has decided about what has run.
        self.save();
        for approval in &decided {
            self.answer_approval(approval, &verdict);
        }
        self.approvals_changed(now);
    }

    fn answer_approval(&mut self, approval: &PendingApproval, verdict: &Verdict) {
        let request = &approval.request;
        let response = match verdict {
            Verdict::Allowed { .. } => request.allow(),
            Verdict::Granted { rule, .. } => {
                let (tool, content) = rule.split_once('(').unwrap_or((rule, ""));
                request.allow_with_rule(tool, content.strip_suffix(')'))
            }
            _ => request.deny(verdict.for_model()),
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
                self.answer_approval(&approval, verdict);
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
            self.answer_approval(&approval, &verdict);
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
                self.answer_approval(&approval, &Verdict::Deleted);
                self.say(None, Verdict::Deleted.line());
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
    }
}

fn reason_form(id: ControlId) -> Form {
    Form {
        id,
        title: texts::REASON_FORM.into(),
        fields: vec![FormField {
            id: "reason".into(),
            label: texts::REASON_FIELD.into(),
            value: String::new(),
            is_long: true,
            is_required: true,
        }],
    }
}
