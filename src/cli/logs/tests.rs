use tracing::level_filters::LevelFilter;

use super::*;

/// The log line of an event that contains a secret.
fn logged(is_json: bool) -> String {
    let redactor = Arc::new(Redactor::new(&[Secret::new("canary", "hunter2\"hunter2")]));
    let written = Arc::new(std::sync::Mutex::new(Vec::new()));
    let out = Arc::clone(&written);
    let writer = move || Writer {
        redactor: Arc::clone(&redactor),
        out: Shared(Arc::clone(&out)),
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(writer)
        .with_ansi(false);
    let log = || {
        tracing::trace!(field = "hunter2\"hunter2", "it is {}", "HUNTER2\"hunter2");
    };
    if is_json {
        tracing::subscriber::with_default(builder.json().finish(), log);
    } else {
        tracing::subscriber::with_default(builder.finish(), log);
    }
    String::from_utf8(written.lock().unwrap().clone()).unwrap()
}

struct Shared(Arc<std::sync::Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_login_of_the_account_that_runs_the_cli_is_redacted() {
    let [own, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for (home, token) in [(&own, "token-of-the-bot"), (&other, "token-of-the-cli")] {
        let json = serde_json::json!({ "accessToken": token }).to_string();
        let folder = crate::files::create_folder(&home.path().join(".claude")).unwrap();
        crate::files::replace(&folder.join(".credentials.json"), json.as_bytes()).unwrap();
    }
    let account = Account {
        name: "claude".into(),
        user: rustix::process::geteuid().as_raw(),
        group: rustix::process::getegid().as_raw(),
        home: other.path().to_owned(),
    };
    let environment = Environment::from_iter([("HOME", own.path())]);
    for (account, expected) in [(None, "bot"), (Some(&account), "cli")] {
        let redactor = Redactor::new(&login(&environment, account));
        for who in ["bot", "cli"] {
            let token = format!("token-of-the-{who}");
            let found = redactor.redact(&token);
            assert_eq!(found.text == "[redacted]", who == expected, "{found:?}");
        }
    }
}

#[test]
fn secrets_are_redacted_in_both_formats() {
    let text = logged(false);
    assert!(text.contains("it is [redacted]"), "{text}");
    assert!(!text.to_lowercase().contains("hunter2"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&logged(true)).unwrap();
    assert_eq!(json["fields"]["message"], "it is [redacted]");
    assert_eq!(json["fields"]["field"], "[redacted]");
}
