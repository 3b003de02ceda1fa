//! The sandbox as an owner meets it: what is chosen, what is refused, what is logged.
//!
//! * A required level that does not work starts nothing; without a requirement it is skipped, with the reason in the
//!   log.
//! * The bot's secrets are not in the environment that `/proc` shows, and its pid is the one it was started with.
//! * Another account gets the CLI, its workspace and nothing else, and nothing of it outlives the bot.
//! * Inside bubblewrap nothing outlives even a bot that is killed.

mod account;
mod links;
mod state;
mod visible;

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::Path,
};

use loopback_discord::{Loopback, Upload};
use serde_json::{Value, json};

use crate::support::{
    Bot, DEADLINE, Home, Need, eventually, processes, running, skip_part_without, skip_without,
    stand_ins,
};

/// An account that every machine has.
const NOBODY: u32 = 65534;

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

fn level(level: &str) -> Value {
    json!({ "claude": { "sandbox": level } })
}

/// A folder with links to these programs and no others.
fn path_of(home: &Home, programs: &[&str]) -> String {
    let folder = home.path().join("programs");
    fs::create_dir_all(&folder).unwrap();
    for program in programs {
        let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(program));
        let found = found.iter().find(|path| path.exists()).unwrap();
        symlink(found, folder.join(program)).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_strongest_level_that_works_is_chosen() {
    let discord = discord().await;
    let home = Home::new();
    if !skip_part_without(Need::Namespaces, "with bubblewrap") {
        let bot = Bot::new(&discord).home(&home).start(&discord).await;
        let log = bot.log.text();
        assert!(log.contains("runs inside bubblewrap"), "{log}");
        bot.stop().await;
    }

    let path = path_of(&home, &["sh", "setsid"]);
    let bot = Bot::new(&discord).home(&home).env("PATH", &path);
    let bot = bot.start(&discord).await;
    let line = bot.log.wait_for("sandbox: none", DEADLINE).await;
    let why = "not \"bwrap\": bwrap is not installed (package bubblewrap)";
    assert!(line.contains(why), "{line}");
    bot.ask(&discord, discord.general(), "[[say hello]]", "hello")
        .await;
}

#[tokio::test]
async fn a_required_level_must_work() {
    let discord = discord().await;
    let home = Home::new();
    let path = path_of(&home, &["sh", "setsid"]);
    for wanted in ["bwrap", "cli"] {
        let bot = || {
            let bot = Bot::new(&discord).home(&home).config(&level(wanted));
            bot.env("PATH", &path)
        };
        let bot_runs = bot().start(&discord).await;
        let words = "the sandbox doesn't work on the bot's machine";
        bot_runs
            .ask(&discord, discord.general(), "[[say hello]]", words)
            .await;
        assert!(stand_ins(bot_runs.pid()).is_empty());
        bot_runs.stop().await;
        let mut check = bot().arguments(["check"]).launch();
        assert_eq!(check.ended().await.code(), Some(1));
        let line = check.output.wait_for("FAIL sandbox", DEADLINE).await;
        assert!(line.contains("is not installed"), "{line}");
    }
}

#[tokio::test]
async fn no_secret_stays_in_the_environment() {
    let discord = discord().await;
    let bot = Bot::new(&discord)
        .env("ANTHROPIC_API_KEY", "canary-key")
        .env("LANG", "C.UTF-8")
        .env("HTTPS_PROXY", "http://user:canary@127.0.0.1:9")
        .env("https_proxy", "http://127.0.0.1:9")
        .start(&discord)
        .await;
    let of_bot = |name: &str| fs::read(format!("/proc/{}/{name}", bot.pid())).unwrap();
    if !skip_part_without(Need::Root, "what /proc shows") {
        let environment = String::from_utf8(of_bot("environ")).unwrap();
        for secret in [discord.token(), "canary", "DISCORD_TOKEN"] {
            assert!(!environment.contains(secret), "{environment}");
        }
        for kept in ["LANG=C.UTF-8", "https_proxy=http://127.0.0.1:9"] {
            assert!(environment.contains(kept), "{environment}");
        }
        assert_eq!(of_bot("fd/0"), b"", "what was handed over is wiped");
    }
    // It still has what the CLI is to get.
    for name in ["ANTHROPIC_API_KEY", "HTTPS_PROXY"] {
        bot.ask(&discord, discord.general(), "[[env]]", name).await;
    }
}

#[tokio::test]
async fn the_token_is_taken_from_systemds_credentials() {
    let discord = discord().await;
    let home = Home::new();
    home.write("credentials/discord_token", discord.token());
    let folder = home.path().join("credentials");
    let bot = Bot::new(&discord)
        .home(&home)
        .env("DISCORD_TOKEN", "")
        .env("CREDENTIALS_DIRECTORY", folder.to_str().unwrap())
        .config(&level("off"));
    let bot = bot.start(&discord).await;
    let words = "Claude's commands can read the bot token in";
    let line = bot.log.wait_for(words, DEADLINE).await;
    assert!(line.contains("credentials/discord_token"), "{line}");
    bot.stop().await;
}

#[tokio::test]
async fn another_account_gets_the_cli_and_its_workspace() {
    if skip_without(Need::Root) {
        return;
    }
    for wanted in ["off", "bwrap"] {
        if wanted == "bwrap" && skip_part_without(Need::NamespacesAs(NOBODY), wanted) {
            continue;
        }
        let discord = discord().await;
        let home = Home::new();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o711)).unwrap();
        home.write("private", "the bot's");
        let private = home.path().join("private");
        fs::set_permissions(private, fs::Permissions::from_mode(0o600)).unwrap();
        let state = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(state.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        let bot = Bot::new(&discord)
            .home(&home)
            .env("CLAUDE_CONFIG_DIR", state.path().to_str().unwrap())
            .config(&level(wanted))
            .config(&json!({ "allowed_tools": ["Bash"], "claude": { "run_as": "65534" } }));
        let bot = bot.start(&discord).await;
        let here = discord.general();
        let left = format!("66{}.{}", wanted.len(), std::process::id());
        let command = format!(
            "id > who; cat attachments/* > notes; rm -r attachments; cat {}/private > private; (setsid sleep {left} &)",
            home.path().display()
        );
        let words = format!(
            "[[tool Bash {}]] [[say done]]",
            json!({ "command": command })
        );
        let workspace = home.path().join(format!("workspaces/{here}"));
        let files = [Upload::new("notes.txt", "ringing")];
        let asked = discord.say_with_files(here, discord.owner(), &words, &files);
        bot.hears(&discord, asked, "done").await;
        let notes = fs::read_to_string(workspace.join("notes")).unwrap();
        assert_eq!(notes, "ringing", "{wanted}: what came along can be read");
        let who = fs::read_to_string(workspace.join("who")).unwrap();
        assert!(who.starts_with("uid=65534"), "{wanted}: {who}");
        assert!(!who.contains("(root)"), "{wanted}: no group is left: {who}");
        assert_eq!(fs::metadata(&workspace).unwrap().uid(), NOBODY);
        let private = fs::read(workspace.join("private")).unwrap();
        assert_eq!(private, b"", "{wanted}");
        eventually("the sleep", || {
            (running(&["sleep", &left]).len() == 1).then_some(())
        })
        .await;
        let pid = bot.cli_pid(&discord, here).await;
        assert_eq!(fs::metadata(format!("/proc/{pid}")).unwrap().uid(), NOBODY);
        bot.stop().await;
        assert!(running(&["sleep", &left]).is_empty(), "{wanted}");
        assert!(!processes().iter().any(|seen| seen.pid == pid));
    }
}

