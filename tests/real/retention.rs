//! Retention over the real CLI: the transcript of an old session goes, the present one stays and is resumed; the CLI is
//! told how long it keeps them.

use loopback_messages::Answer;
use serde_json::json;

use super::world::World;
use crate::{
    retention::{age_earlier, age_files},
    support::DEADLINE,
};

on_both_versions!(an_old_session_goes_and_the_present_one_is_resumed,);

async fn an_old_session_goes_and_the_present_one_is_resumed(version: &'static str) {
    let world = World::new(version).await;
    world.messages.set_default(|_| Answer::text("heard"));
    let bot = world.start().await;
    world.ask(&bot, "one").await;
    world.written_down("one").await;
    let old = world.transcript().unwrap();
    world.ask(&bot, "!clear").await;
    world.ask(&bot, "two").await;
    world.written_down("two").await;
    let present = world.transcript().unwrap();
    world.stop(bot).await;
    age_earlier(&world.home, world.discord.general());
    let config = json!({ "sessions": { "keep_days": 30 } });
    let start = || world.bot().config(&config).start(&world.discord);
    // A present session is in use, however old its file is.
    age_files(&world.home);
    let bot = start().await;
    let removed = bot
        .log
        .wait_for("removed what was last used before", DEADLINE)
        .await;
    assert!(removed.contains("transcripts=1"), "{removed}");
    assert!(!old.exists() && present.exists());
    world.ask(&bot, "three").await;
    let said = world.requests_for("three").pop().unwrap().said();
    assert_eq!(said, ["two", "three"]);
    world.stop(bot).await;
}
