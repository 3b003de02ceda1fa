//! Commands, typed and slash, over the stand-in.
//!
//! * Each command answers the same typed and as a slash command, and shows admins more than others.
//! * Changes hold: a model from the next turn on and after a restart, a new session after a clear.
//! * `stop` overtakes the queue and keeps the session; every other command keeps its place in it.
//! * Slash commands are acknowledged at once, even while a turn runs; strangers alone see their refusal.
//! * A slip of the finger is hinted at, and what is no command is left to Claude.

use std::time::Duration;

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Home, Running, said};

/// Says something at once, and then never ends by itself.
const SAYS_AND_HANGS: &str = "[[tool Nothing {}]] [[hang]]";

/// How long Discord waits for the acknowledgement of a slash command.
const PATIENCE: Duration = Duration::from_secs(3);

async fn started() -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    (discord, bot)
}

/// Gives the reply's text.
async fn ask(bot: &Running, discord: &Loopback, user: Snowflake, words: &str) -> String {
    let asked = discord.say(discord.general(), user, words);
    bot.reply(discord, asked).await.content
}

/// Begins a turn that only `stop` ends, and gives its message once Claude is at it.
async fn hang(bot: &Running, discord: &Loopback) -> Snowflake {
    let asked = discord.say(discord.general(), discord.owner(), SAYS_AND_HANGS);
    assert_eq!(bot.reply(discord, asked).await.content, "step 1");
    asked
}

fn record(home: &Home, discord: &Loopback) -> Value {
    home.active()[discord.general().to_string()].clone()
}

/// The full names of the models that answered, turn by turn.
fn models_used(home: &Home) -> Vec<String> {
    let ledger = home.ledger();
    let used = ledger
        .iter()
        .map(|line| line["model_used"].as_str().unwrap_or("none"));
    used.map(str::to_owned).collect()
}

#[tokio::test]
async fn typed_and_slash_say_the_same() {
    let (discord, bot) = started().await;
    let here = discord.general();
    ask(&bot, &discord, discord.owner(), "[[say one]]").await;
    for (typed, name, options) in [
        ("!help", "help", json!({})),
        ("!model", "model", json!({})),
        ("!model gpt", "model", json!({ "name": "gpt" })),
        ("!status", "status", json!({})),
        ("!usage", "usage", json!({})),
        ("!usage month", "usage", json!({ "period": "month" })),
        ("!usage all", "usage", json!({ "period": "all" })),
        ("!sessions", "sessions", json!({})),
        ("!stop", "stop", json!({})),
    ] {
        for user in [discord.owner(), discord.member()] {
            let text = ask(&bot, &discord, user, typed).await;
            let slash = bot.slash_answer(&discord, (here, user), name, &options);
            assert_eq!(slash.await, text, "{typed}");
        }
    }
    assert_eq!(bot.stop().await.ledger().len(), 1, "none of them is a turn");
}

