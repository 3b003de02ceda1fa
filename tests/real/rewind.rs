//! Running an edited message again over the real CLI:
//!
//! - the API is sent the conversation from before the message, and nothing after it, each time
//! - the old session can be resumed and is whole

use loopback_messages::Answer;

use super::world::World;
use crate::support::press;

on_both_versions!(an_edited_message_runs_from_before_it,);

async fn an_edited_message_runs_from_before_it(version: &'static str) {
    let world = World::new(version).await;
    world.messages.set_default(|_| Answer::text("heard"));
    let bot = world.start().await;
    let discord = &world.discord;
    let (here, owner) = (discord.general(), discord.owner());
    let mut asked = Vec::new();
    for text in ["one", "two", "three", "four"] {
        asked.push(world.say(text));
        world.reply(&bot, asked[asked.len() - 1], "heard").await;
    }
    world.written_down("four").await;
    let old = world.session();
    // The second time, the session is a fork already and the turn is one that it took over.
    for (message, text, expected) in [
        (asked[2], "third", vec!["one", "two", "third"]),
        (asked[1], "second", vec!["one", "second"]),
        (asked[0], "first", vec!["first"]),
    ] {
        let before = world.session();
        discord.edit(message, text);
        press(discord, here, owner, "Run again").await;
        bot.hears(discord, message, &before).await;
        let requests = world.requests_for(text);
        let request = requests.last().unwrap();
        assert_eq!(request.said(), expected);
        world.written_down(text).await;
    }
    world.stop(bot).await;
    assert_eq!(world.home.outcomes(), ["answered"; 7]);

    let mut active = world.home.active();
    active[here.to_string()]["session_id"] = old.into();
    world
        .home
        .write("sessions/active.json", &active.to_string());
    let bot = world.start().await;
    world.ask(&bot, "five").await;
    let request = world.requests_for("five").pop().unwrap();
    assert_eq!(request.said(), ["one", "two", "three", "four", "five"]);
    world.stop(bot).await;
}
