//! The cards of tool calls about which a person decides.
//!
//! A card is on record before it is posted, and says at the end what has become of its request. One that an earlier run of
//! the bot left open is closed.

use crate::{
    channel::{
        Origin,
        messages::approvals::{self as texts, Verdict},
        state::{
            Now, State,
            card::{GRAY, GREEN, RED, YELLOW, card_post},
            controls::{ControlAction, actions},
            pending_approvals::PendingApproval,
        },
    },
    chat::{Post, PostFailure, PostFile, PostKey},
    registry::state::{APPROVAL_KEY, StoredPost},
};

impl State {
    /// Brings the cards of the open requests up to date: on record first, so that no button is without its action.
    pub(super) fn show_approvals(&mut self, now: Now) {
        self.record_mut(now);
        let Some(record) = &mut self.record else {
            return;
        };
        let mut changed = Vec::new();
        for (approval, offers) in self.approvals.cards() {
            let calls = offers.last().map_or(1, |(requests, _)| requests.len());
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
                text: approval.closed_card(&Verdict::Restarting),
                revision: stored.map_or(0, |stored| stored.revision) + 1,
                controls: controls.collect(),
                messages: stored
                    .map(|stored| stored.messages.clone())
                    .unwrap_or_default(),
                ..StoredPost::default()
            };
            record.state.put_post(stored.clone());
            changed.push((stored, approval.open_card(calls), approval.files.clone()));
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
            files,
            reply_to: origin.and_then(Origin::message),
            is_final: stored.controls.is_empty(),
            ..card_post(stored, text, color)
        };
        self.put_stored(stored, post);
    }

    /// Says on the card what has become of a request. The record keeps the card until Discord has that.
    pub(super) fn close_approval(&mut self, approval: &PendingApproval, verdict: &Verdict) {
        if !verdict.allows() {
            self.approvals.note_denied(&approval.request.tool_use_id);
        }
        let record = self.record.as_mut();
        let stored = record.and_then(|record| record.state.post_mut(approval.key.as_str()));
        let Some(stored) = stored else {
            return;
        };
        stored.text = approval.closed_card(verdict);
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

    /// What has become of a card of a request.
    pub(in crate::channel::state) fn approval_posted(
        &mut self,
        key: &PostKey,
        failure: Option<PostFailure>,
        now: Now,
    ) {
        let plan = self.approvals.plan_of(key).map(|plan| plan.key.clone());
        if let (Some(_), Some(plan)) = (failure, plan) {
            return self.shown_in_part(&plan, now);
        }
        if failure == Some(PostFailure::ShuttingDown) || !key.as_str().starts_with(APPROVAL_KEY) {
            return;
        }
        match (self.approvals.of_key(key), failure) {
            (Some(_), None) => self.take_answer_from_queue(now),
            (Some(_), Some(PostFailure::WithoutFiles)) => self.shown_in_part(key, now),
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

    /// People can't see all of what they decide about.
    fn shown_in_part(&mut self, key: &PostKey, now: Now) {
        if let Some(approval) = self.approvals.of_key(key)
            && std::mem::take(&mut approval.can_be_allowed)
        {
            approval.card = format!("{}\n{}", approval.card, texts::FILES_MISSING);
            self.show_approvals(now);
        }
    }

    pub(in crate::channel::state) fn forget_post(&mut self, key: &PostKey) {
        if let Some(record) = &mut self.record {
            let before = record.state.posts.len();
            record.state.posts.retain(|post| post.key != key.as_str());
            self.is_dirty |= before != record.state.posts.len();
        }
    }

    /// Closes the cards that an earlier run of the bot left open. One of which Discord's answer is not on record may be
    /// in the channel; then creating it returns it as it is, so that it is edited afterwards.
    pub(in crate::channel::state) fn close_earlier_approvals(&mut self) {
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
}
