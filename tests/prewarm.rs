//! Typing brings the session up before the message comes.

use loopback_discord::{Loopback, Snowflake};
use serde_json::json;

use crate::support::{Bot, Running, eventually, processes, stand_ins};

/// The sessions that the bot's CLI processes serve, in the order of their pids.
fn sessions(bot: &Running) -> Vec<(i32, String)> {
    let own = stand_ins(bot.pid());
    let all = processes()
        .into_iter()
        .filter(|seen| own.contains(&seen.pid));
    let sessions = all.filter_map(|seen| {
        let mut arguments = seen.command.iter();
        let flags = ["--session-id=", "--resume="];
        let session =
            arguments.find_map(|it| flags.iter().find_map(|flag| it.strip_prefix(flag)))?;
        Some((seen.pid, session.to_owned()))
    });
    sessions.collect()
}

/// Waits until the bot has so many processes.
async fn until_live(bot: &Running, count: usize) -> Vec<(i32, String)> {
    live_while(bot, count, || ()).await
}

/// The same while somebody types, which Discord tells again and again. The bot may not know the channel yet, or the process
/// before may still be ending.
async fn live_while(bot: &Running, count: usize, mut types: impl FnMut()) -> Vec<(i32, String)> {
    eventually(&format!("{count} processes"), || {
        types();
        let live = sessions(bot);
        (live.len() == count).then_some(live)
    })
    .await
}

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

fn record(bot: &Running, channel: Snowflake) -> serde_json::Value {
    bot.home().active()[channel.to_string()].clone()
}

#[tokio::test]
async fn the_message_is_answered_by_the_process_that_typing_has_started() {
    let discord = discord().await;
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    let types = || discord.type_in(here, discord.owner());
    let before = live_while(&bot, 1, types).await;
    assert!(record(&bot, here).is_null(), "nothing was said");
    bot.ask(&discord, here, "[[say hello]]", "hello").await;
    assert_eq!(sessions(&bot), before);
    assert_eq!(record(&bot, here)["session_id"], before[0].1);
}

#[tokio::test]
async fn it_goes_again_and_the_session_is_begun_by_a_message() {
    let discord = discord().await;
    let here = discord.general();
    // Long enough to be seen on a busy machine.
    let soon = json!({ "claude": { "idle_secs": 5 } });
    let bot = Bot::new(&discord).config(&soon).start(&discord).await;
    let types = || discord.type_in(here, discord.owner());
    live_while(&bot, 1, types).await;
    until_live(&bot, 0).await;
    assert!(record(&bot, here).is_null());
    bot.ask(&discord, here, "[[say hello]]", "hello").await;
    until_live(&bot, 0).await;
    // Now there is a session to be resumed.
    let session = record(&bot, here)["session_id"].clone();
    assert_eq!(live_while(&bot, 1, types).await[0].1, session);
}

#[tokio::test]
async fn only_who_may_talk_and_is_expected_to_starts_one() {
    let discord = discord().await;
    let (here, member) = (discord.general(), discord.member());
    let rust = discord.channel("rust");
    let bot = Bot::new(&discord).config(&json!({
        "discord": { "respond": "mention", "allow": { "users": [member.to_string()] } },
        "channels": { rust.to_string(): { "respond": "all" } },
    }));
    let bot = bot.start(&discord).await;
    let thread = discord.add_thread(here, "thread");
    let first = live_while(&bot, 1, || discord.type_in(thread, member)).await;
    discord.type_in(rust, discord.stranger());
    discord.type_in(here, member);
    // It comes after the typing, and starts nothing.
    let asked = discord.say(rust, member, "!help");
    bot.reply(&discord, asked).await;
    assert_eq!(sessions(&bot), first);
    let both = live_while(&bot, 2, || discord.type_in(rust, member)).await;
    assert!(both.contains(&first[0]));
    // Whoever has asked lately is expected to ask again.
    let mention = format!("<@{}> [[say hello]]", discord.bot());
    let asked = discord.say(thread, member, &mention);
    bot.reply(&discord, asked).await;
    let asked = discord.say(rust, member, "[[say hello]]");
    bot.reply(&discord, asked).await;
    assert_eq!(sessions(&bot), both);
}

#[tokio::test]
async fn at_most_two_wait_for_a_message() {
    let discord = discord().await;
    let owner = discord.owner();
    let channels = ["general", "rust", "random"].map(|name| discord.channel(name));
    let bot = Bot::new(&discord).start(&discord).await;
    let types = || {
        for channel in &channels[..2] {
            discord.type_in(*channel, owner);
        }
    };
    let two = live_while(&bot, 2, types).await;
    discord.type_in(channels[2], owner);
    // It comes after the typing, and starts nothing.
    bot.ask(&discord, channels[2], "!help", "!clear").await;
    assert_eq!(sessions(&bot), two);
    bot.ask(&discord, channels[2], "[[say hello]]", "hello")
        .await;
    let three = sessions(&bot);
    assert!(three.len() == 3 && two.iter().all(|one| three.contains(one)));
}
