//! The account that the CLI runs as, if it is not the application's own.

use std::{
    io,
    os::unix::fs::{PermissionsExt as _, lchown},
    path::{Path, PathBuf},
};

use nix::unistd::{Gid, Uid, User, setfsgid, setfsuid};

use crate::{
    Environment,
    files::{self, Owner, WorkspaceOwner},
};

/// Variables that describe the application's account, or name places in its home folder.
const OWN: [&str; 9] = [
    "HOME",
    "USER",
    "LOGNAME",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
    "SHELL",
];

/// An account of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub user: u32,
    /// The id of its own group, the only one that the CLI gets.
    pub group: u32,
    pub home: PathBuf,
}

/// Why the CLI cannot run as another account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// No such account.
    #[error("this machine has no account {0:?}")]
    Unknown(String),
    /// The machine's list of accounts cannot be read.
    #[error("the machine's accounts cannot be read: {0}")]
    Unreadable(String),
    /// The application is not root.
    #[error("only root can run the CLI as another account, {0:?}")]
    NotAllowed(String),
}

impl Account {
    /// Looks up an account by name or number; `None` if it is the application's own.
    pub fn find(wanted: &str) -> Result<Option<Self>, AccountError> {
        let found = match wanted.parse() {
            Ok(number) => User::from_uid(Uid::from_raw(number)),
            Err(_) => User::from_name(wanted),
        };
        let found = found
            .map_err(|error| AccountError::Unreadable(error.to_string()))?
            .ok_or_else(|| AccountError::Unknown(wanted.to_owned()))?;
        let own = Uid::effective();
        if found.uid == own {
            return Ok(None);
        }
        if !own.is_root() {
            return Err(AccountError::NotAllowed(wanted.to_owned()));
        }
        Ok(Some(Self {
            name: found.name,
            user: found.uid.as_raw(),
            group: found.gid.as_raw(),
            home: found.dir,
        }))
    }

    /// This account as the owner of workspaces in `workspace_dir`.
    pub fn workspace_owner(&self, workspace_dir: &Path) -> WorkspaceOwner {
        WorkspaceOwner {
            owner: Owner(self.user, self.group),
            workspace_dir: workspace_dir.to_owned(),
        }
    }

    /// Gives this account a file or folder that the application has just created.
    pub(crate) fn give(&self, created: &Path) -> io::Result<()> {
        lchown(created, Some(self.user), Some(self.group))
    }

    /// Prepares a workspace for a CLI that runs as `account`, or as the application's own if that is `None`. Returns its
    /// canonical path. See [`WorkspaceOwner::open`].
    pub(crate) fn workspace(
        account: Option<&Self>,
        workspace_dir: &Path,
        workspace: &Path,
    ) -> io::Result<PathBuf> {
        match account {
            Some(account) => Ok(account.workspace_owner(workspace_dir).open(workspace)?.1),
            None => files::create_folder(workspace),
        }
    }

    /// Lets every account pass through one of the application's folders without listing it.
    pub(crate) fn make_traversable(folder: &Path) -> io::Result<()> {
        let mode = folder.metadata()?.permissions().mode();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode | 0o111))
    }

    /// Accesses files with this account's rights alone: it may have created links to anywhere. Only the current thread
    /// gets them, so `work` must not await.
    pub fn with_its_rights<T>(&self, work: impl FnOnce() -> T) -> T {
        // The group first: only root may change it.
        let group = setfsgid(Gid::from_raw(self.group));
        let user = setfsuid(Uid::from_raw(self.user));
        let _restored = Rights { user, group };
        work()
    }

    /// The application's environment, adapted to this account.
    pub fn environment(&self, own: &Environment) -> Environment {
        let changed = [
            ("HOME", self.home.as_os_str()),
            ("USER", self.name.as_ref()),
            ("LOGNAME", self.name.as_ref()),
        ];
        let kept = own.iter().filter(|(name, _)| !OWN.contains(name));
        kept.chain(changed).collect()
    }
}

/// The rights that a thread had before, which it has again on drop: a panic must not leave it with others.
struct Rights {
    user: Uid,
    group: Gid,
}

impl Drop for Rights {
    fn drop(&mut self) {
        setfsuid(self.user);
        setfsgid(self.group);
    }
}

/// The application's own user and group id.
pub fn own_ids() -> (u32, u32) {
    (Uid::effective().as_raw(), Gid::effective().as_raw())
}

/// The home folder of the application's own account.
pub(super) fn own_home() -> Option<PathBuf> {
    let own = User::from_uid(Uid::effective());
    own.ok().flatten().map(|user| user.dir)
}

#[cfg(test)]
mod tests;
