//! Claude's questions over the real CLI: what the model reads of the answers.

use serde_json::{Value, json};

use super::world::World;
use crate::{
    questions::{cards, closed, open, pressed},
    support::Running,
};

on_both_versions!(
    people_answer_questions,
    a_message_answers_and_the_next_one_is_a_turn,
    nobody_answers_and_the_model_goes_on,
    stop_closes_a_question,
);

async fn start(world: &World, limit: u64) -> Running {
    let config = json!({ "discord": { "approval_timeout_secs": limit } });
    world.bot().config(&config).start(&world.discord).await
}

fn question(text: &str, is_multiple: bool) -> Value {
    json!({
        "question": text, "header": "It", "multiSelect": is_multiple,
        "options": [
            { "label": "Red", "description": "like a rose" },
            { "label": "Blue", "description": "like the sea" },
        ],
    })
}

fn asking(questions: &[Value]) -> String {
    format!(
        "[[tool AskUserQuestion {}]]",
        json!({ "questions": questions })
    )
}

async fn people_answer_questions(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world, 60).await;
    let (discord, owner) = (&world.discord, world.discord.owner());
    let asked = world.say(&asking(&[
        question("Which colour?", false),
        question("Which others?", true),
    ]));
    let card = open(discord, "Which colour?").await;
    pressed(discord, &card, "Blue", owner).await;
    let card = open(discord, "Which others?").await;
    let menu = card.components[0]["components"][0]["custom_id"]
        .as_str()
        .unwrap();
    discord.pick(card.id, menu, owner, &["0", "1"]);
    let said = world.reply(&bot, asked, "tool said: ").await;
    for answer in [
        "\"Which colour?\"=\"Blue\"",
        "\"Which others?\"=\"Red, Blue\"",
    ] {
        assert!(said.contains(answer), "{said}");
    }
    closed(discord, " answered: Red, Blue").await;
    assert!(
        world.messages.requests()[0]
            .tools()
            .contains(&"AskUserQuestion")
    );
    world.stop(bot).await;
}

async fn a_message_answers_and_the_next_one_is_a_turn(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world, 60).await;
    let asked = world.say(&asking(&[question("Which colour?", false)]));
    open(&world.discord, "Which colour?").await;
    world.say("none of these");
    let said = world.reply(&bot, asked, "tool said: ").await;
    assert!(
        said.contains("\"Which colour?\"=\"none of these\""),
        "{said}"
    );
    world.ask(&bot, "and on").await;
    assert!(world.requests_for("none of these").is_empty());
    world.stop(bot).await;
}

async fn nobody_answers_and_the_model_goes_on(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world, 1).await;
    let asked = world.say(&asking(&[question("Which colour?", false)]));
    let said = "tool said: Nobody answered within 1 second.";
    world.reply(&bot, asked, said).await;
    closed(&world.discord, "✗ Nobody answered within 1 second.").await;
    world.stop(bot).await;
}

async fn stop_closes_a_question(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world, 60).await;
    world.say(&asking(&[question("Which colour?", false)]));
    open(&world.discord, "Which colour?").await;
    world.reply(&bot, world.say("!stop"), "Stopped").await;
    closed(
        &world.discord,
        "✗ Closed: Claude was stopped before anybody answered.",
    )
    .await;
    world.ask(&bot, "and on").await;
    assert_eq!(cards(&world.discord).len(), 1);
    world.stop(bot).await;
}
