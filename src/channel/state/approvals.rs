//! Tool calls about which a person decides: from the CLI's control request to its answer.
//!
//! Each open request has a card whose buttons are on record before it is posted. It is answered once: by a press of
//! somebody who may decide, by the time limit, or by what ends the work. Whatever closes it, the card says so. While a
//! request is open, no time limit of the work runs.

use super::{
    Now, Press, ShutdownStage, State,
    card::{GRAY, GREEN, RED, YELLOW},
    controls::{ControlAction, actions, buttons},
    delivery::Purpose,
    messages::{
        self,
        approvals::{self as texts, Verdict},
    },
    pending_approvals::{ApprovalChoice, PendingApproval},
    turn::TurnMachine,
};
use crate::{
    allow_rules::lint_rule,
    channel::{
        Origin,
        approval::{ShownCall, rule_for},
    },
    chat::{
        Body, Card, ControlId, Form, FormField, InteractionReply, Post, PostFailure, PostFile,
        PostKey, shows_nothing,
    },
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

    /// Brings the cards of the open requests up to date: on record first, so that no button is without its action.
    fn show_approvals(&mut self, now: Now) {
        self.record_mut(now);
        let Some(record) = &mut self.record else {
            return;
        };
        let count = self.approvals.len();
        let mut changed = Vec::new();
        for (index, (approval, offers)) in self.approvals.cards().enumerate() {
            let wanted = offers.into_iter();
            let wanted =
                wanted.map(|(requests, choice)| ControlAction::Decide { requests, choice });
            let wanted: Vec<_> = wanted.collect();
            let stored = record.state.post(approval.key.as_str());
            if stored.is_some_and(|stored| actions(stored).eq(wanted.iter().cloned())) {
                continue;
            }
            let controls = wanted.iter().map(|action| action.stored((self.ids)()));
            let stored = StoredPost {
                key: approval.key.as_str().to_owned(),
                text: texts::approval_closed(&approval.card, &Verdict::Restarting),
                revision: stored.map_or(0, |stored| stored.revision) + 1,
                controls: controls.collect(),
                messages: stored
                    .map(|stored| stored.messages.clone())
                    .unwrap_or_default(),
                ..StoredPost::default()
            };
            record.state.put_post(stored.clone());
            let all = if index + 1 == count { count } else { 1 };
            let end = texts::approval_open(approval.until_unix, all);
            let text = format!("{}\n{end}", approval.card);
            changed.push((stored, text, approval.files.clone()));
        }
        if changed.is_empty() {
            return;
        }
        self.save();
        for (stored, text, files) in changed {
            self.put_approval(&stored, text, files, YELLOW);
        }
    }

    fn put_approval(
        &mut self,
        stored: &StoredPost,
        text: String,
        files: Vec<PostFile>,
        color: u32,
    ) {
        let origin = self.turn.as_ref().map(|turn| turn.origin);
        let post = Post {
            body: Body::Card(Card {
                text,
                color: Some(color),
                ..Card::default()
            }),
            controls: buttons(stored),
            files,
            reply_to: origin.and_then(Origin::message),
            is_final: stored.controls.is_empty(),
            ..Post::default()
        };
        let key = PostKey::new(&stored.key);
        self.put(key, post, stored.messages.clone(), Purpose::Other);
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
        for id in requests {
            if let Some(approval) = self.approvals.take(id) {
                self.answer_approval(&approval, &verdict);
                self.close_approval(&approval, &verdict);
            }
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

    /// Says on the card what has become of a request. The record keeps the card until Discord has that.
    fn close_approval(&mut self, approval: &PendingApproval, verdict: &Verdict) {
        if !verdict.allows() {
            self.approvals.note_denied(&approval.request.tool_use_id);
        }
        let record = self.record.as_mut();
        let stored = record.and_then(|record| record.state.post_mut(approval.key.as_str()));
        let Some(stored) = stored else {
            return;
        };
        stored.text = texts::approval_closed(&approval.card, verdict);
        stored.controls.clear();
        stored.revision += 1;
        let stored = stored.clone();
        self.is_dirty = true;
        let color = match verdict {
            _ if verdict.allows() => GREEN,
            Verdict::Denied { .. } | Verdict::TimedOut(_) => RED,
            _ => GRAY,
        };
        let text = stored.text.clone();
        self.put_approval(&stored, text, approval.files.clone(), color);
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

    /// What has become of a card of a request.
    pub(super) fn approval_posted(
        &mut self,
        key: &PostKey,
        failure: Option<PostFailure>,
        now: Now,
    ) {
        if failure == Some(PostFailure::ShuttingDown) || !key.as_str().starts_with(APPROVAL_KEY) {
            return;
        }
        match (self.approvals.of_key(key), failure) {
            (Some(_), None) => {}
            (Some(approval), Some(PostFailure::WithoutFiles)) => {
                if std::mem::take(&mut approval.can_be_allowed) {
                    approval.card = format!("{}\n{}", approval.card, texts::FILES_MISSING);
                    self.show_approvals(now);
                }
            }
            (Some(_), Some(_)) => {
                self.forget_post(key);
                if let Some(approval) = self.approvals.take_first(|open| open.key == *key) {
                    self.approvals.note_denied(&approval.request.tool_use_id);
                    let response = approval.request.deny(texts::NOT_POSTED);
                    self.respond(&approval.id, response);
                }
                self.approvals_changed(now);
            }
            (None, _) => {
                let record = self.record.as_ref();
                let stored = record
                    .and_then(|record| record.state.post(key.as_str()))
                    .cloned();
                let unsure = self
                    .approvals
                    .unsure
                    .iter()
                    .position(|unsure| unsure == key);
                match (stored, unsure) {
                    (Some(stored), Some(position)) if failure.is_none() => {
                        self.approvals.unsure.remove(position);
                        let text = stored.text.clone();
                        self.put_approval(&stored, text, Vec::new(), GRAY);
                    }
                    _ => self.forget_post(key),
                }
            }
        }
    }

    fn forget_post(&mut self, key: &PostKey) {
        if let Some(record) = &mut self.record {
            let before = record.state.posts.len();
            record.state.posts.retain(|post| post.key != key.as_str());
            self.is_dirty |= before != record.state.posts.len();
        }
    }

    /// Closes the cards that an earlier run of the bot left open. One of which Discord's answer is not on record may be
    /// in the channel; then creating it returns it as it is, so that it is edited afterwards.
    pub(super) fn close_earlier_approvals(&mut self) {
        let record = self.record.iter_mut();
        let posts = record.flat_map(|record| &mut record.state.posts);
        let mut earlier = Vec::new();
        for post in posts.filter(|post| post.key.starts_with(APPROVAL_KEY)) {
            if self.approvals.of_key(&PostKey::new(&post.key)).is_none() {
                post.controls.clear();
                post.revision += 1;
                earlier.push(post.clone());
            }
        }
        for stored in earlier {
            self.is_dirty = true;
            let mut text = stored.text.clone();
            if stored.messages.is_empty() {
                text.push('…');
                self.approvals.unsure.push(PostKey::new(&stored.key));
            }
            self.put_approval(&stored, text, Vec::new(), GRAY);
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
