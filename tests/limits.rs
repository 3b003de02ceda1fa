//! Limits, as people meet them.
//!
//! * Whoever has sent as much as they may is told when to come back; nothing is run and nothing is booked.
//! * What waits in a queue counts; a limit of cost that is reached meanwhile holds too, and over a restart.
//! * What Claude goes on with by itself ends at its limit too.
//! * Limits of a person do not hold up owners and admins; those of a channel do.

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, Home, Running, eventually};

/// The stand-in's turns cost something as this model.
const TURN: &str = "[[say done]]";

/// One that takes a moment, and says so first.
const LONG: &str = "[[tool Nothing {}]] [[sleep 1]]";

async fn started(discord: &Loopback, limits: &Value) -> Running {
    started_in(discord, limits, &Home::new()).await
}

async fn started_in(discord: &Loopback, limits: &Value, home: &Home) -> Running {
    let config = json!({ "limits": limits });
    let bot = Bot::new(discord).config(&config).home(home);
    bot.start(discord).await
}

async fn answer(bot: &Running, discord: &Loopback, user: Snowflake, text: &str) -> String {
    let asked = discord.say(discord.general(), user, text);
    bot.reply(discord, asked).await.content
}

#[tokio::test]
async fn so_many_messages_within_an_hour() {
    let discord = Loopback::builder().start().await.unwrap();
    let limits = json!({ "user": { "messages_per_hour": 2 } });
    let bot = started(&discord, &limits).await;
    let (here, member) = (discord.general(), discord.member());
    // All three come before the first is answered.
    let asked: Vec<_> = (0..3).map(|_| discord.say(here, member, TURN)).collect();
    for answered in &asked[..2] {
        assert_eq!(bot.reply(&discord, *answered).await.content, "done");
    }
    let refusal = bot.reply(&discord, asked[2]).await.content;
    let (words, time) = refusal.split_once("<t:").unwrap();
    assert_eq!(
        words,
        "You've reached your hourly limit. This message was not run. Try again "
    );
    let time: i64 = time.strip_suffix(":R>.").unwrap().parse().unwrap();
    let now = chrono::Utc::now().timestamp();
    assert!(
        (now + 3_000..=now + 3_600).contains(&time),
        "{time} at {now}"
    );
    // Commands that cost nothing are still answered, and so are others.
    assert!(
        answer(&bot, &discord, member, "!model")
            .await
            .contains("sonnet")
    );
    for user in [
        discord.stranger(),
        discord.owner(),
        discord.owner(),
        discord.owner(),
    ] {
        assert_eq!(answer(&bot, &discord, user, TURN).await, "done");
    }
    eventually("the turns to be booked", || {
        (bot.home().outcomes().len() == 6).then_some(())
    })
    .await;
    bot.stop().await;
}

#[tokio::test]
async fn so_many_dollars_within_a_day_over_a_restart() {
    let discord = Loopback::builder().start().await.unwrap();
    let limits = json!({ "channel": { "usd_per_day": 0.01 } });
    let bot = started(&discord, &limits).await;
    let (here, member) = (discord.general(), discord.member());
    // Long words make the first turn too dear. The second waits by then, and is held up at the last moment.
    let dear = format!("[[say done]] {}", "word ".repeat(2_000));
    let first = discord.say(here, member, &dear);
    let second = discord.say(here, member, TURN);
    bot.hears(
        &discord,
        first,
        "Stopped: this channel has used up the daily budget ($0.0100).",
    )
    .await;
    let held_up = "This channel has reached the daily budget. This message was not run.";
    let refusal = bot.reply(&discord, second).await.content;
    assert!(
        refusal.starts_with(held_up),
        "{refusal}; {:?}",
        bot.home().ledger()
    );
    assert_eq!(bot.home().outcomes(), ["over_budget"]);
    let refusal = answer(&bot, &discord, discord.owner(), TURN).await;
    assert!(refusal.starts_with(held_up), "{refusal}");
    let home = bot.stop().await;
    let bot = started_in(&discord, &limits, &home).await;
    let refusal = answer(&bot, &discord, member, TURN).await;
    assert!(refusal.starts_with(held_up), "{refusal}");
    // A thread is no way round it.
    let thread = discord.add_thread(here, "aside");
    let aside = discord.say(thread, member, TURN);
    let refusal = bot.reply(&discord, aside).await.content;
    assert!(refusal.starts_with(held_up), "{refusal}");
    // Elsewhere there is room.
    let elsewhere = discord.say(discord.channel("rust"), member, TURN);
    assert_eq!(bot.reply(&discord, elsewhere).await.content, "done");
    bot.stop().await;
}

#[tokio::test]
async fn a_threads_cost_counts_for_its_channel_after_a_restart() {
    let discord = Loopback::builder().start().await.unwrap();
    let limits = json!({ "channel": { "usd_per_day": 0.01 } });
    let bot = started(&discord, &limits).await;
    let (here, member) = (discord.general(), discord.member());
    let thread = discord.add_thread(here, "aside");
    let dear = format!("{LONG} [[say done]] {}", "word ".repeat(2_000));
    let first = discord.say(thread, member, &dear);
    bot.hears(
        &discord,
        first,
        "Stopped: this channel has used up the daily budget",
    )
    .await;
    // Nor does it help that the thread is gone.
    let gone = json!({ "id": thread, "guild_id": discord.guild(), "parent_id": here, "type": 11 });
    discord.gateway().dispatch("THREAD_DELETE", &gone);
    let home = bot.stop().await;
    assert_eq!(home.ledger()[0]["thread_of"], json!(here));
    let bot = started_in(&discord, &limits, &home).await;
    let refusal = answer(&bot, &discord, member, TURN).await;
    assert!(
        refusal.starts_with("This channel has reached the daily budget"),
        "{refusal}"
    );
    bot.stop().await;
}

#[tokio::test]
async fn background_reports_end_at_the_limit_too() {
    let discord = Loopback::builder().start().await.unwrap();
    let config = json!({
        "allowed_tools": ["Bash"],
        "limits": { "user": { "usd_per_day": 0.021 } },
    });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let (here, member) = (discord.general(), discord.member());
    let task = json!({ "command": "sleep 0.5", "run_in_background": true });
    // The turn costs a little less.
    let words = "word ".repeat(2_000);
    let begin = format!("[[tool Bash {task}]] [[say begun]] {words}");
    let asked = discord.say(here, member, &begin);
    let ended = bot.hears(&discord, asked, "I ended Claude's report").await;
    assert!(
        ended.starts_with(
            "I ended Claude's report on its background tasks because the daily budget"
        ),
        "{ended}"
    );
    // An admin's goes on.
    let asked = discord.say(here, discord.owner(), &begin);
    bot.hears(&discord, asked, "completed (exit code 0)").await;
    bot.stop().await;
}
