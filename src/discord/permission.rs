//! The permissions that the bot needs, and the link that invites it with exactly these.

use serenity::all::Permissions;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permission {
    bits: Permissions,
    /// As Discord's settings call it.
    pub(crate) name: &'static str,
    /// What does not work without it.
    pub(crate) without: &'static str,
    /// Whether the bot does nothing in a channel without it.
    pub(crate) is_required: bool,
}

const fn required(bits: Permissions, name: &'static str, without: &'static str) -> Permission {
    Permission {
        bits,
        name,
        without,
        is_required: true,
    }
}

const fn useful(bits: Permissions, name: &'static str, without: &'static str) -> Permission {
    let is_required = false;
    Permission {
        is_required,
        ..required(bits, name, without)
    }
}

/// All of them, the required ones first.
pub(crate) const NEEDED: [Permission; 8] = [
    required(
        Permissions::VIEW_CHANNEL,
        "View Channel",
        "it does not see the channel",
    ),
    required(
        Permissions::SEND_MESSAGES,
        "Send Messages",
        "it can't answer",
    ),
    required(
        Permissions::READ_MESSAGE_HISTORY,
        "Read Message History",
        "it can't reply to a message, nor read what was said before",
    ),
    useful(
        Permissions::EMBED_LINKS,
        "Embed Links",
        "cards come as text",
    ),
    useful(
        Permissions::ATTACH_FILES,
        "Attach Files",
        "it can't post files",
    ),
    useful(
        Permissions::ADD_REACTIONS,
        "Add Reactions",
        "it can't mark a message as seen",
    ),
    useful(
        Permissions::CREATE_PUBLIC_THREADS,
        "Create Public Threads",
        "`!fork` does not work",
    ),
    useful(
        Permissions::SEND_MESSAGES_IN_THREADS,
        "Send Messages in Threads",
        "it can't answer in threads",
    ),
];

/// What somebody may do in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Granted(pub(super) Permissions);

impl Granted {
    /// Which of the needed permissions are missing.
    pub(crate) fn missing(self) -> impl Iterator<Item = Permission> {
        let needed = NEEDED.into_iter();
        needed.filter(move |needed| !self.0.contains(needed.bits))
    }

    /// Whether the channel is seen at all.
    pub(crate) fn sees(self) -> bool {
        self.0.contains(Permissions::VIEW_CHANNEL)
    }

    /// All needed permissions but those with these names.
    #[cfg(test)]
    pub(crate) fn all_but(names: &[&str]) -> Self {
        let granted = NEEDED.iter().filter(|needed| !names.contains(&needed.name));
        Self(granted.fold(Permissions::empty(), |all, it| all | it.bits))
    }
}

/// The link with which an admin of a guild adds the bot to it, with exactly the permissions that it needs (Discord developer
/// docs, `OAuth2`, "Bot authorization flow").
pub(crate) fn invite_link(application: u64) -> String {
    let all = NEEDED
        .iter()
        .fold(Permissions::empty(), |all, it| all | it.bits);
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&permissions={}&scope=bot+applications.commands",
        all.bits()
    )
}

#[cfg(test)]
mod tests;
