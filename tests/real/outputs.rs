//! What comes out of Claude and its CLI is shown as Discord can show it, or said in words:
//!
//! - control sequences are taken out, in answers and in what tools print; unknown Markdown is translated
//! - a blank answer is never posted
//! - a long summary of the conversation is announced and not cut off
//! - a button of an older bot is answered privately, in time

use std::time::Duration;

use loopback_messages::{Answer, Block};
use serde_json::json;

use super::world::World;
use crate::{
    support::{press, said, send_as_bot},
    work_card::shows,
};

on_both_versions!(
    what_discord_cannot_show_is_translated,
    a_long_summary_is_announced_and_not_cut_off,
);

/// A color, a link, a bell and the short form of an introducer.
const COLORED: &str = "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;https://example.org\u{1b}\\link\u{1b}]8;;\u{1b}\\ bell\u{7} \u{9b}1mend\u{9b}0m";

const MARKDOWN: &str = "#### Small\n\n---\n\n- [x] done\n- [ ] open\n\n~~~rust\nfn main() {}\n~~~\n\n\
    | name | size |\n|---|---:|\n| a | 1 |\n| bc | 23 |\n";

async fn what_discord_cannot_show_is_translated(version: &'static str) {
    let world = World::new(version).await;
    let config = json!({
        "allowed_tools": ["Bash(printf:*)"],
        "claude": { "sandbox": "off" },
        "discord": { "verbose": "full" },
    });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let (discord, here) = (&world.discord, world.discord.general());

    world.messages.push(Answer::text(COLORED));
    assert_eq!(world.ask(&bot, "color").await, "red link bell end");
    let print = json!({ "command": r"printf '\033[31mred\033]0;title\007 \033[0mpaint'" });
    let print = format!("[[tool Bash {print}]] [[blocks printed]]");
    world.reply(&bot, world.say(&print), "printed").await;
    shows(discord, "✓ 1 step, ").await;
    press(discord, here, discord.owner(), "Show steps").await;
    let card = shows(discord, "`red paint`").await;
    let card = card.embeds[0].to_string();
    assert!(!card.contains("\\u001b"), "{card}");

    world.messages.push(Answer::text(MARKDOWN));
    let shown = world.ask(&bot, "layout").await;
    assert!(shown.lines().all(|line| line != "---"), "{shown}");
    for raw in ["####", "[x]", "[ ]", "~~~", "| name"] {
        assert!(!shown.contains(raw), "{raw:?} in {shown}");
    }
    for part in ["Small", "done", "open", "```rust\nfn main() {}\n```", "bc"] {
        assert!(shown.contains(part), "{part:?} not in {shown}");
    }

    let blank = ["\u{200b}", "\n \n"].map(|text| Block::Text(text.into()));
    world.messages.push(Answer::blocks(blank.into()));
    let told = world.ask(&bot, "nothing").await;
    assert!(told.starts_with("Claude returned no answer."), "{told}");
    assert_eq!(said(discord, here).len(), 4);
    let posts = discord.calls_to("POST /channels/*/messages");
    assert!(posts.iter().all(|post| post.status == Some(200)));

    let button = json!({ "type": 2, "style": 1, "label": "Retry", "custom_id": "retry:1234" });
    let old = json!({ "content": "old", "components": [{ "type": 1, "components": [button] }] });
    let old = send_as_bot(discord, here, &old).await;
    let pressed = discord.press(old, "retry:1234", discord.owner());
    let answer = pressed.response(Duration::from_secs(3)).await.unwrap();
    assert_eq!(answer.ephemeral_to, Some(discord.owner()));
    assert!(
        answer.content.starts_with("This button no longer works"),
        "{}",
        answer.content
    );
    // Four messages and the tool's result; the button asked for nothing.
    assert_eq!(world.messages.requests().len(), 5);
    world.stop(bot).await;
}

async fn a_long_summary_is_announced_and_not_cut_off(version: &'static str) {
    let world = World::new(version).await;
    let config = json!({ "claude": { "silence_secs": 4 } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    // 2.1.197 finds nothing to summarize after one message.
    assert_eq!(world.ask(&bot, "hello").await, "echo(1): hello");
    assert_eq!(world.ask(&bot, "again").await, "echo(2): again");
    let summary = Answer::text("<analysis>short</analysis>\n<summary>they met</summary>");
    world.messages.push(summary.after(Duration::from_secs(5)));
    let asked = world.say("!compact");
    shows(&world.discord, "Summarizing the conversation").await;
    let told = world.reply(&bot, asked, "").await;
    assert_eq!(
        told,
        "The conversation was summarized and continues from there."
    );
    assert!(world.ask(&bot, "go on").await.ends_with("): go on"));
    let [request] = &world.requests_for("go on")[..] else {
        panic!("not one request")
    };
    assert!(request.body["messages"].to_string().contains("they met"));
    world.stop(bot).await;
}
