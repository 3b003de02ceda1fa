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
const LONGEST_TEXT: usize = 1_800;
const MOST_LINES: usize = 60;

/// The script names one more.
const MOST_REPOSITORIES: usize = 20;

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
pub(super) fn post(mut repositories: Vec<Repository>, is_cut: bool) -> Post {
    if repositories.is_empty() {
        return Post::text(texts::NO_REPOSITORY);
    }
    let is_cut = is_cut || repositories.len() > MOST_REPOSITORIES;
    repositories.truncate(MOST_REPOSITORIES);
    let length: usize = repositories.iter().map(|it| it.diff().len()).sum();
    // Characters take at most four bytes each.
    if !is_cut && length <= 4 * LONGEST_TEXT {
        let text: String = repositories.iter().map(Repository::whole).collect();
        if text.chars().count() <= LONGEST_TEXT && text.lines().count() <= MOST_LINES {
            return Post::text(text.trim_end());
        }
    }
    let mut text: String = repositories.iter().map(|it| it.summary("")).collect();
    let mut file = String::new();
    if text.chars().count() > LONGEST_TEXT {
        let _infallible = writeln!(file, "{text}");
        text = texts::CHANGES_IN_FILE.into();
    }
    for repository in repositories.iter().filter(|it| !it.diff().is_empty()) {
        if repositories.len() > 1 {
            let _infallible = writeln!(file, "# {}", repository.path);
        }
        file.push_str(repository.diff());
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

    /// What changed, with this block below its heading.
    fn summary(&self, block: &str) -> String {
        let diff = self.diff.as_deref();
        let count = diff.map(|diff| {
            let is_file = |line: &&str| line.starts_with("diff --git ");
            diff.lines().filter(is_file).count()
        });
        let mut text = format!("{}\n{block}", texts::changed(&self.path, count));
        if !self.untracked.is_empty() {
            let _infallible = writeln!(text, "{}", untracked(&self.untracked));
        }
        text
    }

    fn whole(&self) -> String {
        match self.diff() {
            "" => self.summary(""),
            diff => self.summary(&format!("```diff\n{}\n```\n", visible(diff.trim_end()))),
        }
    }
}

#[cfg(test)]
mod tests;
