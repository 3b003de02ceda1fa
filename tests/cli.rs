//! The command line, as people and scripts use it.
//!
//! * `--help`, `--version`, `schema` and `completions` print what they promise; a wrong argument is exit code 2.
//! * All problems of the configuration are reported at once, before anything starts; so is a missing token.
//! * `check` reports each finding, and its exit code says whether `run` would start.
//! * `sessions` lists, shows and clears sessions, but clears nothing while a bot runs.
//! * A reader that closes the pipe early is not an error.
//! * The log can be written as JSON, with one line per turn.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    process::Stdio,
};

use loopback_discord::Loopback;
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Home, finish};

const PROGRAM: &str = env!("CARGO_BIN_EXE_switchboard");

/// The shape of a bot token; it opens nothing.
const TOKEN: &str = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs";

/// A home where a bot has answered in two channels, and the loopback it did so on.
async fn home_with_sessions() -> (Loopback, Home) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    bot.ask(&discord, discord.general(), "[[say one]]", "one")
        .await;
    bot.ask(&discord, discord.general(), "[[say two]]", "two")
        .await;
    bot.ask(&discord, discord.channel("rust"), "[[say three]]", "three")
        .await;
    let home = bot.stop().await;
    (discord, home)
}

#[tokio::test]
async fn help_teaches_and_the_version_is_one_line() {
    let home = Home::new();
    let help = home.run(&["--help"]).await;
    assert_eq!(help.code, Some(0));
    for wanted in [
        "switchboard demo",
        "switchboard init",
        "switchboard doctor",
        "switchboard run",
        "Exit codes:",
        "sessions",
        "completions",
    ] {
        assert!(help.out.contains(wanted), "{wanted}: {}", help.out);
    }
    for job in [
        "run",
        "demo",
        "sessions",
        "init",
        "check",
        "doctor",
        "schema",
        "completions",
    ] {
        let help = home.run(&[job, "--help"]).await;
        assert!(
            help.code == Some(0) && help.out.contains("Usage: switchboard"),
            "{help:?}"
        );
    }
    let version = home.run(&["--version"]).await;
    assert_eq!(
        (version.code, version.out.as_str()),
        (
            Some(0),
            concat!("switchboard ", env!("CARGO_PKG_VERSION"), "\n")
        )
    );
}

#[tokio::test]
async fn a_wrong_command_line_is_exit_code_2() {
    let home = Home::new();
    for wrong in [
        &[][..],
        &["dance"],
        &["run", "--fast"],
        &["sessions", "show"],
        &["sessions", "show", "general"],
        &["--log", "xml", "run"],
        &["demo", "--port", "70000"],
    ] {
        let ran = home.run(wrong).await;
        assert_eq!(ran.code, Some(2), "{wrong:?}: {ran:?}");
        assert!(
            ran.err.contains("Usage:") || ran.err.contains("--help"),
            "{wrong:?}: {ran:?}"
        );
        assert_eq!(ran.out, "");
    }
}

#[tokio::test]
async fn the_schema_is_the_one_that_is_checked_in() {
    let ran = Home::new().run(&["schema"]).await;
    assert_eq!(ran.code, Some(0));
    assert_eq!(ran.out, include_str!("../config.schema.json"));
}

#[tokio::test]
async fn the_tables_of_keys_in_the_documentation_are_those_of_the_schema() {
    let ran = Home::new().run(&["schema", "--markdown"]).await;
    let page = include_str!("../docs/configuration.md");
    let tables = ran.out.split_inclusive("<!-- end of keys -->\n");
    let tables: Vec<_> = tables.collect();
    assert!(ran.code == Some(0) && tables.len() > 10, "{ran:?}");
    for table in tables {
        assert!(
            page.contains(table),
            "out of date, run `cargo xtask docs`:\n{table}"
        );
    }
}

#[tokio::test]
async fn completions_for_the_shells_know_every_subcommand() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let ran = home.run(&["completions", shell]).await;
        assert_eq!(ran.code, Some(0), "{shell}");
        assert!(ran.out.contains("switchboard"), "{shell}");
        for job in switchboard::cli::command().get_subcommands() {
            assert!(ran.out.contains(job.get_name()), "{shell}: {job}");
        }
    }
}

