//! What Bash must not write, where the CLI's scrub of the environment would let it.
//!
//! Pure: what a folder holds is queried through a function.

use std::path::{Path, PathBuf};

/// Folders that Bash may write as soon as the CLI scrubs its environment, whatever `allowWrite` says (measured on
/// 2.1.197 and 2.1.329). `/tmp` is another, and stays writable.
pub(super) const MADE_WRITABLE: &[&str] = &["/home", "/mnt", "/opt", "/root", "/run", "/var"];

/// The largest parts of `folders` in which none of `kept` lies.
///
/// A folder that holds one of them is left as it is, so that new files can still be created there: the CLI puts mount
/// points of its own beside them. What is kept is not looked into.
pub(super) fn largest_parts(
    folders: impl IntoIterator<Item = PathBuf>,
    kept: &[PathBuf],
    entries: &impl Fn(&Path) -> Vec<PathBuf>,
) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut ahead: Vec<PathBuf> = folders.into_iter().collect();
    while let Some(path) = ahead.pop() {
        if kept.iter().any(|kept| path.starts_with(kept)) {
            continue;
        }
        if kept.iter().any(|kept| kept.starts_with(&path)) {
            ahead.extend(entries(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests;
