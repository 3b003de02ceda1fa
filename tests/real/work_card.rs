//! The card over the real CLI.
//!
//! - a tool has a card with its step, which its button expands; `!verbose full` adds the output
//! - Stop on it ends the turn while a tool runs; Retry runs a failed message again
//! - a tool that the rules refuse is told of in one message, and stands on the card as refused
//! - a retry of the API is told of on the card alone
//! - a task in the background and a subagent stand on the card
//! - the report on a task has a card of its own

use std::time::{Duration, Instant};

use loopback_messages::{Answer, directed};
use serde_json::json;

use super::world::{World, until};
use crate::{
    support::{Running, buttons, eventually, said},
    work_card::{card_text, labels, press, shows},
};

on_both_versions!(
    a_tool_has_a_card_that_expands,
    stop_on_the_card_ends_a_tool,
    a_failed_turn_is_retried_by_its_button,
    a_refused_tool_is_told_of_once,
    a_retry_is_on_the_card_alone,
    a_task_in_the_background_stands_on_the_card,
    a_subagent_stands_on_the_card,
    a_report_on_a_task_has_a_card,
);

async fn start(world: &World) -> Running {
    let rules = ["Bash(echo:*)", "Bash(sleep:*)", "Read(./**)"];
    let config = json!({
        "allowed_tools": rules,
        "claude": { "sandbox": "off" },
        "discord": { "approvals": "off" },
    });
    world.bot().config(&config).start(&world.discord).await
}

async fn a_tool_has_a_card_that_expands(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let owner = world.discord.owner();
    let echo = r#"[[tool Bash {"command":"echo hello"}]]"#;
    for (verbose, step) in [
        ("compact", "\n- ✓ Ran `echo hello`: `hello`"),
        ("full", "\n- ✓ Ran `echo hello`: `hello`"),
    ] {
        world.ask(&bot, &format!("!verbose {verbose}")).await;
        world.reply(&bot, world.say(echo), "tool said: hello").await;
        let done = shows(&world.discord, "✓ 1 step, ").await;
        let text = done.embeds[0]["description"].as_str().unwrap();
        assert!(text.contains(" s, $0.") && !text.contains("echo"), "{text}");
        press(&world.discord, &done, "Show steps", owner).await;
        shows(&world.discord, step).await;
    }
    let cards = world.discord.bot_messages(world.discord.general());
    let cards = cards.iter().filter(|message| !message.embeds.is_empty());
    assert_eq!(cards.count(), 2, "one a turn");
    world.stop(bot).await;
}

async fn stop_on_the_card_ends_a_tool(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let here = world.discord.general();
    let seconds = world.long_time();
    world.say(&format!(
        "[[tool Bash {{\"command\":\"sleep {seconds}\"}}]]"
    ));
    let running = format!("**Running** `sleep {seconds}`");
    let card = shows(&world.discord, &running).await;
    let runs = || world.processes().iter().any(|line| line.contains(&seconds));
    until("the tool to run", runs).await;
    let pressed = Instant::now();
    press(&world.discord, &card, "Stop", world.discord.member()).await;
    let name = world.discord.user(world.discord.member()).unwrap();
    let told = format!("Stopped by {}. The session is kept.", name.display_name);
    eventually("the stop to be told", || {
        said(&world.discord, here).contains(&told).then_some(())
    })
    .await;
    assert!(pressed.elapsed() < Duration::from_secs(5));
    until("the tool to end", || !runs()).await;
    let closed = shows(&world.discord, "■ Stopped: 1 step").await;
    assert_eq!(labels(&closed), ["Show steps"]);
    assert_eq!(world.ask(&bot, "on").await, "echo(2): on");
    world.stop(bot).await;
}

async fn a_failed_turn_is_retried_by_its_button(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let here = world.discord.general();
    let failing = r#"[[tool Bash {"command":"echo hello"}]] [[status 400 that is odd]]"#;
    world.say(failing);
    let notices = || {
        let messages = world.discord.bot_messages(here);
        let with_retry = messages
            .into_iter()
            .filter(|message| labels(message) == ["Retry"]);
        with_retry.collect::<Vec<_>>()
    };
    let notice = eventually("the retry button", || notices().pop()).await;
    shows(&world.discord, "✗ Failed: 1 step").await;
    press(&world.discord, &notice, "Retry", world.discord.owner()).await;
    world.booked(2).await;
    eventually("the next retry button", || {
        notices().pop().filter(|next| next.id != notice.id)
    })
    .await;
    let text = world.discord.message(notice.id).unwrap();
    assert!(text.content.contains("-# Retried by "), "{}", text.content);
    assert!(buttons(&text).is_empty());
    assert_eq!(world.home.outcomes(), ["api_refused", "api_refused"]);
    world.stop(bot).await;
}

