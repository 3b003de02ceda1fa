//! The paths that the sandboxes of an application's sessions are made from.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    Account, Options,
    account::own_home,
    defaults,
    paths::{Kind, all_canonical, canonical, kind},
};
use crate::{Environment, files, locate};

/// Variables of the CLI's environment that name files and folders it must be able to read.
const CERTIFICATES: [&str; 3] = ["SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"];

/// The folder of all transcripts, in the CLI's own folder.
const TRANSCRIPTS: &str = "projects";

/// The paths that the sandboxes of an application's sessions are made from. They are canonical unless a field says
/// otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The home folder of the account that the CLI runs as.
    pub(super) home: PathBuf,
    /// The CLI's own folder.
    pub(super) state: PathBuf,
    pub(super) application_dir: PathBuf,
    /// Files and folders of the application, including `workspace_dir`.
    pub(super) private: Vec<PathBuf>,
    /// Files that the application reads when it starts. They may be missing.
    pub(super) config_files: Vec<PathBuf>,
    /// Folders below the home folder in which the application looks for the CLI. They may be missing.
    pub(super) searched: Vec<PathBuf>,
    /// The environment's folder for temporary files.
    pub(super) temporary: Option<PathBuf>,
    pub(super) workspace_dir: PathBuf,
    /// Workspaces elsewhere.
    pub(super) workspaces: Vec<PathBuf>,
    pub(super) account: Option<Account>,
    /// Level `bwrap`: readable by default, not canonical.
    pub(super) defaults: Vec<PathBuf>,
    /// Level `bwrap`: readable because the owner names them, not canonical.
    pub(super) named: Vec<PathBuf>,
    /// Level `bwrap`: empty and writable, not canonical.
    pub(super) scratch: Vec<PathBuf>,
}

impl Policy {
    /// Takes the application's paths from the options and the CLI's from its environment.
    pub fn new(options: &Options, environment: &Environment, account: Option<&Account>) -> Self {
        let home = home_of(environment);
        let own_state = environment.get("CLAUDE_CONFIG_DIR").map(PathBuf::from);
        let cli_file = own_state.as_ref().unwrap_or(&home).join(".claude.json");
        let state = own_state.unwrap_or_else(|| defaults::state(&home));
        let temporary = environment.get("TMPDIR").map(PathBuf::from);
        let mut private = options.private.clone();
        private.push(options.workspace_dir.clone());
        private.extend(environment.get("CREDENTIALS_DIRECTORY").map(PathBuf::from));
        let path = locate::extended_path(environment);
        let searched = std::env::split_paths(&path).filter(|folder| folder.starts_with(&home));

        let mut scratch = defaults::scratch(&home);
        scratch.push(state.clone());
        scratch.extend(temporary.clone());
        let mut policy = Self {
            searched: searched.map(|folder| canonical(&folder)).collect(),
            home: canonical(&home),
            state: canonical(&state),
            application_dir: canonical(&options.application_dir),
            private: all_canonical(&private),
            config_files: all_canonical(&options.config_files),
            temporary: temporary.as_deref().map(canonical),
            workspace_dir: canonical(&options.workspace_dir),
            workspaces: all_canonical(&options.workspaces),
            account: account.cloned(),
            defaults: defaults::readable(&home, &state),
            named: options.readable.clone(),
            scratch,
        };
        policy.defaults.push(cli_file);
        // The CLI may be a script.
        let node = which::which_in("node", Some(&path), "/");
        policy.defaults.extend(node);
        let opt = std::env::split_paths(&path).filter_map(|folder| opt_subfolder(&folder));
        let opt = opt.filter(|folder| policy.protected_path(folder).is_none());
        policy.defaults.extend(opt.collect::<Vec<_>>());
        let in_arguments = options.extra_args.iter().map(|argument| {
            let value = argument.split_once('=').map(|(_, value)| value);
            value.unwrap_or(argument).as_ref()
        });
        let named = CERTIFICATES.iter().filter_map(|name| environment.get(name));
        let named = named.chain(in_arguments).map(PathBuf::from);
        // A value that contains the home folder only looks like a path.
        let named = named.filter(|path| path.is_absolute() && !policy.home.starts_with(path));
        policy.named.extend(named.collect::<Vec<_>>());
        policy
    }

