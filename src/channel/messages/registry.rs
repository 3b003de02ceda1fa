//! Problems with the registry at the start, for admins. Without paths, because others read the channel too.

use super::count;
use crate::registry::{LoadIssue, issue::Fallback};

/// `None` if the issues concern only the log.
pub(crate) fn registry_issues(issues: &[LoadIssue]) -> Option<String> {
    let mut lines: Vec<_> = issues.iter().filter_map(line).collect();
    if lines.is_empty() {
        return None;
    }
    lines.insert(
        0,
        "**For this bot's admins**: I found a problem when I started.".to_owned(),
    );
    lines.push(if issues.iter().any(LoadIssue::stops_writing) {
        "To avoid further damage I don't save sessions: I answer, but everything from now on is forgotten at the \
         next restart. Fix the file and restart me; `switchboard check` and my log say where it is."
            .to_owned()
    } else {
        "Nothing was deleted: `switchboard check` and my log say where the file is.".to_owned()
    });
    Some(lines.join("\n"))
}

fn line(issue: &LoadIssue) -> Option<String> {
    Some(match issue {
        LoadIssue::Corrupt { copy, fallback, .. } => {
            let kept = match copy {
                Ok(_) => "I kept a copy",
                Err(_) => "I could not keep a copy",
            };
            let went_on = went_on(*fallback);
            format!("- The session registry was corrupt. {kept} and {went_on}.")
        }
        LoadIssue::Unreadable { fallback, .. } => {
            let went_on = went_on(*fallback);
            format!("- The session registry could not be read. I {went_on}.")
        }
        LoadIssue::Missing { copy, .. } => format!(
            "- The session registry was missing or empty, but its backup is not. Every channel starts over{}",
            match copy {
                Ok(_) => "; I kept the backup.",
                Err(_) => ", and I could not keep the backup.",
            }
        ),
        LoadIssue::BadEntries {
            damaged,
            repeated,
            copy,
            ..
        } => format!(
            "- {} entries in the session registry are invalid. {}",
            damaged.len() + repeated.len(),
            match copy {
                Ok(_) => "I kept a copy and continued with the others.",
                Err(_) => "I could not keep a copy, and continued with the others.",
            }
        ),
        LoadIssue::Large { bytes, .. } => format!(
            "- The session registry has grown to {} MB, and I rewrite it with each turn.",
            bytes >> 20
        ),
        LoadIssue::LedgerUnreadable { .. } => "- The usage ledger could not be read.".to_owned(),
        LoadIssue::UnknownKeys { .. } | LoadIssue::Uncounted { .. } => return None,
    })
}

fn went_on(fallback: Fallback) -> String {
    match fallback {
        Fallback::Backup(sessions) => {
            let sessions = count(sessions as u64, "session");
            format!("continued with its backup of {sessions}")
        }
        Fallback::Salvaged(sessions) => {
            let sessions = count(sessions as u64, "session");
            format!("continued with the {sessions} that could still be read")
        }
        Fallback::Empty => "found no backup: every channel starts over".to_owned(),
    }
}

#[cfg(test)]
mod tests;
