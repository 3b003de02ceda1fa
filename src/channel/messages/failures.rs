//! Texts about turns that failed for a reason that lies with Claude's API, the account or the CLI.

use super::{excerpts::in_parentheses, figures::inline};
use crate::{claude::turn::Damage, config::AfterReset, snowflake::ChannelId};

/// The label of the button that drops the damaged end of the conversation and runs the message again.
pub(crate) const REPAIR_LABEL: &str = "Repair";

pub(crate) const BILLING: &str = "Claude's API rejected the request because the Anthropic account of this bot has no credit left, or a billing \
    problem. Trying again won't help: the owner of this bot must add credit or fix the billing in the Anthropic console. \
    The session is kept.";

/// Where there are buttons, each stands for a model.
pub(crate) fn long_context(has_buttons: bool) -> String {
    let choose = choose_model(has_buttons);
    format!(
        "This conversation needs the model's long context, which this Anthropic account can't use. Choose another model \
         with {choose}. Or shorten the conversation with `!compact`."
    )
}

pub(crate) fn model_unknown(model: &str, has_buttons: bool) -> String {
    let model = inline(model, 100);
    let choose = choose_model(has_buttons);
    format!("Claude's API doesn't know the model {model}. Choose another one with {choose}.")
}

fn choose_model(has_buttons: bool) -> &'static str {
    if has_buttons {
        "a button below, which also runs the message again, or with `!model` (admins only)"
    } else {
        "`!model` (admins only)"
    }
}

/// The API rejects one more message, and an earlier notice has said why.
pub(crate) const STILL_DAMAGED: &str = "This conversation's history is still damaged, as told above. **Repair** leaves out the damaged end and runs this \
    message again.";

/// A conversation that is too long is summarized before the message is run again.
pub(crate) const COMPACTING_FIRST: &str = "-# This conversation is too long for the model. I'm summarizing it, then your message runs again.";

/// The CLI compacts the conversation by itself in a turn.
pub(crate) const COMPACTING: &str =
    "-# The conversation is getting long, so Claude is summarizing it. This can take a minute.";

/// A message has waited for a usage limit to reset.
pub(crate) const LIMIT_RESET: &str =
    "Claude's usage limit has reset. Press **Retry** to run this message.";

pub(crate) const PROGRAM_REPLACED: &str = "-# Claude's program on the bot's machine was updated. This session continues with the new one.";

/// The API does not accept the conversation.
pub(crate) fn history_damaged(damage: Damage, has_button: bool) -> String {
    let what = match damage {
        Damage::Thinking => "blocks of Claude's thinking in it were changed",
        Damage::Media => "it contains a picture or document that can't be processed",
        Damage::Tools => "a tool's call and its result in it don't match",
    };
    let repair = if has_button {
        format!(
            "**{REPAIR_LABEL}** leaves out the damaged end and runs this message again; the old session is kept."
        )
    } else {
        format!(
            "The next message gets a button, **{REPAIR_LABEL}**, that leaves out the damaged end."
        )
    };
    format!(
        "This conversation's history is damaged: {what}, so Claude's API rejects every message here. {repair}"
    )
}

/// The conversation was repaired. `old` is the session that is kept.
pub(crate) fn repaired(old: &str) -> String {
    format!(
        "-# Repaired: the conversation continues from before the damage. The old session is kept: `claude --resume {old}`"
    )
}

/// The API was busy. The message is run again by itself, at most `times`.
pub(crate) fn trying_again(status: Option<u16>, times: usize) -> String {
    let status = in_parentheses(status);
    format!(
        "-# Claude is busy{status}. Retrying automatically, up to {times} times; `!stop` cancels."
    )
}

/// A usage limit was reached. Discord shows the time in the reader's time zone.
pub(crate) fn limit_resets(kind: Option<&str>, until: i64) -> String {
    let limit = match kind {
        Some("five_hour") => "5-hour usage limit",
        Some("seven_day") => "weekly usage limit",
        Some("seven_day_opus") => "weekly usage limit for Opus",
        Some("seven_day_sonnet") => "weekly usage limit for Sonnet",
        _ => "usage limit",
    };
    format!("Claude's {limit} is reached. It resets <t:{until}:t> (<t:{until}:R>).")
}

