//! What a person reads, and what happens, when Claude's API, its account or its CLI fails.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use loopback_discord::{Loopback, Permissions};
use serde_json::json;

use crate::support::{Bot, Claude, DEADLINE, Home, eventually, offered, press, said};

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

#[tokio::test]
async fn a_busy_api_is_asked_again_without_the_person() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[busy 2]] [[say at last]]", "at last")
        .await;
    let texts = said(&discord, here);
    assert_eq!(
        texts,
        [
            "-# Claude is busy (status 429). Retrying automatically, up to 3 times; `!stop` cancels.",
            "at last"
        ]
    );
    eventually("no button", || {
        offered(&discord, discord.general()).is_none().then_some(())
    })
    .await;
    // It stays busy: a button is left.
    let asked = discord.say(here, discord.owner(), "[[busy 10]] [[say later]]");
    let no_help = "Claude is busy right now (status 429), and trying again didn't help.";
    bot.hears(&discord, asked, no_help).await;
    assert_eq!(offered(&discord, discord.general()).unwrap().1, ["Retry"]);
    let (first, _) = offered(&discord, discord.general()).unwrap();
    press(&discord, here, discord.owner(), "Retry").await;
    // And after that: there is another notice with a button.
    bot.hears(&discord, first.id, no_help).await;
    let (second, labels) = offered(&discord, discord.general()).unwrap();
    assert_eq!(labels, ["Retry"]);
    assert_ne!(first.id, second.id);
    press(&discord, here, discord.owner(), "Retry").await;
    bot.hears(&discord, asked, "later").await;
    let home = bot.stop().await;
    let outcomes = home.outcomes();
    assert_eq!(
        outcomes.iter().filter(|it| *it == "api_down").count(),
        10,
        "{outcomes:?}"
    );
}

#[tokio::test]
async fn another_model_is_a_button_away() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    for (status, words) in [
        (
            "429 extra usage is required for long context requests",
            "long context",
        ),
        (
            "404 model: gone",
            "Claude's API doesn't know the model `sonnet`.",
        ),
    ] {
        let asked = discord.say(here, discord.owner(), &format!("[[status {status}]]"));
        bot.hears(&discord, asked, words).await;
        let (_, labels) = offered(&discord, discord.general()).unwrap();
        // The CLI's own list has the last one.
        assert_eq!(labels, ["Use haiku", "Use opus", "Use fable"]);
    }
    let (notice, _) = offered(&discord, discord.general()).unwrap();
    press(&discord, here, discord.owner(), "Use opus").await;
    // A message can overtake a press, whose channel and member are looked up first.
    discord
        .wait_until(DEADLINE, "the button to be taken off", |view| {
            let notice = view.message(notice.id)?;
            notice.content.contains("Retried by").then_some(())
        })
        .await
        .unwrap();
    bot.ask(&discord, here, "!model", "This channel uses `opus`.")
        .await;
    let home = bot.stop().await;
    assert_eq!(
        home.outcomes(),
        ["long_context", "model_unknown", "model_unknown"]
    );
}

#[tokio::test]
async fn an_empty_account_is_told_apart_from_a_limit() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let told = bot
        .ask(
            &discord,
            discord.general(),
            "[[status 402 your balance]]",
            "the Anthropic account",
        )
        .await;
    assert!(
        told.contains("Trying again won't help: the owner of this bot must"),
        "{told}"
    );
    eventually("no button", || {
        offered(&discord, discord.general()).is_none().then_some(())
    })
    .await;
    assert_eq!(bot.stop().await.outcomes(), ["billing"]);
}

#[tokio::test]
async fn a_conversation_that_is_too_long_is_compacted_once() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    bot.ask(
        &discord,
        here,
        "[[too-long-once]] [[say fits now]]",
        "fits now",
    )
    .await;
    assert_eq!(
        said(&discord, here)[0],
        "-# This conversation is too long for the model. I'm summarizing it, then your message runs again."
    );
    bot.ask(
        &discord,
        here,
        "[[too-long]]",
        "This conversation is too long for the model. Use `!compact`",
    )
    .await;
    let home = bot.stop().await;
    assert_eq!(
        home.outcomes()
            .iter()
            .filter(|it| **it != "background")
            .collect::<Vec<_>>(),
        ["answered", "conversation_too_long"]
    );
}

