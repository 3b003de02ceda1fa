use super::*;

fn facts() -> Facts {
    Facts {
        bot: 7,
        cli: (7, 7),
        level: SandboxLevel::Bwrap,
        token_file: Some(Owned {
            path: "/home/bot/token".into(),
            mode: 0o100_600,
            owner: (7, 7),
        }),
        workspaces: vec!["/home/bot/workspaces".into()],
        exposed: Vec::new(),
    }
}

#[track_caller]
fn check(facts: &Facts, expected: &[&str]) {
    let found = warnings(facts);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn bubblewrap_leaves_nothing_to_warn_of() {
    check(&facts(), &[]);
}

#[test]
fn root_is_warned() {
    let root = Facts {
        bot: 0,
        cli: (0, 0),
        ..facts()
    };
    check(&root, &["started as root"]);
    let open = Facts {
        level: SandboxLevel::Off,
        ..root.clone()
    };
    check(&open, &["in the bot's memory", "can read the bot token"]);
    let other = Facts {
        cli: (7, 7),
        ..root
    };
    check(&other, &[]);
}

#[test]
fn a_token_file_that_tools_can_read_is_reported() {
    for level in [SandboxLevel::Off, SandboxLevel::Cli] {
        let same_user = Facts { level, ..facts() };
        check(&same_user, &["can read the bot token in /home/bot/token"]);
        let mut other = Facts {
            cli: (8, 8),
            ..same_user
        };
        check(&other, &[]);
        other.token_file.as_mut().unwrap().mode = 0o100_604;
        check(&other, &["can read"]);
        other.token_file.as_mut().unwrap().mode = 0o100_640;
        check(&other, &[]);
        other.cli.1 = 7;
        check(&other, &["can read"]);
    }
}

#[test]
fn systemds_credential_can_be_read_by_the_bots_own_account() {
    let mut credential = facts();
    let file = credential.token_file.as_mut().unwrap();
    (file.mode, file.owner) = (0o100_440, (0, 0));
    check(&credential, &[]);
    credential.level = SandboxLevel::Off;
    check(&credential, &["can read the bot token"]);
    credential.cli = (8, 8);
    check(&credential, &[]);
}

#[test]
fn folders_that_expose_the_bots_files_are_reported() {
    let exposed = |key: &str, folder: &str| (key.to_owned(), folder.into());
    let mut facts = Facts {
        exposed: vec![
            exposed("workspace_dir", "/srv"),
            exposed("channels.7.workspace", "/home/bot"),
        ],
        token_file: None,
        ..facts()
    };
    for (level, consequence) in [
        (SandboxLevel::Bwrap, "contains the home folder"),
        (SandboxLevel::Cli, "which cannot be hidden"),
    ] {
        facts.level = level;
        let keys = [
            "`workspace_dir` is /srv",
            "`channels.7.workspace` is /home/bot",
        ];
        check(&facts, &keys);
        check(&facts, &[consequence; 2]);
    }
}

#[test]
fn a_token_in_a_workspace_is_reported_at_every_level() {
    let mut facts = facts();
    facts.workspaces.push("/home/bot".into());
    check(&facts, &["is in a workspace, /home/bot"]);
}
