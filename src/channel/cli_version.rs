//! Whether the CLI is recent enough to start. A program is asked for its version once.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use super::{
    messages,
    notices::{Condition, Reporter},
};
use crate::claude::{
    locate,
    process::{Host, probe},
    version,
};

/// A program behind all links, and when it was changed.
type Program = (PathBuf, Option<SystemTime>);

#[derive(Debug)]
pub(crate) struct CliVersion {
    reporter: Reporter,
    /// The program that was probed last, and its problem, if any.
    asked: Mutex<Option<(Program, Option<String>)>>,
}

impl CliVersion {
    pub(crate) fn new(reporter: Reporter) -> Self {
        Self {
            reporter,
            asked: Mutex::default(),
        }
    }

    /// Why the CLI must not be started. `None` as well if it does not tell its version.
    pub(crate) async fn too_old(&self, host: &Host) -> Option<String> {
        let path = locate::claude(&host.bin, &host.environment).ok()?;
        let installed = path.canonicalize().ok()?;
        let changed = installed.metadata().and_then(|it| it.modified()).ok();
        let program = (installed, changed);
        let lock = || self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, complaint)) = &*lock()
            && *known == program
        {
            return complaint.clone();
        }
        let account = host.account.as_ref();
        let asked = probe(
            &path,
            &["--version"],
            &host.environment,
            &host.pass_env,
            account,
        )
        .await;
        let told = asked.ok().filter(|asked| asked.succeeded);
        let told = told.as_ref().map(|told| told.output.as_str());
        let complaint = told.and_then(version::too_old);
        if let Some(complaint) = &complaint {
            tracing::error!("{complaint}");
        }
        if let Some(told) = told {
            let unusable = complaint.as_deref().map(messages::notices::cli_unusable);
            let defect = version::known_bad(told).filter(|_| complaint.is_none());
            let defect = defect.map(messages::notices::cli_defect);
            for (condition, problem) in [(Condition::Cli, unusable), (Condition::CliDefect, defect)]
            {
                match problem {
                    Some(text) => self.reporter.wrong(condition, None, text),
                    None => self.reporter.fine(condition),
                }
            }
        }
        *lock() = Some((program, complaint.clone()));
        complaint
    }
}
