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
        let of_claude = |config: &Config| {
            let claude = &config.claude;
            (
                claude.system_prompt,
                claude.effort,
                claude.bypass_permissions,
                config.discord.approvals,
            )
        };
        self.system_prompt == other.system_prompt
            && one.allowed_tools_for(channel) == two.allowed_tools_for(channel)
            && of_claude(one) == of_claude(two)
    }
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
