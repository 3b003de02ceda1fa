//! Texts about permission modes.

use crate::claude::protocol::PermissionMode;

/// Somebody else wants a mode in which more runs unasked.
pub(in crate::channel) const NEEDS_APPROVER: &str = "Only this bot's approvers (the admins, if nobody else is named) can choose a mode in which more runs unasked. \
     Everybody can choose `!mode plan` and `!mode default`.";

pub(in crate::channel) const NO_BYPASS: &str = "`bypassPermissions` is not available: the owner has to allow it by `claude.bypass_permissions`, and the sandbox \
     level has to be `bwrap`.";

/// Claude has changed the mode without being asked to.
pub(in crate::channel) const PLANS_BY_ITSELF: &str = "-# Claude has begun to plan: it only reads until its plan is approved, or until somebody writes `!mode default`.";

/// The answer to `!mode` without a mode.
pub(in crate::channel) fn mode(mode: PermissionMode) -> String {
    format!(
        "Claude's mode here is `{mode}`: {}. Choose from `default`, `plan` and `acceptEdits`.",
        meaning(mode)
    )
}

/// The mode was changed. `is_later` says that the running turn keeps the old one.
pub(in crate::channel) fn mode_set(mode: PermissionMode, is_later: bool) -> String {
    let since = if is_later {
        " after the running turn"
    } else {
        " now"
    };
    format!("Claude's mode here is{since} `{mode}`: {}.", meaning(mode))
}

fn meaning(mode: PermissionMode) -> &'static str {
    match mode {
        PermissionMode::Plan => "it only reads, and presents a plan to approve",
        PermissionMode::AcceptEdits => "it edits files in its workspace unasked",
        PermissionMode::BypassPermissions => "it does everything unasked, inside the sandbox",
        PermissionMode::Default | PermissionMode::DontAsk | PermissionMode::Auto => {
            "it does unasked what `!tools` lists"
        }
    }
}
