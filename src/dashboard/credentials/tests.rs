use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};

use super::*;
use crate::config::Dashboard;

fn config(folder: &Path, settings: Dashboard) -> Config {
    let mut config = Config::default();
    config.sessions_dir = folder.join("sessions");
    config.dashboard = settings;
    config
}

#[test]
fn a_token_is_made_once_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), Dashboard::default());
    let first = Credentials::open(&config).unwrap();
    let path = config.sessions_dir.join(TOKEN_FILE);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let again = Credentials::open(&config).unwrap();
    assert!(again.is_token(first.token()));
    assert!(!again.is_token(&first.token()[1..]) && !again.is_token(""));
    assert!(!again.can_decide() && !again.is_admin("") && !again.is_password(""));
    // What others could read is worth nothing.
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let new = Credentials::open(&config).unwrap();
    assert!(!new.is_token(first.token()));
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn the_admin_token_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Dashboard {
        admin: true,
        ..Dashboard::default()
    };
    let config = config(folder.path(), settings);
    assert!(links(&config).unwrap().is_none());
    let credentials = Credentials::open(&config).unwrap();
    assert!(!credentials.is_admin(credentials.token()));
    note_address(&config.sessions_dir, "0.0.0.0:8090".parse().unwrap()).unwrap();
    let links = links(&config).unwrap().unwrap();
    let token = credentials.token();
    assert_eq!(links.view, format!("http://127.0.0.1:8090/?token={token}"));
    let (_, admin) = links.admin.as_ref().unwrap().split_once("#admin=").unwrap();
    assert!(credentials.is_admin(admin));
    assert_eq!(credentials.secrets().len(), 2);
    assert!(!credentials.without_admin().is_admin(admin));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test's own files")]
fn bad_tokens_and_passwords_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    let settings = Dashboard {
        password_file: Some(password.clone()),
        ..Dashboard::default()
    };
    let config = config(folder.path(), settings);
    let open = || Credentials::open(&config).map_err(|error| error.to_string());
    assert!(open().unwrap_err().contains("No such file"));
    fs::write(&password, "short\n").unwrap();
    assert!(open().unwrap_err().contains("12 characters or more"));
    fs::write(&password, "correct horse battery\n").unwrap();
    assert!(open().unwrap().is_password("correct horse battery"));
    files::replace(&config.sessions_dir.join(TOKEN_FILE), b"short").unwrap();
    assert!(open().unwrap_err().contains("delete it"));
}
