//! Messages that are edited or deleted, over the real CLI: the API is asked for the newest text, and for nothing that was
//! withdrawn.

use super::world::World;
use crate::support::DEADLINE;

on_both_versions!(
    what_waits_runs_in_its_newest_form,
    deleting_a_running_message_stops_it
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
