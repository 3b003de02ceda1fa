//! Requests for approval in direct messages: to whom they go, and which channel such a message is about.

use super::Hub;
use crate::{
    channel::state::Event,
    chat::{ChatOp, OpError, OpId, OpResult, Place},
    registry::{Record, state::StoredPost},
    snowflake::{ChannelId, UserId},
};

/// How many approvers are asked in direct messages.
const MOST_ASKED: usize = 5;

impl Hub {
    /// Opens direct messages with those who decide in a channel. They are told to it together.
    pub(super) fn reach_approvers(&mut self, channel: ChannelId) {
        let place = self.shared.directory.place(channel);
        let approvers = place.map(|place| self.intake().approvers(&place));
        let mut approvers = approvers.unwrap_or_default();
        if approvers.len() > MOST_ASKED {
            tracing::warn!(%channel, "only {MOST_ASKED} of {} approvers are asked in direct messages", approvers.len());
            approvers.truncate(MOST_ASKED);
        }
        let reaching = (approvers.len(), Vec::new());
        self.directs.reaching.insert(channel, reaching);
        for &user in &approvers {
            let id = OpId::Approver(user);
            let open = ChatOp::OpenDirectMessage { id, channel, user };
            self.shared.outbox.send(open);
        }
        self.tell_reached(channel);
    }

    pub(super) fn approver_reached(
        &mut self,
        channel: ChannelId,
        user: UserId,
        result: &Result<OpResult, OpError>,
    ) {
        let Some((left, reached)) = self.directs.reaching.get_mut(&channel) else {
            return;
        };
        *left = left.saturating_sub(1);
        if let Ok(OpResult::DirectMessage(direct)) = result {
            reached.push(*direct);
            let homes = self.directs.homes.entry(*direct).or_default();
            homes.insert(channel);
        } else {
            tracing::warn!(%channel, %user, ?result, "an approver cannot be written to");
        }
        self.tell_reached(channel);
    }

    fn tell_reached(&mut self, channel: ChannelId) {
        let reaching = &mut self.directs.reaching;
        if reaching.get(&channel).is_some_and(|(left, _)| *left == 0)
            && let Some((_, reached)) = reaching.remove(&channel)
        {
            self.tell(channel, Event::ApproversReached(reached));
        }
    }

    /// Notes where the channel has asked in an earlier run of the bot.
    pub(super) fn learn_copies(&mut self, channel: ChannelId, record: &Record) {
        for copy in record
            .state
            .posts
            .iter()
            .filter_map(|post| post.copy.as_ref())
        {
            let homes = self.directs.homes.entry(copy.channel).or_default();
            homes.insert(channel);
        }
    }

    /// The channel whose request such a post in direct messages is.
    pub(super) fn home_of(
        &self,
        direct: ChannelId,
        is_it: impl Fn(&StoredPost) -> bool,
    ) -> Option<ChannelId> {
        let homes = self.directs.homes.get(&direct)?;
        let view = self.shared.registry.view();
        let is_copy = |post: &StoredPost| {
            let copy = post.copy.as_ref();
            copy.is_some_and(|copy| copy.channel == direct) && is_it(post)
        };
        let mut homes = homes.iter().copied();
        homes.find(|home| {
            let record = view.get(*home);
            record.is_some_and(|record| record.state.posts.iter().any(is_copy))
        })
    }

    /// The place whose rules hold for a press: that of the channel which asks, also if the button is in direct messages.
    pub(super) fn place_of_press(
        &self,
        place: &Place,
        is_it: impl Fn(&StoredPost) -> bool,
    ) -> Option<Place> {
        match self.home_of(place.channel, is_it) {
            Some(home) => self.shared.directory.place(home),
            None => Some(place.clone()),
        }
    }
}
