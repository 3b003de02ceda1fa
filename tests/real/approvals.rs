//! Tool calls that people decide about, over the real CLI.
//!
//! - what is allowed once runs once, what is denied does not, and the model is told
//! - a rule for the session, and one for good, hold at once and after a restart, for a command and for a file
//! - a rule that is revoked is asked about again; the turn that has it is stopped at once
//! - a call about which nobody decides is denied; `!stop` withdraws one
//! - an approver decides in direct messages, and the channel reads who did, but not about what
//! - besides what the rules name, nothing runs unasked that changes anything

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use super::world::World;
use crate::{
    approvals::{self, cards, closed, decide, open, text},
    approvals_to,
    support::{DEADLINE, Running, press},
};

on_both_versions!(
    a_person_decides_about_a_call,
    granted_rules_hold_over_a_restart,
    a_revoked_rule_is_asked_about_again,
    nobody_decides_and_the_model_goes_on,
    stop_withdraws_a_request,
    an_approver_decides_in_direct_messages,
    nothing_that_changes_anything_runs_unasked,
);

/// Without a sandbox there is Bash only if a rule names it.
async fn start(world: &World, limit: u64) -> Running {
    let config = json!({
        "allowed_tools": ["Read(./**)", "Edit(./**)", "Bash(true)"],
        "claude": { "sandbox": "off" },
        "discord": { "approval_timeout_secs": limit },
    });
    world.bot().config(&config).start(&world.discord).await
}

fn call(tool: &str, input: &Value) -> String {
    format!("[[tool {tool} {input}]]")
}

fn touch() -> String {
    call("Bash", &json!({ "command": "touch made" }))
}

fn made(world: &World) -> PathBuf {
    let here = world.discord.general();
    world.home.path().join(format!("workspaces/{here}/made"))
}

async fn a_person_decides_about_a_call(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world, 60).await;
    let asked = world.say(&touch());
    let card = open(&world.discord).await;
    assert!(
        text(&card).contains("```sh\ntouch made\n```"),
        "{}",
        text(&card)
    );
    decide(&world.discord, "Allow once").await;
    world.reply(&bot, asked, "tool said: ").await;
    assert!(made(&world).exists());
    closed(&world.discord, "✓ Allowed once by ").await;
    fs::remove_file(made(&world)).unwrap();

    let again = world.say(&touch());
    decide(&world.discord, "Deny").await;
    world
        .reply(
            &bot,
            again,
            "tool said: The person who decides about this denied it.",
        )
        .await;
    assert!(!made(&world).exists());
    let said = world.discord.bot_messages(world.discord.general());
    assert!(
        said.iter()
            .all(|message| !message.content.contains("Refused, because")),
        "{said:?}"
    );
    world.stop(bot).await;
}

async fn granted_rules_hold_over_a_restart(version: &'static str) {
    let world = World::new(version).await;
    let outside = world.home.path().join("outside.txt");
    let write = call("Write", &json!({ "file_path": outside, "content": "one" }));
    let bot = start(&world, 60).await;
    let asked = world.say(&touch());
    decide(&world.discord, "Allow for this session: Bash(touch made)").await;
    world.reply(&bot, asked, "tool said: ").await;
    let asked = world.say(&write);
    decide(&world.discord, "Always here").await;
    world.reply(&bot, asked, "tool said: ").await;
    let used = async |bot: &Running| {
        fs::remove_file(made(&world)).unwrap();
        fs::remove_file(&outside).unwrap();
        for asked in [touch(), write.clone()] {
            world.reply(bot, world.say(&asked), "tool said: ").await;
        }
        assert!(made(&world).exists() && outside.exists());
        assert_eq!(cards(&world.discord).len(), 2, "nothing is asked for again");
    };
    used(&bot).await;
    world.stop(bot).await;
    let bot = start(&world, 60).await;
    used(&bot).await;
    world.stop(bot).await;
}

async fn a_revoked_rule_is_asked_about_again(version: &'static str) {
    let world = World::new(version).await;
    let (here, owner) = (world.discord.general(), world.discord.owner());
    let bot = start(&world, 60).await;
    let asked = world.say(&touch());
    decide(&world.discord, "Always here").await;
    world.reply(&bot, asked, "tool said: ").await;
    fs::remove_file(made(&world)).unwrap();
    world.say("!tools");
    press(&world.discord, here, owner, "Revoke Bash(touch made)").await;
    bot.hears(&world.discord, asked, "Revoked by ").await;
    let again = world.say(&touch());
    decide(&world.discord, "Deny").await;
    world.reply(&bot, again, "denied it").await;
    assert!(!made(&world).exists());

    // It sleeps for ever.
    let asked = world.say(&call("Bash", &json!({ "command": "perl -e sleep" })));
    decide(&world.discord, "Always here").await;
    world.say("!tools revoke Bash(perl -e sleep)");
    press(&world.discord, here, owner, "Stop the turn now").await;
    bot.hears(&world.discord, asked, "Stopped by ").await;
    world.say(&touch());
    decide(&world.discord, "Deny").await;
    closed(&world.discord, "✗ Denied by ").await;
    world.stop(bot).await;
}

