use super::*;

#[test]
fn the_command_forks_in_the_right_folder() {
    let plain = Terminal {
        folder: Path::new("/srv/bot/workspaces/7"),
        program: "claude",
        config_dir: None,
        account: None,
        session: "5f0c3c9e",
    };
    let command = |terminal: &Terminal<'_>| session(terminal).lines().nth(2).unwrap().to_owned();
    assert_eq!(
        command(&plain),
        "cd /srv/bot/workspaces/7 && claude --resume 5f0c3c9e --fork-session"
    );
    let odd = Terminal {
        folder: Path::new("/srv/it's here; rm"),
        program: "/opt/a b/claude",
        config_dir: Some("/var/c d"),
        account: Some("claude"),
        session: "5f0c3c9e",
    };
    assert_eq!(
        command(&odd),
        r"cd '/srv/it'\''s here; rm' && CLAUDE_CONFIG_DIR='/var/c d' '/opt/a b/claude' --resume 5f0c3c9e --fork-session"
    );
    assert!(session(&odd).contains("as the user `claude`:"));
}
