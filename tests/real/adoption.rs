//! Adopting a session over the real CLI, in a sandbox where the machine has one:
//!
//! - the copy goes on in the other workspace, and neither session knows what the other is told
//! - what the turns cost is what the API billed

use loopback_messages::Answer;
use serde_json::Value;

use super::world::{World, assert_usd};

on_both_versions!(a_copy_of_a_session_goes_on_elsewhere);

async fn a_copy_of_a_session_goes_on_elsewhere(version: &'static str) {
    let world = World::new(version).await;
    world.messages.set_default(|_| Answer::text("heard"));
    let discord = &world.discord;
    let (here, there) = (discord.general(), discord.channel("rust"));
    let bot = world.start().await;
    bot.ask(discord, there, "apricot", "heard").await;
    world.written_down_in(there, "heard").await;
    let session = world.home.active()[there.to_string()]["session_id"].clone();
    let adopt = [
        "sessions",
        "adopt",
        session.as_str().unwrap(),
        &here.to_string(),
    ];
    let adopted = world.home.run(&adopt).await;
    assert_eq!(adopted.code, Some(0), "{adopted:?}");
    assert!(adopted.out.contains("“apricot”"), "{adopted:?}");
    assert_ne!(world.session(), session.as_str().unwrap());
    let said = |text: &str| world.requests_for(text).pop().unwrap().said();
    world.ask(&bot, "plum").await;
    assert_eq!(said("plum"), ["apricot", "plum"]);
    bot.ask(discord, there, "cherry", "heard").await;
    assert_eq!(said("cherry"), ["apricot", "cherry"]);
    world.written_down("plum").await;
    world.stop(bot).await;

    let bot = world.start().await;
    world.ask(&bot, "fig").await;
    assert_eq!(said("fig"), ["apricot", "plum", "fig"]);
    world.stop(bot).await;
    let costs = world.home.ledger();
    let costs = costs
        .iter()
        .map(|line: &Value| line["cost_usd"].as_f64().unwrap());
    assert_usd(costs.sum(), world.messages.billed().total());
}
