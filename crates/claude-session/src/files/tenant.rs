//! Folders that another account works in.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Folder, Owner};

/// Another account than the bot's, and the folders that it may be given. Where it can write, a name may lead anywhere:
/// the bot does nothing with its own rights in a folder that is neither the account's nor one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// It, as the owner of files.
    pub owner: Owner,
    /// The bot's folder whose folders are given to it. Canonical.
    pub house: PathBuf,
}

impl Tenant {
    /// Opens a folder for the account to work in; that, and its canonical path.
    ///
    /// One that lies in [`Self::house`] itself is made where it is missing (mode 0700), and given to the account unless
    /// it is somebody else's. Any other must be the account's already.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` if it is not, and as the system gives them.
    pub fn open(&self, path: &Path) -> io::Result<(Folder, PathBuf)> {
        let found = self.find(path)?;
        if let (Some(parent), Some(name)) = (found.parent(), found.file_name())
            && parent == self.house
        {
            let folder = Folder::open(parent)?.open_in(name)?;
            folder.give(self.owner)?;
            return Ok((folder, found));
        }
        let folder = Folder::open(&found)?;
        if folder.owner()? != self.owner.0 {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!(
                    "{} neither belongs to the account that the CLI runs as nor lies right below the folder of the workspaces",
                    found.display()
                ),
            ));
        }
        Ok((folder, found))
    }

    /// Where a path leads, though nothing is there yet of what is to be made.
    fn find(&self, path: &Path) -> io::Result<PathBuf> {
        match (path.canonicalize(), path.parent(), path.file_name()) {
            (Err(error), Some(parent), Some(name))
                if error.kind() == io::ErrorKind::NotFound
                    && parent.canonicalize()? == self.house =>
            {
                Ok(self.house.join(name))
            }
            (found, ..) => found,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[track_caller]
    fn check(tenant: &Tenant, path: &Path, expected: Option<&Path>) {
        let opened = tenant.open(path).ok().map(|(_, found)| found);
        assert_eq!(opened.as_deref(), expected, "{path:?}");
    }

    #[test]
    fn a_folder_is_opened_in_the_house_or_if_it_is_the_accounts() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().canonicalize().unwrap().join(name);
        for name in ["house/there/inner", "own", "elsewhere"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        let own = rustix::process::geteuid().as_raw();
        let group = rustix::process::getegid().as_raw();
        let tenant = |user| Tenant {
            owner: Owner(user, group),
            house: at("house"),
        };
        symlink(at("elsewhere"), at("house/away")).unwrap();
        symlink(at("nowhere"), at("house/nowhere")).unwrap();
        symlink(at("house/there"), at("in")).unwrap();
        for name in ["house/there", "house/new"] {
            check(&tenant(own), &at(name), Some(&at(name)));
        }
        check(&tenant(own), &at("in"), Some(&at("house/there")));
        check(&tenant(own), &at("own"), Some(&at("own")));
        // Somebody else's: no account has this number.
        let other = tenant(u32::MAX - 1);
        for name in [
            "own",
            "house/away",
            "house",
            "house/there/inner",
            "house/nowhere",
            "missing",
        ] {
            check(&other, &at(name), None);
        }
        assert!(!at("nowhere").exists() && !at("missing").exists());
    }
}
