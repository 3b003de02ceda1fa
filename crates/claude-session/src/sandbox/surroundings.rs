//! The edge: what lies on this machine's disk, and the command line that puts walls around a program.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{
    Options, SandboxLevel,
    account::{self, Account},
    arguments::arguments,
    disk::{all_canonical, canonical, contents, entries, look, may_be_made, package, trail},
    folder_name,
    mounts::{Kind, Spec, mounts, stays_open},
    places::{self, installation, owners_cli, scratch},
    sealed::{OPENED, sealed},
    settings::{Closed, settings, turns_hooks_off},
    taken::taken,
};
use crate::{Environment, files, locate};

/// Variables of the CLI's environment that name files and folders it must be able to read.
const NAMED_FILES: [&str; 3] = ["SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"];

/// The walls of every process of this bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sandbox {
    /// None.
    Off,
    /// The CLI's own, around its Bash tool.
    Cli(Surroundings),
    /// Bubblewrap's, around the CLI.
    Bwrap {
        /// Where bubblewrap is.
        bwrap: PathBuf,
        /// What is built around.
        around: Surroundings,
    },
}

impl Sandbox {
    /// Which kind this is.
    #[must_use]
    pub fn level(&self) -> SandboxLevel {
        match self {
            Self::Off => SandboxLevel::Off,
            Self::Cli(_) => SandboxLevel::Cli,
            Self::Bwrap { .. } => SandboxLevel::Bwrap,
        }
    }

    /// Further arguments of the CLI, for a process that works in `workspace` with these allow rules and arguments of
    /// the owner's.
    #[must_use]
    pub fn more_arguments(
        &self,
        workspace: &Path,
        rules: &[String],
        own: &[String],
    ) -> Vec<OsString> {
        let takes_settings = !own.iter().any(|argument| turns_hooks_off(argument));
        let taken = taken(rules, *self == Self::Off, takes_settings);
        let mut settings = match self {
            Self::Off | Self::Bwrap { .. } => Map::new(),
            Self::Cli(around) => {
                let closed = around.with_its_rights(|| around.closed(workspace));
                settings(&closed)
            }
        };
        settings.extend(taken.settings);
        let mut arguments = Vec::new();
        if !taken.tools.is_empty() {
            arguments.push(format!("--disallowedTools={}", taken.tools.join(",")).into());
        }
        if !settings.is_empty() {
            arguments.push(format!("--settings={}", Value::Object(settings)).into());
        }
        arguments
    }

    /// Further variables of the CLI's environment, whose search path is `path`.
    #[must_use]
    pub fn variables(&self, path: &OsStr) -> Vec<(OsString, OsString)> {
        match self {
            Self::Off | Self::Bwrap { .. } => Vec::new(),
            Self::Cli(around) => vec![
                // Takes the CLI's own login from its Bash commands.
                ("CLAUDE_CODE_SUBPROCESS_ENV_SCRUB".into(), "1".into()),
                ("PATH".into(), around.reachable(path)),
            ],
        }
    }

    /// Whether the tools of every channel can read what lies in a folder, though it should be hidden: it holds more
    /// than that. Without walls none is hidden.
    #[must_use]
    pub fn leaves_open(&self, folder: &Path) -> bool {
        let folder = canonical(folder);
        match self {
            Self::Off => false,
            Self::Cli(around) => around.holds_more(&folder) || folder == around.bot,
            Self::Bwrap { around, .. } => {
                folder == around.state || stays_open(&folder, &around.home, &around.scratch())
            }
        }
    }

    /// What stands before the program and its arguments, and the path by which the program is called then.
    ///
    /// # Errors
    ///
    /// As the system gives them: a folder could not be made or looked at.
    pub fn wall(
        &self,
        program: &Path,
        workspace: &Path,
        prompt: Option<&Path>,
    ) -> io::Result<Option<Walled>> {
        match self {
            Self::Off | Self::Cli(_) => Ok(None),
            Self::Bwrap { bwrap, around } => {
                around.wall(bwrap, program, workspace, prompt).map(Some)
            }
        }
    }
}

/// How a walled program is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walled {
    /// What to start.
    pub program: PathBuf,
    /// Its arguments, the walled program last.
    pub arguments: Vec<OsString>,
}

/// What the walls are built around, the same for every channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The home folder of the account that the CLI runs as.
    pub home: PathBuf,
    /// The CLI's own folder.
    pub state: PathBuf,
    /// The bot's folder.
    bot: PathBuf,
    /// What is the bot's, and every workspace.
    pub hidden: Vec<PathBuf>,
    /// Files that the bot reads at its start, whether they are there or not.
    read: Vec<PathBuf>,
    /// Folders of the home in which it looks for the CLI, likewise.
    searched: Vec<PathBuf>,
    scratch: Vec<PathBuf>,
    visible: Vec<PathBuf>,
    workspace_dir: PathBuf,
    workspaces: Vec<PathBuf>,
    account: Option<Account>,
}