async fn nobody_decides_and_the_model_goes_on(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world, 1).await;
    let asked = world.say(&touch());
    world
        .reply(
            &bot,
            asked,
            "tool said: Nobody decided about this within 1 second",
        )
        .await;
    closed(&world.discord, "✗ Denied: nobody decided within 1 second.").await;
    assert!(!made(&world).exists());
    world.stop(bot).await;
}

async fn stop_withdraws_a_request(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world, 60).await;
    world.say(&touch());
    open(&world.discord).await;
    world.reply(&bot, world.say("!stop"), "Stopped").await;
    closed(&world.discord, "✗ Closed: Claude was stopped").await;
    world.ask(&bot, "and on").await;
    assert!(!made(&world).exists());
    world.stop(bot).await;
}

async fn an_approver_decides_in_direct_messages(version: &'static str) {
    let world = World::new(version).await;
    let discord = &world.discord;
    let (here, owner) = (discord.general(), discord.owner());
    let config = json!({
        "allowed_tools": ["Bash(true)"],
        "claude": { "sandbox": "off" },
        "discord": { "approval_timeout_secs": 60, "approvals_to": "dm" },
    });
    let bot = world.bot().config(&config).start(discord).await;
    for (label, decided, told) in [
        ("Allow once", "✓ Allowed once by ", "tool said: "),
        ("Deny", "✗ Denied by ", "denied it"),
    ] {
        let asked = discord.say(here, discord.member(), &touch());
        let card = approvals_to::open(discord, owner).await;
        assert!(text(&card).contains("touch made"), "{}", text(&card));
        let pressed = approvals::press(discord, &card, label, owner);
        pressed.acknowledged(DEADLINE).await.unwrap();
        world.reply(&bot, asked, told).await;
        for channel in [discord.dm(owner), here] {
            approvals_to::closed(discord, channel, decided).await;
        }
        let is_allowed = label == "Allow once";
        assert_eq!(made(&world).exists(), is_allowed);
        if is_allowed {
            fs::remove_file(made(&world)).unwrap();
        }
    }
    for message in discord.bot_messages(here) {
        assert!(
            !format!("{message:?}").contains("touch made"),
            "{message:?}"
        );
    }
    world.stop(bot).await;
}

async fn nothing_that_changes_anything_runs_unasked(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world, 1).await;
    for command in ["ls", "pwd", "true"] {
        let asked = world.say(&call("Bash", &json!({ "command": command })));
        let said = world.reply(&bot, asked, "tool said: ").await;
        assert!(!said.contains("Nobody decided"), "{command}: {said}");
    }
    assert!(cards(&world.discord).is_empty());
    let home = world.home.path().display();
    let asked_for = [
        "touch made".to_owned(),
        "mkdir made".to_owned(),
        "rm -f made".to_owned(),
        "env".to_owned(),
        "python3 -c 1".to_owned(),
        "curl http://127.0.0.1:9/".to_owned(),
        "find . -delete".to_owned(),
        "true && touch made".to_owned(),
        "echo $(touch made)".to_owned(),
        format!("ls {home}"),
        format!("true > {home}/made"),
    ];
    for command in &asked_for {
        let asked = world.say(&call("Bash", &json!({ "command": command })));
        world.reply(&bot, asked, "tool said: Nobody decided").await;
    }
    for (tool, input) in [
        (
            "Write",
            json!({ "file_path": format!("{home}/made"), "content": "x" }),
        ),
        (
            "Read",
            json!({ "file_path": format!("{home}/config.json") }),
        ),
    ] {
        let asked = world.say(&call(tool, &input));
        world.reply(&bot, asked, "tool said: Nobody decided").await;
    }
    assert_eq!(cards(&world.discord).len(), asked_for.len() + 2);
    assert!(!made(&world).exists() && !world.home.path().join("made").exists());
    for request in world.messages.requests() {
        for taken in ["EnterWorktree", "ListAgents", "SendMessage"] {
            assert!(!request.tools().contains(&taken), "{taken}");
        }
    }
    world.stop(bot).await;
}
