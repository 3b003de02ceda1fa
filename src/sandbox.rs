//! The sandbox as the configuration asks for it, and what it leaves open that the owner should know.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use claude_session::sandbox::{Options, Sandbox, Walls, WallsError, own_ids};

use crate::config::{Config, Environment, SandboxLevel, TokenSource, token_file};

/// Sets the sandbox up and logs the outcome.
pub async fn build(config: &Config, own: &Environment) -> Walls {
    match try_out(config, own).await {
        Ok((walls, words)) => {
            let level = walls.sandbox.as_ref().map(Sandbox::level);
            if level == Ok(SandboxLevel::Bwrap) {
                tracing::info!("sandbox: {words}");
            } else {
                tracing::warn!("sandbox: {words}");
            }
            for warning in exposures(config, &walls) {
                tracing::warn!("{warning}");
            }
            walls
        }
        Err(reason) => {
            tracing::error!("no turn can start: {reason}");
            Walls::refused(reason, own)
        }
    }
}

/// Sets the sandbox up; also returns what it keeps out, in words.
///
/// # Errors
///
/// Why the configured sandbox does not work, naming the key of the configuration.
pub async fn try_out(config: &Config, own: &Environment) -> Result<(Walls, String), String> {
    let tried = Walls::try_out(&options(config), own).await;
    tried.map_err(|error| match error {
        WallsError::Account(error) => format!("`claude.run_as`: {error}"),
        WallsError::Unreachable {
            account,
            path,
            error,
        } => format!(
            "`claude.run_as`: {account} cannot reach `workspace_dir`, {}: {error}; one of the folders above it is \
             closed to that account",
            path.display()
        ),
        WallsError::Refused(refused) => format!(
            "`claude.sandbox` is \"{}\", which does not work here: {}",
            refused.level, refused.reason
        ),
    })
}

fn options(config: &Config) -> Options {
    let read = vec![config.file.clone(), config.folder.join(".env")];
    let mut hidden = read.clone();
    hidden.extend([config.sessions_dir.clone(), config.personality_dir.clone()]);
    if let TokenSource::File(path) = &config.discord.token {
        hidden.push(path.clone());
    }
    let of_channels = config.channels.values();
    Options {
        level: config.claude.sandbox,
        run_as: config.claude.run_as.clone(),
        bin: config.claude.bin.clone(),
        extra_args: config.claude.extra_args.clone(),
        pass_env: config.claude.pass_env.clone(),
        application_dir: config.folder.clone(),
        hidden,
        read,
        workspace_dir: config.workspace_dir.clone(),
        workspaces: of_channels
            .filter_map(|channel| channel.workspace.clone())
            .collect(),
    }
}

/// What there is to judge by.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    /// The bot's user id.
    bot: u32,
    /// The CLI's user and group id.
    cli: (u32, u32),
    level: SandboxLevel,
    token_file: Option<Owned>,
    workspaces: Vec<PathBuf>,
    /// Keys of the configuration that name folders which the walls cannot hide, and these.
    open: Vec<(String, PathBuf)>,
}

/// A file and who may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owned {
    path: PathBuf,
    mode: u32,
    owner: (u32, u32),
}

/// What should be otherwise, a sentence each. Empty when all is well.
#[must_use]
pub fn exposures(config: &Config, walls: &Walls) -> Vec<String> {
    let Ok(sandbox) = &walls.sandbox else {
        // Nothing runs.
        return Vec::new();
    };
    judge(&gather(config, sandbox, walls))
}

fn gather(config: &Config, sandbox: &Sandbox, walls: &Walls) -> Facts {
    let own = own_ids();
    let token_file = token_file(&config.discord.token, &walls.environment);
    let token_file = token_file.and_then(|path| path.canonicalize().ok());
    let of_channels = config.channels.values();
    let workspaces = of_channels
        .filter_map(|channel| channel.workspace.as_ref())
        .chain([&config.workspace_dir])
        .filter_map(|path| path.canonicalize().ok());
    let account = walls.account.as_ref();
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
        open: named_folders(config)
            .filter(|(_, folder)| sandbox.leaves_open(folder))
            .collect(),
    }
}

/// The folders that no channel's tools should look into but for their own part, and the keys that name them.
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
    for (key, folder) in &facts.open {
        found.push(format!(
            "`{key}` is {}, which cannot be hidden as a whole, since programs need what lies there: what Claude \
             runs in any channel can read the bot's and the other channels' files in it; name a folder that is for \
             nothing else",
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
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            bot: 7,
            cli: (7, 7),
            level: SandboxLevel::Bwrap,
            token_file: Some(Owned {
                path: "/home/bot/token".into(),
                mode: 0o100_600,
                owner: (7, 7),
            }),
            workspaces: vec!["/home/bot/workspaces".into()],
            open: Vec::new(),
        }
    }

    #[track_caller]
    fn check(facts: &Facts, expected: &[&str]) {
        let found = judge(facts);
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found}");
        }
    }

    #[test]
    fn all_is_well_inside_bubblewrap() {
        check(&facts(), &[]);
    }

    #[test]
    fn root_is_told() {
        let root = Facts {
            bot: 0,
            cli: (0, 0),
            ..facts()
        };
        check(&root, &["started as root"]);
        let open = Facts {
            level: SandboxLevel::Off,
            ..root.clone()
        };
        check(
            &open,
            &["out of the bot's memory", "can read the bot token"],
        );
        let other = Facts {
            cli: (7, 7),
            ..root
        };
        check(&other, &[]);
    }

    #[test]
    fn a_token_file_is_told_of_where_what_claude_runs_can_read_it() {
        for level in [SandboxLevel::Off, SandboxLevel::Cli] {
            let same_user = Facts { level, ..facts() };
            check(&same_user, &["can read the bot token in /home/bot/token"]);
            let mut other = Facts {
                cli: (8, 8),
                ..same_user
            };
            check(&other, &[]);
            other.token_file.as_mut().unwrap().mode = 0o100_604;
            check(&other, &["can read"]);
            other.token_file.as_mut().unwrap().mode = 0o100_640;
            check(&other, &[]);
            other.cli.1 = 7;
            check(&other, &["can read"]);
        }
    }

    #[test]
    fn systemds_credential_can_be_read_by_the_bots_own_account() {
        let mut credential = facts();
        let file = credential.token_file.as_mut().unwrap();
        (file.mode, file.owner) = (0o100_440, (0, 0));
        check(&credential, &[]);
        credential.level = SandboxLevel::Off;
        check(&credential, &["can read the bot token"]);
        credential.cli = (8, 8);
        check(&credential, &[]);
    }

    #[test]
    fn a_folder_that_stays_open_is_told_of() {
        let open = |key: &str, folder: &str| (key.to_owned(), folder.into());
        let facts = Facts {
            open: vec![
                open("workspace_dir", "/srv"),
                open("channels.7.workspace", "/home/bot"),
            ],
            token_file: None,
            ..facts()
        };
        check(
            &facts,
            &[
                "`workspace_dir` is /srv",
                "`channels.7.workspace` is /home/bot",
            ],
        );
    }

    #[test]
    fn a_token_in_a_workspace_is_told_of_at_every_level() {
        let mut facts = facts();
        facts.workspaces.push("/home/bot".into());
        check(&facts, &["lies in a workspace, /home/bot"]);
    }
}
