use std::{fs, os::unix::fs::symlink};

use super::*;

impl Policy {
    /// A policy without files, for an account with this home folder.
    pub(in crate::sandbox) fn at(home: &Path) -> Self {
        let options = Options {
            application_dir: home.join("bot"),
            workspace_dir: home.join("bot/workspaces"),
            ..Options::default()
        };
        let environment = [("HOME", home)].into_iter().collect();
        Self {
            private: Vec::new(),
            ..Self::new(&options, &environment, None)
        }
    }
}

fn policy(options: &Options, environment: &[(&str, &str)]) -> Policy {
    let environment = environment.iter().copied().collect();
    Policy::new(options, &environment, None)
}

#[test]
fn arguments_and_variables_name_readable_paths() {
    let options = Options {
        readable: vec!["/srv/data".into()],
        extra_args: [
            "--mcp-config=/etc/bot/mcp.json",
            "--add-dir",
            "/srv/shared",
            "--add-dir=/home",
            "--effort=high",
            "/",
        ]
        .map(str::to_owned)
        .to_vec(),
        ..Options::default()
    };
    let environment = [
        ("HOME", "/home/bot"),
        ("SSL_CERT_FILE", "/etc/corporate.pem"),
    ];
    let found = policy(&options, &environment).named;
    let expected = [
        "/srv/data",
        "/etc/corporate.pem",
        "/etc/bot/mcp.json",
        "/srv/shared",
    ];
    assert_eq!(found, expected.map(PathBuf::from));
}

#[test]
fn programs_in_opt_are_readable_if_the_search_path_names_them() {
    let path = "/usr/bin:/opt/go/bin:/opt/bot/bin:/opt";
    let options = Options {
        application_dir: "/opt/bot".into(),
        ..Options::default()
    };
    let environment = [("HOME", "/home/bot"), ("PATH", path)];
    let found = policy(&options, &environment).defaults;
    assert!(found.contains(&"/opt/go".into()), "{found:?}");
    for folder in ["/opt", "/opt/bot"] {
        assert!(!found.contains(&folder.into()), "{folder}");
    }
}

#[test]
fn the_cli_settings_file_is_beside_its_folder_or_in_it() {
    let home = ("HOME", "/home/bot");
    let found = policy(&Options::default(), &[home]).defaults;
    assert!(found.contains(&"/home/bot/.claude.json".into()));
    let elsewhere = ("CLAUDE_CONFIG_DIR", "/srv/state");
    let found = policy(&Options::default(), &[home, elsewhere]).defaults;
    assert!(found.contains(&"/srv/state/.claude.json".into()));
    assert!(!found.contains(&"/home/bot/.claude.json".into()));
}

#[test]
fn readable_paths_exist_and_show_nothing_private() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().canonicalize().unwrap();
    let at = |name: &str| home.join(name);
    for name in [
        "bot/docs",
        "bot/sessions",
        "bot/workspaces/1",
        "site/x",
        "data",
    ] {
        fs::create_dir_all(at(name)).unwrap();
    }
    symlink(at("bot/sessions"), at("link")).unwrap();
    let policy = Policy {
        private: vec![at("bot/sessions"), at("bot/workspaces")],
        workspaces: vec![at("site")],
        ..Policy::at(&home)
    };
    let check = |name: &str| policy.check_readable(&at(name));
    for name in ["data", "bot/docs"] {
        assert_eq!(check(name), Ok(()), "{name}");
    }
    let missing = check("none").unwrap_err();
    assert!(missing.contains("does not exist"), "{missing}");
    for (name, private) in [
        ("bot", "bot"),
        ("bot/sessions", "bot/sessions"),
        ("bot/workspaces/1", "bot/workspaces"),
        ("site/x", "site"),
        ("link", "bot/sessions"),
        ("", ""),
    ] {
        let private = home.join(private).components().collect::<PathBuf>();
        let expected = format!("would show {},", private.display());
        let error = check(name).unwrap_err();
        assert!(error.contains(&expected), "{error}");
    }
}

#[test]
fn folders_with_a_second_use_are_exposed() {
    let home = Path::new("/home/bot");
    let policy = Policy {
        private: vec!["/srv/sessions".into(), "/srv/workspaces".into()],
        workspaces: ["/srv/sessions", "/home/bot", "/home/bot/site"]
            .map(PathBuf::from)
            .to_vec(),
        ..Policy::at(home)
    };
    for folder in ["/srv/sessions", "/home/bot", "/home/bot/.claude"] {
        assert!(policy.is_exposed(Path::new(folder)), "{folder}");
    }
    for folder in ["/srv", "/srv/workspaces", "/home/bot/site"] {
        assert!(!policy.is_exposed(Path::new(folder)), "{folder}");
    }
}

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
