//! The real CLI's program is replaced and deleted under a running bot.
//!
//! - a live process goes on while nothing is there to replace it, and between turns once there is
//! - a version that is too old is named by `check`, `doctor` and in the channel, and not started
//! - the conversation continues in the other version, and the channel is told once

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::world::{NEW, OLD, World};
use crate::support::{DEADLINE, real_cli, said};

on_both_versions!(a_deleted_program_is_replaced_between_turns);

/// A version that is too old.
const ANCIENT: &str = "2.1.50";

#[tokio::test]
async fn a_cli_that_is_too_old_is_named() {
    let world = World::new(ANCIENT).await;
    let needed = "version 2.1.50 is installed, and 2.1.175 or later is needed";
    for command in [&["check"][..], &["doctor", "--no-call"]] {
        let arguments = command.iter().copied();
        let mut running = world.bot().arguments(arguments).launch();
        running.output.wait_for("2.1.175 or later", DEADLINE).await;
        assert!(!running.ended().await.success(), "{command:?}");
    }
    let bot = world.start().await;
    let told = world.ask(&bot, "one").await;
    assert!(told.contains(needed), "{told}");
    world.stop(bot).await;
    assert_eq!(world.home.outcomes(), ["cli_too_old"]);
    assert!(world.messages.requests().is_empty());
}

/// A program of its own that may be deleted. A link is none: the process runs what it leads to.
fn install(version: &str, folder: &Path) -> PathBuf {
    fs::create_dir(folder).unwrap();
    let (installed, own) = (
        real_cli(version).canonicalize().unwrap(),
        folder.join("claude"),
    );
    if fs::hard_link(&installed, &own).is_err() {
        fs::copy(&installed, &own).unwrap();
    }
    own
}

async fn a_deleted_program_is_replaced_between_turns(version: &'static str) {
    let world = World::new(version).await;
    let other = if version == OLD { NEW } else { OLD };
    let folder = world.home.path();
    let link = folder.join("claude");
    let old = install(version, &folder.join("before"));
    symlink(&old, &link).unwrap();
    let config = json!({ "claude": { "bin": link } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let (discord, here) = (&world.discord, world.discord.general());
    assert_eq!(world.ask(&bot, "first").await, "echo(1): first");
    let before = bot.cli_pid(discord, here).await;
    fs::remove_file(&old).unwrap();
    assert_eq!(world.ask(&bot, "second").await, "echo(2): second");
    assert_eq!(bot.cli_pid(discord, here).await, before);

    let new = install(other, &folder.join("after"));
    fs::remove_file(&link).unwrap();
    symlink(&new, &link).unwrap();
    assert_eq!(world.ask(&bot, "third").await, "echo(3): third");
    assert_ne!(bot.cli_pid(discord, here).await, before);
    assert_eq!(world.ask(&bot, "fourth").await, "echo(4): fourth");
    let texts = said(discord, here);
    let told = texts
        .iter()
        .filter(|text| text.contains("program on the bot's machine was updated"))
        .count();
    assert_eq!(told, 1, "{texts:#?}");
    // Both versions were at the API, so the older one's strays may be there.
    bot.stop().await;
    assert_eq!(world.processes(), Vec::<String>::new());
}
