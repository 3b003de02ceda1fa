//! The channel's permission mode: when Claude asks.
//!
//! The record has it. A live process changes it at once, every other one is started with it. Claude may begin to plan by
//! itself, which widens nothing; a wider mode comes from an approver alone.

use super::{Now, State, messages::modes as texts};
use crate::{
    channel::Origin,
    claude::protocol::{Control, PermissionMode, Status},
};

/// The id of the control request.
pub(super) const SET_MODE: &str = "switchboard-set-mode";

impl State {
    /// The mode of the next process.
    pub(crate) fn mode(&self) -> PermissionMode {
        let chosen = self.choices().mode;
        // Somebody may have edited the file, or the configuration.
        let is_allowed = |mode: &PermissionMode| match mode {
            PermissionMode::Default | PermissionMode::Plan | PermissionMode::AcceptEdits => true,
            PermissionMode::BypassPermissions => self.config.claude.bypass_permissions,
            PermissionMode::DontAsk | PermissionMode::Auto => false,
        };
        chosen
            .filter(is_allowed)
            .unwrap_or_else(|| self.config.permission_mode_for(self.settings_from()))
    }

    pub(super) fn set_mode(&mut self, mode: PermissionMode, origin: Origin, now: Now) {
        let is_bypass = mode == PermissionMode::BypassPermissions;
        if is_bypass && !self.config.claude.bypass_permissions {
            return self.say(Some(origin), texts::NO_BYPASS);
        }
        tracing::info!(channel = %self.channel, %mode, "the permission mode was changed");
        self.keep_mode(mode, now);
        self.apply_mode(mode);
        self.say(
            Some(origin),
            texts::mode_set(mode, is_bypass && self.is_asked()),
        );
    }

    /// Has the process change its mode.
    pub(super) fn apply_mode(&mut self, mode: PermissionMode) {
        if self.process.is_live() && mode != PermissionMode::BypassPermissions {
            self.process.modes_requested += 1;
            self.control(SET_MODE, Control::SetPermissionMode { mode });
        } else {
            // Only a process that was started for it takes `bypassPermissions`.
            self.process.outdate();
        }
    }

    /// Puts the mode on record that somebody has chosen.
    pub(super) fn keep_mode(&mut self, mode: PermissionMode, now: Now) {
        let state = &mut self.record_mut(now).state;
        (state.mode, state.plans_by_itself) = (Some(mode), false);
        self.save();
    }

    /// The CLI has answered a change of the mode.
    pub(super) fn mode_changed(&mut self, refusal: Option<&str>) {
        self.process.modes_requested = self.process.modes_requested.saturating_sub(1);
        if let Some(error) = refusal {
            // The next process starts with the mode as an argument.
            tracing::warn!(channel = %self.channel, error, "the CLI refused to change its permission mode");
            self.process.outdate();
        }
    }

    /// Claude has begun to plan by itself.
    pub(super) fn mode_reported(&mut self, status: &Status, now: Now) {
        let is_plan = status.permission_mode.as_deref() == Some("plan");
        if is_plan && self.process.modes_requested == 0 && self.mode() != PermissionMode::Plan {
            let state = &mut self.record_mut(now).state;
            (state.mode, state.plans_by_itself) = (Some(PermissionMode::Plan), true);
            self.save();
            self.say_quietly(None, texts::PLANS_BY_ITSELF);
        }
    }
}
