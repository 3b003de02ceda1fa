//! Messages that are edited or deleted, over the real CLI: the API is asked for the newest text, and for nothing that was
//! withdrawn.

use serde_json::json;

use super::world::World;
use crate::support::{DEADLINE, said};

on_both_versions!(
    what_waits_runs_in_its_newest_form,
    deleting_a_running_message_stops_it,
    a_deleted_message_may_be_finished,
    an_edit_that_adds_a_mention_runs_the_message
);

async fn what_waits_runs_in_its_newest_form(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    let hold = world.messages.hold();
    let first = world.say("one");
    let asked =
        |calls: &[loopback_messages::Call]| calls.iter().any(|call| call.request.person() == "one");
    world.messages.wait_until(DEADLINE, asked).await.unwrap();
    let edited = world.say("draft");
    let deleted = world.say("withdrawn");
    world.discord.edit(edited, "final");
    world.discord.delete(deleted);
    // Commands that only tell are answered at once, after the changes before them.
    world.ask(&bot, "!status").await;
    hold.release();
    world.reply(&bot, first, "): one").await;
    world.reply(&bot, edited, "): final").await;
    world.ask(&bot, "last").await;
    for (words, times) in [("draft", 0), ("withdrawn", 0), ("final", 1)] {
        assert_eq!(world.requests_for(words).len(), times, "{words}");
    }
    world.stop(bot).await;
    assert_eq!(world.home.outcomes(), ["answered"; 3]);
}

async fn deleting_a_running_message_stops_it(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    world.ask(&bot, "one").await;
    let session = world.session();
    let text = "[[slow 200]] in mid-stream";
    let asked = world.say(text);
    world.streaming(text).await;
    world.discord.delete(asked);
    let next = world.ask(&bot, "two").await;
    assert!(next.ends_with("): two"), "{next}");
    assert_eq!(world.session(), session);
    world.stop(bot).await;
    let outcomes = world.home.outcomes();
    assert_eq!(outcomes.len(), 3, "{outcomes:?}");
    assert_ne!(outcomes[1], "answered");
}

async fn a_deleted_message_may_be_finished(version: &'static str) {
    let world = World::new(version).await;
    let config = json!({ "discord": { "stop_deleted": false } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let hold = world.messages.hold();
    let asked = world.say("one");
    let begun =
        |calls: &[loopback_messages::Call]| calls.iter().any(|call| call.request.person() == "one");
    world.messages.wait_until(DEADLINE, begun).await.unwrap();
    world.discord.delete(asked);
    // Answered at once, after the deletion.
    world.ask(&bot, "!status").await;
    hold.release();
    world.ask(&bot, "two").await;
    let texts = said(&world.discord, world.discord.general());
    assert!(texts.iter().any(|text| text == "echo(1): one"), "{texts:?}");
    world.stop(bot).await;
    assert_eq!(world.home.outcomes(), ["answered"; 2]);
}

async fn an_edit_that_adds_a_mention_runs_the_message(version: &'static str) {
    let world = World::new(version).await;
    let config = json!({ "discord": { "respond": "mention" } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let me = world.discord.bot();
    let asked = world.say("forgotten");
    world.ask(&bot, &format!("<@{me}> first")).await;
    world.discord.edit(asked, &format!("<@{me}> remembered"));
    let answer = world.reply(&bot, asked, "").await;
    assert!(answer.ends_with("remembered"), "{answer}");
    world.stop(bot).await;
    assert_eq!(world.home.outcomes(), ["answered"; 2]);
}
