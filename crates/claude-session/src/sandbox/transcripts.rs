//! How the CLI names the folder in which it keeps the transcripts of one workspace.

/// The longest name that is a path and nothing else, in UTF-16 units: a longer one is cut there, and an undocumented
/// hash follows.
const LONGEST: usize = 200;

/// The folder's name below `projects` in the CLI's own folder: the path with `-` for all but ASCII letters and
/// digits. `None` if the path is so long that the name ends in a hash.
///
/// Measured on 2.1.197 and 2.1.329 with paths that hold `.`, `_` and spaces.
#[must_use]
pub fn folder_name(workspace: &str) -> Option<String> {
    let name: String = workspace
        .encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii_alphanumeric() => char::from(byte),
            _ => '-',
        })
        .collect();
    (name.len() <= LONGEST).then_some(name)
}

#[cfg(test)]
mod tests;
