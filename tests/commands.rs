//! Commands, typed and slash, over the stand-in.
//!
//! * Changes hold: a model from the next turn on and after a restart, a new session after a clear.
//! * `stop` overtakes the queue and keeps the session, and commands that only tell do not wait; every other command keeps
//!   its place.
//! * `compact` is the CLI's own command, given to the session.
//! * A slip of the finger is hinted at, and what is no command is left to Claude.
//! * Slash commands: see [`slash`]. Help, status, usage and sessions: see [`reports`]. People who may not: [`strangers`].

mod reports;
mod slash;
mod strangers;

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, Home, Running, said};

/// Says something at once, and then never ends by itself.
const SAYS_AND_HANGS: &str = "[[tool Nothing {}]] [[hang]]";

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
    bot.hears(discord, asked, "step 1").await;
    asked
}

/// As the bot tells a number of tokens that is below ten thousand.
fn tokens(number: &Value) -> String {
    match number.as_u64().unwrap() {
        few @ 0..1_000 => format!("{few} tokens"),
        many => format!("{}.{}k tokens", many / 1_000, many / 100 % 10),
    }
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
async fn a_model_applies_from_the_next_turn_and_survives_restarts() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    assert_eq!(
        ask(&bot, &discord, owner, "!model").await,
        "This channel uses `sonnet`. Available models: `haiku`, `sonnet`, `opus`."
    );
    ask(&bot, &discord, owner, "[[say one]]").await;
    let process = bot.cli_pid(&discord, here).await;
    assert_eq!(
        ask(&bot, &discord, owner, "!model Opus").await,
        "This channel uses `opus` from the next message on (was `sonnet`)."
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
        "Unknown model `gpt-4`. Choose one of `haiku`, `sonnet`, `opus`, `fable`."
    );
    assert_eq!(
        ask(&bot, &discord, discord.member(), "!model haiku").await,
        "Only this bot's admins can change the model (`!model` shows it)."
    );
    let home = bot.stop().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    ask(&bot, &discord, owner, "[[say two]]").await;
    let slash = json!({ "name": "haiku" });
    assert_eq!(
        bot.slash_answer(&discord, (here, owner), "model", &slash)
            .await,
        "This channel uses `haiku` from the next message on (was `opus`)."
    );
    ask(&bot, &discord, owner, "[[say three]]").await;
    assert_eq!(
        ask(&bot, &discord, owner, "!model haiku").await,
        "This channel already uses `haiku`."
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
        "Only this bot's admins can clear a session."
    );
    let before = record(bot.home(), &discord);
    let id = before["session_id"].as_str().unwrap();
    let context = tokens(&before["context_tokens"]);
    let cost = before["total_cost_usd"].as_f64().unwrap();
    assert_eq!(
        ask(&bot, &discord, owner, "!clear").await,
        format!(
            "Cleared: 2 turns with `opus`, ${cost:.4}, {context} in context. The next message starts a \
             new session.\n-# The old one is kept: `!resume` goes back to it."
        )
    );
    assert_eq!(ask(&bot, &discord, owner, "!clear").await, nothing);
    assert_eq!(ask(&bot, &discord, owner, "[[context]]").await, "[]");
    let slash = bot.slash_answer(&discord, (here, owner), "clear", &Value::Null);
    assert!(slash.await.starts_with("Cleared: 1 turn with `opus`"));
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
        "There is no conversation to summarize yet."
    );
    ask(&bot, &discord, owner, "[[say one]]").await;
    let done = "The conversation was summarized and continues from there.";
    bot.ask(&discord, here, "!compact", done).await;
    let context = ask(&bot, &discord, owner, "[[context]]").await;
    assert_eq!(context, r#"["[[say one]]"]"#, "it was no message");
    let answer = ask(&bot, &discord, owner, "/compact").await;
    assert!(answer.starts_with("I heard you:\n> /compact"), "{answer}");
    let home = bot.stop().await;
    let ledger = home.ledger();
    assert_eq!(ledger.len(), 4);
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
        "Stopped. The session is kept; 1 message is waiting and runs next."
    );
    let context = json!([SAYS_AND_HANGS]).to_string();
    assert_eq!(bot.reply(&discord, waiting).await.content, context);
    // A command through the queue is answered when the turn is over.
    ask(&bot, &discord, owner, "!model sonnet").await;
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
    let end = discord.say(here, owner, "!model opus");
    bot.reply(&discord, end).await;
    let said = said(&discord, here);
    let beginnings = [
        "step 1",
        "Stopped. The session is kept; 6 messages are waiting and run next.",
        "a",
        "This channel uses `opus` from the next message on",
        "b",
        "I don't know `!stauts`.",
        "Cleared: 3 turns with `opus`",
        "[]",
        "This channel already uses `opus`.",
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
async fn commands_that_only_tell_are_answered_while_a_turn_runs() {
    let (discord, bot) = started().await;
    let owner = discord.owner();
    hang(&bot, &discord).await;
    let status = ask(&bot, &discord, owner, "!status").await;
    assert!(status.contains("**Process** working ("), "{status}");
    for (typed, beginning) in [
        ("!help", "Write to me"),
        ("!model", "This channel uses `sonnet`."),
        ("!usage", "**Usage today**"),
        (
            "!sessions",
            "The sessions of other channels are not shown here",
        ),
        ("!verbose", "Claude's latest steps are shown here"),
        ("!effort", "Claude thinks with the model's own effort here."),
        ("!context", "The context is empty"),
        ("!ping", "Pong."),
    ] {
        let answer = ask(&bot, &discord, owner, typed).await;
        assert!(answer.starts_with(beginning), "{typed}: {answer}");
    }
    ask(&bot, &discord, owner, "!stop").await;
}

#[tokio::test]
async fn near_misses_get_a_hint_and_the_rest_goes_to_claude() {
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
                "I don't know `{typed}`. Did you mean `!{meant}`? To write to Claude, leave out the \
                 `!`."
            )
        );
    }
    assert_eq!(
        ask(&bot, &discord, owner, "!clear everything").await,
        "`!clear` takes no arguments. Nothing was cleared. To write to Claude, leave out the `!`."
    );
    assert!(bot.home().ledger().is_empty());
    for words in ["!foo [[raw]]", "! [[raw]]", "!\n[[raw]]", "!help\n[[raw]]"] {
        let raw = ask(&bot, &discord, owner, words).await;
        let content: Value = serde_json::from_str(&raw).unwrap();
        assert_eq!(content[1]["text"], words);
    }
    let mention = format!("<@{}> !status", discord.bot());
    let status = ask(&bot, &discord, owner, &mention).await;
    assert!(status.starts_with("**Session** since <t:"), "{status}");
}

#[tokio::test]
async fn the_context_is_shown_and_then_counted() {
    let (discord, bot) = started().await;
    let owner = discord.owner();
    ask(&bot, &discord, owner, "[[say begun]]").await;
    let asked = discord.say(discord.general(), owner, "!context");
    let text = bot.hears(&discord, asked, "\n- `Messages` ").await;
    assert!(text.starts_with("**Context** `"), "{text}");
    let home = bot.stop().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    // Without a process, the bar comes from the record.
    let bar = ask(&bot, &discord, owner, "!context").await;
    assert_eq!(Some(bar.as_str()), text.lines().next());
}