async fn a_refused_tool_is_told_of_once(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let asked = r#"[[tool Bash {"command":"curl https://example.org"}]]"#;
    world.reply(&bot, world.say(asked), "tool said: ").await;
    let done = shows(&world.discord, "⊘ 1 step (1 refused)").await;
    press(&world.discord, &done, "Show steps", world.discord.owner()).await;
    shows(&world.discord, "\n- ⊘ Refused: `curl https://example.org`").await;
    let told =
        "-# Refused, because this bot's rules don't allow it: `Bash` (`curl https://example.org`).";
    let said = said(&world.discord, world.discord.general());
    let refused: Vec<_> = said
        .iter()
        .filter(|text| text.contains("Refused"))
        .collect();
    assert_eq!(refused, [told], "{said:#?}");
    world.stop(bot).await;
}

async fn a_retry_is_on_the_card_alone(version: &'static str) {
    let world = World::new(version).await;
    let bot = world
        .bot()
        .env("CLAUDE_CODE_MAX_RETRIES", "2")
        .start(&world.discord)
        .await;
    let asked = world.say("[[status 529]]");
    let shown = "Claude's API is overloaded (status 529). Retrying: attempt ";
    shows(&world.discord, shown).await;
    let answer = world.reply(&bot, asked, "").await;
    assert!(
        answer.starts_with("Claude's API is unavailable"),
        "{answer}"
    );
    assert_eq!(said(&world.discord, world.discord.general()), [answer]);
    eventually("the card to go", || {
        card_text(&world.discord).is_none().then_some(())
    })
    .await;
    world.stop(bot).await;
}

async fn a_task_in_the_background_stands_on_the_card(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let input = json!({
        "command": format!("sleep {}", world.long_time()),
        "description": "the watch",
        "run_in_background": true,
    });
    let asked = world.say(&format!("[[tool Bash {input}]]"));
    shows(&world.discord, "In the background: the watch").await;
    world.reply(&bot, asked, "tool said: ").await;
    world.ask(&bot, "!stop").await;
    world.stop(bot).await;
}

async fn a_subagent_stands_on_the_card(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let input = json!({
        "description": "Look around",
        "prompt": "look",
        "subagent_type": "general-purpose",
    });
    let asked = world.say(&format!("[[tool Agent {input}]]"));
    world.reply(&bot, asked, "tool said: ").await;
    let done = shows(&world.discord, "✓ 1 step, ").await;
    press(&world.discord, &done, "Show steps", world.discord.owner()).await;
    shows(&world.discord, "\n- ✓ Subagent: Look around").await;
    world.stop(bot).await;
}

async fn a_report_on_a_task_has_a_card(version: &'static str) {
    let world = World::new(version).await;
    world.messages.set_default(|request| {
        let last = request.last_user_blocks().join("");
        if last.contains("<task-notification>") {
            Answer::tool("Bash", json!({ "command": "echo reported" }))
        } else {
            directed(request)
        }
    });
    let bot = start(&world).await;
    let input = json!({
        "command": "sleep 0.5s", "description": "the nap", "run_in_background": true,
    });
    world.say(&format!("[[tool Bash {input}]]"));
    world.booked(2).await;
    assert_eq!(world.home.outcomes(), ["answered", "background"]);
    let cards = || {
        let messages = world.discord.bot_messages(world.discord.general());
        messages.iter().filter(|it| !it.embeds.is_empty()).count()
    };
    eventually("a card a turn", || (cards() == 2).then_some(())).await;
    let closed = shows(&world.discord, "✓ 1 step, ").await;
    press(&world.discord, &closed, "Show steps", world.discord.owner()).await;
    shows(&world.discord, "- ✓ Ran `echo reported`: `reported`").await;
    assert_eq!(cards(), 2);
    world.stop(bot).await;
}
