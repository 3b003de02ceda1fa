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
    registry::state::{APPROVAL_KEY, PostCopy, StoredPost},
    snowflake::ChannelId,
};

/// A card as it shall be.
struct Wanted {
    key: PostKey,
    /// The direct messages in which the copy stands.
    direct: Option<ChannelId>,
    actions: Vec<ControlAction>,
    open: String,
    /// What a restart makes of it.
    closed: String,
    files: Vec<PostFile>,
}

impl Wanted {
    fn copy(&self, direct: ChannelId, channel: ChannelId) -> Self {
        Self {
            key: self.key.clone(),
            direct: Some(direct),
            actions: self.actions.clone(),
            open: in_private(channel, &self.open),
            closed: in_private(channel, &self.closed),
            files: self.files.clone(),
        }
    }
}

fn in_private(channel: ChannelId, card: &str) -> String {
    format!("{}\n{card}", texts::asked_in(channel))
}

/// The key of the request that a post shows: its own, or that of which it is a copy.
fn request_of(post: &StoredPost) -> PostKey {
    PostKey::new(post.copy.as_ref().map_or(&post.key, |copy| &copy.of))
}

impl State {
    /// Brings the cards of the open requests up to date: on record first, so that no button is without its action.
    pub(super) fn show_approvals(&mut self, now: Now) {
        self.record_mut(now);
        let directs = self.directs();
        let mut wanted = Vec::new();
        for (approval, offers) in self.approvals.cards() {
            let calls = offers.last().map_or(1, |(requests, _)| requests.len());
            let actions = offers.into_iter();
            let actions =
                actions.map(|(requests, choice)| ControlAction::Decide { requests, choice });
            let card = Wanted {
                key: approval.key.clone(),
                direct: None,
                actions: actions.collect(),
                open: approval.open_card(calls),
                closed: approval.closed_card(&Verdict::Restarting),
                files: approval.files.clone(),
            };
            let copies = directs.iter().filter(|_| approval.is_call());
            wanted.extend(copies.map(|direct| card.copy(*direct, self.channel)));
            wanted.push(if self.is_private(approval) {
                Wanted {
                    actions: Vec::new(),
                    open: texts::asked_in_private(approval.until_unix),
                    closed: texts::closed_in_private(&Verdict::Restarting),
                    files: Vec::new(),
                    ..card
                }
            } else {
                card
            });
        }
        let mut changed = Vec::new();
        for card in wanted {
            changed.extend(self.record_card(card));
        }
        if changed.is_empty() {
            return;
        }
        self.save();
        for (stored, text, files) in changed {
            self.put_approval(&stored, text, files, YELLOW);
        }
    }

    /// Records a card, unless the record has it. Returns what is to be posted.
    fn record_card(&mut self, card: Wanted) -> Option<(StoredPost, String, Vec<PostFile>)> {
        let record = self.record.as_mut()?;
        let copy = card.direct.map(|channel| PostCopy {
            of: card.key.as_str().to_owned(),
            channel,
        });
        let mut posts = record.state.posts.iter();
        let stored = posts.find(|post| match &copy {
            Some(_) => post.copy == copy,
            None => post.key == card.key.as_str(),
        });
        if stored.is_some_and(|stored| actions(stored).eq(card.actions.iter().cloned())) {
            return None;
        }
        let stored = stored.cloned().unwrap_or_else(|| StoredPost {
            key: match &copy {
                Some(_) => PostKey::new(&format!("{APPROVAL_KEY}{}", (self.ids)())),
                None => card.key,
            }
            .as_str()
            .to_owned(),
            copy,
            ..StoredPost::default()
        });
        let controls = card.actions.iter();
        let controls = controls.map(|action| action.stored((self.ids)()));
        let stored = StoredPost {
            text: card.closed,
            revision: stored.revision + 1,
            controls: controls.collect(),
            ..stored
        };
        record.state.put_post(stored.clone());
        Some((stored, card.open, card.files))
    }

    fn put_approval(
        &mut self,
        stored: &StoredPost,
        text: String,
        files: Vec<PostFile>,
        color: u32,
    ) {
        // Also what has no buttons changes later.
        let is_open = self.approvals.of_key(&request_of(stored)).is_some();
        let turn = self.turn.as_ref().filter(|_| stored.copy.is_none());
        let origin = turn.map(|turn| turn.origin);
        let post = Post {
            files,
            reply_to: origin.and_then(Origin::message),
            is_final: !is_open,
            ..card_post(stored, text, color)
        };
        self.put_stored(stored, post);
    }

    /// Says on the card what has become of a request. The record keeps the card until Discord has that.
    pub(super) fn close_approval(&mut self, approval: &PendingApproval, verdict: &Verdict) {
        if !verdict.allows() {
            self.approvals.note_denied(&approval.request.tool_use_id);
        }
        let is_private = self.is_private(approval);
        let posts = self.record.iter_mut().flat_map(|it| &mut it.state.posts);
        let mut closed = Vec::new();
        for stored in posts.filter(|post| request_of(post) == approval.key) {
            stored.text = match &stored.copy {
                Some(_) => in_private(self.channel, &approval.closed_card(verdict)),
                None if is_private => texts::closed_in_private(verdict),
                None => approval.closed_card(verdict),
            };
            stored.controls.clear();
            stored.revision += 1;
            closed.push(stored.clone());
        }
        let color = match verdict {
            _ if verdict.allows() => GREEN,
            Verdict::Denied { .. } | Verdict::TimedOut(_) => RED,
            _ => GRAY,
        };
        for stored in closed {
            self.is_dirty = true;
            let has_files = stored.copy.is_some() || !is_private;
            let files = approval.files.iter().filter(|_| has_files);
            let (text, files) = (stored.text.clone(), files.cloned().collect());
            self.put_approval(&stored, text, files, color);
        }
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
        let direct = self.direct_of(key);
        let of = self.stored(key).map_or(key.clone(), request_of);
        match (self.approvals.of_key(&of), failure) {
            (Some(_), None) => self.take_answer_from_queue(now),
            (Some(_), Some(PostFailure::WithoutFiles)) => self.shown_in_part(&of, now),
            (Some(_), Some(_)) if let Some(direct) = direct => self.copy_failed(key, direct, now),
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
            if self.approvals.of_key(&request_of(post)).is_none() {
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
