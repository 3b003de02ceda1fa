//! Plans and permission modes over the real CLI.
//!
//! - the model is told that it plans, and nothing is written meanwhile without a decision
//! - the plan is the file that the CLI keeps it in; approving ends plan mode
//! - a mode holds at once, and for the next process
//! - nothing is asked in the mode `bypassPermissions`, which only bubblewrap makes possible

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::world::World;
use crate::{
    approvals,
    questions::{closed, open, press, pressed},
    support::{DEADLINE, Need, Running, skip_without},
};

on_both_versions!(
    a_plan_is_approved_and_edits_follow_unasked,
    a_plan_is_changed,
    a_mode_holds_for_the_next_process,
    permissions_are_bypassed_inside_bubblewrap_alone,
);

/// Without a sandbox there is Bash only if a rule names it.
async fn start(world: &World) -> Running {
    let config = json!({
        "allowed_tools": ["Read(./**)", "Bash(true)"],
        "claude": { "sandbox": "off" },
        "discord": { "approval_timeout_secs": 60 },
    });
    world.bot().config(&config).start(&world.discord).await
}

fn call(tool: &str, input: &Value) -> String {
    format!("[[tool {tool} {input}]]")
}

fn write(world: &World) -> String {
    let here = world.discord.general();
    let path = world.home.path().join(format!("workspaces/{here}/made"));
    call("Write", &json!({ "file_path": path, "content": "x" }))
}

/// The file that the CLI names to the model for its plan.
fn plan_file(world: &World, words: &str) -> PathBuf {
    let requests = world.requests_for(words);
    let whole = serde_json::to_string(requests.last().unwrap().messages()).unwrap();
    let found = whole.split(['"', ' ', '`', '\\', '\n']).find(|path| {
        let path = path.trim_end_matches('.');
        path.contains("/plans/") && Path::new(path).extension().is_some_and(|is| is == "md")
    });
    found
        .unwrap_or_else(|| panic!("no plan file in {whole}"))
        .trim_end_matches('.')
        .into()
}

/// Puts the channel into plan mode and has Claude present a plan.
async fn planning(world: &World, bot: &Running) -> loopback_discord::Snowflake {
    world
        .reply(bot, world.say("!mode plan"), "is now `plan`")
        .await;
    world.ask(bot, "look around first").await;
    let file = plan_file(world, "look around first");
    // Writing the plan is not asked for.
    let input = json!({ "file_path": file, "content": "# The plan\n\nPaint it." });
    world
        .reply(bot, world.say(&call("Write", &input)), "tool said: ")
        .await;
    assert!(fs::read_to_string(&file).unwrap().contains("Paint it."));
    // Running something that may change things is.
    let asked = world.say(&call("Bash", &json!({ "command": "touch made" })));
    approvals::decide(&world.discord, "Deny").await;
    world.reply(bot, asked, "denied it").await;
    world.say(&call("ExitPlanMode", &json!({})))
}

async fn a_plan_is_approved_and_edits_follow_unasked(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let asked = planning(&world, &bot).await;
    let card = open(&world.discord, "Claude asks to carry out this plan").await;
    let said = world.discord.bot_messages(world.discord.general());
    assert!(
        said.iter()
            .any(|message| message.content.contains("Paint it.")),
        "{said:?}"
    );
    pressed(
        &world.discord,
        &card,
        "Approve and accept edits",
        world.discord.owner(),
    )
    .await;
    world.reply(&bot, asked, "approved your plan").await;
    world
        .reply(&bot, world.say(&write(&world)), "tool said: ")
        .await;
    assert_eq!(
        approvals::cards(&world.discord).len(),
        2,
        "one command and the plan"
    );
    world.stop(bot).await;
    assert_eq!(world.record()["state"]["mode"], "acceptEdits");
}

