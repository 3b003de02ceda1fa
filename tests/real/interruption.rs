//! Turns that are cut short on purpose.
//!
//! - `!stop` at once, before the API's first byte, in mid-stream and while a tool runs: each ends the turn, the
//!   tool's processes with it, and the next message is answered in the same session
//! - a turn over its time limit ends the same way and says so

use serde_json::json;

use super::world::{World, until};
use crate::support::DEADLINE;

on_both_versions!(
    a_stop_ends_the_turn_and_keeps_the_session,
    a_turn_over_its_time_ends
);

const STOPPED: &str = "Stopped. The session is kept.";

async fn a_stop_ends_the_turn_and_keeps_the_session(version: &'static str) {
    let world = World::new(version).await;
    let bot = world
        .bot()
        .config(&json!({ "allowed_tools": ["Bash(sleep *)"] }));
    let bot = bot.start(&world.discord).await;
    assert_eq!(world.ask(&bot, "one").await, "echo(1): one");
    world.booked(1).await;
    let session = world.session();
    let goes_on = async |words: &str| {
        let answer = world.ask(&bot, words).await;
        assert!(answer.ends_with(&format!("): {words}")), "{answer}");
        assert_eq!(world.session(), session);
    };

    // Before the CLI can have begun: whether the message was on its way already is a matter of luck.
    let hold = world.messages.hold();
    let asked = world.say("at once");
    let answer = world.ask(&bot, "!stop").await;
    assert!(
        [
            STOPPED,
            "Stopped before Claude started: the message was not run."
        ]
        .contains(&&*answer),
        "{answer}"
    );
    hold.release();
    goes_on("two").await;
    assert_eq!(world.discord.look(|view| view.replies_to(asked).len()), 0);

    let hold = world.messages.hold();
    let asked = world.say("before the first byte");
    let waiting = world.messages.wait_until(DEADLINE, |calls| {
        calls
            .last()
            .is_some_and(|call| call.request.person() == "before the first byte")
    });
    waiting.await.unwrap();
    assert_eq!(world.ask(&bot, "!stop").await, STOPPED);
    hold.release();
    goes_on("three").await;
    assert_eq!(world.discord.look(|view| view.replies_to(asked).len()), 0);

    let text = "[[slow 200]] in mid-stream";
    world.say(text);
    world.streaming(text).await;
    assert_eq!(world.ask(&bot, "!stop").await, STOPPED);
    goes_on("four").await;

    let seconds = world.long_time();
    let asked = world.say(&format!(
        "[[tool Bash {{\"command\":\"sleep {seconds}\"}}]]"
    ));
    let runs = || world.processes().iter().any(|line| line.contains(&seconds));
    until("the tool to run", runs).await;
    assert_eq!(world.ask(&bot, "!stop").await, STOPPED);
    until("the tool to end", || !runs()).await;
    goes_on("five").await;
    assert_eq!(world.discord.look(|view| view.replies_to(asked).len()), 0);

    // A command that takes its place in the queue is answered after the turn has ended.
    world.ask(&bot, "!status").await;
    assert_eq!(world.ask(&bot, "!stop").await, "Nothing is running here.");
    world.stop(bot).await;
    let outcomes = world.home.outcomes();
    let of = |name: &str| outcomes.iter().filter(|outcome| **outcome == name).count();
    assert_eq!(of("answered"), 5, "{outcomes:?}");
    assert!(
        (3..=4).contains(&of("interrupted"))
            && of("answered") + of("interrupted") == outcomes.len()
    );
    assert_eq!(world.record()["total_turn_errors"], 0);
}

async fn a_turn_over_its_time_ends(version: &'static str) {
    let world = World::new(version).await;
    let bot = world
        .bot()
        .config(&json!({ "claude": { "turn_timeout_secs": 5 } }));
    let bot = bot.start(&world.discord).await;
    assert_eq!(world.ask(&bot, "one").await, "echo(1): one");
    let asked = world.say("[[stall 2]] a long story");
    let answer = world.reply(&bot, asked, "Timed out").await;
    assert_eq!(
        answer,
        "Timed out after 5 s. Try a smaller request, or press **Retry** to continue from there."
    );
    let answer = world.ask(&bot, "two").await;
    assert!(answer.ends_with("): two"), "{answer}");
    world.stop(bot).await;
    let outcomes = world.home.outcomes();
    assert_eq!(outcomes, ["answered", "timed_out", "answered"]);
    assert_eq!(world.record()["total_turn_errors"], 1);
}