#[tokio::test]
async fn the_clis_own_texts_are_never_posted_as_an_answer() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[synthetic]] [[say mine]]", "mine")
        .await;
    bot.ask(&discord, here, "[[half-pair]]", "answer \u{fffd} end")
        .await;
    assert_eq!(said(&discord, here), ["mine", "answer \u{fffd} end"]);
    bot.stop().await;
}

#[tokio::test]
async fn a_damaged_history_is_repaired_with_a_button() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say one]]", "one").await;
    bot.ask(&discord, here, "[[damage]] [[say two]]", "two")
        .await;
    let before = bot.home().active()[here.to_string()]["session_id"].clone();
    let asked = discord.say(here, discord.owner(), "[[context]]");
    let told = bot
        .hears(&discord, asked, "This conversation's history is damaged")
        .await;
    assert!(told.contains("the old session is kept"), "{told}");
    assert_eq!(offered(&discord, discord.general()).unwrap().1, ["Repair"]);
    press(&discord, here, discord.owner(), "Repair").await;
    // The last answered turn is damaged itself, so the repair goes one further back.
    let context = bot.hears(&discord, asked, r#"["[[say one]]"]"#).await;
    assert_eq!(context, json!(["[[say one]]"]).to_string());
    let told = bot.hears(&discord, asked, "-# Repaired:").await;
    assert!(told.contains(before.as_str().unwrap()), "{told}");
    bot.ask(&discord, here, "[[say on]]", "on").await;
    let home = bot.stop().await;
    assert_ne!(home.active()[here.to_string()]["session_id"], before);
    assert_eq!(
        home.outcomes(),
        [
            "answered",
            "answered",
            "history_damaged",
            "answered",
            "answered"
        ]
    );
}

#[tokio::test]
async fn a_history_that_is_damaged_from_the_start_begins_anew() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[damage]] [[say one]]", "one")
        .await;
    bot.ask(&discord, here, "[[context]]", "history is damaged")
        .await;
    let asked = discord.bot_messages(here).last().unwrap().id;
    press(&discord, here, discord.owner(), "Repair").await;
    bot.hears(
        &discord,
        asked,
        "No part of this conversation could be repaired",
    )
    .await;
    bot.hears(&discord, asked, "[]").await;
    bot.stop().await;
}

/// `claude` is a link to version A, which is repointed to B, and A is deleted.
#[tokio::test]
async fn a_process_whose_program_is_gone_is_replaced_between_turns() {
    let discord = discord().await;
    let home = Home::new();
    let version = |name: &str| {
        let path = home.path().join(name);
        fs::create_dir(&path).unwrap();
        let program = path.join("claude-stand-in");
        if fs::hard_link(env!("CARGO_BIN_EXE_switchboard"), &program).is_err() {
            fs::copy(env!("CARGO_BIN_EXE_switchboard"), &program).unwrap();
        }
        program
    };
    let (old, new) = (version("a"), version("b"));
    let link = home.path().join("claude-stand-in");
    symlink(&old, &link).unwrap();
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say one]]", "one").await;
    let before = bot.cli_pid(&discord, here).await;
    fs::remove_file(&old).unwrap();
    // Nothing is there to replace it yet.
    bot.ask(&discord, here, "[[say still]]", "still").await;
    assert_eq!(bot.cli_pid(&discord, here).await, before);
    fs::remove_file(&link).unwrap();
    symlink(&new, &link).unwrap();
    let context = json!(["[[say one]]", "[[say still]]"]).to_string();
    bot.ask(&discord, here, "[[context]]", &context).await;
    assert_ne!(bot.cli_pid(&discord, here).await, before);
    let told = said(&discord, here)
        .iter()
        .filter(|text| text.contains("program on the bot's machine was updated"))
        .count();
    assert_eq!(told, 1);
    bot.stop().await;
}

