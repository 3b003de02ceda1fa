//! The page in a browser, over the real CLI: what a person sees of answers, cards, buttons and files.

use std::fs;

use data_encoding::BASE64;
use serde_json::json;

use super::world::World;
use crate::{
    browser::visit,
    support::{Need, skip_without},
};

on_both_versions!(a_person_sees_claude_work);

#[expect(clippy::disallowed_methods, reason = "a test's own file")]
async fn a_person_sees_claude_work(version: &'static str) {
    if skip_without(Need::Browser) {
        return;
    }
    let world = World::new(version).await;
    let chart = include_str!("../../crates/stand-in/src/responder/chart.txt");
    let chart = BASE64.decode(chart.trim().as_bytes()).unwrap();
    for channel in ["general", "random"] {
        let workspace = format!("workspaces/{}", world.discord.channel(channel));
        let workspace = world.home.path().join(workspace);
        fs::create_dir_all(&workspace).unwrap();
        fs::write(workspace.join("chart.png"), &chart).unwrap();
    }
    let rules = [
        "Bash(echo:*)",
        "Bash(sleep:*)",
        "mcp__switchboard__send_file",
    ];
    let config = json!({
        "allowed_tools": rules,
        "claude": { "sandbox": "off" },
        "discord": { "approvals": "off" },
    });
    let bot = world.bot().config(&config).start(&world.discord).await;
    visit("real.mjs", &world.discord.url(), "").await;
    world.stop(bot).await;
}
