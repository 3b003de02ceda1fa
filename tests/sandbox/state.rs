//! The CLI's own folder and single files inside bubblewrap.
//!
//! * In the CLI's own folder a tool can write the login and the channel's transcripts, and nothing that would run outside.
//! * A file that is replaced outside while the process lives stays invisible.
//! * Where the bot's CLI has another folder, that of the owner's own CLI is invisible.

use std::{
    fs,
    path::{Path, PathBuf},
};

use loopback_discord::{Loopback, Snowflake};
use serde_json::json;
use switchboard::claude::sandbox::folder_name;

use super::{discord, level};
use crate::support::{Bot, Home, Need, Running, skip_without};

/// Lets a tool run a command in the workspace; what it left in `seen` there.
pub(super) async fn run(
    bot: &Running,
    discord: &Loopback,
    here: Snowflake,
    command: &str,
) -> String {
    let command = format!("exec > seen 2>&1; {command}; true");
    let words = format!(
        "[[tool Bash {}]] [[say done]]",
        json!({ "command": command })
    );
    bot.ask(discord, here, &words, "done").await;
    let seen = bot.home().path().join(format!("workspaces/{here}/seen"));
    fs::read_to_string(seen).unwrap()
}

/// The files below a folder and what they hold, but for those of one folder.
fn all_below(folder: &Path, but: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            found.push((path.clone(), fs::read_to_string(path).unwrap()));
        } else if path != but {
            found.extend(all_below(&path, but));
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn the_cli_folder_takes_no_files_that_run_outside() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = discord().await;
    let home = Home::new();
    let here = discord.general();
    home.write(".claude/.credentials.json", "{}");
    home.write(".claude/settings.json", "{}");
    home.write(".claude/statusline.sh", "#!/bin/sh\n");
    home.write(".claude/local/node_modules/x/cli.js", "0");
    home.write(".claude/skills/one/SKILL.md", "one");
    home.write(".claude/history.jsonl", "canary");
    let bot = Bot::new(&discord)
        .home(&home)
        .config(&level("bwrap"))
        .config(&json!({ "allowed_tools": ["Bash"] }));
    let bot = bot.start(&discord).await;
    bot.ask(&discord, here, "[[say hello]]", "hello").await;
    let state = home.path().join(".claude");
    let workspace = home.path().join(format!("workspaces/{here}"));
    let name = folder_name(workspace.to_str().unwrap()).unwrap();
    let transcripts = state.join("projects").join(name);
    let before = all_below(&state, &transcripts);
    let tried = [
        "settings.json",
        "settings.local.json",
        "statusline.sh",
        "local/claude",
        "local/node_modules/x/cli.js",
        "skills/one/SKILL.md",
        "skills/two",
        "CLAUDE.md",
        "agents/evil.md",
        "hooks/evil.sh",
        "history.jsonl",
        "projects/evil",
    ];
    let tried = tried.map(|name| {
        let path = format!("~/.claude/{name}");
        format!("mkdir -p $(dirname {path}); echo evil > {path}; touch x; mv -f x {path}")
    });
    let command = format!(
        "cat ~/.claude/history.jsonl; {}; rm -rf ~/.claude/local; exec > seen; cat ~/.claude/statusline.sh",
        tried.join("; ")
    );
    let seen = run(&bot, &discord, here, &command).await;
    assert_eq!(seen, "#!/bin/sh\n", "it can still be read");
    assert_eq!(all_below(&state, &transcripts), before);

    let login = state.join(".credentials.json");
    let made = transcripts.join("made");
    let command = format!(
        "echo new > {}; echo line > {}",
        login.display(),
        made.display()
    );
    run(&bot, &discord, here, &command).await;
    let kept = [login, made].map(|path| fs::read_to_string(path).unwrap());
    assert_eq!(kept, ["new\n", "line\n"]);
    bot.stop().await;
}

#[tokio::test]
async fn a_file_that_is_replaced_outside_stays_invisible() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = discord().await;
    let home = Home::new();
    let here = discord.general();
    home.write("keys/token", discord.token());
    home.write(".claude/settings.json", "{}");
    let bot = Bot::new(&discord)
        .home(&home)
        .env("DISCORD_TOKEN", "")
        .config(&level("bwrap"))
        .config(&json!({ "allowed_tools": ["Bash"], "discord": { "token_file": "keys/token" } }));
    let bot = bot.start(&discord).await;
    let look = "cat ~/keys/token; echo evil > ~/.claude/settings.json; echo end";
    let seen = run(&bot, &discord, here, look).await;
    assert!(!seen.contains(discord.token()), "{seen}");
    let pid = bot.cli_pid(&discord, here).await;

    for (name, text) in [
        ("keys/token", "canary"),
        (".claude/settings.json", "{\"a\": 1}"),
    ] {
        let new = format!("{name}.new");
        home.write(&new, text);
        fs::rename(home.path().join(new), home.path().join(name)).unwrap();
    }
    let seen = run(&bot, &discord, here, look).await;
    assert!(seen.ends_with("end\n"), "{seen}");
    assert!(!seen.contains("canary"), "{seen}");
    assert_eq!(bot.cli_pid(&discord, here).await, pid, "the same process");
    let settings = fs::read_to_string(home.path().join(".claude/settings.json")).unwrap();
    assert_eq!(settings, "{\"a\": 1}");
    bot.stop().await;
}

#[tokio::test]
async fn the_owners_cli_folder_is_invisible_to_one_with_another() {
    if skip_without(Need::Namespaces) {
        return;
    }
    for state in ["state", ".claude/bot"] {
        let discord = discord().await;
        let home = Home::new();
        let here = discord.general();
        home.write(".claude/.credentials.json", "canary");
        home.write(".claude/history.jsonl", "canary");
        home.write(".claude/projects/x/transcript", "canary");
        home.write(".claude/local/claude", "installed");
        home.write(".claude.json", "canary");
        home.write(&format!("{state}/.credentials.json"), "the bot's");
        let folder = home.path().join(state);
        let bot = Bot::new(&discord)
            .home(&home)
            .env("CLAUDE_CONFIG_DIR", folder.to_str().unwrap())
            .config(&level("bwrap"))
            .config(&json!({ "allowed_tools": ["Bash"] }));
        let bot = bot.start(&discord).await;
        let command = format!(
            "cat ~/.claude.json ~/.claude/.cred* ~/.claude/hist* ~/.claude/projects/*/*; \
             cat ~/.claude/local/claude ~/{state}/.credentials.json"
        );
        let seen = run(&bot, &discord, here, &command).await;
        assert!(seen.ends_with("installedthe bot's"), "{seen}");
        assert!(!seen.contains("canary"), "{seen}");
        bot.stop().await;
    }
}
