//! Other sessions of the CLI on this machine, which one can list and write to.
//!
//! - without a rule no tool lists them or writes to them
//! - whatever the rules, a channel's session takes nothing that another one sends

use loopback_messages::Request;
use serde_json::{Value, json};

use super::{
    confinement::used,
    world::{NEW, World},
};
use crate::support::{Need, said, skip_part_without};

on_both_versions!(a_session_hears_its_channel_alone);

async fn a_session_hears_its_channel_alone(version: &'static str) {
    let world = World::new(version).await;
    let (here, other) = (world.discord.general(), world.discord.channel("rust"));
    let owner = world.discord.owner();
    let load = json!({ "query": "select:SendMessage", "max_results": 5 });
    let message = |to: &str| json!({ "to": to, "message": "zebra", "summary": "a b c d e" });
    let start = async |level: &str, rules: Value| {
        let config = json!({ "allowed_tools": rules, "claude": { "sandbox": level } });
        let bot = world.bot().config(&config).start(&world.discord).await;
        let asked = world.discord.say(other, owner, "hello");
        world.reply(&bot, asked, "hello").await;
        bot
    };
    for level in ["off", "cli"] {
        if level == "cli" && skip_part_without(Need::Namespaces, level) {
            continue;
        }
        let bot = start(level, json!(["Read(./**)"])).await;
        used(&world, &bot, here, ("ToolSearch", &load), "").await;
        for (name, input) in [("ListAgents", json!({})), ("SendMessage", message("a"))] {
            let told = used(&world, &bot, here, (name, &input), "").await;
            assert!(told.contains("No such tool available"), "{level}: {told}");
        }
        world.stop(bot).await;
    }
    if version != NEW {
        return;
    }
    let bot = start("off", json!(["ListAgents", "SendMessage"])).await;
    let before = said(&world.discord, other);
    let listed = used(&world, &bot, here, ("ListAgents", &json!({})), "").await;
    let peer = listed.lines().find(|line| line.contains("interactive"));
    let peer = peer.and_then(|line| line.split_whitespace().next());
    let peer = peer.unwrap_or_else(|| panic!("{listed}"));
    used(&world, &bot, here, ("ToolSearch", &load), "").await;
    let sent = used(&world, &bot, here, ("SendMessage", &message(peer)), "").await;
    assert!(!sent.contains("No such tool"), "{sent}");
    let asked = world.discord.say(other, owner, "again");
    let answer = world.reply(&bot, asked, "again").await;
    assert_eq!(said(&world.discord, other), [before, vec![answer]].concat());
    // The sender is told that its message was refused.
    let is_to_peer = |request: &Request| request.said().first().is_some_and(|said| said == "hello");
    let mut received = world.messages.requests();
    received.retain(is_to_peer);
    assert!(received.len() > 1);
    for request in received {
        let heard = Value::from(request.messages()).to_string();
        assert!(
            !heard.contains("cross-session") && !heard.contains("zebra"),
            "{heard}\n{sent}"
        );
    }
    world.stop(bot).await;
}
