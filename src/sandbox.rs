//! Sets up the configured sandbox and warns about what it leaves exposed.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use claude_session::sandbox::{Confinement, ConfinementError, Options, Sandbox, own_ids};

use crate::{
    config::{Config, Environment, SandboxLevel, token_file},
    snowflake::ChannelId,
};

/// Sets up the sandbox and logs the outcome. `record` is the folder of recordings.
pub async fn build(config: &Config, own: &Environment, record: Option<&Path>) -> Confinement {
    match set_up(config, own, record).await {
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
        Err(Refused { reason, .. }) => {
            tracing::error!("no turn can start: {reason}");
            Confinement::refused(reason, own)
        }
    }
}

/// Why there is no sandbox.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Names the configuration key.
    pub reason: String,
    /// Whether this machine lacks what the level takes, and the configuration is not at fault.
    pub is_unavailable: bool,
}

/// Sets up the sandbox. Also returns a description for the log.
pub async fn set_up(
    config: &Config,
    own: &Environment,
    record: Option<&Path>,
) -> Result<(Confinement, String), Refused> {
    let tried = Confinement::set_up(&options(config, record), own).await;
    tried.map_err(|error| Refused {
        is_unavailable: matches!(error, ConfinementError::Unavailable { .. }),
        reason: match error {
            ConfinementError::Account(error) => format!("`claude.run_as`: {error}"),
            ConfinementError::Unreachable {
                account,
                path,
                error,
            } => format!(
                "`claude.run_as`: {account} cannot access `workspace_dir`, {}: {error}; give it access to the parent folders",
                path.display()
            ),
            ConfinementError::Readable(error) => format!("`claude.sandbox_read`: {error}"),
            ConfinementError::Folder(error) => format!("`add_dirs`: {error}"),
            ConfinementError::Unavailable { level, reason } => {
                format!("`claude.sandbox` is \"{level}\", which does not work on this machine: {reason}")
            }
        },
    })
}

fn options(config: &Config, record: Option<&Path>) -> Options {
    let config_files = vec![config.file.clone(), config.folder.join(".env")];
    let mut private = config_files.clone();
    private.extend([config.sessions_dir.clone(), config.personality_dir.clone()]);
    private.extend(config.discord.token_file.clone());
    private.extend(config.dashboard.password_file.clone());
    private.extend(record.map(Path::to_owned));
    Options {
        level: config.claude.sandbox,
        run_as: config.claude.run_as.clone(),
        bin: config.claude.bin.clone().into(),
        extra_args: config.claude.extra_args.clone(),
        pass_env: config.claude.pass_env.clone(),
        readable: config.claude.sandbox_read.clone(),
        folders: config.add_dirs(),
        application_dir: config.folder.clone(),
        private,
        config_files,
        workspace_dir: config.workspace_dir.clone(),
        workspaces: workspaces(config).map(|(_, path)| path.clone()).collect(),
    }
}

/// The workspaces of single channels.
fn workspaces(config: &Config) -> impl Iterator<Item = (ChannelId, &PathBuf)> {
    let channels = config.channels.iter();
    channels.filter_map(|(id, channel)| Some((*id, channel.workspace.as_ref()?)))
}

/// What the warnings are based on.
#[derive(Clone)]
struct Facts {
    /// The bot's user ID.
    bot: u32,
    /// The CLI's user and group IDs.
    cli: (u32, u32),
    level: SandboxLevel,
    token_file: Option<Owned>,
    workspaces: Vec<PathBuf>,
    /// Configuration keys whose folders give sessions access to the bot's files.
    exposed: Vec<(String, PathBuf)>,
}

/// A file's owner and mode.
#[derive(Clone)]
struct Owned {
    path: PathBuf,
    mode: u32,
    owner: (u32, u32),
}

/// Warnings about what the sandbox leaves open, one sentence each.
pub fn exposures(config: &Config, confinement: &Confinement) -> Vec<String> {
    let Ok(sandbox) = &confinement.sandbox else {
        return Vec::new();
    };
    warnings(&gather(config, sandbox, confinement))
}

fn gather(config: &Config, sandbox: &Sandbox, confinement: &Confinement) -> Facts {
    let own = own_ids();
    let named = config.discord.token_file.as_deref();
    let token_file = token_file(named, &confinement.environment);
    let token_file = token_file.and_then(|path| path.canonicalize().ok());
    let workspaces = workspaces(config).map(|(_, path)| path);
    let workspaces = workspaces.chain([&config.workspace_dir]);
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
        workspaces: workspaces
            .filter_map(|path| path.canonicalize().ok())
            .collect(),
        exposed: named_folders(config)
            .filter(|(_, folder)| sandbox.is_exposed(folder))
            .collect(),
    }
}

/// The folders of which sessions may see at most their own part, with their configuration keys.
fn named_folders(config: &Config) -> impl Iterator<Item = (String, PathBuf)> {
    let of_channels =
        workspaces(config).map(|(id, path)| (format!("channels.{id}.workspace"), path.clone()));
    [
        ("sessions_dir", &config.sessions_dir),
        ("personality_dir", &config.personality_dir),
        ("workspace_dir", &config.workspace_dir),
    ]
    .map(|(key, folder)| (key.to_owned(), folder.clone()))
    .into_iter()
    .chain(of_channels)
}

fn warnings(facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    if facts.cli.0 == 0 && facts.bot == 0 {
        let access = if facts.level < SandboxLevel::Bwrap {
            "; Claude's commands run as root too, and can read everything on this machine, even the bot token in the \
             bot's memory"
        } else {
            ""
        };
        found.push(format!(
            "started as root: run the bot as another user, or set `claude.run_as`{access}"
        ));
    } else if facts.cli.0 == 0 {
        found.push("`claude.run_as` is root: name a user with fewer rights".to_owned());
    }
    let consequence = if facts.level < SandboxLevel::Bwrap {
        "which cannot be hidden because programs need files in it: Claude's commands in any channel can read the files of \
         the bot and of other channels there"
    } else {
        "a workspace that contains the home folder, files of the bot, or the CLI's own folder: Claude's commands there can \
         read or change what the sandbox should protect"
    };
    for (key, folder) in &facts.exposed {
        found.push(format!(
            "`{key}` is {}, {consequence}; use a dedicated folder",
            folder.display()
        ));
    }
    let Some(token) = &facts.token_file else {
        return found;
    };
    let path = token.path.display();
    let mut workspaces = facts.workspaces.iter();
    if let Some(workspace) = workspaces.find(|folder| token.path.starts_with(folder)) {
        found.push(format!(
            "the bot token is in a workspace, {}: move {path} elsewhere",
            workspace.display()
        ));
    } else if facts.level < SandboxLevel::Bwrap
        // The bot can read it, even if only an access list says so (systemd's credentials).
        && (facts.cli.0 == facts.bot || may_read(facts.cli, token))
    {
        found.push(format!(
            "Claude's commands can read the bot token in {path}: install bubblewrap, set `claude.run_as`, or pass the \
             token in the variable DISCORD_TOKEN"
        ));
    }
    found
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
