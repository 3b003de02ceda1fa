//! Continuing from an answer over the real CLI: the API is sent the conversation up to it, in the thread of a `!fork` and
//! after a `!rewind`, and the session itself stays whole.

use loopback_messages::Answer;

use super::world::World;
use crate::branches::{fork, reply};

on_both_versions!(an_answer_is_gone_on_from,);

async fn an_answer_is_gone_on_from(version: &'static str) {
    let world = World::new(version).await;
    world.messages.set_default(|_| Answer::text("heard"));
    let (here, owner) = (world.discord.general(), world.discord.owner());
    let bot = world.start().await;
    let mut answers = Vec::new();
    for text in ["one", "two", "three"] {
        let asked = world.say(text);
        answers.push(bot.reply_with(&world.discord, asked, "heard").await.id);
        world.written_down(text).await;
    }
    let said = |text: &str| world.requests_for(text).pop().unwrap().said();
    let thread = fork(&bot, &world.discord, answers[1]).await;
    let asked = world.discord.say(thread, owner, "aside");
    world.reply(&bot, asked, "heard").await;
    assert_eq!(said("aside"), ["one", "two", "aside"]);
    world.ask(&bot, "four").await;
    assert_eq!(said("four"), ["one", "two", "three", "four"]);
    world.written_down("four").await;

    let whole = world.session();
    reply(&bot, &world.discord, (answers[0], owner), "!rewind").await;
    world.ask(&bot, "other").await;
    assert_eq!(said("other"), ["one", "other"]);
    let earlier = world.record()["earlier"][0].clone();
    assert_eq!(earlier["session_id"], whole.as_str());
    let spent = |channel: &str| {
        let ledger = world.home.ledger();
        let own = ledger.iter().filter(|line| line["channel"] == channel);
        own.map(|line| line["cost_usd"].as_f64().unwrap())
            .collect::<Vec<_>>()
    };
    // A copy does not pay again for what it copies.
    for cost in [spent(&here.to_string()), spent(&thread.to_string())].concat() {
        assert!(cost > 0.0 && cost < 0.01, "{cost}");
    }
    world.stop(bot).await;
}
