//! What admins are told once, until it is mended.

use super::{budgets::budget_name, figures::dollars};
use crate::{
    claude::version,
    limits::{BudgetPeriod, Reached, Scope},
    money::Usd,
};

pub(crate) const LOGIN_EXPIRED: &str = "Claude isn't logged in any more, so it answers no message. Run `claude` on the bot's machine, as the account that \
     it runs as there, and log in (`/login`).";

/// `why` says that the CLI can't be started.
pub(crate) fn cli_unusable(why: &str) -> String {
    format!("Claude answers no message: {why}.")
}

pub(crate) fn cli_defect(defect: &str) -> String {
    format!(
        "The Claude CLI on the bot's machine has a known defect: {defect}. To mend that, {}.",
        version::UPDATE
    )
}

pub(crate) fn disk_nearly_full(free_bytes: u64) -> String {
    nearly_full(&format!("{} MiB are free", free_bytes >> 20))
}

pub(crate) fn disk_lacks_files(free_files: u64) -> String {
    nearly_full(&format!("it has room for {free_files} more files (inodes)"))
}

fn nearly_full(left: &str) -> String {
    format!(
        "The disk of the bot's sessions or workspaces is nearly full: {left}. When it is full, no message is answered. Delete \
         what is not needed, or move them to a larger disk."
    )
}

/// `id` is whose budget it is.
pub(crate) fn budget_used_up(
    reached: &Reached,
    id: u64,
    (period, max): (BudgetPeriod, Usd),
) -> String {
    let who = match reached.scope {
        Scope::User => format!("<@{id}>"),
        Scope::Channel => format!("<#{id}>"),
    };
    let raise = match (reached.scope, period) {
        (Scope::Channel, BudgetPeriod::Day) => " `!budget` there sets another one for today.",
        _ => "",
    };
    format!(
        "{who} has used up {} ({}). More can be spent <t:{}:R>.{raise}",
        budget_name(period),
        dollars(max),
        reached.until.timestamp()
    )
}
