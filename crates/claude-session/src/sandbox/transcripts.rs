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
mod tests {
    use super::*;

    #[test]
    fn all_but_letters_and_digits_become_dashes() {
        #[track_caller]
        fn check(workspace: &str, expected: &str) {
            assert_eq!(folder_name(workspace).as_deref(), Some(expected));
        }
        check("/srv/bot/workspaces/1", "-srv-bot-workspaces-1");
        check("/tmp/0y_s5h.f x", "-tmp-0y-s5h-f-x");
        check("/ü/😀", "-----");
    }

    #[test]
    fn the_name_for_a_long_path_cannot_be_predicted() {
        assert!(folder_name(&"x".repeat(200)).is_some());
        assert_eq!(folder_name(&"x".repeat(201)), None);
    }
}