#[tokio::test]
async fn help_shows_what_the_reader_may_use() {
    let (discord, bot) = started().await;
    let all = [
        "help", "status", "stop", "compact", "model", "usage", "clear", "sessions",
    ];
    let shown = |help: &str| all.map(|name| help.contains(&format!("\n- `!{name}")));
    let owner = ask(&bot, &discord, discord.owner(), "!help").await;
    assert_eq!(shown(&owner), [true; 8], "{owner}");
    let member = ask(&bot, &discord, discord.member(), "!HELP ").await;
    let for_all = all.map(|name| !["clear", "sessions"].contains(&name));
    assert_eq!(shown(&member), for_all, "{member}");
    // Discord lists the same ones.
    let registered = discord
        .wait_until(DEADLINE, "the slash commands", |view| {
            let commands = view.commands();
            (!commands.is_empty()).then(|| commands.to_vec())
        })
        .await
        .unwrap();
    let names: Vec<_> = registered
        .iter()
        .map(|command| command["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, all);
}

#[tokio::test]
async fn a_model_holds_from_the_next_turn_on_and_after_a_restart() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    assert_eq!(
        ask(&bot, &discord, owner, "!model").await,
        "This channel's model is `sonnet`. To be had: `haiku`, `sonnet`, `opus`."
    );
    ask(&bot, &discord, owner, "[[say one]]").await;
    let process = bot.cli_pid(&discord, here).await;
    assert_eq!(
        ask(&bot, &discord, owner, "!model Opus").await,
        "This channel's model is `opus` from the next message on (it was `sonnet`)."
    );
    assert_eq!(
        ask(&bot, &discord, owner, "[[context]]").await,
        r#"["[[say one]]"]"#
    );
    assert_eq!(
        bot.cli_pid(&discord, here).await,
        process,
        "without a restart"
    );
    assert_eq!(
        ask(&bot, &discord, owner, "!model gpt-4").await,
        "There is no model `gpt-4` here. Choose one of `haiku`, `sonnet`, `opus`."
    );
    assert_eq!(
        ask(&bot, &discord, discord.member(), "!model haiku").await,
        "Only this bot's admins may use `!model`."
    );
    let home = bot.stop().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    ask(&bot, &discord, owner, "[[say two]]").await;
    let slash = json!({ "name": "haiku" });
    assert_eq!(
        bot.slash_answer(&discord, (here, owner), "model", &slash)
            .await,
        "This channel's model is `haiku` from the next message on (it was `opus`)."
    );
    ask(&bot, &discord, owner, "[[say three]]").await;
    assert_eq!(
        ask(&bot, &discord, owner, "!model haiku").await,
        "This channel's model is `haiku` already."
    );
    // Another channel's is its own.
    let elsewhere = discord.say(discord.channel("rust"), owner, "[[say four]]");
    bot.reply(&discord, elsewhere).await;
    let home = bot.stop().await;
    assert_eq!(
        models_used(&home),
        [
            "claude-sonnet-5-5",
            "claude-opus-5-5",
            "claude-opus-5-5",
            "claude-haiku-5-5",
            "claude-sonnet-5-5",
        ]
    );
    assert_eq!(record(&home, &discord)["model"], "haiku");
}

#[tokio::test]
async fn clear_says_what_was_dropped_and_begins_anew() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    let nothing = "There is no session here yet. The next message starts one.";
    assert_eq!(ask(&bot, &discord, owner, "!clear").await, nothing);
    ask(&bot, &discord, owner, "!model opus").await;
    ask(&bot, &discord, owner, "[[say one]]").await;
    ask(&bot, &discord, owner, "[[say two]]").await;
    assert_eq!(
        ask(&bot, &discord, discord.member(), "!clear").await,
        "Only this bot's admins may use `!clear`."
    );
    let before = record(bot.home(), &discord);
    let (id, context) = (
        before["session_id"].as_str().unwrap(),
        &before["context_tokens"],
    );
    let cost = before["total_cost_usd"].as_f64().unwrap();
    assert_eq!(
        ask(&bot, &discord, owner, "!clear").await,
        format!(
            "Cleared: 2 messages with `opus`, ${cost:.4}, {context} tokens in context. The next message starts a \
             new session.\n-# To get the old one back, on the bot's machine in this channel's workspace: `claude \
             --resume {id}`"
        )
    );
    assert_eq!(ask(&bot, &discord, owner, "!clear").await, nothing);
    assert_eq!(ask(&bot, &discord, owner, "[[context]]").await, "[]");
    let slash = bot.slash_answer(&discord, (here, owner), "clear", &Value::Null);
    assert!(slash.await.starts_with("Cleared: 1 message with `opus`"));
    assert_eq!(ask(&bot, &discord, owner, "[[context]]").await, "[]");
    let home = bot.stop().await;
    let ledger = home.ledger();
    let mut sessions: Vec<_> = ledger
        .iter()
        .map(|line| line["session"].as_str().unwrap())
        .collect();
    assert_eq!(sessions[..2], [id; 2]);
    assert_eq!(record(&home, &discord)["session_id"], sessions[3]);
    sessions.sort_unstable();
    sessions.dedup();
    assert_eq!(sessions.len(), 3, "a new one after each clear");
    assert!(
        models_used(&home)
            .iter()
            .all(|model| model == "claude-opus-5-5")
    );
}

#[tokio::test]
async fn compact_sums_the_session_up() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    assert_eq!(
        ask(&bot, &discord, owner, "!compact").await,
        "There is no conversation here yet that could be summarised."
    );
    ask(&bot, &discord, owner, "[[say one]]").await;
    let done = "The conversation has been summarised and goes on from there.";
    bot.ask(&discord, here, "!compact", done).await;
    let context = ask(&bot, &discord, owner, "[[context]]").await;
    assert_eq!(
        context, r#"["[[say one]]","/compact"]"#,
        "the CLI's own command"
    );
    let home = bot.stop().await;
    let ledger = home.ledger();
    assert_eq!(ledger.len(), 3);
    assert!(
        ledger
            .iter()
            .all(|line| line["session"] == ledger[0]["session"])
    );
}

