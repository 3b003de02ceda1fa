//! What was said while the bot was away.

use loopback_discord::{Fault, Hold, Loopback, Permissions, Snowflake};
use serde_json::json;

use super::{again, at_rest, discord};
use crate::support::{Bot, DEADLINE, Home, Running, said};

const PAGE: &str = "GET /channels/*/messages";

const MODEL: &str = "This channel uses `haiku` from the next message on (was `sonnet`).";

/// A bot that has answered once in a channel, and is stopped or killed.
async fn gone(discord: &Loopback, channel: Snowflake, killed: bool) -> Home {
    let bot = Bot::new(discord).start(discord).await;
    bot.ask(discord, channel, "[[say before]]", "before").await;
    bot.ask(discord, discord.channel("rust"), "!help", "!clear")
        .await;
    at_rest(bot.home()).await;
    if killed {
        bot.kill().await
    } else {
        bot.stop().await
    }
}

/// Such a bot, started again, which has missed a message and does not know it yet.
async fn asking(discord: &Loopback, channel: Snowflake) -> (Running, Hold) {
    let home = gone(discord, channel, false).await;
    say_all(discord, channel, &["missed"]);
    let hold = discord.hold(PAGE);
    (again(discord, &home).await, hold)
}

/// Nothing waits where nothing is being asked for, and here all waits.
async fn only_elsewhere(bot: &Running, discord: &Loopback, here: Snowflake) {
    let elsewhere = discord.dm(discord.member());
    let asked = discord.say(elsewhere, discord.member(), "[[say elsewhere]]");
    bot.reply(discord, asked).await;
    assert_eq!(said(discord, here), ["before"]);
}

fn say_all(discord: &Loopback, channel: Snowflake, texts: &[&str]) {
    for text in texts {
        discord.say(channel, discord.owner(), &format!("[[say {text}]]"));
    }
}

/// Waits for the answers, and that there are no others.
async fn answers(bot: &Running, discord: &Loopback, channel: Snowflake, expected: &[&str]) {
    let expected: Vec<String> = expected.iter().map(|&text| text.to_owned()).collect();
    bot.has_said(discord, channel, &expected).await;
}

async fn check_restart(killed: bool) {
    let discord = discord().await;
    let here = discord.general();
    let home = gone(&discord, here, killed).await;
    say_all(&discord, here, &["a", "b"]);
    discord.say(here, discord.owner(), "!model haiku");
    say_all(&discord, here, &["c"]);
    let bot = again(&discord, &home).await;
    say_all(&discord, here, &["live"]);
    answers(
        &bot,
        &discord,
        here,
        &["before", "a", "b", MODEL, "c", "live"],
    )
    .await;
    // Once more, with nothing missed.
    let home = bot.stop().await;
    let bot = again(&discord, &home).await;
    say_all(&discord, here, &["last"]);
    answers(
        &bot,
        &discord,
        here,
        &["before", "a", "b", MODEL, "c", "live", "last"],
    )
    .await;
    assert_eq!(bot.stop().await.ledger().len(), 6);
}

#[tokio::test]
async fn messages_during_a_stop_are_answered_once_in_order() {
    check_restart(false).await;
}

#[tokio::test]
async fn messages_after_a_kill_are_answered_once_in_order() {
    check_restart(true).await;
}

#[tokio::test]
async fn a_direct_message_is_not_missed() {
    let discord = discord().await;
    let here = discord.dm(discord.owner());
    let home = gone(&discord, here, true).await;
    say_all(&discord, here, &["a"]);
    let bot = again(&discord, &home).await;
    answers(&bot, &discord, here, &["before", "a"]).await;
}

#[tokio::test]
async fn messages_before_a_failed_resume_are_answered() {
    let discord = discord().await;
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    bot.ask(&discord, here, "[[say before]]", "before").await;
    let outage = discord.gateway().outage();
    discord.gateway().forget_sessions();
    say_all(&discord, here, &["a", "b"]);
    drop(outage);
    bot.log.wait_for("fetching what was missed", DEADLINE).await;
    say_all(&discord, here, &["live"]);
    answers(&bot, &discord, here, &["before", "a", "b", "live"]).await;
    // Invalid once more, with nothing missed.
    discord.gateway().invalidate_sessions(false);
    let back = discord.wait_until(DEADLINE, "a third session", |view| {
        view.connected() == 1 && view.identifies() >= 3
    });
    back.await.unwrap();
    say_all(&discord, here, &["last"]);
    answers(&bot, &discord, here, &["before", "a", "b", "live", "last"]).await;
}