#[tokio::test]
async fn all_problems_of_the_configuration_are_reported_at_once() {
    let home = Home::new();
    home.write(
        "config.json",
        r#"{"modle": "opus", "claude": {"turn_timeout_secs": 0}, "discord": {"respond": "never"}}"#,
    );
    for arguments in [&["run"][..], &["sessions"], &["sessions", "--json"]] {
        let mut command = home.command(arguments);
        command.env("DISCORD_TOKEN", TOKEN);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(78), "{ran:?}");
        for wanted in [
            "invalid configuration in",
            "modle: ",
            "claude.turn_timeout_secs: expected a whole number from 1 to 86400, found 0",
            "discord.respond: expected \"mention\" or \"all\", found \"never\"",
        ] {
            assert!(ran.err.contains(wanted), "{wanted}: {}", ran.err);
        }
        assert_eq!(ran.out, "");
    }
    let checked = home.run(&["check"]).await;
    assert_eq!(checked.code, Some(1));
    assert!(checked.out.starts_with("FAIL configuration"), "{checked:?}");
    assert!(
        checked.out.contains("discord.respond") && checked.out.contains("modle"),
        "{checked:?}"
    );

    home.write("config.json", "{\"model\": ");
    assert_eq!(home.run(&["sessions"]).await.code, Some(78));
    let named = home.run(&["--config", "none.json", "sessions"]).await;
    assert_eq!(named.code, Some(78));
    assert!(
        named.err.contains("configuration file not found") && named.err.contains("none.json"),
        "{named:?}"
    );
}

#[tokio::test]
async fn a_missing_token_is_reported_with_the_ways_to_set_one() {
    let home = Home::new();
    let ran = home.run(&["run"]).await;
    assert_eq!(ran.code, Some(78));
    assert!(
        ran.err.contains("DISCORD_TOKEN") && ran.err.contains("discord.token_file"),
        "{ran:?}"
    );
    let unfit = "my-secret-password";
    let mut command = home.command(&["run"]);
    command.env("DISCORD_TOKEN", unfit);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(78));
    assert!(
        ran.err.contains("invalid bot token") && !ran.err.contains(unfit),
        "{ran:?}"
    );
    assert!(!home.path().join("sessions").exists(), "nothing was begun");
}

