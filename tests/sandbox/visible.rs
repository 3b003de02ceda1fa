//! What a session sees of the machine inside bubblewrap.
//!
//! * Files that nothing lists are invisible: in the home folder, in `/etc`, in `/srv` and in `/`.
//! * Toolchains in the home folder are visible, the logins beside them are not.
//! * `claude.sandbox_read` shows a folder, read-only, and must not name one of the bot's.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::{discord, state::run};
use crate::support::{Bot, DEADLINE, Home, Need, skip_part, skip_without, stand_ins};

/// A file that every account may read, in a folder that only root may write; it goes when this is dropped.
fn system_file(folder: &str) -> Option<NamedTempFile> {
    let file = tempfile::Builder::new()
        .prefix("switchboard-test-")
        .tempfile_in(folder);
    let Ok(file) = file else {
        skip_part(&format!("a secret in {folder}"), "it cannot be written");
        return None;
    };
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
    overwrite(file.path(), "canary");
    Some(file)
}

#[expect(clippy::disallowed_methods, reason = "a test's own file")]
fn overwrite(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

fn bwrap(more: &Value) -> Value {
    let mut config = json!({ "allowed_tools": ["Bash"], "claude": { "sandbox": "bwrap" } });
    if let Some(more) = more.as_object() {
        config["claude"]
            .as_object_mut()
            .unwrap()
            .extend(more.clone());
    }
    config
}

#[tokio::test]
async fn files_that_nothing_lists_are_invisible() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = discord().await;
    let home = Home::new();
    let here = discord.general();
    home.write("diary.txt", "canary");
    home.write(".newtool/key", "canary");
    home.write(".config/newtool/key", "canary");
    home.write(".local/share/newtool/key", "canary");
    home.write(".claude/new-in-next-release/key", "canary");
    let files: Vec<_> = ["/", "/etc", "/srv", "/opt", "/var/lib"]
        .into_iter()
        .filter_map(system_file)
        .collect();
    let paths: Vec<_> = files
        .iter()
        .map(|file| file.path().to_str().unwrap())
        .collect();
    let bot = Bot::new(&discord).home(&home).config(&bwrap(&Value::Null));
    let bot = bot.start(&discord).await;
    let command = format!(
        "cat ~/diary.txt ~/.newtool/* ~/.config/*/* ~/.local/share/*/* ~/.claude/new*/* {}; \
         ls ~ ~/.config; echo x > ~/made && rm ~/made && echo end",
        paths.join(" ")
    );
    let seen = run(&bot, &discord, here, &command).await;
    assert!(seen.ends_with("end\n"), "{seen}");
    assert!(!seen.contains("canary"), "{seen}");
    assert!(!home.path().join("made").exists());
    bot.stop().await;
}

#[tokio::test]
async fn toolchains_are_visible_without_their_logins() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = discord().await;
    let home = Home::new();
    let here = discord.general();
    home.write(".cargo/bin/cargo", "tool\n");
    home.write(".cargo/credentials.toml", "canary");
    home.write("dotfiles/node/v1/bin/node", "tool\n");
    home.write("dotfiles/secret", "canary");
    fs::create_dir(home.path().join(".nvm")).unwrap();
    symlink("../dotfiles/node", home.path().join(".nvm/versions")).unwrap();
    let bot = Bot::new(&discord).home(&home).config(&bwrap(&Value::Null));
    let bot = bot.start(&discord).await;
    let command = "cat ~/.cargo/bin/cargo ~/.nvm/versions/v1/bin/node; cat ~/.cargo/cred* ~/dotfiles/secret; \
                   echo x > ~/.cargo/bin/cargo; echo end";
    let seen = run(&bot, &discord, here, command).await;
    assert!(seen.starts_with("tool\ntool\n"), "{seen}");
    assert!(seen.ends_with("end\n"), "{seen}");
    assert!(!seen.contains("canary"), "{seen}");
    let cargo = fs::read_to_string(home.path().join(".cargo/bin/cargo"));
    assert_eq!(cargo.unwrap(), "tool\n");
    bot.stop().await;
}

#[tokio::test]
async fn sandbox_read_shows_one_folder_read_only() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = discord().await;
    let home = Home::new();
    let here = discord.general();
    home.write("data/shown/note", "shown\n");
    home.write("data/other/note", "canary");
    let config = bwrap(&json!({ "sandbox_read": ["~/data/shown"] }));
    let bot = Bot::new(&discord).home(&home).config(&config);
    let bot = bot.start(&discord).await;
    let command =
        "cat ~/data/shown/note; cat ~/data/other/note; echo x > ~/data/shown/note; echo end";
    let seen = run(&bot, &discord, here, command).await;
    assert!(seen.starts_with("shown\n"), "{seen}");
    assert!(seen.ends_with("end\n"), "{seen}");
    assert!(!seen.contains("canary"), "{seen}");
    let note = fs::read_to_string(home.path().join("data/shown/note"));
    assert_eq!(note.unwrap(), "shown\n");
    bot.stop().await;
}

#[tokio::test]
async fn sandbox_read_must_exist_and_show_nothing_of_the_bots() {
    let discord = discord().await;
    let home = Home::new();
    let here = discord.general();
    home.write("sessions/.keep", "");
    for (path, reason) in [
        ("~/missing", "does not exist"),
        ("~/sessions", "which the sandbox hides"),
        ("~/", "which the sandbox hides"),
        ("~/config.json", "which the sandbox hides"),
    ] {
        let config = json!({ "claude": { "sandbox_read": [path] } });
        let bot = || Bot::new(&discord).home(&home).config(&config);
        let mut check = bot().arguments(["check"]).launch();
        assert_eq!(check.ended().await.code(), Some(1), "{path}");
        let line = check.output.wait_for("FAIL sandbox", DEADLINE).await;
        assert!(line.contains("`claude.sandbox_read`: "), "{line}");
        assert!(line.contains(reason), "{line}");
    }
    // Without a required level too, no weaker one is chosen.
    let config = json!({ "claude": { "sandbox_read": ["~/missing"] } });
    let bot = Bot::new(&discord).home(&home).config(&config);
    let bot = bot.start(&discord).await;
    let words = "the sandbox doesn't work on the bot's machine";
    bot.ask(&discord, here, "[[say hello]]", words).await;
    assert!(stand_ins(bot.pid()).is_empty());
}