#[tokio::test]
async fn stop_ends_the_turn_and_keeps_the_session_and_the_queue() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    let nothing = "Nothing is running here.";
    assert_eq!(ask(&bot, &discord, owner, "!stop").await, nothing);
    hang(&bot, &discord).await;
    let waiting = discord.say(here, owner, "[[context]]");
    assert_eq!(
        ask(&bot, &discord, discord.member(), "!stop").await,
        "Stopped. The session is kept; 1 message still waits and comes next."
    );
    let context = json!([SAYS_AND_HANGS]).to_string();
    assert_eq!(bot.reply(&discord, waiting).await.content, context);
    assert_eq!(ask(&bot, &discord, owner, "!stop").await, nothing);
    hang(&bot, &discord).await;
    let slash = bot.slash_answer(&discord, (here, owner), "stop", &Value::Null);
    assert_eq!(slash.await, "Stopped. The session is kept.");
    let home = bot.stop().await;
    let ledger = home.ledger();
    let outcomes: Vec<_> = ledger.iter().map(|line| &line["outcome"]).collect();
    assert_eq!(outcomes, ["interrupted", "answered", "interrupted"]);
    assert!(
        ledger
            .iter()
            .all(|line| line["session"] == ledger[0]["session"])
    );
    for line in ledger {
        let took = line["duration_ms"].as_u64().unwrap();
        assert!(took < 20_000, "{took} ms");
    }
    let errors = &record(&home, &discord)["total_turn_errors"];
    assert_eq!(errors, 0, "a stop is no error");
}

#[tokio::test]
async fn commands_keep_their_place_in_the_queue() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    hang(&bot, &discord).await;
    discord.say(here, owner, "[[say a]]");
    discord.say(here, owner, "!model opus");
    discord.say(here, owner, "[[say b]]");
    discord.say(here, owner, "!stauts");
    discord.say(here, owner, "!clear");
    discord.say(here, owner, "[[context]]");
    ask(&bot, &discord, owner, "!stop").await;
    let end = discord.say(here, owner, "!model");
    bot.reply(&discord, end).await;
    let said = said(&discord, here);
    let beginnings = [
        "step 1",
        "Stopped. The session is kept; 6 messages still wait and come next.",
        "a",
        "This channel's model is `opus` from the next message on",
        "b",
        "I don't know `!stauts`.",
        "Cleared: 3 messages with `opus`",
        "[]",
        "This channel's model is `opus`.",
    ];
    assert_eq!(said.len(), beginnings.len(), "{said:#?}");
    for (text, beginning) in said.iter().zip(beginnings) {
        assert!(text.starts_with(beginning), "{said:#?}");
    }
    assert_eq!(
        models_used(&bot.stop().await),
        [
            "claude-sonnet-5-5",
            "claude-sonnet-5-5",
            "claude-opus-5-5",
            "claude-opus-5-5",
        ]
    );
}

#[tokio::test]
async fn status_tells_how_things_stand() {
    let (discord, bot) = started().await;
    let owner = discord.owner();
    let none = ask(&bot, &discord, owner, "!status").await;
    let lines: Vec<_> = none.lines().collect();
    assert_eq!(
        lines[..6],
        [
            "**Session** none yet",
            "**Model** `sonnet`",
            "**Turns** 0",
            "**Context** 0 tokens",
            "**Cost** $0.00",
            "**Queue** 0 waiting",
        ]
    );
    assert!(lines[6].starts_with("**Process** none; one is started for the next message (0 of "));
    ask(&bot, &discord, owner, "[[say one]]").await;
    ask(&bot, &discord, owner, "[[status 400 bad]]").await;
    let status = ask(&bot, &discord, discord.member(), "!status").await;
    let record = record(bot.home(), &discord);
    let id = record["session_id"].as_str().unwrap();
    let cost = record["total_cost_usd"].as_f64().unwrap();
    let lines: Vec<_> = status.lines().collect();
    assert!(
        lines[0].starts_with(&format!("**Session** `{id}`, since 20")),
        "{status}"
    );
    assert_eq!(
        lines[1..3],
        ["**Model** `sonnet`", "**Turns** 2 (1 failed)"]
    );
    assert_eq!(
        lines[3],
        format!("**Context** {} tokens", record["context_tokens"])
    );
    assert_eq!(lines[4], format!("**Cost** ${cost:.4}"));
    assert_eq!(lines[5], "**Queue** 0 waiting");
    let pid = crate::support::stand_ins(bot.pid())[0];
    assert!(
        lines[6].starts_with(&format!("**Process** pid {pid}, idle (1 of ")),
        "{status}"
    );
}