#[tokio::test]
async fn a_token_file_wins_over_the_variable() {
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    home.write("secret/token", &format!("  Bot {}\n", discord.token()));
    fs::set_permissions(
        home.path().join("secret/token"),
        fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    let bot = Bot::new(&discord)
        .home(&home)
        .config(&json!({ "discord": { "token_file": "secret/token" } }))
        .env("DISCORD_TOKEN", TOKEN)
        .start(&discord)
        .await;
    let line = bot
        .log
        .wait_for("other users can read the bot token", DEADLINE)
        .await;
    assert!(
        line.contains("WARN") && line.contains("mode 0644") && line.contains("chmod 600"),
        "{line}"
    );
    bot.ask(&discord, discord.general(), "[[say one]]", "one")
        .await;
    let log = bot.log.clone();
    bot.stop().await;
    assert!(!log.text().contains(discord.token()) && !log.text().contains(TOKEN));
}

/// The findings of `check`, by name, and its exit code.
async fn check(home: &Home, token: Option<&str>) -> (BTreeMap<String, String>, Option<i32>) {
    let mut command = home.command(&["check"]);
    command.envs(token.map(|token| ("DISCORD_TOKEN", token)));
    let ran = finish(command).await;
    let findings = ran
        .out
        .lines()
        .filter(|line| !line.starts_with(' '))
        .map(|line| {
            let (mark, rest) = line.split_at(5);
            let (name, words) = rest.split_once(' ').unwrap();
            (name.to_owned(), format!("{} {}", mark.trim(), words.trim()))
        });
    (findings.collect(), ran.code)
}

#[track_caller]
fn finding(findings: &BTreeMap<String, String>, name: &str, expected: &str) {
    let found = &findings[name];
    assert!(
        found.starts_with(expected),
        "{name}: {found}, expected {expected}"
    );
}

#[tokio::test]
async fn check_tells_each_finding() {
    let home = Home::new();
    let bin = home.path().join("bin/claude-stand-in");
    let (findings, code) = check(&home, None).await;
    assert_eq!(code, Some(1));
    finding(
        &findings,
        "configuration",
        "ok no config.json: using the defaults",
    );
    finding(&findings, "personality", "ok ");
    finding(&findings, "claude", "FAIL Claude CLI not found");
    finding(&findings, "token", "FAIL no bot token");
    finding(&findings, "access", "ok nobody is listed");
    for name in ["sessions", "workspaces"] {
        let folder = home.path().join(name);
        let expected = format!("ok {}, created when needed", folder.display());
        finding(&findings, name, &expected);
        assert!(!folder.exists(), "it only looks");
    }

    home.write("sessions/active.json", "");
    fs::create_dir(home.path().join("bin")).unwrap();
    symlink(PROGRAM, &bin).unwrap();
    let config = json!({
        "claude": { "bin": "claude-stand-in" },
        "discord": { "allow": { "users": ["*"] } },
    });
    home.write("config.json", &config.to_string());
    let (findings, code) = check(&home, Some(TOKEN)).await;
    assert_eq!(code, Some(0), "{findings:#?}");
    finding(&findings, "configuration", "ok config.json");
    finding(
        &findings,
        "claude",
        &format!(
            "warn {}, 2.1.329 (Claude Code), but not logged in",
            bin.display()
        ),
    );
    finding(&findings, "token", "ok found");
    finding(
        &findings,
        "access",
        "warn anyone who can reach it may use the bot",
    );
    finding(
        &findings,
        "sessions",
        &format!(
            "ok {}, writable, 0 sessions",
            home.path().join("sessions").display()
        ),
    );
    let (_, again) = check(&home, Some("not a token")).await;
    assert_eq!(again, Some(1));

    home.write("sessions/active.json", "{\"cut of");
    home.write("workspaces", "a file");
    fs::remove_dir_all(home.path().join("personality")).unwrap();
    let (findings, code) = check(&home, Some(TOKEN)).await;
    assert_eq!(code, Some(1));
    finding(&findings, "sessions", "FAIL ");
    finding(&findings, "workspaces", "FAIL ");
    finding(&findings, "personality", "FAIL ");
    assert!(
        findings["personality"].contains("personality"),
        "{findings:#?}"
    );
    let kept = fs::read_to_string(home.path().join("sessions/active.json")).unwrap();
    assert_eq!(kept, "{\"cut of", "it only looks");
}

#[tokio::test]
async fn known_ways_out_are_told_and_fail_a_strict_check() {
    let discord = Loopback::builder().start().await.unwrap();
    let config = json!({
        "allowed_tools": ["Read(./**)", "Bash(git log *)"],
        "claude": { "extra_args": ["--add-dir=/srv"] },
    });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let line = bot.log.wait_for("Bash(git log *)", DEADLINE).await;
    assert!(
        line.contains("WARN") && line.contains("can run any program"),
        "{line}"
    );
    bot.log.wait_for("\"--add-dir\" can write", DEADLINE).await;
    let home = bot.stop().await;

    let mut plain = home.command(&["check"]);
    let mut strict = home.command(&["check", "--strict"]);
    for command in [&mut plain, &mut strict] {
        command.env("DISCORD_TOKEN", TOKEN);
    }
    let plain = finish(plain).await;
    assert_eq!(plain.code, Some(0), "{plain:?}");
    assert!(
        plain.out.contains(
            "warn rules           allowed_tools: \"Bash(git log *)\" can run any program: "
        ),
        "{plain:?}"
    );
    let strict = finish(strict).await;
    assert_eq!(strict.code, Some(1), "{strict:?}");
    assert!(strict.out.contains("FAIL rules "), "{strict:?}");

    let bin = home.path().join("claude-stand-in");
    let unwalled = json!({
        "allowed_tools": ["Read(./**)", "Bash(ls *)"],
        "claude": { "bin": bin, "sandbox": "off" },
    });
    home.write("config.json", &unwalled.to_string());
    let mut unwalled = home.command(&["check", "--strict"]);
    unwalled.env("DISCORD_TOKEN", TOKEN);
    let unwalled = finish(unwalled).await;
    assert_eq!(unwalled.code, Some(1), "{unwalled:?}");
    let words =
        "FAIL rules           allowed_tools: \"Bash(ls *)\" can read outside the workspace: ";
    assert!(unwalled.out.contains(words), "{unwalled:?}");

    home.write(
        "config.json",
        &json!({ "claude": { "bin": bin } }).to_string(),
    );
    let mut safe = home.command(&["check", "--strict"]);
    safe.env("DISCORD_TOKEN", TOKEN);
    let safe = finish(safe).await;
    assert_eq!(safe.code, Some(0), "{safe:?}");
    assert!(safe.out.contains("ok   rules "), "{safe:?}");
}

#[tokio::test]
async fn check_may_be_run_beside_a_bot() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let (findings, code) = check(bot.home(), Some(TOKEN)).await;
    assert_eq!(code, Some(0), "{findings:#?}");
    finding(
        &findings,
        "sessions",
        &format!("warn another Switchboard (pid {})", bot.pid()),
    );
    bot.ask(&discord, discord.general(), "[[say one]]", "one")
        .await;
}

