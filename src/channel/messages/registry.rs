//! What was wrong with the registry at the start, for those who run the bot. No paths: others may read along.

use crate::registry::{LoadIssue, issue::Fallback};

/// What an admin should know of what loading the registry met; `None` where that is for the log alone.
#[must_use]
pub fn registry_issues(issues: &[LoadIssue]) -> Option<String> {
    let mut lines: Vec<_> = issues.iter().filter_map(line).collect();
    if lines.is_empty() {
        return None;
    }
    lines.insert(
        0,
        "**For those who run this bot**: something was wrong when I started.".to_owned(),
    );
    lines.push(if issues.iter().any(LoadIssue::stops_writing) {
        "So as not to make it worse I do not write down which channel has which session: I answer, but what \
         happens from now on is forgotten when I am restarted. Put it right and restart me; `switchboard \
         check` and my log say where it is."
            .to_owned()
    } else {
        "Nothing was thrown away: `switchboard check` and my log say where the file is.".to_owned()
    });
    Some(lines.join("\n"))
}

fn line(issue: &LoadIssue) -> Option<String> {
    Some(match issue {
        LoadIssue::Corrupt { copy, fallback, .. } => {
            let kept = match copy {
                Ok(_) => "I kept it aside",
                Err(_) => "I could not keep it aside",
            };
            format!(
                "- The file of my sessions was broken. {kept} and {}.",
                went_on(*fallback)
            )
        }
        LoadIssue::Unreadable { fallback, .. } => {
            format!(
                "- The file of my sessions could not be read. I {}.",
                went_on(*fallback)
            )
        }
        LoadIssue::Missing { copy, .. } => format!(
            "- The file of my sessions was missing or empty, though its last good copy is not. Every channel \
             begins anew{}",
            match copy {
                Ok(_) => "; I kept the copy aside.",
                Err(_) => ", and I could not keep the copy aside.",
            }
        ),
        LoadIssue::BadEntries {
            damaged,
            repeated,
            copy,
            ..
        } => format!(
            "- {} entries in the file of my sessions make no sense. {}",
            damaged.len() + repeated.len(),
            match copy {
                Ok(_) => "I kept a copy aside and went on with the others.",
                Err(_) => "I could not keep a copy aside, and went on with the others.",
            }
        ),
        LoadIssue::Large { bytes, .. } => format!(
            "- The file of my sessions has grown to {} MB, and I write all of it with each turn.",
            bytes >> 20
        ),
        LoadIssue::LedgerUnreadable { .. } => {
            "- The record of what each turn used could not be read.".to_owned()
        }
        LoadIssue::UnknownKeys { .. } | LoadIssue::Uncounted { .. } => return None,
    })
}

fn went_on(fallback: Fallback) -> String {
    match fallback {
        Fallback::Backup(sessions) => format!(
            "went on with its last good copy, {sessions} session{}",
            plural(sessions)
        ),
        Fallback::Salvaged(sessions) => format!(
            "went on with the {sessions} session{} that could still be read",
            plural(sessions)
        ),
        Fallback::Empty => "found no copy to go on with: every channel begins anew".to_owned(),
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests;
