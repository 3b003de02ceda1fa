//! The answer to `!session`.

use std::path::Path;

/// Where others would read it.
pub(in crate::channel) const SESSION_PRIVATE: &str =
    "How to continue a session in a terminal is not shown here: `/session` shows it to you alone.";
pub(in crate::channel) const NO_SESSION: &str =
    "There is no session here yet that could be continued in a terminal.";

/// What a terminal needs to continue a session.
#[derive(Debug, Clone, Copy)]
pub(in crate::channel) struct Terminal<'a> {
    pub(in crate::channel) folder: &'a Path,
    /// The CLI, by name or path.
    pub(in crate::channel) program: &'a str,
    /// The CLI's own folder, if it is not the usual one.
    pub(in crate::channel) config_dir: Option<&'a str>,
    /// The account that the CLI runs as, if it is not the bot's.
    pub(in crate::channel) account: Option<&'a str>,
    pub(in crate::channel) session: &'a str,
}

/// The command that continues a copy of a session, so that the terminal and the bot never write to the same one.
pub(in crate::channel) fn session(terminal: &Terminal<'_>) -> String {
    let Terminal {
        folder,
        program,
        config_dir,
        account,
        session,
    } = *terminal;
    let config_dir = config_dir.map(|folder| format!("CLAUDE_CONFIG_DIR={} ", quoted(folder)));
    let whose = account.map_or_else(
        || "as the user that the bot runs as".to_owned(),
        |account| format!("as the user `{account}`"),
    );
    format!(
        "Continue a copy of this session in a terminal on the bot's machine, {whose}:\n\
         ```sh\ncd {} && {}{} --resume {} --fork-session\n```\n\
         -# The session here stays as it is, and knows nothing of the copy.",
        quoted(&folder.to_string_lossy()),
        config_dir.unwrap_or_default(),
        quoted(program),
        quoted(session)
    )
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests;