#[tokio::test]
async fn sessions_lists_and_shows() {
    let (discord, home) = home_with_sessions().await;
    let here = discord.general().to_string();
    let active = home.active();
    let record = &active[&here];
    let id = record["session_id"].as_str().unwrap();

    let table = home.run(&["sessions"]).await;
    assert_eq!(table.code, Some(0));
    let lines: Vec<&str> = table.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", table.out);
    let cells: Vec<&str> = lines[1].split_whitespace().collect();
    let context = record["context_tokens"].to_string();
    assert_eq!(
        cells[..5],
        [here.as_str(), &id[..8], "sonnet", "2", &context]
    );
    assert_eq!(cells.last().copied(), record["last_message_at"].as_str());
    assert!(lines[3].starts_with("2 sessions, $"), "{}", table.out);

    let json = home.run(&["sessions", "--json"]).await;
    assert_eq!(json.code, Some(0));
    assert_eq!(
        json.out,
        fs::read_to_string(home.path().join("sessions/active.json")).unwrap()
    );

    let shown = home.run(&["sessions", "show", &here]).await;
    assert_eq!(shown.code, Some(0));
    for wanted in [
        id,
        "sonnet",
        "2 (0 failed)",
        "resumed with the next message",
    ] {
        assert!(shown.out.contains(wanted), "{wanted}: {}", shown.out);
    }
    let unknown = home.run(&["sessions", "show", "42"]).await;
    assert_eq!(unknown.code, Some(1));
    assert!(
        unknown.err.contains("channel 42 has no session"),
        "{unknown:?}"
    );

    let none = Home::new().run(&["sessions"]).await;
    assert_eq!(
        (none.code, none.out.as_str()),
        (Some(0), "No channel has a session yet.\n")
    );
    home.write("sessions/active.json", "{");
    let broken = home.run(&["sessions"]).await;
    assert_eq!(broken.code, Some(74), "{broken:?}");
}

