//! Retry after a turn that a limit cut off, over the real CLI: the API is sent what was done, and Claude continues from it.

use loopback_messages::{Answer, Block, Usage};
use serde_json::json;

use super::world::World;
use crate::support::press;

on_both_versions!(a_turn_over_its_steps_continues, a_spent_budget_is_renewed,);

async fn a_turn_over_its_steps_continues(version: &'static str) {
    continues(
        version,
        &["--max-turns", "1"],
        "the limit of steps per turn",
    )
    .await;
}

async fn a_spent_budget_is_renewed(version: &'static str) {
    continues(version, &["--max-budget-usd", "0.5"], "the budget that").await;
}

/// The first step ends the turn; the rest is done when Retry is pressed.
async fn continues(version: &'static str, limit: &[&str], told: &str) {
    let world = World::new(version).await;
    world.messages.set_default(|request| {
        let blocks = request.last_user_blocks();
        if blocks.iter().any(|block| block.contains("run again")) {
            return Answer::text("the rest");
        }
        // About a dollar and a half.
        let usage = Usage {
            output_tokens: 100_000,
            ..Usage::NONE
        };
        let steps = vec![
            Block::Text("the first step".into()),
            Block::Tool {
                name: "Read".into(),
                input: json!({ "file_path": "a.txt" }),
            },
        ];
        Answer::blocks(steps).billed(usage)
    });
    let config = json!({ "claude": { "extra_args": limit } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let asked = world.say("a long job");
    let notice = world.reply(&bot, asked, told).await;
    assert!(notice.contains("press **Retry** to continue"), "{notice}");
    let (here, owner) = (world.discord.general(), world.discord.owner());
    press(&world.discord, here, owner, "Retry").await;
    world.reply(&bot, asked, "the rest").await;
    let request = world.requests_for("a long job").pop().unwrap();
    // 2.1.197 adds words of its own when it resumes the session.
    let said = request.said();
    let times = said.iter().filter(|it| **it == "a long job").count();
    assert_eq!(times, 2, "{said:?}");
    let messages = json!(request.messages()).to_string();
    assert!(messages.contains("the first step"), "{messages}");
    world.stop(bot).await;
    let outcomes = world.home.outcomes();
    assert_eq!(outcomes[1..], ["answered"], "{outcomes:?}");
}
