//! What is in an archive, by name.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    claude::{Environment, sandbox::transcripts_of},
    config::Config,
    snowflake::ChannelId,
};

/// The version of the archive's layout.
pub(super) const FORMAT: u32 = 1;

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const CONFIG: &str = "config.json";
pub(super) const PERSONALITY: &str = "personality";
pub(super) const SESSIONS: &str = "sessions";
pub(super) const TRANSCRIPTS: &str = "transcripts";
pub(super) const WORKSPACES: &str = "workspaces";

/// The largest file that is backed up. It is read as a whole.
pub(super) const MAX_FILE: u64 = 256 << 20;

/// The first file in an archive.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// The version of the program that wrote it.
    pub(super) version: String,
    pub(super) created_at: String,
}

/// Where each workspace is that has transcripts, by its name in an archive: that of its folder in `workspace_dir`, or the
/// channel that is configured to use it.
#[derive(Debug)]
pub(crate) struct Workspaces {
    /// `workspace_dir`, without links.
    folder: PathBuf,
    configured: BTreeMap<ChannelId, PathBuf>,
}

const IN_FOLDER: &str = "own";
const CONFIGURED: &str = "configured";

impl Workspaces {
    /// `workspace_dir` must exist.
    pub(crate) fn new(config: &Config) -> io::Result<Self> {
        let configured = config.channels.iter().filter_map(|(channel, own)| {
            let path = own.workspace.as_ref()?;
            Some((
                *channel,
                path.canonicalize().unwrap_or_else(|_| path.clone()),
            ))
        });
        Ok(Self {
            folder: config.workspace_dir.canonicalize()?,
            configured: configured.collect(),
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the configuration names this workspace for a channel.
    pub(crate) fn is_configured(&self, workspace: &Path) -> bool {
        self.configured.values().any(|path| path == workspace)
    }

    /// All that there are, each with its channels.
    pub(crate) fn all(&self) -> io::Result<BTreeMap<PathBuf, Vec<ChannelId>>> {
        let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (channel, path) in &self.configured {
            found.entry(path.clone()).or_default().push(*channel);
        }
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let channel = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            if let Some(channel) = channel {
                found.entry(entry.path()).or_default().push(channel);
            }
        }
        Ok(found)
    }

    /// The folders of transcripts, with their names in an archive. `own` are names of folders in `workspace_dir`.
    pub(super) fn transcripts(
        &self,
        environment: &Environment,
        own: impl IntoIterator<Item = String>,
    ) -> BTreeMap<String, PathBuf> {
        let own = own.into_iter().map(|name| {
            let path = self.folder.join(&name);
            (format!("{IN_FOLDER}/{name}"), path)
        });
        let configured = self.configured.iter();
        let configured =
            configured.map(|(channel, path)| (format!("{CONFIGURED}/{channel}"), path.clone()));
        own.chain(configured)
            .filter_map(|(name, path)| Some((name, transcripts_of(environment, &path)?)))
            .collect()
    }

    /// The folder for transcripts that are filed under these two names; `None` if there is no such workspace.
    pub(super) fn transcripts_named(
        &self,
        environment: &Environment,
        kind: &str,
        name: &str,
    ) -> Option<PathBuf> {
        let workspace = match kind {
            IN_FOLDER => self.folder.join(name),
            CONFIGURED => self.configured.get(&name.parse().ok()?)?.clone(),
            _ => return None,
        };
        transcripts_of(environment, &workspace)
    }
}

/// The names on a relative path that leads nowhere else; `None` for any other.
pub(super) fn names(path: &Path) -> Option<Vec<&str>> {
    let names = path.components().map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    names.collect()
}

/// Whether a symbolic link at this depth below a workspace leads to something in it: by a relative path that goes up only
/// at its beginning, and not too far. Further down, `..` may follow another link.
pub(super) fn stays_inside(target: &Path, depth: usize) -> bool {
    let mut up = 0;
    let mut has_gone_down = false;
    for part in target.components() {
        match part {
            Component::ParentDir if !has_gone_down => up += 1,
            Component::Normal(_) => has_gone_down = true,
            Component::CurDir => {}
            _ => return false,
        }
    }
    up <= depth
}
