//! Whether the bot's folders can be written, and the content of the sessions' folder.

use std::{io, path::Path};

use crate::{
    cli::finding::{Finding, Severity},
    files,
    registry::{self, Lock, LockError},
};

pub(super) fn sessions(folder: &Path, may_run: bool) -> Vec<Finding> {
    const NAME: &str = "sessions";
    if !folder.exists() {
        return vec![writable(NAME, folder)];
    }
    let mut notes = Vec::new();
    let mut running = String::new();
    match Lock::take(folder) {
        Ok(lock) => drop(lock),
        Err(held @ LockError::Held { .. }) if may_run => running = format!("; {held}"),
        Err(held @ LockError::Held { .. }) => notes.push(held.to_string()),
        Err(error) => {
            let finding = Finding::error(NAME, error.to_string()).why(KEPT);
            return vec![finding.mend(CHOWN)];
        }
    }
    let found = registry::inspect(folder);
    if !found.problems.is_empty() {
        let problems = found.problems.into_iter();
        let problems = problems.map(|(what, mend)| {
            Finding::error(NAME, what)
                .why("channels may lose their sessions")
                .mend(mend)
        });
        return problems.collect();
    }
    notes.extend(found.notes);
    vec![match writable(NAME, folder) {
        finding if finding.severity > Severity::Ok => finding,
        _ if !notes.is_empty() => Finding::warning(NAME, notes.join("\n"))
            .why("it may not be as you expect, or as the bot left it")
            .mend("grant the permissions that are named, and delete copies if nothing is missing"),
        _ => Finding::ok(
            NAME,
            format!(
                "{}, writable, {} sessions{running}",
                folder.display(),
                found.sessions
            ),
        ),
    }]
}

/// Why the bot must be able to write files.
const KEPT: &str = "sessions, usage and Claude's files are kept there";

const CHOWN: &str = "give the folder to the account that runs the bot (`chown`)";

/// Whether files can be written in a folder, or the folder can be created.
pub(super) fn writable(check: &'static str, folder: &Path) -> Finding {
    let existing = folder
        .ancestors()
        .find(|folder| folder.exists())
        .unwrap_or(Path::new("."));
    let shown = folder.display();
    match files::try_write(existing) {
        Ok(()) if existing == folder => Finding::ok(check, format!("{shown}, writable")),
        Ok(()) => Finding::ok(check, format!("{shown}, created when needed")),
        Err(error) => {
            let mend = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "the disk is full: delete what is not needed, or move the folder to a larger disk"
                }
                io::ErrorKind::PermissionDenied => CHOWN,
                _ => "see whether the path is a folder on a disk that can be written",
            };
            Finding::error(check, format!("{shown}: {error}"))
                .why(KEPT)
                .mend(mend)
        }
    }
}
