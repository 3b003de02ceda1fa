//! What stands on the card beside simple steps.
//!
//! * A subagent's calls below it, a to-do list as a checklist, tasks in the background until they end.
//! * Thinking and waiting after a while; retries and compactions at once and nowhere else, unless there are no cards.

use loopback_discord::Loopback;
use serde_json::json;

use super::{card, card_text, labels, press, shows};
use crate::support::{Bot, Running, eventually, said};

/// Slow enough for each state of the card to be seen.
async fn started(verbose: &str) -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let config = json!({
        "discord": { "verbose": verbose },
        "claude": { "silence_secs": 2 },
        "allowed_tools": ["Bash", "Write", "Read", "Glob"],
    });
    let bot = Bot::new(&discord).config(&config);
    let bot = bot.env("STAND_IN_PACE_MS", "20").start(&discord).await;
    (discord, bot)
}

/// Waits until the bot has no card any more.
async fn card_gone(discord: &Loopback) {
    eventually("the card to go", || card(discord).is_none().then_some(())).await;
}

#[tokio::test]
async fn a_subagents_calls_stand_below_it() {
    let (discord, bot) = started("compact").await;
    let (here, owner) = (discord.general(), discord.owner());
    let asked = discord.say(here, owner, "Please use a subagent.");
    let running = "**Subagent at work:** Look at the folder";
    let working = shows(&discord, running).await;
    assert_eq!(labels(&working), ["Stop"]);
    shows(&discord, "\n  - ▸ Searching for `*`").await;
    shows(&discord, "(1 tool call").await;
    bot.hears(&discord, asked, "The subagent reports").await;
    let done = shows(&discord, "✓ 2 steps, ").await;
    press(&discord, &done, "Show steps", owner).await;
    let steps =
        "\n- ✓ Subagent: Look at the folder: `The folder is empty.`\n  - ✓ Searched for `*`";
    let open = shows(&discord, "- ✓ Subagent:").await;
    let text = open.embeds[0]["description"].as_str().unwrap();
    assert!(
        text.contains("\n  - ✓ Searched for `*`"),
        "{text}, not {steps}"
    );
    bot.stop().await;
}

#[tokio::test]
async fn a_to_do_list_is_a_checklist() {
    let (discord, bot) = started("compact").await;
    let (here, owner) = (discord.general(), discord.owner());
    let asked = discord.say(here, owner, "Please make a to-do list.");
    shows(
        &discord,
        "\n▸ **Look at the folder**\n☐ Write down what to buy\n☐ Check the list",
    )
    .await;
    shows(
        &discord,
        "\n☑ Look at the folder\n▸ **Write down what to buy**",
    )
    .await;
    bot.hears(&discord, asked, "All three are done").await;
    let done = shows(&discord, "✓ 3 steps, ").await;
    press(&discord, &done, "Show steps", owner).await;
    let all = "\n☑ Look at the folder\n☑ Write down what to buy\n☑ Check the list";
    shows(&discord, all).await;
    bot.stop().await;
}

#[tokio::test]
async fn a_task_in_the_background_stands_there_until_it_ends() {
    let (discord, bot) = started("compact").await;
    let here = discord.general();
    let task = json!({
        "command": "sleep 300", "description": "the watch", "run_in_background": true,
    });
    let asked = format!("[[tool Bash {task}]] [[say begun]]");
    bot.ask(&discord, here, &asked, "begun").await;
    let running = "\n▸ In the background: the watch · started <t:";
    let card = shows(&discord, "✓ 1 step, ").await;
    let text = card.embeds[0]["description"].as_str().unwrap();
    assert!(text.contains(running), "{text}");
    assert_eq!(labels(&card), ["Show steps", "Stop"]);
    press(&discord, &card, "Stop", discord.member()).await;
    eventually("the task to go from the card", || {
        card_text(&discord).filter(|text| !text.contains("background"))
    })
    .await;
    let name = discord.user(discord.member()).unwrap().display_name;
    eventually("the press to be told", || {
        let said = said(&discord, here);
        let told = said.iter().find(|text| text.contains("`the watch`"))?;
        told.contains(&name).then_some(())
    })
    .await;
    bot.stop().await;
}

#[tokio::test]
async fn thinking_and_waiting_are_shown_after_a_while() {
    let (discord, bot) = started("compact").await;
    let here = discord.general();
    for (state, shown) in [
        ("thinking", "Thinking · started <t:"),
        ("requesting", "Waiting for Claude · started <t:"),
    ] {
        // Each is shorter than the CLI may be silent, but not all together.
        let pauses = format!("[[state {state} 1.7]]").repeat(3);
        let asked = discord.say(here, discord.owner(), &format!("{pauses} [[say done]]"));
        shows(&discord, shown).await;
        bot.hears(&discord, asked, "done").await;
        card_gone(&discord).await;
    }
    assert_eq!(said(&discord, here), ["done", "done"]);
    bot.stop().await;
}

#[tokio::test]
async fn what_holds_claude_up_is_on_the_card_alone() {
    let (discord, bot) = started("compact").await;
    let here = discord.general();
    for (state, shown) in [
        (
            "[[retry 3]]",
            "Claude's API is overloaded (status 529). Retrying: attempt ",
        ),
        (
            "[[state compacting 5]]",
            "Summarizing the conversation to free up context · started <t:",
        ),
        (
            "[[state limited 1.7]] [[state limited 1.7]]",
            "Claude's usage limit is reached until <t:",
        ),
    ] {
        let asked = discord.say(here, discord.owner(), &format!("{state} [[say done]]"));
        shows(&discord, shown).await;
        // Nor is it cut off by what a hook says meanwhile.
        bot.hears(&discord, asked, "done").await;
        card_gone(&discord).await;
    }
    assert_eq!(said(&discord, here), ["done", "done", "done"]);
    bot.stop().await;
}

#[tokio::test]
async fn without_cards_a_message_tells_of_retries_and_compactions() {
    let (discord, bot) = started("off").await;
    let here = discord.general();
    let asked = "[[retry 3]] [[state compacting 5]] [[say done]]";
    bot.ask(&discord, here, asked, "done").await;
    assert_eq!(
        said(&discord, here),
        [
            "-# Claude's API is overloaded (status 529). Retrying: attempt 1 of 10. `!stop` cancels.",
            "-# The conversation is getting long, so Claude is summarizing it. This can take a minute.",
            "done",
        ]
    );
    assert!(card(&discord).is_none());
    bot.stop().await;
}
