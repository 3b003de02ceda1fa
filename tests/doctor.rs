//! `switchboard doctor`, against the loopback Discord and the stand-in, with one thing broken at a time.
//!
//! * Where all is well, it says so, tells what the call cost, and leaves nothing behind.
//! * Each failure is found, with why it matters and how to mend it, and a terminal shows the same.
//! * `--json` prints an object a finding; warnings alone are exit code 0, except with `--strict`.
//! * `--fix` mends what is safe, and nothing else.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use loopback_discord::{Loopback, Permissions};
use serde_json::{Value, json};

use crate::support::{Bot, Claude, DEADLINE, Home, Need, skip_without};

const DOCTOR: [&str; 2] = ["doctor", "--json"];

/// For what has nothing to do with the CLI.
const WITHOUT_CALL: [&str; 3] = ["doctor", "--json", "--no-call"];

/// What a run of the doctor has found.
#[derive(Debug)]
struct Findings {
    found: Vec<Value>,
    code: Option<i32>,
    /// What a terminal shows, without white space, since lines are broken there.
    shown: String,
}

impl Findings {
    /// The first finding of a check that is not fine.
    #[track_caller]
    fn wrong(&self, check: &str) -> &Value {
        let mut wrong = self.found.iter().filter(|it| it["severity"] != "ok");
        let found = wrong.find(|it| it["check"] == check);
        found.unwrap_or_else(|| panic!("{check} is fine: {self:#?}"))
    }

    /// Nothing is an error, and the exit code says so.
    #[track_caller]
    fn assert_no_error(&self) {
        let errors = self.found.iter().filter(|it| it["severity"] == "error");
        assert_eq!(errors.count(), 0, "{self:#?}");
        assert_eq!(self.code, Some(0), "{self:#?}");
    }

    /// Exactly this is wrong, as an error, and these words stand in it.
    #[track_caller]
    fn assert_error(&self, check: &str, what: &str, mend: &str) {
        let errors = self.found.iter().filter(|it| it["severity"] == "error");
        let [found] = errors.collect::<Vec<_>>()[..] else {
            panic!("one error: {self:#?}");
        };
        assert_eq!(found["check"], check, "{found:#}");
        let said = |field: &str| found[field].as_str().unwrap_or_default();
        assert!(said("what").contains(what), "{found:#}");
        assert!(said("mend").contains(mend), "{found:#}");
        assert!(!said("why").is_empty(), "{found:#}");
        assert_eq!(self.code, Some(1));
        self.assert_shown(found);
    }
}

impl Findings {
    /// A terminal shows a finding, why it matters and how to mend it.
    #[track_caller]
    fn assert_shown(&self, found: &Value) {
        for field in ["what", "why", "mend"] {
            let said = without_space(found[field].as_str().unwrap());
            assert!(self.shown.contains(&said), "{said}: {}", self.shown);
        }
    }
}