#[tokio::test]
async fn a_cli_that_is_too_old_is_not_started() {
    let discord = discord().await;
    let bot = Bot::new(&discord).claude(Claude::StandIn("2.1.174"));
    let bot = bot.start(&discord).await;
    bot.log
        .wait_for("the Claude CLI is too old: version 2.1.174", DEADLINE)
        .await;
    let told = bot
        .ask(
            &discord,
            discord.general(),
            "[[say one]]",
            "Claude can't start",
        )
        .await;
    assert!(
        told.contains("version 2.1.174 is installed, and 2.1.175 or later is needed"),
        "{told}"
    );
    let home = bot.stop().await;
    assert_eq!(home.outcomes(), ["cli_too_old"]);
    let check = Bot::new(&discord)
        .claude(Claude::StandIn("2.1.174"))
        .home(&home)
        .arguments(["check"]);
    let mut check = check.launch();
    check.output.wait_for("2.1.175 or later", DEADLINE).await;
    check.ended().await;
}

#[tokio::test]
async fn a_broken_settings_file_is_told_once_and_without_its_path() {
    let discord = discord().await;
    let home = Home::new();
    home.write(
        "wrapper",
        "#!/bin/sh\n[ \"$1\" = --version ] && exec \"$HOME/claude-stand-in\" --version\necho start >> \"$HOME/starts\"\n\
         echo \"Configuration error in $HOME/.claude.json: JSON Parse error\" >&2\nexit 1\n",
    );
    let wrapper = home.path().join("wrapper");
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o700)).unwrap();
    let config = json!({ "claude": { "bin": wrapper } });
    let bot = Bot::new(&discord)
        .home(&home)
        .config(&config)
        .start(&discord)
        .await;
    let told = bot
        .ask(
            &discord,
            discord.general(),
            "[[say one]]",
            "settings file `.claude.json`",
        )
        .await;
    assert!(!told.contains(home.path().to_str().unwrap()), "{told}");
    bot.stop().await;
    assert_eq!(
        fs::read_to_string(home.path().join("starts")).unwrap(),
        "start\n"
    );
    assert_eq!(said(&discord, discord.general()).len(), 1);
}

#[tokio::test]
async fn a_missing_permission_stops_paid_turns_and_is_told_once() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, owner) = (discord.general(), discord.owner());
    bot.ask(&discord, here, "[[say one]]", "one").await;
    let all = discord.bot_permissions(here);
    discord.set_bot_permissions(here, all - Permissions::SEND_MESSAGES);
    discord.say(here, owner, "[[say two]]");
    bot.log
        .wait_for("the bot lacks a permission here", DEADLINE)
        .await;
    discord.say(here, owner, "[[say three]]");
    bot.log
        .wait_for("not run: the bot lacks a permission", DEADLINE)
        .await;
    let direct = discord.dm(owner);
    let warned = discord.wait_until(DEADLINE, "a warning", |view| {
        let messages = view.bot_messages(direct);
        (!messages.is_empty()).then_some(messages)
    });
    let warned = warned.await.unwrap();
    assert_eq!(warned.len(), 1);
    assert!(
        warned[0].content.contains("**Send Messages**"),
        "{}",
        warned[0].content
    );
    discord.set_bot_permissions(here, all);
    bot.ask(&discord, here, "[[say four]]", "four").await;
    let home = bot.stop().await;
    assert_eq!(
        home.outcomes(),
        ["answered", "answered", "answered"],
        "not the third"
    );
    assert_eq!(discord.bot_messages(direct).len(), 1);
}

#[tokio::test]
async fn check_names_a_missing_permission_and_its_place() {
    for is_thread in [false, true] {
        let discord = discord().await;
        let bot = Bot::new(&discord).start(&discord).await;
        let parent = discord.general();
        let (here, permission, name) = if is_thread {
            (
                discord.add_thread(parent, "a plan"),
                Permissions::SEND_MESSAGES_IN_THREADS,
                "Send Messages in Threads",
            )
        } else {
            (parent, Permissions::SEND_MESSAGES, "Send Messages")
        };
        bot.ask(&discord, here, "[[say one]]", "one").await;
        let all = discord.bot_permissions(parent);
        discord.set_bot_permissions(parent, all - permission);
        discord.say(here, discord.owner(), "[[say two]]");
        bot.log
            .wait_for("the bot lacks a permission here", DEADLINE)
            .await;
        let home = bot.stop().await;
        let mut check = Bot::new(&discord).home(&home).arguments(["check"]).launch();
        let lacks = format!("the bot lacks the permission \"{name}\" in the channel ");
        check.output.wait_for(&lacks, DEADLINE).await;
        check
            .output
            .wait_for(&format!("({here}), so it runs nothing there"), DEADLINE)
            .await;
        check.ended().await;
    }
}
