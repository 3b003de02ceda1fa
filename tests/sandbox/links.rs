//! Symbolic links in the home folder of a CLI inside bubblewrap.
//!
//! * Transcripts behind one are kept, and those of other channels hidden.
//! * The target of one is not visible either, unless it is one of the CLI's settings.

use std::{fs, os::unix::fs::symlink};

use serde_json::json;
use switchboard::claude::sandbox::folder_name;

use super::{discord, level, state::run};
use crate::support::{Bot, Home, Need, skip_without};

#[tokio::test]
async fn a_session_whose_transcripts_lie_behind_a_link_is_resumed() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = discord().await;
    let home = Home::new();
    let here = discord.general();
    home.write("data/projects/other/transcript", "canary");
    fs::create_dir(home.path().join(".claude")).unwrap();
    let data = home.path().join("data/projects");
    symlink(&data, home.path().join(".claude/projects")).unwrap();
    let bot = || {
        let bot = Bot::new(&discord).home(&home).config(&level("bwrap"));
        bot.config(&json!({ "allowed_tools": ["Bash"] }))
    };
    let session = || home.active()[here.to_string()]["session_id"].clone();

    let running = bot().start(&discord).await;
    let workspace = home.path().join(format!("workspaces/{here}"));
    let name = folder_name(workspace.to_str().unwrap()).unwrap();
    let look = "cat ~/data/projects/*/* ~/.claude/projects/*/trans*; echo end";
    let command = format!("{look}; echo kept > ~/.claude/projects/{name}/made");
    let seen = run(&running, &discord, here, &command).await;
    assert!(seen.ends_with("end\n"), "{seen}");
    assert!(!seen.contains("canary"), "{seen}");
    let made = fs::read_to_string(data.join(name).join("made"));
    assert_eq!(made.unwrap(), "kept\n");
    let before = session();
    running.stop().await;

    let running = bot().start(&discord).await;
    running.ask(&discord, here, "[[say back]]", "back").await;
    running.stop().await;
    assert_eq!(session(), before);
}

#[tokio::test]
async fn targets_of_links_to_secrets_are_invisible() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = discord().await;
    let home = Home::new();
    let here = discord.general();
    home.write("dotfiles/aws/credentials", "canary");
    home.write("dotfiles/npmrc", "canary");
    home.write("large/cache/note", "canary");
    for (name, target) in [
        (".aws", "dotfiles/aws"),
        (".npmrc", "dotfiles/npmrc"),
        (".cache", "large/cache"),
        // A way to keep no history.
        (".bash_history", "/dev/null"),
        (".zsh_history", "/nonexistent/history"),
    ] {
        symlink(home.path().join(target), home.path().join(name)).unwrap();
    }
    let bot = Bot::new(&discord)
        .home(&home)
        .config(&json!({ "allowed_tools": ["Bash"] }));
    let bot = bot.start(&discord).await;
    let log = bot.log.text();
    assert!(log.contains("runs inside bubblewrap"), "{log}");
    let command = "cat ~/.aws/* ~/.npmrc ~/.cache/* ~/dotfiles/aws/* ~/dotfiles/npmrc ~/large/cache/*; \
                   echo x > /dev/null && echo x > ~/.cache/made && echo end";
    let seen = run(&bot, &discord, here, command).await;
    assert!(seen.ends_with("end\n"), "{seen}");
    assert!(!seen.contains("canary"), "{seen}");
    assert!(!home.path().join("large/cache/made").exists());

    // The next process gets a sandbox too.
    home.write("dotfiles/netrc", "canary");
    let netrc = home.path().join(".netrc");
    symlink(home.path().join("dotfiles/netrc"), netrc).unwrap();
    bot.ask(&discord, here, "!clear", "").await;
    let seen = run(&bot, &discord, here, "cat ~/.netrc; echo end").await;
    assert!(seen.ends_with("end\n"), "{seen}");
    assert!(!seen.contains("canary"), "{seen}");
    bot.stop().await;
}