#[tokio::test]
async fn usage_counts_the_turns_of_the_channel_and_the_person() {
    let (discord, bot) = started().await;
    let (owner, member) = (discord.owner(), discord.member());
    ask(&bot, &discord, owner, "[[say one]]").await;
    ask(&bot, &discord, member, "[[say two]]").await;
    let elsewhere = discord.say(discord.channel("rust"), owner, "[[say three]]");
    bot.reply(&discord, elsewhere).await;
    // Its answer comes when the turn before is in the ledger.
    bot.cli_pid(&discord, discord.channel("rust")).await;
    let costs: Vec<f64> = bot
        .home()
        .ledger()
        .iter()
        .map(|line| line["cost_usd"].as_f64().unwrap())
        .collect();
    let dollars =
        |turns: &[usize]| format!("${:.4}", turns.iter().map(|turn| costs[*turn]).sum::<f64>());
    for (command, title) in [
        ("!usage", "**Usage today** (UTC, list prices)"),
        ("!usage today", "**Usage today** (UTC, list prices)"),
        ("!usage month", "**Usage this month** (UTC, list prices)"),
        ("!usage all", "**Usage ever** (UTC, list prices)"),
    ] {
        let text = ask(&bot, &discord, member, command).await;
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], title);
        check_sum(lines[1], "This channel: 2 turns, ", &dollars(&[0, 1]));
        check_sum(lines[2], "You, everywhere: 1 turn, ", &dollars(&[1]));
        assert_eq!(lines.len(), 3, "not what others used: {text}");
        let text = ask(&bot, &discord, owner, command).await;
        let lines: Vec<_> = text.lines().collect();
        check_sum(lines[2], "You, everywhere: 2 turns, ", &dollars(&[0, 2]));
        check_sum(lines[3], "All channels: 3 turns, ", &dollars(&[0, 1, 2]));
        let mut channels = lines[4..].to_vec();
        channels.sort_unstable();
        let mut expected = [
            (discord.general(), "2 turns", dollars(&[0, 1])),
            (discord.channel("rust"), "1 turn", dollars(&[2])),
        ];
        expected.sort();
        assert_eq!(channels.len(), 2, "{text}");
        for (line, (channel, turns, cost)) in channels.iter().zip(expected) {
            check_sum(line, &format!("- <#{channel}>: {turns}, "), &cost);
        }
    }
    assert_eq!(
        ask(&bot, &discord, owner, "!usage fortnight").await,
        "I have no usage for `fortnight`. Write `!usage` with one of `today`, `month`, `all`, or alone for today."
    );
}

#[track_caller]
fn check_sum(line: &str, beginning: &str, end: &str) {
    assert!(line.starts_with(beginning), "{line}");
    assert!(line.ends_with(end), "{line}, not {end}");
}

#[tokio::test]
async fn sessions_are_for_admins() {
    let discord = Loopback::builder().start().await.unwrap();
    let admins = json!({ "discord": { "admins": [discord.member().to_string()] } });
    let bot = Bot::new(&discord).config(&admins).start(&discord).await;
    let (owner, member) = (discord.owner(), discord.member());
    assert_eq!(
        ask(&bot, &discord, discord.stranger(), "!sessions").await,
        "Only this bot's admins may use `!sessions`."
    );
    assert_eq!(
        ask(&bot, &discord, member, "!sessions").await,
        "No channel has a session yet."
    );
    ask(&bot, &discord, owner, "[[say one]]").await;
    for admin in [owner, member] {
        let sessions = ask(&bot, &discord, admin, "!sessions").await;
        let record = record(bot.home(), &discord);
        let id = &record["session_id"].as_str().unwrap()[..8];
        let here = discord.general();
        let beginning = format!("**1 session**\n- <#{here}> `{id}` `sonnet`, 1 turn, $");
        assert!(sessions.starts_with(&beginning), "{sessions}");
    }
}

