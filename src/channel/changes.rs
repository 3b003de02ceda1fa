//! What changed in a workspace, as git tells it. Pure; the actor runs the script.

use std::fmt::Write as _;

use super::{
    approval::visible,
    messages::files::{self as texts, untracked},
};
use crate::chat::{Post, PostFile};

/// Prints what changed in the repositories of the folder that is its argument.
pub(super) const SCRIPT: &str = include_str!("changes/git.sh");

/// What is longer than this goes into a file. In characters and lines.
const LONGEST_BLOCK: usize = 1_500;
const MOST_LINES: usize = 50;

/// A git repository in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repository {
    /// Relative to the workspace; `.` is the workspace itself.
    pub(super) path: String,
    /// The files that git does not know.
    pub(super) untracked: Vec<String>,
    /// `None` if git could not compare.
    pub(super) diff: Option<String>,
}

/// Reads what the script printed; `None` if there is no git.
pub(super) fn read(output: &str) -> Option<Vec<Repository>> {
    if output == "no git\0" {
        return None;
    }
    let fields: Vec<&str> = output.split('\0').collect();
    let repositories = fields.chunks(3).filter(|fields| !fields[0].is_empty());
    Some(repositories.map(repository).collect())
}

fn repository(fields: &[&str]) -> Repository {
    // A field is missing where the output was cut, or git failed.
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let diff = field(2).strip_prefix('=');
    Repository {
        path: field(0).to_owned(),
        untracked: field(1).lines().map(str::to_owned).collect(),
        diff: diff.map(str::to_owned),
    }
}

/// Shows the changes: short ones in a block, long ones in a file. `is_cut` says that there are more.
pub(super) fn post(repositories: &[Repository], is_cut: bool) -> Post {
    if repositories.is_empty() {
        return Post::text(texts::NO_REPOSITORY);
    }
    let length: usize = repositories
        .iter()
        .map(|it| it.diff().chars().count())
        .sum();
    let lines: usize = repositories
        .iter()
        .map(|it| it.diff().lines().count())
        .sum();
    let is_short = length <= LONGEST_BLOCK && lines <= MOST_LINES && !is_cut;
    let mut text = String::new();
    let mut file = String::new();
    for repository in repositories {
        let Repository {
            path,
            untracked: files,
            diff,
        } = repository;
        let diff = diff.as_deref();
        let count = diff.map(|diff| {
            diff.lines()
                .filter(|it| it.starts_with("diff --git "))
                .count()
        });
        let _infallible = writeln!(text, "{}", texts::changed(path, count));
        match diff.filter(|diff| !diff.is_empty()) {
            Some(diff) if is_short => {
                let _infallible = writeln!(text, "```diff\n{}\n```", visible(diff.trim_end()));
            }
            Some(diff) => {
                if repositories.len() > 1 {
                    let _infallible = writeln!(file, "# {path}");
                }
                file.push_str(diff);
            }
            None => {}
        }
        if !files.is_empty() {
            let _infallible = writeln!(text, "{}", untracked(files));
        }
    }
    if is_cut {
        text.push_str(texts::CHANGES_CUT);
    }
    let files = (!file.is_empty()).then(|| PostFile {
        name: "changes.diff".to_owned(),
        content: file.into_bytes(),
    });
    Post {
        files: files.into_iter().collect(),
        ..Post::text(text.trim_end())
    }
}

impl Repository {
    fn diff(&self) -> &str {
        self.diff.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