impl Surroundings {
    /// Takes from the options what is the application's, and from the CLI's environment where its own things are.
    #[must_use]
    pub fn new(options: &Options, environment: &Environment, account: Option<&Account>) -> Self {
        let home = environment.home().or_else(account::own_home);
        let home = home.unwrap_or_else(|| "/nonexistent".into());
        let state = environment.get("CLAUDE_CONFIG_DIR").map(PathBuf::from);
        let state = state.unwrap_or_else(|| places::state(&home));
        let mut hidden = vec![
            options.application_dir.clone(),
            options.workspace_dir.clone(),
        ];
        hidden.extend_from_slice(&options.hidden);
        hidden.extend(environment.get("CREDENTIALS_DIRECTORY").map(PathBuf::from));
        let searched = locate::extended_path(environment);
        let searched = std::env::split_paths(&searched).filter(|path| path.starts_with(&home));
        let scratch = environment.get("TMPDIR").map(PathBuf::from);
        let named = NAMED_FILES.iter().filter_map(|name| environment.get(name));
        let in_arguments = options.extra_args.iter().map(|argument| {
            let value = argument.split_once('=').map(|(_, value)| value);
            value.unwrap_or(argument).as_ref()
        });
        let visible = named
            .chain(in_arguments)
            .map(PathBuf::from)
            .chain(["/etc/resolv.conf".into()])
            .filter(|path| path.is_absolute() && path.exists());
        Self {
            home: canonical(&home),
            state: canonical(&state),
            bot: canonical(&options.application_dir),
            hidden: all_canonical(&hidden),
            read: all_canonical(&options.read),
            searched: searched.map(|path| canonical(&path)).collect(),
            scratch: scratch.iter().map(|path| canonical(path)).collect(),
            visible: visible.map(|path| canonical(&path)).collect(),
            workspace_dir: canonical(&options.workspace_dir),
            workspaces: all_canonical(&options.workspaces),
            account: account.cloned(),
        }
    }

    fn wall(
        &self,
        bwrap: &Path,
        program: &Path,
        workspace: &Path,
        prompt: Option<&Path>,
    ) -> io::Result<Walled> {
        let look_at_state =
            || -> io::Result<_> { Ok((self.prepare_state(workspace)?, contents(&self.state)?)) };
        let (transcripts, entries) = self.with_its_rights(look_at_state)?;
        for other in &self.workspaces {
            // What is not there cannot be hidden, and might be made while the process lives.
            let made = Account::workspace(self.account.as_ref(), &self.workspace_dir, other);
            if let Err(error) = made {
                tracing::warn!(%error, workspace = %other.display(), "a channel's workspace could not be made");
            }
        }
        let called = std::path::absolute(program)?;
        let (links, file) = trail(&called)?;
        let hidden: Vec<_> = self
            .hidden
            .iter()
            .chain(&self.workspaces)
            .cloned()
            // Where they lie if a link leads there.
            .chain([canonical(&self.projects())])
            .collect();
        let mut visible = self.visible.clone();
        visible.extend(prompt.map(canonical));
        visible.extend(Some(installation(&self.home)).filter(|path| path.is_dir()));
        let spec = Spec {
            home: self.home.clone(),
            state: self.state.clone(),
            entries,
            transcripts,
            workspace: workspace.to_owned(),
            program: package(&file, &hidden),
            secrets: self.secrets(),
            hidden,
            scratch: self.scratch(),
            visible,
            links,
        };
        // What is closed to the account needs no wall, and could have none: bubblewrap has that account's rights.
        let mounts = self.with_its_rights(|| mounts(&spec, look));
        let mut arguments = arguments(&mounts, workspace);
        arguments.push(called.into());
        Ok(Walled {
            program: bwrap.to_owned(),
            arguments,
        })
    }

    /// A search path without the folders that the CLI's account cannot reach: one of them, and the CLI's sandbox runs
    /// no command at all (measured on 2.1.197).
    fn reachable(&self, path: &OsStr) -> OsString {
        let reach = || {
            let folders = std::env::split_paths(path).filter(|folder| folder.is_dir());
            std::env::join_paths(folders).unwrap_or_else(|_| path.to_owned())
        };
        self.with_its_rights(reach)
    }