#[tokio::test]
async fn near_misses_are_hinted_at_and_the_rest_is_left_to_claude() {
    let (discord, bot) = started().await;
    let owner = discord.owner();
    for (typed, meant) in [
        ("!stauts", "status"),
        ("!claer", "clear"),
        ("!Stpo", "stop"),
    ] {
        assert_eq!(
            ask(&bot, &discord, owner, typed).await,
            format!(
                "I don't know `{typed}`. Did you mean `!{meant}`? (If it was meant for Claude, write it without \
                 the `!`.)"
            )
        );
    }
    assert_eq!(
        ask(&bot, &discord, owner, "!clear everything").await,
        "`!clear` stands alone, so I did nothing. Write `!clear` alone; to say something to Claude, leave out \
         the `!`."
    );
    assert!(bot.home().ledger().is_empty());
    for words in ["!foo [[raw]]", "! [[raw]]", "!\n[[raw]]", "!help\n[[raw]]"] {
        let raw = ask(&bot, &discord, owner, words).await;
        let content: Value = serde_json::from_str(&raw).unwrap();
        assert_eq!(content[1]["text"], words);
    }
    let mention = format!("<@{}> !status", discord.bot());
    let status = ask(&bot, &discord, owner, &mention).await;
    assert!(status.starts_with("**Session** `"), "{status}");
}

#[tokio::test]
async fn slash_commands_are_acknowledged_while_a_turn_runs_and_answered_in_their_turn() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    hang(&bot, &discord).await;
    let asked = bot
        .slash(&discord, (here, owner), "model", &Value::Null)
        .await;
    let acknowledged = asked.acknowledged(PATIENCE).await.unwrap();
    assert_eq!((acknowledged.kind, acknowledged.ephemeral), (5, false));
    // It is the hub that read the queue when this is answered: the command before waits in it.
    let stop = bot
        .slash(&discord, (here, owner), "stop", &Value::Null)
        .await;
    let stopped = stop.response(DEADLINE).await.unwrap();
    assert_eq!(
        stopped.content,
        "Stopped. The session is kept; 1 message still waits and comes next."
    );
    let answer = asked.response(DEADLINE).await.unwrap();
    assert_eq!(
        answer.content,
        "This channel's model is `sonnet`. To be had: `haiku`, `sonnet`, `opus`."
    );
    assert_eq!(asked.followups().len(), 0);
    assert!(
        asked.original().unwrap().history.len() <= 1,
        "answered once"
    );
}

#[tokio::test]
async fn a_slash_command_is_answered_once_though_it_comes_twice() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    ask(&bot, &discord, owner, "[[say one]]").await;
    let clear = bot
        .slash(&discord, (here, owner), "help", &Value::Null)
        .await;
    clear.response(DEADLINE).await.unwrap();
    discord.gateway().duplicate_next(1);
    let clear = discord.slash(here, owner, "clear", &Value::Null);
    clear.response(DEADLINE).await.unwrap();
    // Whatever the second one does is done before this is answered.
    ask(&bot, &discord, owner, "!model").await;
    let text = clear.original().unwrap().content;
    assert!(text.starts_with("Cleared: 1 message"), "{text}");
}

#[tokio::test]
async fn a_stranger_alone_sees_that_they_are_refused() {
    let discord = Loopback::builder().start().await.unwrap();
    let allow = json!({ "discord": { "allow": { "users": [discord.member().to_string()] } } });
    let bot = Bot::new(&discord).config(&allow).start(&discord).await;
    let (here, stranger) = (discord.general(), discord.stranger());
    for name in ["help", "stop", "clear"] {
        let asked = bot
            .slash(&discord, (here, stranger), name, &Value::Null)
            .await;
        let acknowledged = asked.acknowledged(PATIENCE).await.unwrap();
        assert_eq!((acknowledged.kind, acknowledged.ephemeral), (4, true));
        let answer = asked.response(DEADLINE).await.unwrap();
        assert_eq!(
            answer.content,
            "You are not on this bot's list, so it does not answer you here."
        );
        assert_eq!(answer.ephemeral_to, Some(stranger));
    }
    discord.say(here, stranger, "!help");
    ask(&bot, &discord, discord.member(), "!model").await;
    let spoken: Vec<_> = discord
        .bot_messages(here)
        .into_iter()
        .filter(|message| message.ephemeral_to.is_none())
        .collect();
    assert_eq!(
        spoken.len(),
        1,
        "what is typed is met with silence: {spoken:#?}"
    );
}
