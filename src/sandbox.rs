//! The sandbox as the configuration asks for it, and what it leaves open that the owner should know.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use claude_session::sandbox::{Confinement, ConfinementError, Options, Sandbox, own_ids};

use crate::config::{Config, Environment, SandboxLevel, token_file};

/// Sets the sandbox up and logs the outcome. `record` is the folder of recordings.
pub async fn build(config: &Config, own: &Environment, record: Option<&Path>) -> Confinement {
    match try_out(config, own, record).await {
        Ok((confinement, description)) => {
            let level = confinement.sandbox.as_ref().map(Sandbox::level);
            if level == Ok(SandboxLevel::Bwrap) {
                tracing::info!("sandbox: {description}");
            } else {
                tracing::warn!("sandbox: {description}");
            }
            for warning in exposures(config, &confinement) {
                tracing::warn!("{warning}");
            }
            confinement
        }
        Err(reason) => {
            tracing::error!("no turn can start: {reason}");
            Confinement::refused(reason, own)
        }
    }
}

/// Sets the sandbox up; also returns a description for the log.
///
/// # Errors
///
/// Why the configured sandbox does not work, naming the key of the configuration.
pub async fn try_out(
    config: &Config,
    own: &Environment,
    record: Option<&Path>,
) -> Result<(Confinement, String), String> {
    let tried = Confinement::set_up(&options(config, record), own).await;
    tried.map_err(|error| match error {
        ConfinementError::Account(error) => format!("`claude.run_as`: {error}"),
        ConfinementError::Unreachable {
            account,
            path,
            error,
        } => format!(
            "`claude.run_as`: {account} cannot reach `workspace_dir`, {}: {error}; one of the folders above it is \
             closed to that account",
            path.display()
        ),
        ConfinementError::Readable(error) => format!("`claude.sandbox_read`: {error}"),
        ConfinementError::Unavailable { level, reason } => {
            format!("`claude.sandbox` is \"{level}\", which does not work here: {reason}")
        }
    })
}

fn options(config: &Config, record: Option<&Path>) -> Options {
    let config_files = vec![config.file.clone(), config.folder.join(".env")];
    let mut private = config_files.clone();
    private.extend([config.sessions_dir.clone(), config.personality_dir.clone()]);
    private.extend(config.discord.token_file.clone());
    private.extend(record.map(Path::to_owned));
    let of_channels = config.channels.values();
    Options {
        level: config.claude.sandbox,
        run_as: config.claude.run_as.clone(),
        bin: config.claude.bin.clone().into(),
        extra_args: config.claude.extra_args.clone(),
        pass_env: config.claude.pass_env.clone(),
        readable: config.claude.sandbox_read.clone(),
        application_dir: config.folder.clone(),
        private,
        config_files,
        workspace_dir: config.workspace_dir.clone(),
        workspaces: of_channels
            .filter_map(|channel| channel.workspace.clone())
            .collect(),
    }
}

/// What the warnings are based on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    /// The bot's user id.
    bot: u32,
    /// The CLI's user and group id.
    cli: (u32, u32),
    level: SandboxLevel,
    token_file: Option<Owned>,
    workspaces: Vec<PathBuf>,
    /// Keys of the configuration, and the folders they name, by which sessions get at the bot's files.
    exposed: Vec<(String, PathBuf)>,
}

/// A file and who may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owned {
    path: PathBuf,
    mode: u32,
    owner: (u32, u32),
}

/// Warnings about what the sandbox leaves open, one sentence each.
#[must_use]
pub fn exposures(config: &Config, confinement: &Confinement) -> Vec<String> {
    let Ok(sandbox) = &confinement.sandbox else {
        // Nothing runs.
        return Vec::new();
    };
    judge(&gather(config, sandbox, confinement))
}

