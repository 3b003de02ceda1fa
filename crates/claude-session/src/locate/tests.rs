use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::*;

fn executable(path: &Path, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .open(path)
        .unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_path_is_extended_once_and_at_its_end() {
    #[track_caller]
    fn check(variables: &[(&str, &str)], expected: &str) {
        let env: Environment = variables.iter().copied().collect();
        assert_eq!(extended_path(&env), expected);
    }
    check(
        &[("PATH", "/usr/bin:/bin"), ("HOME", "/h")],
        "/usr/bin:/bin:/h/bin:/h/.local/bin",
    );
    check(
        &[("PATH", "/h/.local/bin:/bin"), ("HOME", "/h")],
        "/h/.local/bin:/bin:/h/bin",
    );
    check(&[("PATH", "/bin")], "/bin");
    check(
        &[("PATH", "/bin::"), ("HOME", "/h")],
        "/bin:/h/bin:/h/.local/bin",
    );
    check(&[("HOME", "/h")], "/h/bin:/h/.local/bin");
    check(&[("PATH", "/bin"), ("HOME", "/a:b")], "/bin");
    check(&[], "");
}

#[test]
fn the_cli_is_found_in_the_home_folder() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".local/bin/claude-under-test");
    executable(&path, 0o755);
    let env = Environment::from_iter([
        ("PATH", OsStr::new("/nowhere")),
        ("HOME", home.path().as_os_str()),
    ]);
    assert_eq!(
        claude(OsStr::new("claude-under-test"), &env),
        Ok(path.clone())
    );
    assert_eq!(claude(path.as_os_str(), &Environment::default()), Ok(path));
}

#[test]
fn a_file_that_is_not_executable_is_not_found() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("bin/claude-under-test");
    executable(&path, 0o644);
    let env = Environment::from_iter([("HOME", home.path().as_os_str())]);
    assert!(claude(OsStr::new("claude-under-test"), &env).is_err());
    assert!(claude(path.as_os_str(), &env).is_err());
    let message = claude(OsStr::new("no-such-claude"), &env)
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("Claude CLI not found: no-such-claude is neither"),
        "{message}"
    );
    assert!(
        message.contains("npm install -g @anthropic-ai/claude-code"),
        "{message}"
    );
}