#[tokio::test]
async fn live_messages_wait_for_the_missed_ones() {
    let discord = discord().await;
    let here = discord.general();
    let (bot, hold) = asking(&discord, here).await;
    say_all(&discord, here, &["live"]);
    only_elsewhere(&bot, &discord, here).await;
    hold.release();
    answers(&bot, &discord, here, &["before", "missed", "live"]).await;
}

#[tokio::test]
async fn messages_being_fetched_at_a_crash_are_answered_later() {
    let discord = discord().await;
    let here = discord.general();
    let (bot, hold) = asking(&discord, here).await;
    // The first ones wait, for a while; the last one does not.
    say_all(&discord, here, &["first"]);
    let asked = discord.say(here, discord.owner(), "!model haiku");
    bot.reply(&discord, asked).await;
    say_all(&discord, here, &["last"]);
    answers(&bot, &discord, here, &["before", "first", MODEL, "last"]).await;
    at_rest(bot.home()).await;
    let home = bot.kill().await;
    hold.release();
    let few = json!({ "discord": { "catch_up": { "max_messages": 1 } } });
    let bot = Bot::new(&discord).home(&home).config(&few);
    let bot = bot.start(&discord).await;
    let all = ["before", "first", MODEL, "last", "missed"];
    answers(&bot, &discord, here, &all).await;
    // Once more, with nothing missed.
    at_rest(bot.home()).await;
    let home = bot.kill().await;
    let bot = again(&discord, &home).await;
    say_all(&discord, here, &["after"]);
    let all = [&all[..], &["after"]].concat();
    answers(&bot, &discord, here, &all).await;
}

#[tokio::test]
async fn live_messages_do_not_count_as_missed() {
    let discord = discord().await;
    let here = discord.general();
    let home = gone(&discord, here, false).await;
    say_all(&discord, here, &["a", "b"]);
    let hold = discord.hold(PAGE);
    let two = json!({ "discord": { "catch_up": { "max_messages": 2 } } });
    let bot = Bot::new(&discord).home(&home).config(&two);
    let bot = bot.start(&discord).await;
    say_all(&discord, here, &["live", "more"]);
    answers(&bot, &discord, here, &["before", "live", "more"]).await;
    hold.release();
    let all = ["before", "live", "more", "a", "b"];
    answers(&bot, &discord, here, &all).await;
}

#[tokio::test]
async fn a_second_new_session_keeps_the_order() {
    let discord = discord().await;
    let here = discord.general();
    let home = gone(&discord, here, false).await;
    say_all(&discord, here, &["missed"]);
    // The first session's page is read, and what belongs to it is not there yet when the second one begins.
    let place = discord.hold("GET /channels/*");
    let bot = again(&discord, &home).await;
    calls(&bot, &discord, &format!("GET /channels/{here}"), 1).await;
    say_all(&discord, here, &["live"]);
    discord.gateway().mute(true);
    say_all(&discord, here, &["gap"]);
    discord.gateway().mute(false);
    let page = discord.hold(PAGE);
    discord.gateway().invalidate_sessions(false);
    calls(&bot, &discord, &format!("GET /channels/{here}/messages"), 2).await;
    place.release();
    calls(&bot, &discord, "GET /guilds/*/members/*", 1).await;
    only_elsewhere(&bot, &discord, here).await;
    say_all(&discord, here, &["last"]);
    page.release();
    let all = ["before", "missed", "live", "gap", "last"];
    answers(&bot, &discord, here, &all).await;
}

/// Waits until Discord has been asked for something so often.
async fn calls(bot: &Running, discord: &Loopback, route: &str, times: usize) {
    let asked = discord.wait_until(DEADLINE, route, |view| {
        view.calls_to(route).count() >= times
    });
    asked
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
}

#[tokio::test]
async fn too_many_are_given_up_and_told_once() {
    let discord = discord().await;
    let here = discord.general();
    let home = gone(&discord, here, false).await;
    say_all(&discord, here, &["a", "b", "c", "d", "e"]);
    let few = json!({ "discord": { "catch_up": { "max_messages": 2 } } });
    let bot = Bot::new(&discord).home(&home).config(&few);
    let bot = bot.start(&discord).await;
    let told = "-# 3 messages sent here while I was offline won't be answered, because they are too old or there were \
                too many. Send them again if you still need an answer.";
    answers(&bot, &discord, here, &["before", told, "d", "e"]).await;
    bot.log
        .wait_for(
            "skipped messages that were sent while the bot was away",
            DEADLINE,
        )
        .await;
    let home = bot.stop().await;
    let bot = Bot::new(&discord).home(&home).config(&few);
    let bot = bot.start(&discord).await;
    say_all(&discord, here, &["last"]);
    answers(&bot, &discord, here, &["before", told, "d", "e", "last"]).await;
}