fn gather(config: &Config, sandbox: &Sandbox, confinement: &Confinement) -> Facts {
    let own = own_ids();
    let token_file = token_file(
        config.discord.token_file.as_deref(),
        &confinement.environment,
    );
    let token_file = token_file.and_then(|path| path.canonicalize().ok());
    let of_channels = config.channels.values();
    let workspaces = of_channels
        .filter_map(|channel| channel.workspace.as_ref())
        .chain([&config.workspace_dir])
        .filter_map(|path| path.canonicalize().ok());
    let account = confinement.account.as_ref();
    Facts {
        bot: own.0,
        cli: account.map_or(own, |account| (account.user, account.group)),
        level: sandbox.level(),
        token_file: token_file.and_then(|path| {
            let found = fs::metadata(&path).ok()?;
            Some(Owned {
                path,
                mode: found.mode(),
                owner: (found.uid(), found.gid()),
            })
        }),
        workspaces: workspaces.collect(),
        exposed: named_folders(config)
            .filter(|(_, folder)| sandbox.is_exposed(folder))
            .collect(),
    }
}

/// The folders that sessions must not see but for their own part, and the keys that name them.
fn named_folders(config: &Config) -> impl Iterator<Item = (String, PathBuf)> {
    let of_channels = config.channels.iter().filter_map(|(id, channel)| {
        let workspace = channel.workspace.clone()?;
        Some((format!("channels.{id}.workspace"), workspace))
    });
    [
        ("sessions_dir", &config.sessions_dir),
        ("personality_dir", &config.personality_dir),
        ("workspace_dir", &config.workspace_dir),
    ]
    .map(|(key, folder)| (key.to_owned(), folder.clone()))
    .into_iter()
    .chain(of_channels)
}

fn judge(facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    let is_root = facts.cli.0 == 0;
    if is_root && facts.bot == 0 {
        let mut words =
            "started as root: run the bot as a user of its own, or name another user as \
                         `claude.run_as`"
                .to_owned();
        if facts.level < SandboxLevel::Bwrap {
            words.push_str(
                "; what Claude runs is root too, and can read all of this machine and the bot token out of \
                 the bot's memory",
            );
        }
        found.push(words);
    } else if is_root {
        found.push("`claude.run_as` is root: name a user that may do less".to_owned());
    }
    let consequence = if facts.level < SandboxLevel::Bwrap {
        "which cannot be hidden as a whole, since programs need what is in it: what Claude runs in any channel can \
         read the bot's and the other channels' files in it"
    } else {
        "which is a workspace that holds the home folder or files of the bot, or the CLI's own folder: what Claude \
         runs there can read or change what the sandbox should keep from it"
    };
    for (key, folder) in &facts.exposed {
        found.push(format!(
            "`{key}` is {}, {consequence}; name a folder that has no other use",
            folder.display()
        ));
    }
    let Some(token) = &facts.token_file else {
        return found;
    };
    let path = token.path.display();
    if let Some(workspace) = holder(&token.path, &facts.workspaces) {
        found.push(format!(
            "the bot token lies in a workspace, {}: move {path} elsewhere",
            workspace.display()
        ));
    } else if facts.level < SandboxLevel::Bwrap
        // The bot has read it, by an access list if not by the mode (systemd's credentials).
        && (facts.cli.0 == facts.bot || may_read(facts.cli, token))
    {
        found.push(format!(
            "what Claude runs can read the bot token in {path}: install bubblewrap, set `claude.run_as`, or \
             hand the token over in the variable DISCORD_TOKEN"
        ));
    }
    found
}

fn holder<'a>(path: &Path, folders: &'a [PathBuf]) -> Option<&'a PathBuf> {
    folders.iter().find(|folder| path.starts_with(folder))
}

fn may_read((user, group): (u32, u32), file: &Owned) -> bool {
    let bit = if user == 0 || user == file.owner.0 {
        // The owner may give itself the right.
        return true;
    } else if group == file.owner.1 {
        0o040
    } else {
        0o004
    };
    file.mode & bit != 0
}

#[cfg(test)]
mod tests;