#[tokio::test]
async fn a_missing_account_is_reported() {
    let discord = discord().await;
    let bot = Bot::new(&discord).config(&json!({ "claude": { "run_as": "no-such-account" } }));
    let mut check = bot.arguments(["check"]).launch();
    assert_eq!(check.ended().await.code(), Some(1));
    let words = "this machine has no account \"no-such-account\"";
    check.output.wait_for(words, DEADLINE).await;
}

#[tokio::test]
async fn an_account_that_cannot_reach_the_workspaces_is_reported() {
    if skip_without(Need::Root) {
        return;
    }
    let discord = discord().await;
    let home = Home::new();
    home.write("workspaces/1/note", "");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let bot = Bot::new(&discord)
        .home(&home)
        .config(&json!({ "claude": { "run_as": "65534" } }));
    let mut check = bot.arguments(["check"]).launch();
    assert_eq!(check.ended().await.code(), Some(1));
    let words = "cannot access `workspace_dir`";
    check.output.wait_for(words, DEADLINE).await;
}

#[tokio::test]
async fn inside_bubblewrap_nothing_outlives_a_bot_that_is_killed() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = discord().await;
    let bot = Bot::new(&discord)
        .config(&level("bwrap"))
        .config(&json!({ "allowed_tools": ["Bash"] }));
    let bot = bot.start(&discord).await;
    let left = format!("667.{}", std::process::id());
    let command =
        format!("sleep {left} & setsid sleep {left} & ((env -i setsid sleep {left} &) &)");
    let words = format!(
        "[[tool Bash {}]] [[say done]]",
        json!({ "command": command })
    );
    bot.ask(&discord, discord.general(), &words, "done").await;
    let alive = || running(&["sleep", &left]).len();
    eventually("the sleeps", || (alive() == 3).then_some(())).await;
    bot.kill().await;
    eventually("their end", || (alive() == 0).then_some(())).await;
}

