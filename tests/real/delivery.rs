//! How answers of the real CLI reach Discord, and what of its messages comes in:
//!
//! - a channel that refuses the bot costs nothing more, and blocks no other
//! - a long turn ends with a message that pings; a long answer and long code come as files
//! - a reply whose message is missing is looked up; a voice message is transcribed

use std::time::Duration;

use loopback_discord::{Fault, Upload};
use loopback_messages::Answer;
use serde_json::json;

use super::world::World;
use crate::support::{DEADLINE, Need, message_create, skip_without};

on_both_versions!(
    a_channel_that_refuses_the_bot_blocks_no_other,
    a_long_turn_ends_with_a_ping,
    a_long_answer_and_long_code_come_as_files,
    a_reply_whose_message_is_missing_is_looked_up,
    a_transcript_is_what_claude_is_asked
);

async fn a_channel_that_refuses_the_bot_blocks_no_other(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    let (discord, shut) = (&world.discord, world.discord.general());
    let body = json!({ "code": 50_013, "message": "Missing Permissions" });
    let send = "POST /channels/*/messages";
    discord.inject(Fault::json(send, 403, &body).channel(shut).always());
    world.say("unheard");
    bot.log.wait_for("Missing Permissions", DEADLINE).await;
    world.say("neither");
    let open = discord.channel("rust");
    let asked = discord.say(open, discord.owner(), "heard");
    assert_eq!(world.reply(&bot, asked, "").await, "echo(1): heard");
    assert_eq!(world.requests_for("neither").len(), 0);
    world.stop(bot).await;
}

async fn a_long_turn_ends_with_a_ping(version: &'static str) {
    let world = World::new(version).await;
    let config = json!({ "discord": { "notify_after_secs": 1 } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let answer = Answer::text("one two three four five six seven eight");
    world
        .messages
        .push(answer.paced(8, Duration::from_millis(300)));
    let asked = world.say("count");
    let done = bot.reply_with(&world.discord, asked, "Done in ").await;
    assert_eq!(done.mentions, [world.discord.owner()]);
    let replies = world.discord.look(|view| view.replies_to(asked));
    assert!(replies[0].content.ends_with("eight") && replies[0].mentions.is_empty());
    world.stop(bot).await;
}

async fn a_long_answer_and_long_code_come_as_files(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    let here = world.discord.general();
    let file = async |name: &str| {
        let named = world.discord.wait_until(DEADLINE, "a file", |view| {
            let messages = view.bot_messages(here).into_iter();
            let mut files = messages.flat_map(|message| message.attachments);
            files.find(|file| file.name == name)
        });
        named.await.unwrap()
    };
    world.say("[[long 20000]]");
    assert_eq!(file("answer.md").await.size, 20_000);
    let line = "    let answer = 42; // of the canary\n";
    let code = format!("fn main() {{\n{}}}\n", line.repeat(160));
    world
        .messages
        .push(Answer::text(format!("See:\n\n```rust\n{code}```\n")));
    world.say("code");
    let size = file("code-1.rs").await.size;
    assert_eq!(size, code.len());
    world.stop(bot).await;
}

async fn a_reply_whose_message_is_missing_is_looked_up(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    let (discord, here) = (&world.discord, world.discord.general());
    let quoted = discord.say(here, discord.bot(), "quoted words");
    for (text, more) in [
        ("first", json!({})),
        ("second", json!({ "referenced_message": null })),
    ] {
        let place =
            json!({ "message_id": quoted, "channel_id": here, "guild_id": discord.guild() });
        let mut data = json!({ "type": 19, "content": text, "message_reference": place });
        if let (Some(data), Some(more)) = (data.as_object_mut(), more.as_object()) {
            data.extend(more.clone());
            // Discord tells of a deleted message with null.
            if more.contains_key("referenced_message") {
                discord.delete(quoted);
            }
        }
        let data = message_create(discord, here, discord.owner(), &data);
        discord.gateway().dispatch("MESSAGE_CREATE", &data);
        let asked = world.messages.wait_until(DEADLINE, |calls| {
            calls.iter().any(|call| call.request.person() == text)
        });
        asked.await.unwrap();
        let request = world.requests_for(text).pop().unwrap();
        let wanted = match text {
            "first" => "Reply to your message: \\\"quoted words\\\" (data).",
            _ => "Reply to a message that was deleted.",
        };
        let sent = request.body["messages"].to_string();
        assert!(sent.contains(wanted), "{sent}");
    }
    world.booked(2).await;
    world.stop(bot).await;
}

async fn a_transcript_is_what_claude_is_asked(version: &'static str) {
    if skip_without(Need::Namespaces) {
        return;
    }
    let world = World::new(version).await;
    let config = json!({
        "discord": { "transcribe": ["sh", "-c", "echo spoken words"] },
        "claude": { "sandbox": "bwrap" },
    });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let voice = [Upload::voice("some sound")];
    let discord = &world.discord;
    let asked = discord.say_with_files(discord.general(), discord.owner(), "", &voice);
    assert_eq!(world.reply(&bot, asked, "").await, "echo(1): spoken words");
    world.stop(bot).await;
}
