//! Requests for approval that go to the approvers in direct messages: where to, and what the channel reads then.

use crate::{
    channel::state::{
        Effect, Now, State,
        pending_approvals::{Directs, PendingApproval},
    },
    chat::PostKey,
    config::ApprovalsTo,
    registry::state::StoredPost,
    snowflake::ChannelId,
};

impl State {
    /// Whether approvers are asked in direct messages. A direct message is private itself.
    fn writes_to_approvers(&self) -> bool {
        let is_in_guild = self.place.as_ref().is_some_and(|it| it.guild.is_some());
        is_in_guild && self.config.discord.approvals_to != ApprovalsTo::Channel
    }

    /// Whether the channel only reads that the request is open: somebody else can decide about it.
    pub(super) fn is_private(&self, approval: &PendingApproval) -> bool {
        approval.is_call()
            && self.writes_to_approvers()
            && self.config.discord.approvals_to == ApprovalsTo::Dm
            && !matches!(&self.approvals.directs, Directs::Known(known) if known.is_empty())
    }

    /// The direct messages in which open calls are asked for, as far as they are known.
    pub(super) fn directs(&mut self) -> Vec<ChannelId> {
        if !self.writes_to_approvers() || !self.approvals.has_calls() {
            return Vec::new();
        }
        match &self.approvals.directs {
            Directs::Known(known) => known.clone(),
            Directs::Awaited => Vec::new(),
            Directs::Unknown => {
                self.approvals.directs = Directs::Awaited;
                self.effects.push(Effect::ReachApprovers);
                Vec::new()
            }
        }
    }

    pub(in crate::channel::state) fn approvers_reached(
        &mut self,
        reached: Vec<ChannelId>,
        now: Now,
    ) {
        if reached.is_empty() {
            tracing::warn!(channel = %self.channel, "no approver can be written to, so the channel is asked");
        }
        self.approvals.directs = Directs::Known(reached);
        if !self.approvals.is_empty() {
            self.show_approvals(now);
        }
    }

    /// A direct message could not be posted: the others go on, or the channel.
    pub(super) fn copy_failed(&mut self, key: &PostKey, direct: ChannelId, now: Now) {
        tracing::warn!(channel = %self.channel, %direct, "a request for approval could not be sent");
        self.forget_post(key);
        if let Directs::Known(known) = &mut self.approvals.directs {
            known.retain(|known| *known != direct);
        }
        self.approvals_changed(now);
    }

    /// The post on record.
    pub(in crate::channel::state) fn stored(&self, key: &PostKey) -> Option<&StoredPost> {
        self.record.as_ref()?.state.post(key.as_str())
    }

    /// Where a copy of a request stands; `None` for the channel's own posts.
    pub(in crate::channel::state) fn direct_of(&self, key: &PostKey) -> Option<ChannelId> {
        Some(self.stored(key)?.copy.as_ref()?.channel)
    }
}