#[tokio::test]
async fn with_none_to_be_answered_it_does_not_ask() {
    let discord = discord().await;
    let here = discord.general();
    let home = gone(&discord, here, false).await;
    say_all(&discord, here, &["missed"]);
    let none = json!({ "discord": { "catch_up": { "max_messages": 0 } } });
    let bot = Bot::new(&discord).home(&home).config(&none);
    let bot = bot.start(&discord).await;
    say_all(&discord, here, &["live"]);
    answers(&bot, &discord, here, &["before", "live"]).await;
    assert!(discord.calls_to(PAGE).is_empty());
}

#[tokio::test]
async fn an_unreadable_channel_does_not_hold_up_others() {
    let discord = discord().await;
    let here = discord.general();
    let home = gone(&discord, here, false).await;
    say_all(&discord, here, &["missed"]);
    discord.say(discord.channel("rust"), discord.owner(), "[[say missed]]");
    discord.inject(Fault::status(PAGE, 403).channel(here).always());
    let bot = again(&discord, &home).await;
    bot.log.wait_for("may not be read", DEADLINE).await;
    say_all(&discord, here, &["live"]);
    answers(&bot, &discord, here, &["before", "live"]).await;
    let rust = discord.channel("rust");
    let found = discord.wait_until(DEADLINE, "the other channel", |view| {
        view.bot_messages(rust)
            .iter()
            .any(|message| message.content == "missed")
    });
    found.await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_found_out_is_told() {
    let discord = discord().await;
    let here = discord.general();
    let home = gone(&discord, here, false).await;
    say_all(&discord, here, &["missed"]);
    discord.inject(Fault::status(PAGE, 400).channel(here).always());
    let bot = again(&discord, &home).await;
    let told = "-# I was offline and couldn't load the messages sent here meanwhile. Send again what I didn't answer.";
    answers(&bot, &discord, here, &["before", told]).await;
}

#[tokio::test]
async fn a_channel_that_is_not_served_is_neither_asked_nor_told() {
    let discord = discord().await;
    let (here, elsewhere) = (discord.general(), discord.channel("rust"));
    let private = discord.dm(discord.stranger());
    let allow = json!({ "users": [discord.member().to_string()], "channels": [here.to_string()] });
    let only_here = json!({ "discord": { "allow": allow } });
    let bot = Bot::new(&discord).config(&only_here).start(&discord).await;
    discord.say(elsewhere, discord.member(), "[[say never]]");
    let refused = discord.say(private, discord.stranger(), "[[say never]]");
    let reason = "You're not on this bot's allow list, so it doesn't answer you here.";
    bot.hears(&discord, refused, reason).await;
    bot.ask(&discord, here, "[[say before]]", "before").await;
    let outage = discord.gateway().outage();
    discord.gateway().forget_sessions();
    discord.inject(Fault::status(PAGE, 400).always());
    for (place, author) in [
        (here, discord.member()),
        (elsewhere, discord.member()),
        (private, discord.stranger()),
    ] {
        discord.say(place, author, "[[say never]]");
    }
    drop(outage);
    let told = "-# I was offline and couldn't load the messages sent here meanwhile. Send again what I didn't answer.";
    answers(&bot, &discord, here, &["before", told]).await;
    for (place, expected) in [(elsewhere, &[][..]), (private, &[reason])] {
        assert_eq!(said(&discord, place), expected);
        assert!(
            discord
                .calls_to(PAGE)
                .iter()
                .all(|call| call.channel() != Some(place))
        );
    }
}

#[tokio::test]
async fn discord_is_asked_again_when_it_fails() {
    let discord = discord().await;
    let here = discord.general();
    let home = gone(&discord, here, false).await;
    say_all(&discord, here, &["missed"]);
    discord.inject(Fault::status(PAGE, 500).channel(here).times(2));
    discord.inject(Fault::dropped(PAGE).channel(here));
    let bot = again(&discord, &home).await;
    answers(&bot, &discord, here, &["before", "missed"]).await;
}

#[tokio::test]
async fn a_channel_that_is_named_is_served_before_its_first_session() {
    let discord = discord().await;
    let here = discord.channel("rust");
    let named = json!({ "channels": { here.to_string(): { "respond": "all" } } });
    let bot = Bot::new(&discord).config(&named).start(&discord).await;
    let home = bot.home().clone();
    crate::support::eventually("the time of the connection", || {
        home.path()
            .join("sessions/last_connected")
            .exists()
            .then_some(())
    })
    .await;
    let home = bot.kill().await;
    say_all(&discord, here, &["missed"]);
    let bot = Bot::new(&discord).home(&home).config(&named);
    let bot = bot.start(&discord).await;
    answers(&bot, &discord, here, &["missed"]).await;
}

#[tokio::test]
async fn the_first_messages_in_a_channel_are_not_missed() {
    let discord = discord().await;
    let (here, there) = (discord.channel("rust"), discord.channel("random"));
    let home = gone(&discord, discord.general(), false).await;
    say_all(&discord, there, &["missed", "too"]);
    let bot = again(&discord, &home).await;
    say_all(&discord, there, &["live"]);
    answers(&bot, &discord, there, &["missed", "too", "live"]).await;
    // A session that could not be resumed.
    let thread = discord.add_thread(here, "a thread");
    let outage = discord.gateway().outage();
    discord.gateway().forget_sessions();
    say_all(&discord, thread, &["missed"]);
    drop(outage);
    bot.log.wait_for("fetching what was missed", DEADLINE).await;
    answers(&bot, &discord, thread, &["missed"]).await;
    assert_eq!(bot.stop().await.ledger().len(), 5);
}

#[tokio::test]
async fn a_channel_that_the_bot_may_not_read_is_not_asked() {
    let discord = discord().await;
    let here = discord.add_thread(discord.general(), "a thread");
    let hidden = discord.channel("random");
    let home = gone(&discord, discord.general(), false).await;
    discord.set_bot_permissions(hidden, Permissions::NONE);
    for place in [hidden, here] {
        discord.say(place, discord.owner(), "[[say missed]]");
    }
    let bot = again(&discord, &home).await;
    answers(&bot, &discord, here, &["missed"]).await;
    let asked = discord.calls_to(PAGE);
    assert!(asked.iter().all(|call| call.channel() != Some(hidden)));
    bot.stop().await;
}

#[tokio::test]
async fn who_may_not_speak_is_not_answered_afterwards_either() {
    let discord = discord().await;
    let here = discord.general();
    let home = gone(&discord, here, false).await;
    discord.say(here, discord.stranger(), "[[say stranger]]");
    discord.say(here, discord.member(), "[[say member]]");
    let bot = Bot::new(&discord).home(&home).config(&json!({
        "discord": { "allow": { "users": [], "roles": [discord.role().to_string()] } },
    }));
    let bot = bot.start(&discord).await;
    answers(&bot, &discord, here, &["before", "member"]).await;
    // More than a page of others' talk in between.
    let home = bot.stop().await;
    for number in 0..130 {
        discord.say(
            here,
            discord.stranger(),
            &format!("[[say stranger {number}]]"),
        );
    }
    discord.say(here, discord.member(), "[[say last]]");
    let bot = Bot::new(&discord).home(&home).config(&json!({
        "discord": { "allow": { "users": [], "roles": [discord.role().to_string()] } },
    }));
    let bot = bot.start(&discord).await;
    answers(&bot, &discord, here, &["before", "member", "last"]).await;
}

#[tokio::test]
async fn answered_messages_are_not_repeated_without_a_record() {
    let discord = discord().await;
    let here = discord.channel("rust");
    let named = json!({ "channels": { here.to_string(): { "respond": "all" } } });
    let bot = Bot::new(&discord).config(&named).start(&discord).await;
    bot.ask(&discord, here, "[[say once]]", "once").await;
    at_rest(bot.home()).await;
    let home = bot.stop().await;
    for name in ["active.json", "active.json.bak"] {
        std::fs::remove_file(home.path().join("sessions").join(name)).unwrap();
    }
    say_all(&discord, here, &["missed"]);
    let bot = Bot::new(&discord).home(&home).config(&named);
    let bot = bot.start(&discord).await;
    answers(&bot, &discord, here, &["once", "missed"]).await;
}
