//! The unit of the service: the one that the package installs, with other paths.

use std::path::Path;

pub(super) const NAME: &str = "switchboard.service";

/// How `switchboard service` knows a unit that it has written.
pub(super) const MARK: &str = "# Written by `switchboard service install`, which overwrites changes. Make them with `systemctl edit`.";

const TEMPLATE: &str = include_str!("../../../contrib/switchboard.service");

/// What needs the system's manager: other accounts, capabilities, and mounts.
const FOR_SYSTEM: [&str; 9] = [
    "Wants",
    "After",
    "User",
    "CapabilityBoundingSet",
    "ProtectSystem",
    "PrivateTmp",
    "PrivateDevices",
    "ProtectClock",
    "ProtectKernelModules",
];

/// What `ProtectSystem=full` makes read-only.
const READ_ONLY: [&str; 4] = ["/boot", "/efi", "/etc", "/usr"];

/// What the file of the unit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// What would be written now.
    Current,
    /// What was written for another version or configuration.
    Outdated,
    /// What `install` wrote for a configuration or a token that cannot be read now.
    Own,
    /// Somebody else's.
    Foreign,
}

/// What differs from bot to bot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit<'a> {
    /// The account that the bot runs as; `None` for a service of an account's own.
    pub(super) account: Option<&'a str>,
    pub(super) program: &'a Path,
    pub(super) config: &'a Path,
    /// The working folder.
    pub(super) folder: &'a Path,
    pub(super) token: &'a Path,
}

impl Unit<'_> {
    /// The unit's text; the error names a path that no unit can hold.
    pub(super) fn text(&self) -> Result<String, String> {
        let [program, config] = [word(self.program)?, word(self.config)?];
        let [folder, token] = [value(self.folder)?, value(self.token)?];
        let start = TEMPLATE.find("[Unit]").unwrap_or_default();
        let mut text = format!("{MARK}\n");
        for line in TEMPLATE[start..].lines() {
            let key = line.split_once('=').map_or("", |(key, _)| key);
            let new = match (key, self.account) {
                (_, None) if FOR_SYSTEM.contains(&key) => continue,
                // The bot gives files to the CLI's account, and starts the CLI as that.
                ("CapabilityBoundingSet", Some("root")) => continue,
                ("WantedBy", None) => "WantedBy=default.target".to_owned(),
                ("User", Some(account)) => format!("User={account}"),
                ("WorkingDirectory", _) => format!("WorkingDirectory={folder}"),
                ("ExecStart", _) => {
                    format!("ExecStart={program} run --config {config} --log json")
                }
                ("AssertPathExists", _) => format!("AssertPathExists={token}"),
                ("LoadCredential", _) => format!("LoadCredential=discord_token:{token}"),
                ("ProtectSystem", _) if READ_ONLY.iter().any(|it| self.folder.starts_with(it)) => {
                    format!("{line}\nReadWritePaths={}", quoted(&format!("-{folder}")))
                }
                _ => line.to_owned(),
            };
            text += &new;
            text.push('\n');
        }
        Ok(text)
    }
}

/// A path as the value of a setting, in which `%` begins a specifier.
fn value(path: &Path) -> Result<String, String> {
    let text = path.to_str();
    let text = text.filter(|text| !text.contains(char::is_control) && !text.ends_with('\\'));
    let text =
        text.ok_or_else(|| format!("a unit cannot name {:?}: rename it", path.to_string_lossy()))?;
    Ok(text.replace('%', "%%"))
}

/// A path as a word of a command line, in which `$` begins a variable.
fn word(path: &Path) -> Result<String, String> {
    Ok(quoted(&value(path)?.replace('$', "$$")))
}

/// In quotes, if it needs them.
fn quoted(text: &str) -> String {
    if text.contains([' ', '"', '\'', '\\', ';']) {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests;
