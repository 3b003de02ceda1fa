//! Deletes what has not been used for long: at the start, once a day, and when a reload changes how long that is.

use std::{
    collections::BTreeSet,
    path::{self, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::Utc;

use super::error::{Error, failed};
use crate::{
    backup::Workspaces,
    channel::LiveSettings,
    claude::{pool::Pool, sandbox::Confinement},
    config::{Config, Sessions},
    discord::Rest,
    registry::{Record, Registry},
    retention::{InUse, Places, last_used, sweep},
    snowflake::ChannelId,
};

const INTERVAL: Duration = Duration::from_hours(24);

pub(super) struct Retention {
    pub(super) settings: LiveSettings,
    pub(super) registry: Registry,
    pub(super) pool: Pool,
    pub(super) rest: Rest,
    pub(super) places: Arc<Places>,
}

/// Where the files are that may be deleted.
pub(super) fn places(
    config: &Config,
    confinement: &Confinement,
    recordings: Option<PathBuf>,
) -> Result<Places, Error> {
    let workspaces = Workspaces::new(config).map_err(failed(&config.workspace_dir))?;
    let recordings = recordings.map(|path| path::absolute(&path).unwrap_or(path));
    Ok(Places {
        workspaces,
        environment: confinement.environment.clone(),
        account: confinement.account.clone(),
        recordings,
    })
}

impl Retention {
    pub(super) async fn run(mut self) {
        let mut interval = tokio::time::interval(INTERVAL);
        let mut kept = self.kept();
        loop {
            tokio::select! {
                _ = interval.tick() => {}
                Ok(()) = self.settings.changed() => {
                    // A reload of anything else is no reason.
                    if std::mem::replace(&mut kept, self.kept()) == kept {
                        continue;
                    }
                }
            }
            self.clean_up().await;
        }
    }

    fn kept(&self) -> Sessions {
        self.settings.now().config().sessions
    }

    async fn clean_up(&self) {
        let Some(since) = self.kept().kept_since(Utc::now()) else {
            return;
        };
        let (pool, registry) = (self.pool.clone(), self.registry.clone());
        let starts = pool.clone();
        let in_use = move || {
            // A process may have come since the clean-up began.
            let live: BTreeSet<_> = pool.owners().into_iter().map(ChannelId).collect();
            InUse::of(registry.view().records(), &live, since)
        };
        let (places, used) = (Arc::clone(&self.places), in_use.clone());
        let swept =
            tokio::task::spawn_blocking(move || sweep(&places, &starts, &used, since)).await;
        let removed = match swept {
            Ok(removed) => removed,
            Err(error) => return tracing::error!(%error, "the clean-up failed"),
        };
        let old = || {
            let (in_use, view) = (in_use(), self.registry.view());
            let is_old = |(channel, record): &(ChannelId, Record)| {
                !in_use.has_channel(*channel) && last_used(record).is_some_and(|at| at < since)
            };
            let old = view.records().filter(is_old);
            old.map(|(channel, _)| channel).collect::<BTreeSet<_>>()
        };
        let mut gone = BTreeSet::new();
        for channel in old() {
            // An archived thread is in no list of Discord's, but not gone.
            let asked = self.rest.channel(channel).await;
            if asked.is_err_and(|failed| failed.is_unknown_channel()) {
                gone.insert(channel);
            }
        }
        let hold = self.pool.hold();
        // A channel may have come into use while Discord was asked.
        let still_old = old();
        gone.retain(|channel| still_old.contains(channel));
        for channel in &gone {
            self.registry.remove(*channel);
        }
        drop(hold);
        tracing::info!(
            transcripts = removed.transcripts,
            attachments = removed.attachments,
            recordings = removed.recordings,
            records = gone.len(),
            failed = removed.failed,
            "removed what was last used before {}",
            since.format("%Y-%m-%d")
        );
    }
}