    /// Looks at files as the CLI can. Nothing may be awaited in between.
    fn with_its_rights<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.account {
            Some(account) => account.with_its_rights(work),
            None => work(),
        }
    }

    /// What the CLI's own sandbox keeps from the tools of one channel.
    fn closed(&self, workspace: &Path) -> Closed {
        let mut closed = Closed::default();
        // Where they lie: 2.1.197 runs no command where a path leads over a link (measured).
        for path in self
            .secrets()
            .into_iter()
            .chain(self.hidden.iter().cloned())
        {
            let holds_more = self.holds_more(&path);
            match look(&path) {
                // A secret that is thrown away; every command needs the device.
                Kind::File if path.starts_with("/dev") => {}
                Kind::File => closed.files.push(path),
                Kind::Folder if holds_more || path == self.bot => {}
                Kind::Folder if workspace.starts_with(&path) => closed.shared.push(path),
                Kind::Folder => closed.folders.push(path),
                Kind::Missing => {}
            }
        }
        for other in self.workspaces.iter().filter(|other| *other != workspace) {
            if !workspace.starts_with(other) {
                closed.folders.push(other.clone());
            } else if !self.holds_more(other) {
                closed.shared.push(other.clone());
            }
        }
        closed.open.push(workspace.to_owned());
        if let Some(name) = workspace.to_str().and_then(folder_name) {
            let transcripts = canonical(&self.projects());
            closed.open.push(transcripts.join(name));
            closed.shared.push(transcripts);
        }
        closed.sealed = self.sealed(&closed);
        closed
    }

    /// All places that hold secrets which are not this CLI's.
    fn secrets(&self) -> Vec<PathBuf> {
        let mut secrets = places::secrets(&self.home);
        if canonical(&places::state(&self.home)) != self.state {
            secrets.extend(owners_cli(&self.home, &self.state));
        }
        all_canonical(&secrets)
    }

    /// All folders of temporary files.
    fn scratch(&self) -> Vec<PathBuf> {
        let mut scratch = all_canonical(&scratch(&self.home));
        scratch.extend(self.scratch.iter().cloned());
        scratch
    }

    /// Whether more lies in a folder than may be kept from Bash.
    fn holds_more(&self, folder: &Path) -> bool {
        [&self.home, &self.state]
            .iter()
            .any(|own| own.starts_with(folder))
    }

    /// What the CLI's own sandbox keeps Bash from writing.
    ///
    /// The home folder, `.config` and `.cache` in it stay as they are: in them the CLI makes mount points of its own. So
    /// what the bot would read there, or run, is sealed by its name, though it may not be there.
    fn sealed(&self, closed: &Closed) -> Vec<PathBuf> {
        let places = [&closed.files, &closed.folders, &closed.shared, &closed.open];
        let kept: Vec<_> = places
            .into_iter()
            .flatten()
            .cloned()
            .chain([".config/git", ".cache/claude"].map(|name| self.home.join(name)))
            .chain([self.state.clone()])
            .chain(self.scratch.iter().cloned())
            .collect();
        let opened = OPENED.iter().map(PathBuf::from);
        let folders = opened.chain([self.home.clone(), self.bot.clone()]);
        let mut sealed = sealed(folders.filter(|path| path.is_dir()), &kept, &entries);
        let is_own = |path: &Path| closed.open.iter().any(|open| path.starts_with(open));
        let searched = self.searched.iter().filter(|path| !is_own(path));
        let by_name = self.read.iter().chain(searched);
        let by_name = by_name.filter(|path| match look(path) {
            Kind::File => true,
            Kind::Folder => false,
            Kind::Missing => may_be_made(path),
        });
        sealed.extend(by_name.cloned());
        sealed
    }

    /// Removes what [`Sandbox::wall`] has made for a workspace in which nothing was said.
    pub(super) fn forget(&self, workspace: &Path) {
        let name = workspace.to_str().and_then(folder_name);
        if let Some(name) = name
            && let Err(error) = fs::remove_dir(self.projects().join(name))
        {
            tracing::debug!(%error, "the trial's folder stays");
        }
    }

    /// The folder that holds all transcripts, or a symbolic link to it.
    fn projects(&self) -> PathBuf {
        self.state.join("projects")
    }

    /// Makes what must be there to be mounted; the folder of the workspace's transcripts.
    fn prepare_state(&self, workspace: &Path) -> io::Result<Option<PathBuf>> {
        files::create_folder(&self.projects())?;
        let Some(name) = workspace.to_str().and_then(folder_name) else {
            tracing::warn!(
                workspace = %workspace.display(),
                "so long a path that the CLI's folder of its transcripts cannot be told: this channel's tools can read those of all channels"
            );
            return Ok(None);
        };
        let transcripts = self.projects().join(name);
        files::create_folder(&transcripts)?;
        Ok(Some(transcripts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A home folder with these workspaces in it.
    fn at_home(home: &Path, workspaces: &[&str]) -> Surroundings {
        let workspaces = workspaces.iter().map(|name| home.join(name));
        Surroundings {
            home: home.to_owned(),
            state: places::state(home),
            bot: home.join("bot"),
            hidden: Vec::new(),
            read: Vec::new(),
            searched: Vec::new(),
            workspace_dir: home.join("bot/workspaces"),
            scratch: Vec::new(),
            visible: Vec::new(),
            workspaces: workspaces.collect(),
            account: None,
        }
    }

    #[test]
    fn a_workspace_inside_another_channels_is_open() {
        let home = Path::new("/nonexistent");
        let around = at_home(home, &["", "other", "projects", "projects/website"]);
        let at = |name: &str| home.join(name);

        let closed = |name: &str| {
            let mut closed = around.closed(&at(name));
            closed.folders.retain(|path| path.starts_with(home));
            closed
        };

        let website = closed("projects/website");
        assert_eq!(website.folders, [at("other")]);
        assert_eq!(website.shared, [at("projects"), at(".claude/projects")]);
        assert!(website.open.contains(&at("projects/website")));
        let projects = closed("projects");
        assert_eq!(projects.folders, [at("other"), at("projects/website")]);
    }
}
