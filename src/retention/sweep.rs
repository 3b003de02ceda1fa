//! Finds old files, and removes them.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::plan::{Found, InUse, Kind, User};
use crate::{
    attachments,
    backup::Workspaces,
    claude::{
        Environment,
        pool::Pool,
        sandbox::{Account, transcripts_of},
    },
    files::{FileEntry, Folder},
    snowflake::ChannelId,
};

/// How the names of transcripts and recordings end.
const ENDING: &str = ".jsonl";

/// How many files are removed while no process can start.
const AT_A_TIME: usize = 100;

/// How long processes that wait have then to start.
const BREAK: Duration = Duration::from_millis(10);

/// Where files are.
pub(crate) struct Places {
    pub(crate) workspaces: Workspaces,
    /// The CLI's.
    pub(crate) environment: Environment,
    pub(crate) account: Option<Account>,
    /// The folder of the recordings.
    pub(crate) recordings: Option<PathBuf>,
}

/// How many files went.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Removed {
    pub(crate) transcripts: usize,
    pub(crate) attachments: usize,
    pub(crate) recordings: usize,
    /// What could not be listed or removed, which is logged.
    pub(crate) failed: usize,
}

/// Removes what was last used before `since` and is not in use. What is in use is asked anew for each folder and each hundred
/// files, while no process of the `pool` can start: a channel may wake up in the meantime. Transcripts and attachments lie
/// where the CLI can write, so its account alone has rights there, and no link is followed.
pub(crate) fn sweep(
    places: &Places,
    pool: &Pool,
    in_use: &dyn Fn() -> InUse,
    since: DateTime<Utc>,
) -> Removed {
    let mut sweep = Sweep {
        pool,
        in_use,
        since,
        removed: Removed::default(),
    };
    // The application's own account alone may list the folder of the workspaces.
    match (places.workspaces.all(), &places.account) {
        (Err(error), _) => sweep.failed(places.workspaces.folder(), &error),
        (Ok(workspaces), Some(account)) => {
            account.with_its_rights(|| sweep.workspaces(places, &workspaces));
        }
        (Ok(workspaces), None) => sweep.workspaces(places, &workspaces),
    }
    if let Some(folder) = &places.recordings {
        sweep.folder(folder, |file| {
            of_session(file, Kind::Recording, User::Session)
        });
    }
    sweep.removed
}

struct Sweep<'a> {
    pool: &'a Pool,
    in_use: &'a dyn Fn() -> InUse,
    since: DateTime<Utc>,
    removed: Removed,
}

impl Sweep<'_> {
    fn workspaces(&mut self, places: &Places, workspaces: &BTreeMap<PathBuf, Vec<ChannelId>>) {
        for (workspace, channels) in workspaces {
            // The owner may use a folder of theirs in a terminal, too.
            let user: fn(String) -> User = if places.workspaces.is_configured(workspace) {
                User::Claimed
            } else {
                User::Session
            };
            if let Some(folder) = transcripts_of(&places.environment, workspace) {
                self.folder(&folder, |file| of_session(file, Kind::Transcript, user));
            }
            let folder = workspace.join(attachments::FOLDER);
            self.folder(&folder, |file| attachment(file, channels));
        }
    }

    fn folder(&mut self, path: &Path, found: impl Fn(FileEntry) -> Option<Found>) {
        if let Err(error) = self.try_folder(path, found)
            && error.kind() != io::ErrorKind::NotFound
        {
            self.failed(path, &error);
        }
    }

    fn try_folder(
        &mut self,
        path: &Path,
        found: impl Fn(FileEntry) -> Option<Found>,
    ) -> io::Result<()> {
        // The last name may have become a link.
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(());
        };
        let folder = Folder::open(parent)?.open_present(name)?;
        let found = folder.files()?.into_iter().filter_map(found);
        let old: Vec<_> = found.filter(|it| it.is_older(self.since)).collect();
        if old.is_empty() {
            return Ok(());
        }
        let old: Vec<_> = (self.in_use)().going(old).collect();
        for (index, old) in old.chunks(AT_A_TIME).enumerate() {
            if index > 0 {
                thread::sleep(BREAK);
            }
            // A process that has a place by now keeps its files; any other finds them gone before it starts.
            let _hold = self.pool.hold();
            for going in (self.in_use)().going(old.to_vec()) {
                self.remove(path, &folder, &going);
            }
        }
        Ok(())
    }

    fn remove(&mut self, path: &Path, folder: &Folder, going: &Found) {
        if let Err(error) = remove(folder, going) {
            return self.failed(&path.join(&going.name), &error);
        }
        *match going.kind {
            Kind::Transcript => &mut self.removed.transcripts,
            Kind::Attachment => &mut self.removed.attachments,
            Kind::Recording => &mut self.removed.recordings,
        } += 1;
    }

    fn failed(&mut self, path: &Path, error: &io::Error) {
        tracing::warn!(%error, path = %path.display(), "failed to remove what is old");
        self.removed.failed += 1;
    }
}

/// Removes a file; of a session also the folder beside its transcript, with what its subagents did.
fn remove(folder: &Folder, going: &Found) -> io::Result<()> {
    if going.kind == Kind::Transcript
        && let Some(session) = going.name.strip_suffix(ENDING)
    {
        folder.remove_all(session.as_ref())?;
    }
    folder.remove(&going.name)
}

/// A file that has the name of a session.
fn of_session(file: FileEntry, kind: Kind, user: fn(String) -> User) -> Option<Found> {
    let session = file.name.strip_suffix(ENDING)?;
    session.parse::<Uuid>().ok()?;
    Some(Found {
        user: user(session.to_owned()),
        kind,
        at: time(file.modified),
        name: file.name,
    })
}

/// When a file was changed. Whoever owns it can set that to a time far beyond those that chrono knows.
fn time(modified: SystemTime) -> DateTime<Utc> {
    let since = modified.duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A file that came with a message.
fn attachment(file: FileEntry, channels: &[ChannelId]) -> Option<Found> {
    Some(Found {
        user: User::Channels(channels.to_vec()),
        kind: Kind::Attachment,
        at: attachments::message_of(&file.name)?.sent_at(),
        name: file.name,
    })
}

#[cfg(test)]
mod tests;
