//! Texts about tool calls that a person decides about, and about the rules in force.

use std::time::Duration;

use super::figures::{count, inline, plain, time};
use crate::{
    allow_rules::Risk,
    channel::approval::{ShownCall, visible},
    claude::protocol::PermissionRequest,
    config::BUILTIN_RULES,
    registry::state::Grant,
    snowflake::ChannelId,
};

/// How much of a name, a description and a reason is shown, in characters.
const NAME: usize = 40;
const DESCRIPTION: usize = 200;
const ANSWER: usize = 400;

/// The longest reason of a denial, in characters. Claude reads it.
pub(in crate::channel) const LONGEST_REASON: usize = 1_000;

pub(in crate::channel) const REASON_FORM: &str = "Why should Claude not do this?";
pub(in crate::channel) const REASON_FIELD: &str = "Claude reads this";

/// Somebody else pressed the button.
pub(in crate::channel) const NOT_AN_APPROVER: &str =
    "Only this bot's approvers (the admins, if nobody else is named) can decide about this.";
/// The button was pressed too late.
pub(in crate::channel) const ALREADY_DECIDED: &str =
    "Nothing is left to decide here: somebody was faster, or Claude no longer waits for it.";

/// How a request for approval ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::channel) enum Verdict {
    Allowed {
        by: String,
    },
    /// By this rule, for good or until the session ends.
    Granted {
        by: String,
        is_permanent: bool,
        rule: String,
    },
    Denied {
        by: String,
        reason: Option<String>,
    },
    /// A question was answered.
    Answered {
        by: String,
        answer: String,
    },
    PlanApproved {
        by: String,
        accepts_edits: bool,
    },
    /// Claude shall change its plan.
    PlanChanged {
        by: String,
        wanted: String,
    },
    TimedOut(Duration),
    /// Claude no longer waits.
    Withdrawn,
    Stopped,
    /// The request was deleted from the channel.
    Deleted,
    ProcessEnded,
    Restarting,
}

impl Verdict {
    /// The line on the card.
    pub(in crate::channel) fn line(&self) -> String {
        match self {
            Self::Allowed { by } => format!("✓ Allowed once by {}.", plain(by, NAME)),
            Self::Granted {
                by, is_permanent, ..
            } => {
                let term = if *is_permanent {
                    "always in this channel"
                } else {
                    "for this session"
                };
                format!("✓ Allowed {term} by {}.", plain(by, NAME))
            }
            Self::Denied { by, reason: None } => format!("✗ Denied by {}.", plain(by, NAME)),
            Self::Denied {
                by,
                reason: Some(reason),
            } => format!(
                "✗ Denied by {}: {}",
                plain(by, NAME),
                plain(reason, DESCRIPTION)
            ),
            Self::Answered { by, answer } => {
                format!("✓ {} answered: {}", plain(by, NAME), plain(answer, ANSWER))
            }
            Self::PlanApproved { by, accepts_edits } => {
                let by = plain(by, NAME);
                if *accepts_edits {
                    format!("✓ Approved by {by}; edits in the workspace are no longer asked for.")
                } else {
                    format!("✓ Approved by {by}.")
                }
            }
            Self::PlanChanged { by, wanted } => format!(
                "✎ {} wants a change: {}",
                plain(by, NAME),
                plain(wanted, ANSWER)
            ),
            Self::TimedOut(limit) => format!("✗ Denied: nobody decided within {}.", spell(*limit)),
            Self::Withdrawn => "✗ Closed: Claude no longer waits for this.".into(),
            Self::Stopped => "✗ Closed: Claude was stopped before anybody decided.".into(),
            Self::Deleted => "✗ Denied: the request was deleted.".into(),
            Self::ProcessEnded => "✗ Closed: Claude's process ended before anybody decided.".into(),
            Self::Restarting => "✗ Closed by a restart before anybody decided.".into(),
        }
    }

    /// What Claude is told if its call is denied.
    pub(in crate::channel) fn for_model(&self) -> String {
        match self {
            Self::Denied {
                reason: Some(reason),
                ..
            } => format!("The person who decides about this denied it, with this reason: {reason}"),
            Self::PlanChanged { wanted, .. } => format!(
                "The plan is not approved yet. Change it, then present it again. What should change: {wanted}"
            ),
            Self::TimedOut(limit) => format!(
                "Nobody decided about this within {}, so it was denied. Go on without it, or say what you need.",
                spell(*limit)
            ),
            Self::Restarting => {
                "This was denied because the bot is restarting. Finish without it.".into()
            }
            Self::Stopped => "This was denied because the work was stopped.".into(),
            _ => "The person who decides about this denied it.".into(),
        }
    }

