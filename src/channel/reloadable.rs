//! What a reload replaces in a running bot.

use std::sync::Arc;

use tokio::sync::watch;

use super::intake::Intake;
use crate::{config::Config, snowflake::ChannelId};

/// The settings at one time, and the personality.
#[derive(Debug)]
pub(crate) struct Reloadable {
    pub(crate) intake: Arc<Intake>,
    /// The personality and the security rules.
    pub(crate) system_prompt: String,
}

impl Reloadable {
    pub(crate) fn config(&self) -> &Arc<Config> {
        &self.intake.config
    }

    /// Whether a process that was started with these settings in a channel would be started alike with the others.
    /// `channel` is the one whose settings apply.
    pub(super) fn starts_alike(&self, other: &Self, channel: ChannelId) -> bool {
        let (one, two) = (&**self.config(), &**other.config());
        self.system_prompt == other.system_prompt && options(one, channel) == options(two, channel)
    }
}

/// What a process in a channel is started with.
fn options(config: &Config, channel: ChannelId) -> impl PartialEq + use<'_> {
    let of_channel = (
        config.allowed_tools_for(channel),
        config.disallowed_tools_for(channel),
        config.agent_for(channel),
        config.effort_for(channel),
        config.permission_mode_for(channel),
        config.max_turns_for(channel),
        config.fallback_model_for(channel),
    );
    let of_all = (
        config.claude.system_prompt,
        config.claude.bypass_permissions,
        config.discord.approvals,
    );
    (of_channel, of_all)
}

/// The settings that are in effect. Clones follow the same changes.
#[derive(Debug, Clone)]
pub(crate) struct LiveSettings(watch::Receiver<Arc<Reloadable>>);

impl LiveSettings {
    /// Also returns where a reload puts new settings.
    pub(crate) fn new(settings: Reloadable) -> (Self, watch::Sender<Arc<Reloadable>>) {
        let (sender, receiver) = watch::channel(Arc::new(settings));
        (Self(receiver), sender)
    }

    pub(crate) fn now(&self) -> Arc<Reloadable> {
        Arc::clone(&self.0.borrow())
    }

    /// Resolves after a reload; with an error if there will be none.
    pub(super) async fn changed(&mut self) -> Result<(), watch::error::RecvError> {
        self.0.changed().await
    }
}
