//! Finds out what admins have to be told, and keeps what they have been.

use std::{io, path::Path, sync::Arc, time::Duration};

use chrono::Utc;
use tokio::sync::mpsc;

use crate::{
    channel::{
        LiveSettings, Shared, messages,
        notices::{Condition, KnownProblems, Notice, Observation},
    },
    config::NotifyAdmins,
    files::{self, FEW_FILES, Space},
};

const FILE: &str = "notices.json";

/// How often it is looked how much room the disks have.
const DISK_INTERVAL: Duration = Duration::from_mins(1);

/// Finds out what is wrong with the CLI, if anything.
pub(super) fn check_cli(shared: &Arc<Shared>) {
    let shared = Arc::downgrade(shared);
    tokio::spawn(async move {
        if let Some(shared) = shared.upgrade() {
            drop(shared.cli_version.too_old(&shared.host).await);
        }
    });
}

/// Passes on what admins have not been told yet.
pub(super) async fn watch(
    mut settings: LiveSettings,
    mut observed: mpsc::UnboundedReceiver<Observation>,
    notices: mpsc::UnboundedSender<Notice>,
) {
    let path = settings.now().config().sessions_dir.join(FILE);
    let mut told = read(&path);
    let mut interval = tokio::time::interval(DISK_INTERVAL);
    loop {
        let observation = tokio::select! {
            Some(observation) = observed.recv() => Some(observation),
            _ = interval.tick() => disk(&settings, &told).await,
            Ok(()) = settings.changed() => disk(&settings, &told).await,
        };
        let Some(Observation { condition, problem }) = observation else {
            continue;
        };
        if !told.note(condition, problem.is_some(), Utc::now()) {
            continue;
        }
        match problem {
            Some(notice) => {
                if notices.send(notice).is_err() {
                    // The bot is shutting down: the next run tells it.
                    told.note(condition, false, Utc::now());
                    continue;
                }
                if settings.now().config().discord.notify_admins == NotifyAdmins::Off {
                    tracing::warn!(%condition, "something is wrong: nobody is told, as configured");
                } else {
                    tracing::warn!(%condition, "something is wrong: admins are told");
                }
            }
            None => tracing::info!(%condition, "what admins were told is mended"),
        }
        if let Err(error) = save(&path, &told).await {
            tracing::error!(%error, "failed to keep what admins were told");
        }
    }
}

/// What admins were told before. If that can't be read, they are told again.
fn read(path: &Path) -> KnownProblems {
    let text = match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return KnownProblems::default(),
        text => text,
    };
    let told = text.and_then(|text| Ok(serde_json::from_slice(&text)?));
    told.unwrap_or_else(|error| {
        tracing::warn!(%error, path = %path.display(), "failed to read what admins were told");
        KnownProblems::default()
    })
}

async fn save(path: &Path, told: &KnownProblems) -> io::Result<()> {
    let (path, text) = (path.to_owned(), serde_json::to_string_pretty(told)? + "\n");
    let saved = tokio::task::spawn_blocking(move || files::replace(&path, text.as_bytes()));
    saved.await?
}

/// How the disk stands that has the least room. `None` if that is not known.
async fn disk(settings: &LiveSettings, told: &KnownProblems) -> Option<Observation> {
    let settings = settings.now();
    let config = settings.config();
    let folders = [config.sessions_dir.clone(), config.workspace_dir.clone()];
    let found = tokio::task::spawn_blocking(move || {
        let spaces: Vec<_> = folders.iter().filter_map(|it| Space::of(it)).collect();
        let bytes = spaces.iter().map(|space| space.free_bytes).min()?;
        Some((bytes, spaces.iter().filter_map(|it| it.free_files).min()))
    });
    let (bytes, files) = found.await.ok()??;
    let text = nearly_full(bytes, files, told, config.limits.disk_min_mb);
    Some(Observation {
        condition: Condition::Disk,
        problem: text.map(|text| Notice {
            channel: None,
            text,
        }),
    })
}

/// What is to be told of a disk with this room for bytes and files, which should have `min_mb` MiB; nothing if that is 0.
fn nearly_full(
    bytes: u64,
    files: Option<u64>,
    told: &KnownProblems,
    min_mb: u64,
) -> Option<String> {
    if told.is_nearly_full(bytes, min_mb << 20) {
        return Some(messages::notices::disk_nearly_full(bytes));
    }
    files
        .filter(|files| min_mb > 0 && told.is_nearly_full(*files, FEW_FILES))
        .map(messages::notices::disk_lacks_files)
}

#[cfg(test)]
mod tests;
