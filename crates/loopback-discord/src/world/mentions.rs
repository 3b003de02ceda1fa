//! Who a message pings.
//!
//! The rules are those of "Allowed mentions" in the Discord developer docs. Mentions inside code do
//! not ping; the docs do not say so, but Discord behaves that way.

use crate::Snowflake;

/// Who a message is allowed to ping.
#[derive(Clone, Debug)]
pub(crate) struct Allowed {
    pub(crate) everyone: bool,
    pub(crate) users: Reach,
    pub(crate) roles: Reach,
    pub(crate) replied_user: bool,
}

/// Which mentions of one kind ping.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    All,
    Only(Vec<Snowflake>),
}

/// Who a message pings.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Mentioned {
    pub(crate) users: Vec<Snowflake>,
    pub(crate) roles: Vec<Snowflake>,
    pub(crate) everyone: bool,
}

impl Default for Allowed {
    /// Everything pings, as when `allowed_mentions` is absent.
    fn default() -> Self {
        Self {
            everyone: true,
            users: Reach::All,
            roles: Reach::All,
            replied_user: true,
        }
    }
}

impl Reach {
    fn includes(&self, id: Snowflake) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(&id),
        }
    }
}

/// Who `content` pings, in a reply to a message of `replied` if it is one.
///
/// The caller drops ids of users and roles that do not exist.
pub(crate) fn mentioned(content: &str, allowed: &Allowed, replied: Option<Snowflake>) -> Mentioned {
    let prose = without_code(content);
    let mut found = Mentioned {
        everyone: allowed.everyone && (prose.contains("@everyone") || prose.contains("@here")),
        ..Mentioned::default()
    };
    for tag in prose
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
    {
        let tag = tag.0;
        if let Some(Ok(id)) = tag.strip_prefix("@&").map(str::parse) {
            if allowed.roles.includes(id) && !found.roles.contains(&id) {
                found.roles.push(id);
            }
        } else if let Some(Ok(id)) = tag
            .strip_prefix('@')
            .map(|tag| tag.trim_start_matches('!').parse())
            && allowed.users.includes(id)
            && !found.users.contains(&id)
        {
            found.users.push(id);
        }
    }
    if let Some(author) = replied
        && allowed.replied_user
        && !found.users.contains(&author)
    {
        found.users.push(author);
    }
    found
}

/// The text without code blocks and code spans. An unclosed fence or backtick is text.
fn without_code(content: &str) -> String {
    let mut prose = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(start) = rest.find('`') {
        let ticks = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let fence = &rest[start..start + ticks];
        let body = &rest[start + ticks..];
        prose.push_str(&rest[..start]);
        if let Some(end) = body.find(fence) {
            prose.push(' ');
            rest = &body[end + ticks..];
        } else {
            prose.push_str(fence);
            rest = body;
        }
    }
    prose.push_str(rest);
    prose
}

#[cfg(test)]
mod tests;
