//! What a reload replaces in a running bot.

use std::sync::Arc;

use tokio::sync::watch;

use super::intake::Intake;
use crate::{config::Config, persona::Personas, snowflake::ChannelId};

/// The settings at one time, and the personas.
#[derive(Debug)]
pub(crate) struct Reloadable {
    pub(crate) intake: Arc<Intake>,
    pub(crate) personas: Personas,
}

impl Reloadable {
    pub(crate) fn config(&self) -> &Arc<Config> {
        &self.intake.config
    }

    /// Whether a process that was started with these settings in a channel would be started alike with the others, but for
    /// the persona.
    pub(super) fn starts_alike(&self, other: &Self, channel: InChannel) -> bool {
        self.options(channel) == other.options(channel)
            && self.rules(channel) == other.rules(channel)
    }

    /// Whether Claude may do what it may no longer with the others, so that a process does not keep these settings even
    /// while it works in the background.
    pub(super) fn allows_more(&self, other: &Self, channel: InChannel) -> bool {
        let lacks = |rules: &[String], of: &[String]| of.iter().any(|rule| !rules.contains(rule));
        let ((allowed, disallowed), (kept, removed)) = (self.rules(channel), other.rules(channel));
        let (one, two) = (self.config(), other.config());
        lacks(kept, allowed)
            || lacks(disallowed, removed)
            || one.claude.bypass_permissions && !two.claude.bypass_permissions
    }

    /// The allow rules, and what is disallowed.
    fn rules(&self, (channel, parent): InChannel) -> (&[String], &[String]) {
        let config = self.config();
        let channel = config.settings_of(channel, parent);
        (
            config.allowed_tools_for(channel),
            config.disallowed_tools_for(channel),
        )
    }

    /// The other settings that a process is started with.
    fn options(&self, (channel, parent): InChannel) -> impl PartialEq + '_ {
        let config = self.config();
        let channel = config.settings_of(channel, parent);
        (
            config.claude.system_prompt,
            config.claude.bypass_permissions,
            config.discord.approvals,
            config.agent_for(channel),
            config.effort_for(channel),
            config.permission_mode_for(channel),
            config.max_turns_for(channel),
            config.fallback_model_for(channel),
        )
    }
}

/// A channel, and the one whose thread it is.
type InChannel = (ChannelId, Option<ChannelId>);

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
    pub(crate) async fn changed(&mut self) -> Result<(), watch::error::RecvError> {
        self.0.changed().await
    }
}
