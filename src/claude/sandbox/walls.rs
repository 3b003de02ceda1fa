//! What a bot that starts has settled about the walls around its processes, and said in the log.

use std::path::Path;

use super::{Account, Sandbox, choose, exposures};
use crate::config::{Config, Environment, SandboxLevel};

/// What every process of this bot is started with.
#[derive(Debug, Clone)]
pub struct Walls {
    /// The walls, or why none can be started.
    pub sandbox: Result<Sandbox, String>,
    /// The account, if it is not the bot's own.
    pub account: Option<Account>,
    /// The bot's environment as that account has it.
    pub environment: Environment,
}

impl Walls {
    /// Tries what the owner wants and says in the log what came of it.
    pub async fn build(config: &Config, own: &Environment) -> Self {
        let walls = Self::try_out(config, own).await;
        match &walls {
            Ok((walls, words)) => {
                let level = walls.sandbox.as_ref().map(Sandbox::level);
                if level == Ok(SandboxLevel::Bwrap) {
                    tracing::info!("sandbox: {words}");
                } else {
                    tracing::warn!("sandbox: {words}");
                }
            }
            Err(reason) => tracing::error!("no turn can start: {reason}"),
        }
        for warning in walls.iter().flat_map(|(walls, _)| exposures(config, walls)) {
            tracing::warn!("{warning}");
        }
        match walls {
            Ok((walls, _)) => walls,
            Err(reason) => Self {
                sandbox: Err(reason),
                account: None,
                environment: own.clone(),
            },
        }
    }

    /// The walls and what they keep out, in words.
    ///
    /// # Errors
    ///
    /// Why what the owner wants cannot be had, in words.
    pub async fn try_out(config: &Config, own: &Environment) -> Result<(Self, String), String> {
        let wanted = config.claude.run_as.as_deref();
        let found = wanted.map(Account::find).transpose();
        let account = found.map_err(|error| error.to_string())?.flatten();
        let environment = match &account {
            Some(account) => account.environment(own),
            None => own.clone(),
        };
        if let Some(account) = &account
            && config.workspace_dir.exists()
        {
            open_workspaces(account, &config.workspace_dir)?;
        }
        let chosen = choose(config, &environment, account.as_ref()).await;
        let chosen = chosen.map_err(|refused| refused.to_string())?;
        let mut words = chosen.to_string();
        if let Some(account) = &account {
            words = format!("{words}; the CLI runs as {}", account.name);
        }
        let walls = Self {
            sandbox: Ok(chosen.sandbox),
            account,
            environment,
        };
        Ok((walls, words))
    }
}

/// Lets the account into the folder of the workspaces, and makes sure that it gets there.
fn open_workspaces(account: &Account, folder: &Path) -> Result<(), String> {
    let reach = || folder.join(".").metadata();
    Account::let_through(folder)
        .and_then(|()| account.with_its_rights(reach))
        .map(drop)
        .map_err(|error| {
            let (name, folder) = (&account.name, folder.display());
            format!(
                "`claude.run_as`: {name} cannot reach `workspace_dir`, {folder}: {error}; one of the folders \
                 above it is closed to that account"
            )
        })
}
