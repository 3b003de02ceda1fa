//! The `sessions` folder: its files, who may write them, and how a damaged one is handled.
//!
//! * `active.json` has an exact format, is private, and keeps what this version does not know.
//! * Files of the older program and of version 1 are read, and their sessions are resumed.
//! * A missing or empty file is an empty registry; a corrupt one is quarantined, and the backup is used.
//! * One bot per folder; the lock is released with the bot, however it ends.
//! * A message that cannot be recorded is not run, and its author is told.
//! * Tokens and cost match the CLI's price list, before and after 2.1.277: over live turns, restarts, a power cut and an
//!   interrupted turn. The ledger has a line for each turn.

mod loading;

use std::{fs, os::unix::fs::PermissionsExt as _};

use claude_stand_in::pricing::{Context, Usage, content_tokens, cost_usd, tokens};
use loopback_discord::{Loopback, Snowflake};
use serde_json::{Map, Value, json};
use switchboard::{
    external::{self, Role, Speaker, wrap},
    money::Usd,
    persona,
    snowflake::UserId,
};

use crate::support::{Bot, Claude, DEADLINE, Home, Running, eventually, said};

/// The fields of a record that the older program writes, in order.
const OLD_FIELDS: [&str; 10] = [
    "session_id",
    "model",
    "created_at",
    "last_message_at",
    "message_count",
    "total_input_tokens",
    "total_output_tokens",
    "total_cost_usd",
    "duration_ms",
    "context_tokens",
];

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

fn text_of(home: &Home) -> String {
    fs::read_to_string(home.path().join("sessions/active.json")).unwrap()
}

/// The content of a `sessions` folder after a first turn.
const FILES: [&str; 5] = [
    ".lock",
    "active.json",
    "active.json.bak",
    "last_connected",
    "usage",
];