#[tokio::test]
async fn sessions_clears_but_not_behind_a_bots_back() {
    let (discord, home) = home_with_sessions().await;
    let here = discord.general().to_string();
    let before = home.active();
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let refused = home.run(&["sessions", "clear", &here]).await;
    assert_eq!(refused.code, Some(75));
    let pid = format!("(pid {})", bot.pid());
    assert!(
        refused.err.contains(&pid) && refused.err.contains("!clear"),
        "{refused:?}"
    );
    let listed = home.run(&["sessions"]).await;
    assert_eq!(listed.code, Some(0), "looking is always allowed");
    bot.stop().await;
    assert_eq!(home.active(), before);

    let cleared = home.run(&["sessions", "clear", &here]).await;
    assert_eq!(cleared.code, Some(0), "{cleared:?}");
    let old = before[&here]["session_id"].as_str().unwrap();
    assert!(
        cleared.out.contains(&format!("claude --resume {old}")),
        "{}",
        cleared.out
    );
    let again = home.run(&["sessions", "clear", &here]).await;
    assert_eq!(again.code, Some(1), "there is nothing left to clear");
    let after = home.active();
    assert_ne!(after[&here]["session_id"], old);
    let other = discord.channel("rust").to_string();
    assert_eq!(after[&other], before[&other]);

    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(&discord, discord.general(), "[[context]]", "[]")
        .await;
    bot.ask(
        &discord,
        discord.channel("rust"),
        "[[context]]",
        r#"["[[say three]]"]"#,
    )
    .await;
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_is_no_error() {
    let home = Home::new();
    for arguments in [
        &["sessions", "--json"][..],
        &["sessions"],
        &["schema"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = home.command(arguments);
        let child = command
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = tokio::time::timeout(DEADLINE, child.wait_with_output())
            .await
            .unwrap()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), err.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[tokio::test]
async fn the_log_can_be_had_as_json() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord)
        .arguments(["--log", "json", "run"])
        .start(&discord)
        .await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say one]]", "one").await;
    bot.ask(&discord, here, "[[status 529]]", "is unavailable right now")
        .await;
    let log = bot.log.clone();
    let home = bot.stop().await;
    log.wait_for("\"stopped\"", DEADLINE).await;
    let lines: Vec<Value> = log
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let turns: Vec<&Value> = lines
        .iter()
        .filter(|line| line["message"] == "turn")
        .collect();
    let ledger = home.ledger();
    assert_eq!((turns.len(), ledger.len()), (2, 2));
    for (turn, line) in turns.iter().zip(&ledger) {
        assert_eq!(turn["level"], "INFO");
        assert_eq!(turn["channel"], here.to_string());
        assert_eq!(turn["model"], "claude-sonnet-5-5");
        assert_eq!(turn["duration_ms"], line["duration_ms"]);
        let tokens = ["input_tokens", "cache_read_tokens", "cache_creation_tokens"];
        let tokens: u64 = tokens
            .iter()
            .map(|name| line[*name].as_u64().unwrap())
            .sum();
        assert_eq!(turn["tokens_in"], tokens);
        assert_eq!(turn["tokens_out"], line["output_tokens"]);
        assert_eq!(turn["session"], line["session"].as_str().unwrap()[..8]);
        assert_eq!(turn["outcome"], line["outcome"]);
        assert!(turn["timestamp"].is_string());
    }
}

#[tokio::test]
async fn replay_prints_what_the_channel_showed() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).arguments(["run", "--record", "recordings"]);
    let bot = bot.start(&discord).await;
    let here = discord.general();
    let asked = ["[[say one]]", "[[status 529]]", "[[retry 6]] [[say two]]"];
    for (words, expected) in asked.iter().zip(["one", "is unavailable right now", "two"]) {
        bot.ask(&discord, here, words, expected).await;
    }
    let home = bot.stop().await;
    let session = home.active()[here.to_string()]["session_id"].clone();
    let file = format!("recordings/{}.jsonl", session.as_str().unwrap());
    let replayed = home.run(&["replay", &file]).await;
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
    let shown = discord.messages(here).into_iter().map(|message| {
        let mark = if message.author == discord.bot() {
            ""
        } else {
            "> "
        };
        format!("{mark}{}\n\n", message.content)
    });
    let in_order: String = shown.collect();
    assert_eq!(replayed.out, in_order);

    let missing = home.run(&["replay", "recordings/none.jsonl"]).await;
    assert_eq!(missing.code, Some(74), "{missing:?}");
    assert!(missing.err.contains("recordings/none.jsonl"), "{missing:?}");
}
