//! Texts about permissions that the bot lacks.

use super::figures::inline;

/// How many files are named.
const NAMED: usize = 5;

/// Stands in a post instead of its files.
pub(crate) fn files_left_out(names: impl Iterator<Item = String>) -> String {
    let names: Vec<_> = names.take(NAMED).map(|name| inline(&name, 60)).collect();
    format!(
        "-# I couldn't post {}: I lack the **Attach Files** permission here. An admin of this server can grant it.",
        names.join(", ")
    )
}

/// Reply to a press whose answer could not be posted.
pub(in crate::channel) fn may_not_post(permission: &str) -> String {
    format!(
        "I can't post here: I lack the **{permission}** permission. Press the button again once an admin of this \
         server has granted it."
    )
}
