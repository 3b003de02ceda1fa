//! Texts above files that somebody asked for.

use super::figures::{count, inline};

pub(in crate::channel) const NOTHING_TO_EXPORT: &str =
    "There is no conversation to export here yet.";
/// The CLI deletes transcripts after some time.
pub(in crate::channel) const TRANSCRIPT_GONE: &str =
    "Claude has no transcript of this conversation (any more), so there is nothing to export.";
pub(in crate::channel) const TRANSCRIPT_UNREADABLE: &str = "The transcript of this conversation could not be read; the owner will find details in the bot's log.";

/// The last turns were asked for, or all of them.
pub(in crate::channel) fn exported(turns: usize, left_out: usize, is_whole: bool) -> String {
    let turns = count(turns as u64, "turn");
    let what = if is_whole && left_out == 0 {
        format!("The conversation, {turns}")
    } else {
        format!("The end of the conversation, {turns}")
    };
    let note = match left_out {
        0 => String::new(),
        left_out => format!(
            "\n-# {} before that would make the files too large.",
            count(left_out as u64, "turn")
        ),
    };
    format!("{what}, to read and as JSON.{note}")
}

pub(in crate::channel) const ONE_AT_A_TIME: &str =
    "I'm still making the file or diff that was asked for here before. Ask again when it's there.";

pub(in crate::channel) const NO_REPOSITORY: &str = "There is no git repository in this channel's workspace or right below it, so I can't tell what changed.";
pub(in crate::channel) const NO_GIT: &str =
    "git is not installed where I run, so I can't tell what changed.";
pub(in crate::channel) const NEEDS_BWRAP: &str = "I can show changes only at the sandbox level `bwrap`: without it, a repository here could show files of other channels. The owner can change `claude.sandbox`.";
pub(in crate::channel) const GIT_TOOK_TOO_LONG: &str =
    "git took too long to compare this workspace, so I can't show what changed.";
pub(in crate::channel) const GIT_FAILED: &str =
    "git could not compare this workspace; the owner will find details in the bot's log.";
/// After the last repository.
pub(in crate::channel) const CHANGES_CUT: &str = "-# There is more; this is the beginning.";

/// How many untracked files are named, and how much of each name.
const NAMED: usize = 20;
const NAME: usize = 60;

/// What changed in a repository: so many files, or an unknown number if git failed.
pub(in crate::channel) fn changed(path: &str, files: Option<usize>) -> String {
    let place = match path {
        "." => "the workspace".to_owned(),
        path => inline(path, NAME),
    };
    match files {
        None => format!("git could not compare {place}."),
        Some(0) => format!("Nothing has changed in {place} since the last commit."),
        Some(files) => {
            let files = count(files as u64, "file");
            format!("Changed in {place} since the last commit: {files}.")
        }
    }
}

/// Instead of a long list.
pub(in crate::channel) const CHANGES_IN_FILE: &str =
    "The file says what changed in each git repository of the workspace.\n";

/// Files that git does not know.
pub(in crate::channel) fn untracked(files: &[String]) -> String {
    let names: Vec<_> = files
        .iter()
        .take(NAMED)
        .map(|it| inline(it, NAME))
        .collect();
    let more = match files.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("New, and not known to git: {}{more}.", names.join(", "))
}