/// The names in the `sessions` folder, in order.
fn files(home: &Home) -> Vec<String> {
    let folder = fs::read_dir(home.path().join("sessions")).unwrap();
    let mut names: Vec<_> = folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn usd(value: &Value) -> Usd {
    serde_json::from_value(value.clone()).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// A home where one message has been answered in the first channel.
async fn home_with_a_session(discord: &Loopback) -> Home {
    let bot = Bot::new(discord).start(discord).await;
    bot.ask(discord, discord.general(), "[[say one]]", "one")
        .await;
    bot.stop().await
}

#[tokio::test]
async fn the_file_has_its_exact_format() {
    let discord = discord().await;
    let home = home_with_a_session(&discord).await;
    let mut found = home.active();
    let record = found[discord.general().to_string()]
        .as_object_mut()
        .unwrap();
    record.insert("topic".into(), json!("Grüße 🎉"));
    found["notes of the owner"] = json!(["not", "a channel"]);
    home.write("sessions/active.json", &format!("{found:#}\n"));

    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.log.wait_for("notes of the owner", DEADLINE).await;
    let other = discord.channel("rust");
    bot.ask(&discord, discord.general(), "[[say two]]", "two")
        .await;
    bot.ask(&discord, other, "[[say three]]", "three").await;
    let home = bot.stop().await;

    let text = text_of(&home);
    let value = home.active();
    assert_eq!(
        text,
        format!("{value:#}\n"),
        "two spaces of indent and a newline at the end"
    );
    assert!(text.contains("    \"topic\": \"Grüße 🎉\"\n"), "{text}");
    let here = discord.general().to_string();
    assert_eq!(
        keys(&value),
        ["version", &here, "notes of the owner", &other.to_string()]
    );
    assert_eq!(value["notes of the owner"], json!(["not", "a channel"]));
    assert_eq!(value["version"], 2);
    assert_eq!(keys(&value[&here])[..10], OLD_FIELDS);
    assert_eq!(value[&here]["message_count"], 2);
    assert_eq!(files(&home), FILES);
    for name in ["active.json", "active.json.bak", ".lock"] {
        let mode = fs::metadata(home.path().join("sessions").join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(
        fs::read_to_string(home.path().join("sessions/active.json.bak")).unwrap(),
        text
    );
}

#[tokio::test]
async fn a_file_of_the_older_program_is_loaded_and_resumed() {
    let discord = discord().await;
    let home = home_with_a_session(&discord).await;
    let here = discord.general().to_string();
    let new = home.active()[&here].clone();
    // The older program writes ten fields, and times with an offset.
    let mut old: Map<String, Value> = OLD_FIELDS
        .iter()
        .map(|name| ((*name).to_owned(), new[*name].clone()))
        .collect();
    old.insert(
        "created_at".into(),
        json!("2026-01-02T03:04:05.678901+00:00"),
    );
    old.insert("total_input_tokens".into(), json!(1_000_000));
    old.insert("total_cost_usd".into(), json!(12.5));
    home.write(
        "sessions/active.json",
        &format!("{:#}\n", json!({ &here: old })),
    );

    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(
        &discord,
        discord.general(),
        "[[context]]",
        r#"["[[say one]]"]"#,
    )
    .await;
    let home = bot.stop().await;
    let record = &home.active()[&here];
    assert_eq!(record["session_id"], new["session_id"]);
    assert_eq!(record["created_at"], "2026-01-02T03:04:05.678901+00:00");
    assert_eq!(record["message_count"], 2);
    assert!(record["total_input_tokens"].as_u64().unwrap() > 1_000_000);
    let line = &home.ledger()[1];
    let total = usd(&record["total_cost_usd"]);
    assert_eq!(total, Usd::from_dollars(12.5) + usd(&line["cost_usd"]));
    let grown = total.dollars() - 12.5;
    assert!(
        grown < 0.01,
        "the earlier cost of the session is booked again: {grown}"
    );
}

#[tokio::test]
async fn a_version_1_file_is_upgraded_and_its_session_resumed() {
    let discord = discord().await;
    let home = home_with_a_session(&discord).await;
    let here = discord.general().to_string();
    let mut active = home.active();
    let new = active[&here].clone();
    let mut old = new.as_object().unwrap().clone();
    let Some(Value::Object(mut state)) = old.shift_remove("state") else {
        panic!("{old:#?}")
    };
    // No file of version 1 has them.
    for newer in [
        "checkpoints",
        "own_message_id",
        "context_window",
        "first_words",
    ] {
        state.shift_remove(newer);
    }
    let machinery: Vec<String> = state.keys().cloned().collect();
    old.extend(state);
    active.as_object_mut().unwrap().shift_remove("version");
    active[&here] = old.into();
    home.write("sessions/active.json", &format!("{active:#}\n"));

    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(
        &discord,
        discord.general(),
        "[[context]]",
        r#"["[[say one]]"]"#,
    )
    .await;
    let home = bot.stop().await;
    let active = home.active();
    let record = &active[&here];
    assert_eq!(keys(&active), ["version", &here]);
    assert_eq!(active["version"], 2);
    assert_eq!(record["session_id"], new["session_id"]);
    assert_eq!(record["message_count"], 2);
    for name in &machinery {
        assert!(record.get(name).is_none(), "{record:#}");
        assert!(record["state"].get(name).is_some(), "{record:#}");
    }
    assert_eq!(home.ledger().len(), 2, "no message is run again");
}

#[tokio::test]
async fn a_record_of_mixed_form_is_quarantined_and_not_used() {
    let discord = discord().await;
    let home = home_with_a_session(&discord).await;
    let here = discord.general().to_string();
    let mut active = home.active();
    active[&here]["last_turn_id"] = json!("from an older version");
    let mixed = format!("{active:#}\n");
    home.write("sessions/active.json", &mixed);

    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let line = bot.log.wait_for("damaged records", DEADLINE).await;
    assert!(line.contains("ERROR") && line.contains(&here), "{line}");
    let other = discord.channel("rust");
    bot.ask(&discord, other, "[[say two]]", "two").await;
    let home = bot.stop().await;
    assert_eq!(home.active()[&here], active[&here], "kept as it was");
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(&discord, discord.general(), "[[context]]", "[]")
        .await;
    let home = bot.stop().await;
    assert_ne!(
        home.active()[&here]["session_id"],
        active[&here]["session_id"]
    );
    let copies: Vec<_> = files(&home)
        .into_iter()
        .filter(|name| name.starts_with("active.json.corrupt-"))
        .map(|name| fs::read_to_string(home.path().join("sessions").join(name)).unwrap())
        .collect();
    assert!(copies.contains(&mixed), "{copies:#?}");
}

#[tokio::test]
async fn an_empty_file_is_an_empty_registry() {
    let discord = discord().await;
    let home = Home::new();
    home.write("sessions/active.json", "");
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(&discord, discord.general(), "[[context]]", "[]")
        .await;
    let home = bot.stop().await;
    assert_eq!(
        home.active()[discord.general().to_string()]["message_count"],
        1
    );
    assert_eq!(files(&home), FILES);
}

#[tokio::test]
async fn a_corrupt_file_is_quarantined_and_the_backup_used() {
    let discord = discord().await;
    let home = home_with_a_session(&discord).await;
    let whole = text_of(&home);
    let broken = whole[..whole.len() / 2].to_owned();
    home.write("sessions/active.json", &broken);

    // A bot without messages does not overwrite it.
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let line = bot.log.wait_for("active.json is corrupt", DEADLINE).await;
    assert!(
        line.contains("ERROR") && line.contains("using the backup"),
        "{line}"
    );
    let home = bot.stop().await;
    assert_eq!(text_of(&home), broken);

    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(
        &discord,
        discord.general(),
        "[[context]]",
        r#"["[[say one]]"]"#,
    )
    .await;
    let home = bot.stop().await;
    assert_eq!(
        home.active()[discord.general().to_string()]["message_count"],
        2
    );
    let names = files(&home);
    let quarantined: Vec<_> = names
        .iter()
        .filter(|name| name.starts_with("active.json.corrupt-"))
        .collect();
    assert!(!quarantined.is_empty());
    for name in quarantined {
        let kept = fs::read_to_string(home.path().join("sessions").join(name)).unwrap();
        assert_eq!(kept, broken, "{name}");
    }
    assert!(
        !names.iter().any(|name| name.starts_with(".active")),
        "{names:?}"
    );
}

#[tokio::test]
async fn a_second_bot_on_the_folder_is_refused() {
    let discord = discord().await;
    let first = Bot::new(&discord).start(&discord).await;
    first
        .ask(&discord, discord.general(), "[[say one]]", "one")
        .await;
    let mut second = Bot::new(&discord).home(first.home()).launch();
    assert_eq!(second.ended().await.code(), Some(75));
    second
        .log
        .wait_for(
            &format!("another Switchboard (pid {})", first.pid()),
            DEADLINE,
        )
        .await;
    let message = discord.say(discord.general(), discord.owner(), "[[say two]]");
    first.hears(&discord, message, "two").await;
    assert_eq!(
        discord.gateway().connections(),
        1,
        "the second one never connected"
    );
    // The lock of a killed bot is released.
    let home = first.kill().await;
    let third = Bot::new(&discord).home(&home).start(&discord).await;
    third
        .ask(&discord, discord.general(), "[[context]]", "[[say two]]")
        .await;
}

#[tokio::test]
async fn a_message_that_cannot_be_recorded_is_not_run() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say one]]", "one").await;
    let path = bot.home().path().join("sessions/active.json");
    eventually("the turn to be booked", || {
        (bot.home().active()[here.to_string()]["message_count"] == 1).then_some(())
    })
    .await;
    // Not even root can rename a file over a folder that is not empty. The last save may still be under way.
    eventually("a folder in the file's place", || {
        drop(fs::remove_file(&path));
        fs::create_dir_all(path.join("in the way")).ok()
    })
    .await;
    let told = bot
        .ask(&discord, here, "[[say two]]", "so I didn't run it")
        .await;
    assert!(told.contains("Send it again later"), "{told}");
    bot.log.wait_for("not on disk", DEADLINE).await;
    bot.ask(&discord, here, "!status", "**Turns** 1\n").await;
    fs::remove_dir_all(&path).unwrap();
    bot.ask(&discord, here, "[[context]]", r#"["[[say one]]"]"#)
        .await;
    assert!(!said(&discord, here).iter().any(|text| text == "two"));
    let home = bot.stop().await;
    assert_eq!(home.active()[here.to_string()]["message_count"], 2);
    assert_eq!(home.ledger().len(), 2);
    assert_eq!(files(&home), FILES);
}

/// The usage and cost of a channel's turns by the stand-in's arithmetic.
struct Expected {
    speaker: Speaker,
    context: Context,
    turns: Vec<Usage>,
}

impl Expected {
    fn new(discord: &Loopback, home: &Home) -> Self {
        let owner = discord.user(discord.owner()).unwrap();
        let persona = persona::load(&home.path().join("personality"), &[]).unwrap();
        Self {
            speaker: Speaker {
                id: UserId(discord.owner().get()),
                name: owner.display_name,
                role: Role::Owner,
            },
            context: Context::new(&persona.get(persona::DEFAULT).system_prompt()),
            turns: Vec::new(),
        }
    }

    /// Adds a turn of one call.
    fn turn(&mut self, words: &str, output: u64) {
        let blocks = wrap(&self.speaker, &external::Context::default(), words);
        let content = blocks
            .iter()
            .map(|text| json!({ "type": "text", "text": text }))
            .collect();
        let (usage, after) = self.context.call(content_tokens(&content), output);
        self.context = after;
        self.turns.push(usage);
    }

    #[track_caller]
    fn check(&self, home: &Home, channel: Snowflake, outcomes: &[&str]) {
        let mut booked = Usd::ZERO;
        let ledger = home.ledger();
        let found: Vec<_> = ledger
            .iter()
            .map(|line| line["outcome"].as_str().unwrap())
            .collect();
        assert_eq!(found, outcomes);
        let mut sum = Usage::default();
        for (line, usage) in ledger.iter().zip(&self.turns) {
            let counted = Usage {
                input: line["input_tokens"].as_u64().unwrap(),
                output: line["output_tokens"].as_u64().unwrap(),
                cache_read: line["cache_read_tokens"].as_u64().unwrap(),
                cache_creation: line["cache_creation_tokens"].as_u64().unwrap(),
            };
            assert_eq!(counted, *usage, "{line:#}");
            let cost = usd(&line["cost_usd"]);
            assert_eq!(cost, Usd::from_dollars(cost_usd("sonnet", usage)));
            booked += cost;
            sum.add(usage);
        }
        let record = &home.active()[channel.to_string()];
        assert_eq!(record["message_count"], outcomes.len());
        assert_eq!(record["total_input_tokens"], sum.input);
        assert_eq!(record["total_output_tokens"], sum.output);
        assert_eq!(record["total_cache_read_tokens"], sum.cache_read);
        assert_eq!(record["total_cache_creation_tokens"], sum.cache_creation);
        assert_eq!(usd(&record["total_cost_usd"]), booked);
        let all = cost_usd("sonnet", &sum);
        assert!((booked.dollars() - all).abs() < 1e-8, "{booked} of {all}");
        assert_eq!(record["context_tokens"], self.context.held());
    }
}

/// Waits until the record counts this many turns: an answer is sent before its turn is booked.
async fn booked(bot: &Running, channel: Snowflake, turns: u64) {
    let awaited = format!("{turns} booked turns");
    eventually(&awaited, || {
        (bot.home().active()[channel.to_string()]["message_count"] == turns).then_some(())
    })
    .await;
}

async fn check_costs(version: &'static str) {
    let discord = discord().await;
    let here = discord.general();
    let home = Home::new();
    let bot = |home: &Home| {
        Bot::new(&discord)
            .claude(Claude::StandIn(version))
            .home(home)
    };
    let mut expected = Expected::new(&discord, &home);

    // Three turns of one process.
    let running = bot(&home).start(&discord).await;
    for word in ["one", "the second", "and a third"] {
        let words = format!("[[say {word}]]");
        running.ask(&discord, here, &words, word).await;
        expected.turn(&words, tokens(word));
    }
    running.stop().await;
    expected.check(&home, here, &["answered"; 3]);

    // Three restarts, each with a turn. The last run is killed.
    for restart in 1..=3 {
        let running = bot(&home).start(&discord).await;
        let word = format!("after restart {restart}");
        let words = format!("[[say {word}]]");
        running.ask(&discord, here, &words, &word).await;
        expected.turn(&words, tokens(&word));
        booked(&running, here, 3 + restart).await;
        if restart == 3 {
            running.kill().await;
        } else {
            running.stop().await;
        }
        expected.check(
            &home,
            here,
            &vec!["answered"; 3 + usize::try_from(restart).unwrap()],
        );
    }

    // A turn that is stopped after one answered call, and one more turn.
    let running = bot(&home).start(&discord).await;
    let words = "[[tool Nothing {}]] [[hang]]";
    running.ask(&discord, here, words, "step 1").await;
    expected.turn(words, tokens("step 1") + tokens("{}"));
    running
        .ask(&discord, here, "!stop", "Stopped. The session is kept.")
        .await;
    let words = "[[say at last]]";
    running.ask(&discord, here, words, "at last").await;
    expected.turn(words, tokens("at last"));
    running.stop().await;
    let outcomes = [vec!["answered"; 6], vec!["interrupted", "answered"]].concat();
    expected.check(&home, here, &outcomes);
    assert_eq!(home.active()[here.to_string()]["total_turn_errors"], 0);
}

#[tokio::test]
async fn costs_are_right_if_a_resumed_total_starts_at_zero() {
    check_costs("2.1.197").await;
}

#[tokio::test]
async fn costs_are_right_if_a_resumed_total_continues() {
    check_costs("2.1.332").await;
}

#[tokio::test]
async fn the_ledger_has_a_line_for_each_turn() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let first = discord.say(here, discord.owner(), "[[say one]]");
    bot.hears(&discord, first, "one").await;
    let second = discord.say(here, discord.member(), "[[status 529]]");
    bot.hears(&discord, second, "is unavailable right now")
        .await;
    let home = bot.stop().await;
    let record = &home.active()[here.to_string()];
    let month = fs::read_dir(home.path().join("sessions/usage")).unwrap();
    let month: Vec<_> = month
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let ledger = home.ledger();
    assert_eq!(ledger.len(), 2);
    for (line, (message, author, outcome)) in ledger.iter().zip([
        (first, discord.owner(), "answered"),
        (second, discord.member(), "api_down"),
    ]) {
        let mut expected = vec![
            "time",
            "turn",
            "after",
            "channel",
            "author",
            "message",
            "assistant_uuid",
            "session",
            "model",
            "model_used",
            "input_tokens",
            "output_tokens",
            "cache_read_tokens",
            "cache_creation_tokens",
            "cost_usd",
            "duration_ms",
            "waited_ms",
            "first_text_ms",
            "outcome",
            "reply_ids",
        ];
        // The first turn follows no other.
        expected.retain(|key| *key != "after" || message == second);
        // What the CLI says about a failure is no message of Claude's.
        expected.retain(|key| *key != "assistant_uuid" || message == first);
        assert_eq!(keys(line), expected);
        assert_eq!(line["channel"], here.to_string());
        assert_eq!(line["author"], author.to_string());
        assert_eq!(line["message"], message.to_string());
        assert_eq!(line["session"], record["session_id"]);
        assert_eq!(line["model"], "sonnet");
        assert_eq!(line["model_used"], "claude-sonnet-5-5");
        assert_eq!(line["outcome"], outcome);
        let time = line["time"].as_str().unwrap();
        assert!(
            time.ends_with('Z') && month.contains(&format!("{}.jsonl", &time[..7])),
            "{time} {month:?}"
        );
    }
    assert_ne!(ledger[0]["turn"], ledger[1]["turn"]);
    assert_eq!(ledger[1]["after"], ledger[0]["turn"]);
    assert_eq!(
        ledger[1]["cost_usd"], 0.0,
        "an API that refuses bills nothing"
    );
    assert_eq!(record["state"]["last_turn_id"], ledger[1]["turn"]);
    assert_eq!(record["state"]["last_message_id"], second.to_string());
}
