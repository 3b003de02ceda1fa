//! The sandbox and the account of every process of an application.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Account, AccountError, Options, Refused, Sandbox, choose};
use crate::Environment;

/// What every process of an application is started with.
#[derive(Debug, Clone)]
pub struct Walls {
    /// The sandbox, or why no process can be started.
    pub sandbox: Result<Sandbox, String>,
    /// The account, if it is not the application's own.
    pub account: Option<Account>,
    /// The application's environment as that account has it.
    pub environment: Environment,
}

/// Why a sandbox cannot be set up as the application wants it.
#[derive(Debug, thiserror::Error)]
pub enum WallsError {
    /// The account cannot be used.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The account cannot enter the folder of the workspaces.
    #[error("{account} cannot reach {}: {error}; one of the folders above it is closed to that account", path.display())]
    Unreachable {
        /// The account's name.
        account: String,
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The required level does not work.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Walls {
    /// No process can be started, for this reason.
    #[must_use]
    pub fn refused(reason: String, own: &Environment) -> Self {
        Self {
            sandbox: Err(reason),
            account: None,
            environment: own.clone(),
        }
    }

    /// Tries what the options ask for; also returns what it keeps out, in words.
    ///
    /// # Errors
    ///
    /// [`WallsError`]: never a weaker sandbox than the options require.
    pub async fn try_out(
        options: &Options,
        own: &Environment,
    ) -> Result<(Self, String), WallsError> {
        let wanted = options.run_as.as_deref();
        let account = wanted.map(Account::find).transpose()?.flatten();
        let environment = match &account {
            Some(account) => account.environment(own),
            None => own.clone(),
        };
        if let Some(account) = &account
            && options.workspace_dir.exists()
        {
            open_workspaces(account, &options.workspace_dir)?;
        }
        let chosen = choose(options, &environment, account.as_ref()).await?;
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
fn open_workspaces(account: &Account, folder: &Path) -> Result<(), WallsError> {
    let reach = || folder.join(".").metadata();
    Account::let_through(folder)
        .and_then(|()| account.with_its_rights(reach))
        .map(drop)
        .map_err(|error| WallsError::Unreachable {
            account: account.name.clone(),
            path: folder.to_owned(),
            error,
        })
}
