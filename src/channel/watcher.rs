//! What the channels tell whoever watches over the bot, and what can be decided there.

use std::time::Instant;

use super::state::Press;
use crate::{
    chat::{Control, Interaction, InteractionReply, PostKey},
    external::{Role, Speaker},
    ledger::TurnLine,
    money::Usd,
    snowflake::{ChannelId, MessageId, UserId},
};

/// Who decides at the dashboard, as cards and grants name them.
const DECIDER: &str = "an admin at the dashboard";

/// Watches all channels. None of these calls may take long.
pub(crate) trait Watcher: Send + Sync {
    /// What a channel does now; `None` once it does nothing any more.
    fn changed(&self, channel: ChannelId, activity: Option<Activity>);

    /// A turn has ended.
    fn booked(&self, line: &TurnLine);

    /// The reply to a [`Decision`].
    fn replied(&self, decision: u64, reply: InteractionReply);
}

/// What a channel does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Activity {
    pub(crate) phase: Phase,
    pub(crate) session_id: String,
    pub(crate) model: String,
    /// Whose message is being answered.
    pub(crate) person: Option<Speaker>,
    /// Since when it is being answered.
    pub(crate) since: Option<Instant>,
    /// How many messages wait.
    pub(crate) queue: usize,
    pub(crate) context_tokens: u64,
    pub(crate) context_window: Option<u64>,
    /// What the session has cost.
    pub(crate) cost_usd: Usd,
    /// Of the CLI's process, or of the sandbox around it.
    pub(crate) pid: Option<i32>,
    pub(crate) approvals: Vec<OpenApproval>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The process waits for the next message.
    Idle,
    /// A message waits for a process, or for its files.
    Starting,
    Working,
    /// Background tasks run, or are reported.
    Background,
}

/// A request that waits for a decision, as its card shows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OpenApproval {
    pub(crate) key: PostKey,
    /// The message with the card, once it is in the channel.
    pub(crate) message: Option<MessageId>,
    pub(crate) text: String,
    pub(crate) controls: Vec<Control>,
}

/// A press of a control of an [`OpenApproval`] by an admin at the dashboard.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    /// Names it for [`Watcher::replied`].
    pub(crate) id: u64,
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
    pub(crate) custom_id: String,
    pub(crate) values: Vec<String>,
    pub(crate) entered: Option<String>,
}

impl Decision {
    /// The same as a press in the channel, with the same checks ahead.
    pub(super) fn into_press(self) -> Press {
        Press {
            interaction: Interaction::at_the_dashboard(self.id),
            speaker: Speaker {
                id: UserId(0),
                name: DECIDER.into(),
                role: Role::Admin,
            },
            message: self.message,
            custom_id: self.custom_id,
            values: self.values,
            entered: self.entered,
            may_approve: true,
        }
    }
}
