//! The dashboard of the running bot.

use std::{path::Path, sync::Arc};

use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

use super::error::{Error, failed};
use crate::{
    channel::{Decision, Watcher},
    claude::observer::Observers,
    config::Config,
    dashboard::{self, Credentials, Desk, LogTail, Parts},
};

/// What a dashboard is started with.
pub(crate) struct DashboardStart {
    pub(crate) credentials: Credentials,
    /// The end of the log.
    pub(crate) log: LogTail,
    /// Where it listens, if its address is taken already.
    pub(crate) listener: Option<TcpListener>,
}

/// A dashboard whose address is taken.
pub(super) struct Opened {
    listener: TcpListener,
    credentials: Credentials,
    log: LogTail,
}

/// One that answers, until it is dropped.
pub(super) struct RunningDesk {
    desk: Arc<Desk>,
    tasks: [JoinHandle<()>; 2],
}

/// Takes the address, if there is to be a dashboard.
pub(super) async fn open(
    config: &Config,
    wanted: Option<DashboardStart>,
) -> Result<Option<Opened>, Error> {
    let wanted = config.dashboard.address.zip(wanted);
    let Some((address, wanted)) = wanted else {
        return Ok(None);
    };
    let what = format!("the dashboard at {address}");
    let listener = match wanted.listener {
        Some(listener) => Ok(listener),
        None => dashboard::bind(address, &config.sessions_dir).await,
    };
    Ok(Some(Opened {
        listener: listener.map_err(failed(Path::new(&what)))?,
        credentials: wanted.credentials,
        log: wanted.log,
    }))
}

/// Lets it answer. Also returns the decisions that are made there.
pub(super) fn start(
    opened: Option<Opened>,
    observers: &Observers,
    parts: impl FnOnce(Credentials, LogTail) -> Parts,
) -> (Option<RunningDesk>, mpsc::Receiver<Decision>) {
    let Some(opened) = opened else {
        return (None, mpsc::channel(1).1);
    };
    let (desk, decisions) = Desk::new(parts(opened.credentials, opened.log));
    let follows = tokio::spawn(Arc::clone(&desk).follow(observers.subscribe()));
    let serves = tokio::spawn(dashboard::serve(opened.listener, Arc::clone(&desk)));
    let running = RunningDesk {
        desk,
        tasks: [follows, serves],
    };
    (Some(running), decisions)
}

impl RunningDesk {
    pub(super) fn watcher(&self) -> Arc<dyn Watcher> {
        Arc::clone(&self.desk) as Arc<dyn Watcher>
    }
}

impl Drop for RunningDesk {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
