//! `!btw` over the real CLI: the API gets the question after the conversation, expands nothing in it, and never gets it again.
//! What the API bills is what is booked.

use loopback_messages::Answer;

use super::world::{World, assert_usd, until};

on_both_versions!(a_side_question_is_asked_once,);

async fn a_side_question_is_asked_once(version: &'static str) {
    let world = World::new(version).await;
    world.messages.set_default(|_| Answer::text("heard"));
    world.home.write("canary.txt", "canary-7f3a");
    let bot = world.start().await;
    world.ask(&bot, "one").await;
    let canary = world.home.path().join("canary.txt");
    let question = format!("what about @{} ?", canary.display());
    let asked = world.say(&format!("!btw {question}"));
    let answer = bot.hears_whole(&world.discord, asked, "On the side").await;
    assert_eq!(answer, "heard\n-# On the side: Claude won't remember this.");
    until("the question to be booked", || {
        world.home.ledger().len() == 2
    })
    .await;
    world.ask(&bot, "two").await;
    let texts: Vec<String> = world
        .messages
        .requests()
        .iter()
        .map(|it| it.body.to_string())
        .collect();
    let with: Vec<_> = texts
        .iter()
        .filter(|text| text.contains("what about @"))
        .collect();
    assert_eq!(with.len(), 1);
    assert!(
        with[0].contains("[EXTERNAL CONTENT id=") && !with[0].contains("canary-7f3a"),
        "{}",
        with[0]
    );
    let said = world.requests_for("two").pop().unwrap().said();
    assert_eq!(said, ["one", "two"]);
    until("the turns to be booked", || world.home.ledger().len() == 3).await;
    let booked = world.home.ledger();
    assert_eq!(booked[1]["outcome"], "side_question");
    let booked: f64 = booked
        .iter()
        .map(|line| line["cost_usd"].as_f64().unwrap())
        .sum();
    let billed = world.messages.billed().total();
    assert_usd(booked, billed);
    world.stop(bot).await;
}