/// A usage limit was reached while `waiting` more messages wait.
pub(crate) fn usage_limited(
    kind: Option<&str>,
    until: i64,
    waiting: usize,
    after_reset: AfterReset,
) -> String {
    let (messages, are, them) = match waiting {
        0 => ("Your message".to_owned(), "is", "it"),
        1 => (
            "Your message and the one that waits".to_owned(),
            "are",
            "them",
        ),
        _ => (
            format!("Your message and the {waiting} that wait"),
            "are",
            "them",
        ),
    };
    let kept = match after_reset {
        AfterReset::Run if waiting == 0 => {
            format!("{messages} is kept and will run automatically.")
        }
        AfterReset::Run => format!("{messages} are kept and will run automatically."),
        AfterReset::Ask => format!("{messages} {are} kept; I'll ask then whether to run {them}."),
        AfterReset::Drop if waiting == 0 => {
            "Your message was not answered. Press **Retry** after that to run it.".to_owned()
        }
        AfterReset::Drop => format!("{messages} were not answered. Send {them} again after that."),
    };
    format!("{} {kept}", limit_resets(kind, until))
}

/// A message arrived while a limit is reached.
pub(crate) fn waits_for_reset(until: i64, after_reset: AfterReset) -> String {
    let then = match after_reset {
        AfterReset::Ask => "I'll ask then whether to run it",
        AfterReset::Run | AfterReset::Drop => "it runs then",
    };
    format!("-# Claude's usage limit is reached. Your message waits until <t:{until}:t>; {then}.")
}

/// The same, but the message is not kept.
pub(crate) fn limited_not_kept(until: i64) -> String {
    format!("Claude's usage limit is reached. This message was not run. Try again <t:{until}:R>.")
}

/// A direct message to the admins.
pub(crate) fn permission_missing(channel: ChannelId, permission: &str) -> String {
    format!(
        "I can't post in <#{channel}>: I lack the permission **{permission}** there. Until it is granted, I run nothing in \
         that channel."
    )
}

/// The CLI's own settings file, which it rewrites by itself, cannot be read.
pub(crate) fn config_broken(has_button: bool) -> String {
    format!(
        "Claude can't start because its settings file `.claude.json` on the bot's machine is damaged. The owner of this \
         bot must repair that file or move it away. After that, {}; the session is kept.",
        again(has_button)
    )
}

/// The CLI is too old. `why` says so.
pub(crate) fn cli_too_old(why: &str, has_button: bool) -> String {
    format!(
        "Claude can't start: {why}. The owner of this bot must update it. After that, {}.",
        again(has_button)
    )
}

/// Shortens paths to their last part: the machine's folders are nobody's business in a channel.
pub(crate) fn hide_paths(output: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || "\"'`()[]{}<>,;:=".contains(c);
    let shorten = |word: &str| match word.rsplit_once('/') {
        Some((folders, name)) if word.starts_with('/') && !folders.is_empty() => {
            format!("…/{name}")
        }
        _ => word.to_owned(),
    };
    let words = output.split_inclusive(is_end).map(|word| {
        let end = word.strip_suffix(is_end).map_or(word.len(), str::len);
        shorten(&word[..end]) + &word[end..]
    });
    words.collect()
}

/// Nothing of the conversation could be kept.
pub(crate) const REPAIRED_ANEW: &str =
    "-# No part of this conversation could be repaired, so I started a new session without it.";

pub(crate) fn use_model_label(model: &str) -> String {
    format!("Use {model}").chars().take(80).collect()
}

/// How to have it run again: with the notice's button, if it has one.
pub(super) fn again(has_button: bool) -> &'static str {
    if has_button {
        "press **Retry**"
    } else {
        "try again"
    }
}
