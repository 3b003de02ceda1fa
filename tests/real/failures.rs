//! What a person reads when the API or the CLI fails, and what is kept.
//!
//! - the API's 400, 529 and 401 each have words of their own; a 529 is retried with a note, a 401 is not waited
//!   for; the session goes on after each
//! - a CLI without a login says so, without asking the API
//! - a damaged settings file of the CLI is named once, without its path
//! - a session whose transcript is gone begins anew, says so, and the message is answered
//! - a CLI killed in the middle of a turn comes back with the context; the message is not run again

use std::fs;

use serde_json::json;

use super::world::{World, assert_usd, kill_cli};
use crate::support::{Bot, Claude, said};

on_both_versions!(
    each_refusal_of_the_api_has_its_words,
    without_a_login_nothing_is_asked,
    a_broken_settings_file_is_told_once,
    a_lost_session_begins_anew,
    a_crash_in_a_turn_loses_that_turn_only,
);

async fn each_refusal_of_the_api_has_its_words(version: &'static str) {
    let world = World::new(version).await;
    let bot = world
        .bot()
        .env("CLAUDE_CODE_MAX_RETRIES", "2")
        // With a card, it tells of retries.
        .config(&json!({ "discord": { "verbose": "off" } }))
        .start(&world.discord)
        .await;
    assert_eq!(world.ask(&bot, "one").await, "echo(1): one");
    let session = world.session();

    let answer = world.ask(&bot, "[[status 400 that is odd]]").await;
    assert!(
        answer.starts_with("Claude's API rejected the request (status 400): "),
        "{answer}"
    );
    assert!(answer.contains("that is odd"), "{answer}");
    let answer = world.ask(&bot, "two").await;
    assert!(answer.ends_with("): two"), "{answer}");

    let answer = world.ask(&bot, "[[status 529]]").await;
    assert!(
        answer.starts_with("Claude's API is unavailable right now (status 529)."),
        "{answer}"
    );
    assert_eq!(world.requests_for("[[status 529]]").len(), 3);
    let note =
        "-# Claude's API is overloaded (status 529). Retrying: attempt 1 of 2. `!stop` cancels.";
    let notes = world.discord.bot_messages(world.discord.general());
    assert_eq!(
        notes
            .iter()
            .filter(|message| message.content == note)
            .count(),
        1
    );
    let answer = world.ask(&bot, "three").await;
    assert!(answer.ends_with("): three"), "{answer}");
    world.stop(bot).await;

    // Two minutes of retries, if they were waited for.
    let bot = world
        .bot()
        .env("CLAUDE_CODE_MAX_RETRIES", "8")
        .start(&world.discord)
        .await;
    let answer = world.ask(&bot, "[[status 401]]").await;
    assert!(answer.starts_with("Claude isn't logged in."), "{answer}");
    let tries = world.requests_for("[[status 401]]").len();
    assert!(tries <= 3, "{tries} tries");
    let answer = world.ask(&bot, "four").await;
    assert!(answer.ends_with("): four"), "{answer}");
    world.stop(bot).await;

    assert_eq!(world.session(), session);
    let outcomes = world.home.outcomes();
    let expected = [
        "answered",
        "api_refused",
        "answered",
        "api_down",
        "answered",
        "login_expired",
        "answered",
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(world.record()["total_turn_errors"], 3);
    assert_usd(
        world.record()["total_cost_usd"].as_f64().unwrap(),
        world.messages.billed().total(),
    );
}

async fn without_a_login_nothing_is_asked(version: &'static str) {
    let world = World::new(version).await;
    let claude = Claude::LoggedOut(version, world.messages.url().to_owned());
    let bot = Bot::new(&world.discord)
        .claude(claude)
        .home(&world.home)
        .start(&world.discord)
        .await;
    let answer = world.ask(&bot, "one").await;
    assert!(answer.starts_with("Claude isn't logged in."), "{answer}");
    world.stop(bot).await;
    assert_eq!(world.messages.calls().len(), 0);
    assert_eq!(world.home.ledger()[0]["outcome"], "login_expired");
    assert_usd(world.record()["total_cost_usd"].as_f64().unwrap(), 0.0);

    // The owner has logged in since.
    let bot = world.start().await;
    let answer = world.ask(&bot, "two").await;
    assert!(answer.ends_with("): two"), "{answer}");
    world.stop(bot).await;
}

async fn a_broken_settings_file_is_told_once(version: &'static str) {
    let world = World::new(version).await;
    world.home.write(".claude.json", "{ \"numStartups\": ");
    let bot = world.start().await;
    let told = world.ask(&bot, "one").await;
    assert!(told.contains("settings file `.claude.json`"), "{told}");
    let folder = world.home.path().to_str().unwrap();
    assert!(!told.contains(folder), "{told}");
    assert_eq!(said(&world.discord, world.discord.general()), [told]);
    assert_eq!(world.messages.calls().len(), 0);
    // The owner has mended it.
    world.home.write(".claude.json", "{}");
    let answer = world.ask(&bot, "two").await;
    assert!(answer.ends_with("): two"), "{answer}");
    world.stop(bot).await;
}

async fn a_lost_session_begins_anew(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    assert_eq!(world.ask(&bot, "one").await, "echo(1): one");
    world.booked(1).await;
    world.written_down("echo(1): one").await;
    let lost = world.session();
    world.stop(bot).await;
    fs::remove_file(world.transcript().unwrap()).unwrap();

    let config = json!({ "discord": { "rebuild_sessions": false } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let asked = world.say("two");
    world.reply(&bot, asked, "echo(1): two").await;
    let replies = world.discord.look(|view| view.replies_to(asked));
    let [notice, _answer] = &replies[..] else {
        panic!("{replies:?}")
    };
    assert!(
        notice
            .content
            .starts_with("-# Claude no longer has this channel's session"),
        "{}",
        notice.content
    );
    assert_eq!(world.ask(&bot, "three").await, "echo(2): three");
    world.stop(bot).await;
    assert_ne!(world.session(), lost);
    let record = world.record();
    assert_eq!(
        (&record["message_count"], &record["total_turn_errors"]),
        (&3.into(), &0.into())
    );
    assert_usd(
        record["total_cost_usd"].as_f64().unwrap(),
        world.messages.billed().total(),
    );
}

async fn a_crash_in_a_turn_loses_that_turn_only(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    assert_eq!(world.ask(&bot, "one").await, "echo(1): one");
    world.booked(1).await;
    world.written_down("echo(1): one").await;
    let session = world.session();

    let text = "[[slow 200]] two";
    let asked = world.say(text);
    world.streaming(text).await;
    kill_cli(&bot);
    let crashed = "(signal 9); restarting with context preserved.";
    world.reply(&bot, asked, crashed).await;
    let answer = world.ask(&bot, "three").await;
    assert!(answer.ends_with("): three"), "{answer}");
    let [request] = &world.requests_for("three")[..] else {
        panic!("not one request")
    };
    assert_eq!(request.said().first().map(String::as_str), Some("one"));
    assert!(
        request.body["messages"]
            .to_string()
            .contains("echo(1): one")
    );
    assert_eq!(world.requests_for(text).len(), 1, "run twice");
    assert_eq!(world.session(), session);

    // In the very first turn of a session.
    world.ask(&bot, "!clear").await;
    let text = "[[slow 200]] first";
    let asked = world.say(text);
    world.streaming(text).await;
    world.written_down("] first").await;
    kill_cli(&bot);
    world
        .reply(&bot, asked, "restarting with context preserved")
        .await;
    let answer = world.ask(&bot, "second").await;
    assert!(answer.ends_with("): second"), "{answer}");
    assert_eq!(world.requests_for(text).len(), 1, "run twice");
    world.stop(bot).await;
    let outcomes = world.home.outcomes();
    assert_eq!(
        outcomes,
        ["answered", "crashed", "answered", "crashed", "answered"]
    );
}