    /// Checks that a path exists and shows nothing that the sandbox hides, or says what is wrong.
    pub(super) fn check_readable(&self, path: &Path) -> Result<(), String> {
        let found = canonical(path);
        let shown = path.display();
        if self.with_account_rights(|| kind(&found)) == Kind::Missing {
            return Err(format!(
                "{shown} does not exist, or the account that runs the CLI cannot reach it"
            ));
        }
        let state = [self.transcripts_dir(), self.state.join(defaults::LOGIN)];
        let private = self.private.iter().chain(&self.workspaces);
        let private = private.cloned().chain(all_canonical(&state));
        let mut private = private.filter(|private| found.starts_with(private));
        match private.next().or_else(|| self.protected_path(&found)) {
            Some(private) => Err(format!(
                "{shown} would show {}, which the sandbox hides",
                private.display()
            )),
            None => Ok(()),
        }
    }

    /// A path inside of a folder, or the folder itself, that no session may see as a whole.
    fn protected_path(&self, folder: &Path) -> Option<PathBuf> {
        let own = [&self.home, &self.state, &self.application_dir];
        let private = self.private.iter().chain(&self.workspaces);
        let mut all = own.into_iter().chain(private);
        all.find(|private| private.starts_with(folder)).cloned()
    }

    /// Whether a session could read the application's files or change what runs outside through this folder: it is the
    /// CLI's own, or a workspace that contains more than a session's files.
    pub(super) fn is_exposed(&self, folder: &Path) -> bool {
        let is_workspace = self.workspaces.iter().any(|workspace| workspace == folder);
        let own = [&self.home, &self.state, &self.application_dir];
        let mut all = own.into_iter().chain(&self.private);
        folder == self.state || is_workspace && all.any(|private| private.starts_with(folder))
    }

    /// Accesses files with the rights of the CLI's account. `work` must not await.
    pub(super) fn with_account_rights<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.account {
            Some(account) => account.with_its_rights(work),
            None => work(),
        }
    }

    /// The folder of all transcripts, or a symbolic link to it.
    pub(super) fn transcripts_dir(&self) -> PathBuf {
        self.state.join(TRANSCRIPTS)
    }

    /// The folder of a workspace's transcripts; `None` if its name cannot be predicted.
    pub(super) fn transcripts(&self, workspace: &Path) -> Option<PathBuf> {
        transcripts_in(&self.state, workspace)
    }

    /// Creates [`Self::transcripts`], so that it can be mounted.
    pub(super) fn prepare_state(&self, workspace: &Path) -> io::Result<Option<PathBuf>> {
        files::create_folder(&self.transcripts_dir())?;
        let folder = self.transcripts(workspace);
        match &folder {
            Some(folder) => drop(files::create_folder(folder)?),
            None => tracing::warn!(
                workspace = %workspace.display(),
                "the workspace's path is too long to predict where the CLI keeps its transcripts: sessions there can \
                 read the transcripts of all workspaces"
            ),
        }
        Ok(folder)
    }
}

/// The folder in which a CLI with this environment keeps the transcripts of a workspace, whose path is canonical; `None` if
/// its name cannot be predicted.
pub fn transcripts_of(environment: &Environment, workspace: &Path) -> Option<PathBuf> {
    transcripts_in(&state_of(environment), workspace)
}

/// The folder of the transcripts of all workspaces.
pub fn all_transcripts(environment: &Environment) -> PathBuf {
    state_of(environment).join(TRANSCRIPTS)
}

fn state_of(environment: &Environment) -> PathBuf {
    let state = environment.get("CLAUDE_CONFIG_DIR").map(PathBuf::from);
    state.unwrap_or_else(|| defaults::state(&home_of(environment)))
}

fn transcripts_in(state: &Path, workspace: &Path) -> Option<PathBuf> {
    let name = folder_name(workspace.to_str()?)?;
    Some(state.join(TRANSCRIPTS).join(name))
}

fn home_of(environment: &Environment) -> PathBuf {
    let home = environment.home().or_else(own_home);
    home.unwrap_or_else(|| "/nonexistent".into())
}

/// The folder directly below `/opt` that contains a folder of the search path.
fn opt_subfolder(folder: &Path) -> Option<PathBuf> {
    let name = folder.strip_prefix("/opt").ok()?.components().next()?;
    Some(Path::new("/opt").join(name))
}

/// The name of the folder, in `projects` of the CLI's own folder, that holds a workspace's transcripts: its path, with `-`
/// for everything but ASCII letters and digits. `None` if the path is longer than 200 UTF-16 units, because the name then
/// ends with an undocumented hash.
///
/// Measured on 2.1.197 and 2.1.329 with paths that contain `.`, `_` and spaces.
pub fn folder_name(workspace: &str) -> Option<String> {
    let name: String = workspace
        .encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii_alphanumeric() => char::from(byte),
            _ => '-',
        })
        .collect();
    (name.len() <= 200).then_some(name)
}

#[cfg(test)]
mod tests;