#[tokio::test]
async fn no_command_gets_out_of_the_sandbox() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = discord().await;
    let bot = Bot::new(&discord)
        .config(&level("bwrap"))
        .config(&json!({ "allowed_tools": ["Bash"] }));
    let bot = bot.start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say recorded]]", "recorded")
        .await;
    let home = bot.home().path().to_owned();
    let record = home.join("sessions/active.json");
    let (folder, record) = (home.join("sessions"), record.display());
    let folder = folder.display();
    let command = format!(
        "exec > seen 2>&1; umount {folder}; umount -l {folder}; cat {record}; \
         unshare -rm sh -c 'umount {folder}; cat {record}'; \
         nsenter -t 1 -m cat {record}; cat /proc/1/root{record}; \
         touch {folder}/made; touch ~/made /etc/made; kill -9 {} -1",
        bot.pid()
    );
    let words = format!("[[tool Bash {}]]", json!({ "command": command }));
    let asked = discord.say(here, discord.owner(), &words);
    let seen = home.join(format!("workspaces/{here}/seen"));
    eventually("the command", || {
        fs::read_to_string(&seen)
            .ok()
            .filter(|text| text.contains("Read-only"))
    })
    .await;
    // It has killed the CLI, as it may, and nothing else.
    bot.hears(&discord, asked, "Claude crashed").await;
    let text = fs::read_to_string(&seen).unwrap();
    assert!(!text.contains("session_id"), "{text}");
    for made in [
        home.join("sessions/made"),
        home.join("made"),
        "/etc/made".into(),
    ] {
        assert!(!made.exists(), "{made:?}");
    }
    bot.ask(&discord, here, "[[say back]]", "back").await;
}

#[tokio::test]
async fn folders_that_expose_the_bots_files_are_reported() {
    let discord = discord().await;
    let home = Home::new();
    fs::create_dir(home.path().join("site")).unwrap();
    let bot = |folders: Value| Bot::new(&discord).home(&home).config(&folders);
    let own =
        json!({ "sessions_dir": "~/sessions", "channels": { "7": { "workspace": "~/site" } } });
    let shared = json!({ "sessions_dir": "~/", "channels": { "7": { "workspace": "~/" } } });
    for (folders, wanted, told) in [
        (&own, "bwrap", false),
        (&own, "cli", false),
        (&shared, "bwrap", true),
        (&shared, "cli", true),
        (&shared, "off", false),
    ] {
        if wanted != "off" && skip_part_without(Need::Namespaces, wanted) {
            continue;
        }
        let mut check = bot(folders.clone())
            .config(&level(wanted))
            .arguments(["check"])
            .launch();
        check.ended().await;
        check.output.wait_for(" workspaces ", DEADLINE).await;
        let text = check.output.text();
        for key in ["`sessions_dir` is ", "`channels.7.workspace` is "] {
            assert_eq!(text.contains(key), told, "{wanted}: {text}");
        }
    }
}