fn without_space(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What the doctor finds with a bot, on a terminal and as JSON.
async fn find_with<const N: usize>(bot: Bot, arguments: [&str; N]) -> Findings {
    let shown = arguments
        .into_iter()
        .filter(|argument| *argument != "--json");
    let mut running = bot.clone().arguments(shown).on_terminal().launch();
    let status = running.ended_within(DEADLINE).await;
    let shown = without_space(&running.output.text());
    let found = examine(bot.arguments(arguments)).await;
    assert_eq!(status.code(), found.code, "{shown}");
    Findings { shown, ..found }
}

async fn examine(bot: Bot) -> Findings {
    let mut running = bot.launch();
    let status = running.ended_within(DEADLINE).await;
    let text = running.output.text();
    let found = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let found: Vec<Value> = found.collect();
    for finding in found.iter().filter(|it| it["severity"] != "ok") {
        let said = |field: &str| finding[field].as_str().is_some_and(|it| !it.is_empty());
        assert!(said("why") && said("mend"), "{finding:#}");
    }
    Findings {
        found,
        code: status.code(),
        shown: String::new(),
    }
}

/// What the doctor finds with a bot.
async fn find(bot: Bot) -> Findings {
    find_with(bot, DOCTOR).await
}

async fn loopback() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

/// The names of all files below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path));
        }
        found.push(path.display().to_string());
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_sound_bot_is_told_what_the_call_cost() {
    let discord = loopback().await;
    let bot = Bot::new(&discord).start(&discord).await;
    bot.ask(&discord, discord.general(), "[[say one]]", "one")
        .await;
    let home = bot.stop().await;
    let before = files(home.path());
    let found = find(Bot::new(&discord).home(&home)).await;
    found.assert_no_error();
    let said = |check: &str| {
        let mut all = found.found.iter().filter(|it| it["check"] == check);
        all.next()
            .unwrap_or_else(|| panic!("no {check}: {found:#?}"))["what"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let call = said("call");
    assert!(
        call.contains("claude-sonnet-5-5 answered; the call cost $0."),
        "{call}"
    );
    assert!(said("discord").contains(&discord.bot().to_string()));
    assert!(said("permissions").contains("complete in all 3 channels"));
    assert!(said("transcripts").contains("all 1 sessions"));
    assert!(said("ledger").contains("1 turns"));
    assert!(said("gateway").contains("reachable"));
    assert_eq!(files(home.path()), before, "nothing is left behind");
    assert_eq!(
        discord.calls_to("POST /channels/*/messages").len(),
        1,
        "it says nothing"
    );
    assert_eq!(discord.gateway().identifies(), 1, "it starts no session");
}

#[tokio::test]
async fn people_read_a_summary() {
    let discord = loopback().await;
    let mut running = Bot::new(&discord)
        .arguments(["doctor", "--no-call"])
        .launch();
    let status = running.ended_within(DEADLINE).await;
    let text = running.output.text();
    assert!(status.success(), "{text}");
    assert!(text.contains("ok   discord "), "{text}");
    assert!(text.contains("why:  ") && text.contains("mend: "), "{text}");
    assert!(text.contains("\n0 errors, "), "{text}");
    assert!(!text.contains("call  "), "{text}");
}

#[tokio::test]
async fn a_running_bot_and_its_damaged_record_lose_nothing() {
    let discord = loopback().await;
    let bot = Bot::new(&discord).start(&discord).await;
    bot.ask(&discord, discord.general(), "[[say one]]", "one")
        .await;
    let beside = Bot::new(&discord)
        .home(bot.home())
        .arguments(["doctor", "--json", "--no-call"]);
    let found = examine(beside).await;
    found.assert_no_error();
    let sessions = found.found.iter().find(|it| it["check"] == "sessions");
    assert_eq!(sessions.unwrap()["severity"], "ok", "{found:#?}");
    let home = bot.stop().await;
    home.write("sessions/active.json", "{");
    let found = find(Bot::new(&discord).home(&home)).await;
    found.assert_error("sessions", "using the backup (1 sessions)", "start the bot");
    home.write("sessions/active.json", r#"{"version": 9999}"#);
    let found = find(Bot::new(&discord).home(&home)).await;
    found.assert_error("sessions", "a later version", "do not remove");
}

#[tokio::test]
async fn a_refused_token_is_found() {
    let discord = loopback().await;
    let other = discord.token().replace("Loopba", "Refuse");
    let bot = Bot::new(&discord).env("DISCORD_TOKEN", &other);
    let found = find(bot).await;
    found.assert_error("discord", "refuses the bot token", "Reset Token");
}

#[tokio::test]
async fn a_quoted_token_is_found() {
    let discord = loopback().await;
    let quoted = format!("\"{}\"\n", discord.token());
    let home = Home::new();
    home.write("token", &quoted);
    let bot = Bot::new(&discord)
        .home(&home)
        .config(&json!({ "discord": { "token_file": "token" } }));
    let found = find(bot).await;
    found.assert_error("token", "remove the quotes", "");
    assert!(!format!("{found:?}").contains(discord.token()));
}

#[tokio::test]
async fn a_missing_intent_is_found() {
    let builder = Loopback::builder().message_content(false);
    let discord = builder.start().await.unwrap();
    let found = find(Bot::new(&discord)).await;
    let page = format!("applications/{}/bot", discord.application());
    found.assert_error("intents", "is not ticked", &page);
}

#[tokio::test]
async fn a_missing_permission_is_found_where_it_is_missing() {
    let discord = loopback().await;
    let bot = Bot::new(&discord).start(&discord).await;
    bot.ask(&discord, discord.general(), "[[say one]]", "one")
        .await;
    let home = bot.stop().await;
    let mute = Permissions::EVERYONE - Permissions::SEND_MESSAGES;
    discord.set_bot_permissions(discord.general(), mute);
    let plain = Permissions::EVERYONE - Permissions::EMBED_LINKS;
    discord.set_bot_permissions(discord.channel("rust"), plain);
    discord.set_bot_permissions(discord.channel("random"), Permissions::NONE);
    let found = find(Bot::new(&discord).home(&home)).await;
    found.assert_error(
        "permissions",
        "#general: Send Messages missing",
        "allow Send Messages",
    );
    let text = format!("{:?}", found.found);
    assert!(text.contains("#rust: Embed Links missing"), "{text}");
    assert!(
        !text.contains("#random"),
        "what it need not see is no matter: {text}"
    );
}

#[tokio::test]
async fn a_wrong_clock_is_found() {
    let builder = Loopback::builder().seconds_ahead(-3_600);
    let discord = builder.start().await.unwrap();
    let found = find(Bot::new(&discord)).await;
    found.assert_error("clock", "s fast", "set-ntp true");
}

#[tokio::test]
async fn an_unreachable_gateway_is_found() {
    let discord = loopback().await;
    let outage = discord.gateway().outage();
    let found = find(Bot::new(&discord)).await;
    found.assert_error("gateway", "did not answer", "discordstatus.com");
    drop(outage);
}

#[tokio::test]
async fn an_old_cli_is_found() {
    let discord = loopback().await;
    let old = Bot::new(&discord).claude(Claude::StandIn("2.1.100"));
    let found = find(old).await;
    found.assert_error("claude", "claude update", "");
    let leaky = Bot::new(&discord).claude(Claude::StandIn("2.1.197"));
    let found = find(leaky).await;
    found.assert_no_error();
    let known = found.wrong("claude");
    assert!(
        known["mend"].as_str().unwrap().contains("claude update"),
        "{known}"
    );
}

#[tokio::test]
async fn an_expired_login_is_found() {
    let discord = loopback().await;
    let bot = Bot::new(&discord).env("STAND_IN_DIRECTIVES", "[[status 401]]");
    let found = find(bot).await;
    found.assert_error("call", "login has expired", "/login");
}

#[tokio::test]
async fn a_cli_that_does_not_start_is_found() {
    let discord = loopback().await;
    let bot = Bot::new(&discord).env("STAND_IN_FAIL_START", "cannot open the door");
    let found = find(bot).await;
    found.assert_error("call", "cannot open the door", "run `claude` in a terminal");
}

#[tokio::test]
async fn a_broken_sandbox_is_found() {
    let discord = loopback().await;
    let home = Home::new();
    let broken = home.path().join("bin/bwrap");
    fs::create_dir(home.path().join("bin")).unwrap();
    symlink("/bin/false", &broken).unwrap();
    let path = format!("{}:/usr/bin:/bin", home.path().join("bin").display());
    let bot = Bot::new(&discord)
        .home(&home)
        .env("PATH", &path)
        .config(&json!({ "claude": { "sandbox": "bwrap" } }));
    let found = find_with(bot, WITHOUT_CALL).await;
    found.assert_error("sandbox", "does not work on this machine", "bubblewrap");
}

/// Finds out about a disk of the sessions that is mounted with these options and then filled by a script.
async fn assert_full(options: &str, filler: &str, words: &str) {
    let discord = loopback().await;
    let home = Home::new();
    fs::create_dir(home.path().join("sessions")).unwrap();
    let script = format!(
        "mount -t tmpfs -o {options},mode=0700 none {} && {filler}; exec \"$@\"",
        home.path().join("sessions").display()
    );
    let bot = Bot::new(&discord)
        .home(&home)
        .under(["unshare", "--mount", "sh", "-c", &script, "sh"]);
    let found = find_with(bot, WITHOUT_CALL).await;
    assert_eq!(found.code, Some(1), "{found:#?}");
    let disk = found.wrong("disk");
    assert_eq!(disk["severity"], "error");
    found.assert_shown(disk);
    assert!(disk["what"].as_str().unwrap().contains(words), "{disk}");
    assert!(
        disk["mend"].as_str().unwrap().contains("larger disk"),
        "{disk}"
    );
}

#[tokio::test]
async fn a_full_disk_is_found() {
    if skip_without(Need::Mounts) {
        return;
    }
    let filler = "! cat /dev/zero 2>/dev/null >sessions/filler";
    assert_full("size=64k", filler, "is full: 0 MiB").await;
    assert_full("nr_inodes=50", "true", "more files (inodes)").await;
}

#[tokio::test]
async fn sessions_without_a_transcript_and_lost_turns_are_found() {
    let discord = loopback().await;
    let bot = Bot::new(&discord).start(&discord).await;
    bot.ask(&discord, discord.general(), "[[say one]]", "one")
        .await;
    let home = bot.stop().await;
    fs::remove_dir_all(home.path().join(".claude/projects")).unwrap();
    fs::remove_dir_all(home.path().join("sessions/usage")).unwrap();
    let found = find(Bot::new(&discord).home(&home)).await;
    found.assert_no_error();
    let here = discord.general().to_string();
    for check in ["transcripts", "ledger"] {
        let wrong = found.wrong(check);
        assert!(wrong["what"].as_str().unwrap().contains(&here), "{wrong}");
        assert!(
            wrong["mend"].as_str().unwrap().contains("backup"),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn fix_mends_what_is_safe() {
    let discord = loopback().await;
    let home = Home::new();
    home.write("token", discord.token());
    home.write("sessions/active.json", "{}");
    home.write("sessions/.active_x1Y2z3.json", "{");
    let mode = |name: &str, mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(home.path().join(name), permissions).unwrap();
    };
    for (name, open) in [
        ("token", 0o644),
        ("sessions", 0o755),
        ("sessions/active.json", 0o644),
    ] {
        mode(name, open);
    }
    let bot = || {
        Bot::new(&discord)
            .home(&home)
            .config(&json!({ "discord": { "token_file": "token" } }))
    };
    let before = find(bot()).await;
    before.assert_no_error();
    for check in ["token", "files", "leftovers"] {
        before.wrong(check);
    }
    let fixed = examine(bot().arguments(["doctor", "--json", "--fix"])).await;
    fixed.assert_no_error();
    assert_eq!(fixed.wrong("files")["mended"], true);
    for (name, closed) in [
        ("token", 0o600),
        ("sessions", 0o700),
        ("sessions/active.json", 0o600),
    ] {
        let found = fs::metadata(home.path().join(name)).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, closed, "{name}");
    }
    assert!(!home.path().join("sessions/.active_x1Y2z3.json").exists());
    assert!(home.path().join("workspaces").is_dir());
    let after = find(bot()).await;
    for check in ["token", "files", "leftovers"] {
        assert!(
            after
                .found
                .iter()
                .all(|it| it["check"] != check || it["severity"] == "ok"),
            "{after:#?}"
        );
    }
}

#[tokio::test]
async fn warnings_fail_only_a_strict_run() {
    let discord = loopback().await;
    let home = Home::new();
    let found = find(Bot::new(&discord).home(&home)).await;
    found.assert_no_error();
    found.wrong("access");
    let strict = ["doctor", "--json", "--strict", "--no-call"];
    let strict = examine(Bot::new(&discord).home(&home).arguments(strict)).await;
    assert_eq!(strict.code, Some(1));
}

#[tokio::test]
async fn a_broken_configuration_is_found() {
    let home = Home::new();
    home.write("config.json", "{\"modle\": 1}");
    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.args(DOCTOR).current_dir(home.path()).env_clear();
    let output = command.output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&found["check"], &found["severity"]),
        (&json!("configuration"), &json!("error"))
    );
    assert!(found["what"].as_str().unwrap().contains("modle"), "{found}");
}
