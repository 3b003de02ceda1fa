//! What the real CLI starts is gone when the bot is.
//!
//! - a tool in the middle of a turn, when the bot is told to stop at once
//! - a tool in the background, when the bot stops in order
//! - a tool in the background, when the bot was killed and is started again

use rustix::process::Signal;
use serde_json::json;

use super::world::{World, until};
use crate::support::Running;

on_both_versions!(
    a_tool_ends_when_the_bot_stops_at_once,
    a_background_tool_ends_with_the_bot
);

async fn start(world: &World) -> Running {
    let bot = world
        .bot()
        .config(&json!({ "allowed_tools": ["Bash(sleep *)"] }));
    bot.start(&world.discord).await
}

async fn a_tool_ends_when_the_bot_stops_at_once(version: &'static str) {
    let world = World::new(version).await;
    let mut bot = start(&world).await;
    let seconds = world.long_time();
    let asked = world.say(&format!(
        "[[tool Bash {{\"command\":\"sleep {seconds}\"}}]]"
    ));
    until("the tool to run", || {
        world.processes().iter().any(|line| line.contains(&seconds))
    })
    .await;
    bot.signal(Signal::TERM);
    bot.log
        .wait_for("running turns may end", crate::support::DEADLINE)
        .await;
    bot.signal(Signal::TERM);
    let status = bot.ended().await;
    assert!(status.success(), "{status}; its log:\n{}", bot.log.text());
    assert_eq!(world.processes(), Vec::<String>::new());
    let replies = world.discord.look(|view| view.replies_to(asked));
    let texts: Vec<_> = replies.iter().map(|reply| reply.content.as_str()).collect();
    assert_eq!(
        texts,
        [
            "I had to shut down before this was done. The session is kept: when I'm back, press **Retry** to continue from there."
        ]
    );
    let bot = start(&world).await;
    let answer = world.ask(&bot, "go on").await;
    assert!(answer.ends_with("): go on"), "{answer}");
    world.stop(bot).await;
}

async fn a_background_tool_ends_with_the_bot(version: &'static str) {
    let world = World::new(version).await;
    let seconds = world.long_time();
    let input = json!({ "command": format!("sleep {seconds}"), "run_in_background": true });
    let text = format!("[[tool Bash {input}]]");
    let runs = || world.processes().iter().any(|line| line.contains(&seconds));

    let bot = start(&world).await;
    world.reply(&bot, world.say(&text), "tool said: ").await;
    until("the tool to run", runs).await;
    world.stop(bot).await;
    assert!(!runs());

    let bot = start(&world).await;
    world.reply(&bot, world.say(&text), "tool said: ").await;
    until("the tool to run", runs).await;
    bot.kill().await;
    let bot = start(&world).await;
    assert!(
        !runs(),
        "left over from the killed bot: {:?}",
        world.processes()
    );
    world.stop(bot).await;
}
