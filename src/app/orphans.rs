//! Processes of the CLI that nobody else ends.

use std::time::Duration;

use crate::claude::process::{
    cgroup::{self, Cgroups},
    sweep,
};

/// How often orphans that have ended are reaped.
const REAP_INTERVAL: Duration = Duration::from_secs(30);

pub(super) fn cgroups(instance_id: &str) -> Option<Cgroups> {
    let found = Cgroups::find(instance_id);
    match &found {
        Ok(_) => tracing::info!("each process gets a control group of its own"),
        Err(error) => {
            tracing::info!(%error, "no control groups; the CLI's orphans are found by their environment");
        }
    }
    found.ok()
}

pub(super) async fn sweep_all(instance_id: &str, when: &'static str) {
    let mark = instance_id.to_owned();
    let sweep = move || {
        let groups = cgroup::end_all(&mark).unwrap_or_else(|error| {
            tracing::warn!(%error, "failed to remove control groups {when}");
            0
        });
        groups + sweep::sweep(&mark, 0, 20)
    };
    match tokio::task::spawn_blocking(sweep).await {
        Ok(0) => {}
        Ok(found) => tracing::warn!(found, "ended processes of the CLI that were {when}"),
        Err(error) => tracing::error!(%error, "failed to sweep for orphans"),
    }
}

pub(super) async fn reap_regularly() {
    let mut interval = tokio::time::interval(REAP_INTERVAL);
    loop {
        interval.tick().await;
        if let Err(error) = tokio::task::spawn_blocking(sweep::reap).await {
            tracing::error!(%error, "failed to reap orphans");
        }
    }
}