    /// Whether Claude gets what it asks for.
    pub(in crate::channel) fn allows(&self) -> bool {
        matches!(
            self,
            Self::Allowed { .. }
                | Self::Granted { .. }
                | Self::Answered { .. }
                | Self::PlanApproved { .. }
        )
    }
}

/// What Claude is told if nobody can be asked.
pub(in crate::channel) const NOT_POSTED: &str =
    "This was denied because the request for approval could not be posted in the channel.";
pub(in crate::channel) const TOO_MANY_REQUESTS: &str =
    "This was denied because too many requests for approval are open. Wait for their decisions.";

/// The card of a request: what is asked for, and the rule that a grant would add.
pub(in crate::channel) fn approval(
    request: &PermissionRequest,
    shown: &ShownCall,
    rule: Option<(&str, Option<Risk>)>,
) -> String {
    let who = if request.agent_id.is_some() {
        "A subagent of Claude"
    } else {
        "Claude"
    };
    let what = match request.tool_name.as_str() {
        "Bash" => "run a command".into(),
        "Edit" => "edit a file".into(),
        "Write" => "write a file".into(),
        "Read" => "read a file".into(),
        tool => format!("use {}", code(tool, 100)),
    };
    let mut lines = vec![format!("**{who} asks to {what}**")];
    if shown.is_whole {
        lines.push(shown.text.clone());
    } else {
        lines.push("It is too long to be shown whole, so it can only be denied.".into());
    }
    let input = request.input.get("description").text();
    if let Some(description) = input.filter(|_| request.tool_name == "Bash") {
        lines.push(format!(
            "-# Claude's words: {}",
            plain(&description, DESCRIPTION)
        ));
    }
    let why = request.decision_reason.as_deref();
    lines.push(match (why, &request.blocked_path) {
        (Some(why), _) => format!("Why it asks: {}", plain(why, DESCRIPTION)),
        (None, Some(path)) => format!("Why it asks: no rule allows this for {}.", code(path, 200)),
        (None, None) => "Why it asks: no rule allows this.".into(),
    });
    if let Some((rule, risk)) = rule {
        lines.push(format!("Rule for the session, or for always: `{rule}`"));
        if let Some(Risk { capability, reason }) = risk {
            lines.push(format!(
                "⚠️ **This rule {capability}**: {}",
                plain(reason, 300)
            ));
        }
    }
    lines.join("\n")
}

/// The end of an open request's card. `all` is how many requests are open.
pub(in crate::channel) fn approval_open(until: i64, all: usize) -> String {
    let line = format!("-# For the approvers to decide. Denied <t:{until}:R> if nobody does.");
    if all > 1 {
        format!("{line} “All” is this request and those above that are open: {all}.")
    } else {
        line
    }
}

/// The first line of a request in direct messages.
pub(in crate::channel) fn asked_in(channel: ChannelId) -> String {
    format!("-# In <#{channel}>")
}

/// What the channel reads of a request that goes to the approvers in direct messages.
pub(in crate::channel) fn asked_in_private(until: i64) -> String {
    format!(
        "Claude asks for permission. The approvers have it in direct messages.\n\
         -# Denied <t:{until}:R> if nobody decides."
    )
}

/// The same once it is closed.
pub(in crate::channel) fn closed_in_private(verdict: &Verdict) -> String {
    format!(
        "Claude asked for permission, in direct messages to the approvers.\n{}",
        verdict.line()
    )
}

/// The files with the whole call could not be posted.
pub(in crate::channel) const FILES_MISSING: &str =
    "The file with all of it could not be posted, so this can only be denied.";

pub(in crate::channel) const DENY_LABEL: &str = "Deny";
pub(in crate::channel) const DENY_WITH_REASON_LABEL: &str = "Deny with a reason";

/// With how many requests are decided.
pub(in crate::channel) fn allow_once_label(requests: usize) -> String {
    match requests {
        1 => "Allow once".into(),
        _ => format!("Allow all {requests} once"),
    }
}

pub(in crate::channel) fn deny_label(requests: usize) -> String {
    match requests {
        1 => DENY_LABEL.into(),
        _ => format!("Deny all {requests}"),
    }
}