async fn a_plan_is_changed(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let asked = planning(&world, &bot).await;
    let card = open(&world.discord, "Claude asks to carry out this plan").await;
    let form = press(&world.discord, &card, "Change", world.discord.owner());
    form.modal(DEADLINE).await.unwrap();
    world
        .discord
        .submit(&form, &json!({ "reason": "paint it twice" }));
    world
        .reply(&bot, asked, "What should change: paint it twice")
        .await;
    closed(&world.discord, " wants a change: paint it twice").await;
    // It still plans; approved, it asks again.
    let asked = world.say(&call("ExitPlanMode", &json!({})));
    let card = open(&world.discord, "Claude asks to carry out this plan").await;
    pressed(&world.discord, &card, "Approve", world.discord.owner()).await;
    world.reply(&bot, asked, "approved your plan").await;
    let asked = world.say(&write(&world));
    approvals::decide(&world.discord, "Deny").await;
    world.reply(&bot, asked, "denied it").await;
    assert_eq!(world.record()["state"]["mode"], "default");
    world.stop(bot).await;
}

async fn a_mode_holds_for_the_next_process(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    world
        .reply(&bot, world.say("!mode acceptEdits"), "is now `acceptEdits`")
        .await;
    world
        .reply(&bot, world.say(&write(&world)), "tool said: ")
        .await;
    world.stop(bot).await;
    let bot = start(&world).await;
    world
        .reply(&bot, world.say(&write(&world)), "tool said: ")
        .await;
    assert!(approvals::cards(&world.discord).is_empty());
    // The model begins to plan by itself, which nobody is asked about.
    world
        .reply(
            &bot,
            world.say(&call("EnterPlanMode", &json!({}))),
            "tool said: ",
        )
        .await;
    world.stop(bot).await;
    assert_eq!(world.record()["state"]["mode"], "plan");
}

async fn permissions_are_bypassed_inside_bubblewrap_alone(version: &'static str) {
    if skip_without(Need::Namespaces) {
        return;
    }
    let world = World::new(version).await;
    let (here, owner) = (world.discord.general(), world.discord.owner());
    let start = async |sandbox: &str| {
        let config = json!({
            "allowed_tools": ["Read(./**)"],
            "claude": { "sandbox": sandbox, "bypass_permissions": true },
            "discord": { "approval_timeout_secs": 1 },
        });
        world.bot().config(&config).start(&world.discord).await
    };
    let file = world.home.path().join(format!("workspaces/{here}/made"));
    let touch = call("Bash", &json!({ "command": "touch made; id -u" }));
    let asked_for = async |bot: &Running| {
        world
            .reply(bot, world.say(&touch), "tool said: Nobody decided")
            .await;
        assert!(!file.exists());
    };
    let bot = start("bwrap").await;
    asked_for(&bot).await;
    let mode = world
        .discord
        .say(here, world.discord.member(), "!mode bypassPermissions");
    world.reply(&bot, mode, "Only this bot's approvers").await;
    asked_for(&bot).await;
    let mode = world.discord.say(here, owner, "!mode bypassPermissions");
    world.reply(&bot, mode, "is now `bypassPermissions`").await;
    let said = world.reply(&bot, world.say(&touch), "tool said: ").await;
    assert!(!said.contains("Nobody decided"), "{said}");
    assert!(file.exists());
    // What the sandbox hides stays hidden.
    world.home.write("sessions/note", "canary-session");
    let read = json!({ "command": "cat ../../sessions/note; echo end" });
    let said = world
        .reply(&bot, world.say(&call("Bash", &read)), "end")
        .await;
    assert!(!said.contains("canary"), "{said}");
    assert_eq!(approvals::cards(&world.discord).len(), 2);
    world.stop(bot).await;
    assert_eq!(world.record()["state"]["mode"], "bypassPermissions");
    fs::remove_file(&file).unwrap();

    for sandbox in ["off", "cli"] {
        let bot = start(sandbox).await;
        let mode = world.say("!mode bypassPermissions");
        world.reply(&bot, mode, "is not available").await;
        let write = write(&world);
        world
            .reply(&bot, world.say(&write), "tool said: Nobody decided")
            .await;
        assert!(!file.exists());
        world.stop(bot).await;
    }
}
