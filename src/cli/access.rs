//! Who can read and change a file, and how to close it without locking out the bot.

use std::path::Path;

use super::finding::{Finding, Fix};
use crate::files::{Access, own_ids};

/// What a file holds, which decides who may have access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Token,
    /// Conversations and usage: for the bot alone.
    Records,
    /// Settings, some of which are secrets.
    Secrets,
    /// Settings that anyone may read.
    Settings,
}

/// The accounts that matter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accounts {
    /// The user and the group of this process.
    own: (u32, u32),
    /// The user that runs the bot, if that is known.
    bot: Option<u32>,
}

impl Accounts {
    /// `sessions` belongs to the account that runs the bot. Until it is there, that is the own one, unless it is root's.
    pub(super) fn of(sessions: &Path) -> Self {
        let own = own_ids();
        let bot = match Access::of(sessions) {
            Ok(found) => Some(found.owner),
            Err(_) => Some(own.0).filter(|user| *user != 0),
        };
        Self { own, bot }
    }
}

/// What is wrong with a file's permission bits, if anything.
pub(super) fn open_file(
    check: &'static str,
    path: &Path,
    holds: Holds,
    accounts: Accounts,
) -> Option<Finding> {
    judged(check, path, Access::of(path).ok()?, holds, accounts)
}

fn judged(
    check: &'static str,
    path: &Path,
    access: Access,
    holds: Holds,
    accounts: Accounts,
) -> Option<Finding> {
    let (too_much, why) = match holds {
        Holds::Token => (0o077, "whoever has the token can act as the bot"),
        Holds::Records => (0o077, "it holds what people write to Claude"),
        Holds::Secrets => (0o077, "it may hold the secrets of MCP servers"),
        Holds::Settings => (
            0o022,
            "whoever changes it decides what Claude is and may do",
        ),
    };
    let Access { mode, owner, .. } = access;
    let open = access.open(too_much, accounts.own);
    if open == 0 {
        return None;
    }
    let verb = if open & 0o022 == 0 { "read" } else { "change" };
    let (shown, closed) = (path.display(), mode & !open);
    let what = format!("other users can {verb} {shown} (mode {mode:04o})");
    let is_the_bots = accounts.bot == Some(owner);
    let mend = if is_the_bots || !access.has_own_group(accounts.own) {
        format!("`chmod {closed:04o} {shown}`")
    } else {
        // The bot may read it as one of the others.
        format!(
            "give it to the account that runs the bot (`chown`), then `chmod {closed:04o} {shown}`"
        )
    };
    let finding = Finding::warning(check, what).why(why).mend(mend);
    Some(if is_the_bots && owner == accounts.own.0 {
        finding.fix(Fix::Mode(path.to_owned(), closed))
    } else {
        finding
    })
}

#[cfg(test)]
mod tests;