/// With the rule, where there is room for it; the card has it in any case.
pub(in crate::channel) fn grant_label(is_permanent: bool, rule: &str) -> String {
    let label = if is_permanent {
        "Always here"
    } else {
        "Allow for this session"
    };
    let whole = format!("{label}: {rule}");
    if whole.chars().count() <= 80 {
        whole
    } else {
        label.into()
    }
}

/// The rules in force, for `!tools`. `rules` are those of the configuration.
pub(in crate::channel) fn rules_in_force(
    rules: &[String],
    (grants, of_channel): (&[Grant], usize),
    asks: bool,
) -> String {
    let of = if rules == BUILTIN_RULES {
        "built-in"
    } else {
        "configured"
    };
    let mut lines = vec!["**What Claude may do here unasked**".to_owned()];
    lines.extend(
        rules
            .iter()
            .map(|rule| format!("- {} · {of}", code(rule, 300))),
    );
    for (at, grant) in grants.iter().enumerate() {
        let term = if at < of_channel {
            "in this thread's channel"
        } else if grant.is_permanent {
            "always"
        } else {
            "this session"
        };
        lines.push(format!(
            "- {} · {term}, granted by {} {}",
            code(&grant.rule, 300),
            plain(&grant.name, NAME),
            time(&grant.at, 'f')
        ));
    }
    lines.push(if asks {
        "Everything else is asked for.".into()
    } else {
        "Everything else is denied.".into()
    });
    if grants.len() > of_channel {
        lines.push("-# `!tools revoke RULE` takes a granted rule back (admins), as do the buttons of `!tools` (approvers too).".into());
    }
    lines.join("\n")
}

/// Somebody wanted to take a rule back in a thread that was granted in its channel.
pub(in crate::channel) fn granted_in_channel(rule: &str, channel: ChannelId) -> String {
    let rule = code(rule, 300);
    format!("{rule} was granted in <#{channel}> and holds in its threads. Revoke it there.")
}

/// A rule was revoked, by a button if `by` names somebody. `runs` says whether Claude works at the moment.
pub(in crate::channel) fn revoked(rule: &str, by: Option<&str>, runs: bool) -> String {
    let by = by.map_or_else(String::new, |name| format!(" by {}", plain(name, NAME)));
    let rule = code(rule, 300);
    if runs {
        format!(
            "Revoked{by}: {rule}. The running turn still has it; the button, or `!stop`, ends that now."
        )
    } else {
        format!("Revoked{by}: {rule}.")
    }
}

pub(in crate::channel) const STOP_TURN_LABEL: &str = "Stop the turn now";
/// The turn that had a revoked rule does not run any more.
pub(in crate::channel) const TURN_IS_OVER: &str =
    "That turn has ended, or is being stopped already. The rule no longer holds.";

/// Somebody else pressed a button that takes a rule back, or ends a turn that has it.
pub(in crate::channel) const MAY_NOT_REVOKE: &str =
    "Only this bot's approvers and admins can take a granted rule back.";
/// The button was pressed too late.
pub(in crate::channel) const ALREADY_REVOKED: &str = "That rule no longer holds here: somebody has taken it back, or its session was cleared. `!tools` lists what holds.";

/// As much of the rule as a label has room for; the list has it whole.
pub(in crate::channel) fn revoke_label(rule: &str) -> String {
    const ROOM: usize = 80 - "Revoke ".len();
    let rule = visible(rule);
    let length = rule.chars().count();
    if length <= ROOM {
        return format!("Revoke {rule}");
    }
    // Rules often differ in their ends.
    let begin: String = rule.chars().take(ROOM - 21).collect();
    let end: String = rule.chars().skip(length - 20).collect();
    format!("Revoke {begin}…{end}")
}

/// There is no such grant. `granted` is how many there are.
pub(in crate::channel) fn not_granted(rule: &str, granted: usize) -> String {
    format!(
        "{} was not granted here, so nothing was revoked ({} here; `!tools` lists them). Rules of the configuration are \
         changed in `config.json`.",
        code(rule, 300),
        count(granted as u64, "granted rule")
    )
}

/// Inline code that shows what it hides.
fn code(text: &str, longest: usize) -> String {
    inline(&visible(text), longest)
}

/// A time limit in words.
pub(super) fn spell(limit: Duration) -> String {
    match limit.as_secs() {
        seconds if seconds >= 120 && seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        seconds => count(seconds, "second"),
    }
}

#[cfg(test)]
mod tests;
