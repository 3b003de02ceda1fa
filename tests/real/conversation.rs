//! Turns, channels and commands over the real CLI.
//!
//! - five channels at once each get an answer, and none sees what was said in another
//! - `!model` holds from the next turn on, `set_model` reaching the API, and after a restart
//! - `!clear` begins a session without a history; the old one's transcript stays
//! - `!compact` goes on from a summary in the same session
//! - all of it costs what the API billed, a summary included

use std::fs;

use serde_json::json;

use super::world::{World, assert_usd};
use crate::support::DEADLINE;

on_both_versions!(
    five_channels_are_five_conversations,
    models_and_histories_change_on_command
);

async fn five_channels_are_five_conversations(version: &'static str) {
    let world = World::new(version).await;
    let bot = world
        .bot()
        .config(&json!({ "claude": { "max_live": 5 } }))
        .start(&world.discord)
        .await;
    let channels = ["general", "rust", "random", "fourth", "fifth"];
    let say = |channel: &str, text: &str| {
        world
            .discord
            .say(world.discord.channel(channel), world.discord.owner(), text)
    };

    let hold = world.messages.hold();
    let asked = channels.map(|channel| say(channel, &format!("{channel}: one")));
    let requests = world.messages.wait_for_requests(5, DEADLINE).await.unwrap();
    for request in &requests {
        assert_eq!(request.turns(), 1, "{:?}", request.said());
    }
    hold.release();
    for (channel, asked) in channels.iter().zip(asked) {
        let answer = world.reply(&bot, asked, "").await;
        assert_eq!(answer, format!("echo(1): {channel}: one"));
    }

    for channel in ["general", "rust"] {
        let text = format!("{channel}: two");
        let answer = world.reply(&bot, say(channel, &text), "").await;
        assert_eq!(answer, format!("echo(2): {text}"));
        let [request] = &world.requests_for(&text)[..] else {
            panic!("not one request")
        };
        assert_eq!(request.said(), [format!("{channel}: one"), text]);
    }
    world.booked(7).await;
    let active = world.home.active();
    let mut sessions = channels.map(|channel| {
        active[world.discord.channel(channel).to_string()]["session_id"]
            .as_str()
            .unwrap()
    });
    sessions.sort_unstable();
    assert!(
        sessions.windows(2).all(|pair| pair[0] != pair[1]),
        "{sessions:?}"
    );
    world.stop(bot).await;
}

async fn models_and_histories_change_on_command(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    let model_for = |text: &str| {
        let [request] = &world.requests_for(text)[..] else {
            panic!("not one request for {text}")
        };
        request.model().to_owned()
    };

    assert_eq!(world.ask(&bot, "one").await, "echo(1): one");
    assert!(
        model_for("one").starts_with("claude-sonnet"),
        "{}",
        model_for("one")
    );
    let answer = world.ask(&bot, "!model haiku").await;
    assert_eq!(
        answer,
        "This channel uses `haiku` from the next message on (was `sonnet`)."
    );
    assert_eq!(world.ask(&bot, "two").await, "echo(2): two");
    assert!(
        model_for("two").starts_with("claude-haiku"),
        "{}",
        model_for("two")
    );
    world.booked(2).await;
    let first = world.session();
    world.stop(bot).await;

    let bot = world.start().await;
    assert_eq!(world.ask(&bot, "three").await, "echo(3): three");
    assert!(
        model_for("three").starts_with("claude-haiku"),
        "{}",
        model_for("three")
    );
    assert_eq!(world.session(), first);

    let transcript = world.transcript().unwrap();
    let answer = world.ask(&bot, "!clear").await;
    assert!(answer.contains("`!resume`"), "{answer}");
    assert_eq!(world.ask(&bot, "four").await, "echo(1): four");
    assert!(
        model_for("four").starts_with("claude-haiku"),
        "{}",
        model_for("four")
    );
    assert_eq!(world.ask(&bot, "five").await, "echo(2): five");
    world.booked(5).await;
    let second = world.session();
    assert_ne!(second, first);
    assert!(
        fs::read_to_string(transcript)
            .unwrap()
            .contains("echo(3): three")
    );

    let answer = world.ask(&bot, "!compact").await;
    assert_eq!(
        answer,
        "The conversation was summarized and continues from there."
    );
    world.ask(&bot, "six").await;
    let [request] = &world.requests_for("six")[..] else {
        panic!("not one request")
    };
    let history = request.body["messages"].to_string();
    assert!(history.contains("2 turns were spoken"), "{history}");
    world.booked(7).await;
    assert_eq!(world.session(), second);

    world.stop(bot).await;
    let bill = world.messages.billed();
    let costs: Vec<f64> = world
        .home
        .ledger()
        .iter()
        .map(|line| line["cost_usd"].as_f64().unwrap())
        .collect();
    assert_usd(costs.iter().sum(), bill.total());
    assert_usd(
        world.record()["total_cost_usd"].as_f64().unwrap(),
        costs[3..].iter().sum(),
    );
}
