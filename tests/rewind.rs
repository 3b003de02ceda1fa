//! Running an edited message again:
//!
//! - the conversation goes on from before the message, in a new session; the old one is kept and named
//! - the first message of a session is run again in an empty one
//! - where it is unknown what was before the message, it runs at the end of the conversation

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, Home, Running, press};

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

/// The owner says these, one after the other, and each is answered.
async fn says<const N: usize>(
    bot: &Running,
    discord: &Loopback,
    texts: [&str; N],
) -> [Snowflake; N] {
    let mut asked = [discord.general(); N];
    for (message, text) in asked.iter_mut().zip(texts) {
        *message = discord.say(discord.general(), discord.owner(), text);
        bot.reply(discord, *message).await;
    }
    asked
}

/// Edits a message so that it asks what Claude knows of the conversation, and runs it again.
async fn run_again(bot: &Running, discord: &Loopback, message: Snowflake) -> Value {
    let (here, owner) = (discord.general(), discord.owner());
    discord.edit(message, "[[context]]");
    press(discord, here, owner, "Run again").await;
    let known = bot.reply_with(discord, message, "[").await.content;
    serde_json::from_str(&known).unwrap()
}

fn session(home: &Home, discord: &Loopback) -> String {
    let record = &home.active()[discord.general().to_string()];
    record["session_id"].as_str().unwrap().to_owned()
}

/// Changes the state in the channel's record.
fn change(home: &Home, discord: &Loopback, change: impl FnOnce(&mut Value)) {
    let mut active = home.active();
    change(&mut active[discord.general().to_string()]["state"]);
    home.write("sessions/active.json", &active.to_string());
}

#[tokio::test]
async fn the_conversation_goes_on_from_before_the_message() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let [first, second, _] = says(
        &bot,
        &discord,
        ["[[say one]]", "[[say two]]", "[[say three]]"],
    )
    .await;
    let old = session(bot.home(), &discord);
    let known = run_again(&bot, &discord, second).await;
    assert_eq!(known, json!(["[[say one]]"]));
    let told = bot
        .hears(&discord, second, "continues from this message")
        .await;
    assert!(told.contains(&format!("`claude --resume {old}`")), "{told}");
    let new = session(bot.home(), &discord);
    assert_ne!(new, old);

    // It was the first of its session, so nothing was before it.
    assert_eq!(run_again(&bot, &discord, first).await, json!([]));
    let told = bot.hears(&discord, first, &new).await;
    assert!(told.contains("continues from this message"), "{told}");
    let home = bot.stop().await;
    assert!(home.outcomes().iter().all(|outcome| outcome == "answered"));

    // The old session is whole.
    let mut active = home.active();
    let record = &mut active[discord.general().to_string()];
    record["session_id"] = old.into();
    home.write("sessions/active.json", &active.to_string());
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let all = r#"["[[say one]]","[[say two]]","[[say three]]"]"#;
    bot.ask(&discord, discord.general(), "[[context]]", all)
        .await;
    bot.stop().await;
}

#[tokio::test]
async fn it_runs_at_the_end_if_nobody_knows_what_was_before() {
    for is_lost_by_the_cli in [false, true] {
        let discord = discord().await;
        let bot = Bot::new(&discord).start(&discord).await;
        let [_, second] = says(&bot, &discord, ["[[say one]]", "[[say two]]"]).await;
        let home = bot.stop().await;
        change(&home, &discord, |state| {
            let turns = state["checkpoints"].as_array_mut().unwrap();
            if is_lost_by_the_cli {
                turns[0]["at"] = "8a1c1f0e-0000-4000-8000-000000000000".into();
            } else {
                turns.remove(0);
            }
        });
        let old = session(&home, &discord);
        let bot = Bot::new(&discord).home(&home).start(&discord).await;
        let known = run_again(&bot, &discord, second).await;
        assert_eq!(known, json!(["[[say one]]", "[[say two]]"]));
        bot.hears(&discord, second, "I couldn't go back").await;
        let home = bot.stop().await;
        assert_eq!(session(&home, &discord), old);
    }
}

#[tokio::test]
async fn a_thread_begun_again_has_its_starter() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, owner) = (discord.general(), discord.owner());
    let starter = discord.say(here, discord.member(), "[[say broken]]");
    bot.reply(&discord, starter).await;
    let thread = discord.start_thread_from(starter, owner, "broken build");
    let asked = discord.say(thread, owner, "[[say first]]");
    bot.reply(&discord, asked).await;
    discord.edit(asked, "[[raw]]");
    press(&discord, thread, owner, "Run again").await;
    let raw = bot.reply_with(&discord, asked, "Message from").await;
    assert!(
        raw.content.contains("The thread was started from"),
        "{raw:?}"
    );
    bot.stop().await;
}
