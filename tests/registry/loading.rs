//! Starting a bot with a damaged registry.
//!
//! * An unreadable file is left alone; people get answers, and those who run the bot are told once.
//! * A corrupt file is reported in the log, by `check` and to the first admin who writes.
//! * A file of a later version keeps the bot from starting.

use std::fs;

use loopback_discord::Loopback;

use super::{discord, files, home_with_a_session, text_of};
use crate::support::{Bot, Home, Running, eventually, said};

/// Runs `check` and returns its output.
async fn checked(discord: &Loopback, home: &Home) -> String {
    let mut check = Bot::new(discord).home(home).arguments(["check"]).launch();
    check.ended().await;
    let line = check
        .output
        .wait_for(" sessions ", crate::support::DEADLINE)
        .await;
    assert!(!line.is_empty());
    check.output.text()
}

/// Checks that a member's message is answered without a notice for admins.
async fn serves_a_member(bot: &Running, discord: &Loopback, words: &str) {
    let here = discord.general();
    let asked = discord.say(here, discord.member(), &format!("[[say {words}]]"));
    bot.hears(discord, asked, words).await;
    let told = said(discord, here);
    assert!(
        !told
            .iter()
            .any(|text| text.contains("For this bot's admins")),
        "{told:?}"
    );
}

#[tokio::test]
async fn an_unreadable_ledger_is_reported_and_people_get_answers() {
    let discord = discord().await;
    let home = home_with_a_session(&discord).await;
    fs::create_dir(home.path().join("sessions/usage/2020-01.jsonl")).unwrap();
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    serves_a_member(&bot, &discord, "to a member").await;
    let here = discord.channel("rust");
    let told = bot
        .ask(
            &discord,
            here,
            "[[say to the owner]]",
            "For this bot's admins",
        )
        .await;
    assert!(told.contains("usage ledger could not be read"), "{told}");
    bot.stop().await;
}

#[tokio::test]
async fn an_unreadable_file_is_left_alone_and_people_get_answers() {
    let discord = discord().await;
    let home = home_with_a_session(&discord).await;
    let path = home.path().join("sessions/active.json");
    let copy = fs::read_to_string(home.path().join("sessions/active.json.bak")).unwrap();
    fs::remove_file(&path).unwrap();
    // Not even root can read a folder as a file.
    fs::create_dir(&path).unwrap();
    let check = checked(&discord, &home).await;
    assert!(
        check.contains("FAIL sessions") && check.contains("failed to read"),
        "{check}"
    );

    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let line = bot
        .log
        .wait_for("failed to read", crate::support::DEADLINE)
        .await;
    assert!(
        line.contains("ERROR") && line.contains("nothing is written"),
        "{line}"
    );
    serves_a_member(&bot, &discord, "to a member").await;
    let here = discord.channel("rust");
    let told = bot
        .ask(
            &discord,
            here,
            "[[say to the owner]]",
            "For this bot's admins",
        )
        .await;
    assert!(
        told.contains("its backup of 1 session") && told.contains("don't save sessions"),
        "{told}"
    );
    eventually("the answer", || {
        said(&discord, here)
            .iter()
            .any(|text| text == "to the owner")
            .then_some(())
    })
    .await;
    // The session of the backup continues in memory until the bot ends.
    bot.ask(
        &discord,
        discord.general(),
        "[[context]]",
        r#"["[[say one]]","[[say to a member]]"]"#,
    )
    .await;
    let all = [said(&discord, here), said(&discord, discord.general())].concat();
    let notices = all
        .iter()
        .filter(|text| text.contains("For this bot's admins"))
        .count();
    assert_eq!(notices, 1, "{all:?}");
    let home = bot.stop().await;
    assert!(path.is_dir());
    assert_eq!(
        fs::read_to_string(home.path().join("sessions/active.json.bak")).unwrap(),
        copy
    );
    assert_eq!(home.ledger().len(), 4, "the ledger is still written");

    // Once it is repaired, the turns in the ledger are counted.
    fs::remove_dir(&path).unwrap();
    home.write("sessions/active.json", &copy);
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(&discord, discord.general(), "!status", "**Turns** 3")
        .await;
    bot.stop().await;
}

#[tokio::test]
async fn a_corrupt_file_is_reported_to_the_first_admin() {
    let discord = discord().await;
    let home = home_with_a_session(&discord).await;
    let whole = text_of(&home);
    home.write("sessions/active.json", &whole[..whole.len() - 9]);
    fs::remove_file(home.path().join("sessions/active.json.bak")).unwrap();
    let check = checked(&discord, &home).await;
    assert!(
        check.contains("FAIL sessions") && check.contains("is corrupt"),
        "{check}"
    );

    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    serves_a_member(&bot, &discord, "to a member").await;
    let told = bot
        .ask(
            &discord,
            discord.general(),
            "!status",
            "For this bot's admins",
        )
        .await;
    assert!(
        told.contains("kept a copy") && told.contains("every channel starts over"),
        "{told}"
    );
    assert!(!told.contains(home.path().to_str().unwrap()), "{told}");
    let home = bot.stop().await;
    let kept: Vec<_> = files(&home)
        .into_iter()
        .filter(|name| name.contains("corrupt"))
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let check = checked(&discord, &home).await;
    assert!(
        check.contains("warn sessions") && check.contains(&kept[0]),
        "{check}"
    );
}

#[tokio::test]
async fn a_file_of_a_later_version_keeps_the_bot_from_starting() {
    let discord = discord().await;
    let home = home_with_a_session(&discord).await;
    let text = text_of(&home).replacen("\"version\": 2", "\"version\": \"3.1\"", 1);
    home.write("sessions/active.json", &text);
    let mut bot = Bot::new(&discord).home(&home).launch();
    assert_eq!(bot.ended().await.code(), Some(65));
    let line = bot
        .log
        .wait_for(
            "a later version of Switchboard wrote",
            crate::support::DEADLINE,
        )
        .await;
    assert!(line.contains("version 3.1"), "{line}");
    assert_eq!(text_of(&home), text);
    let mut clear = Bot::new(&discord)
        .home(&home)
        .arguments(["sessions", "clear", &discord.general().to_string()])
        .launch();
    assert_eq!(clear.ended().await.code(), Some(65));
    assert_eq!(text_of(&home), text);
    let check = checked(&discord, &home).await;
    assert!(
        check.contains("FAIL sessions") && check.contains("version 3.1"),
        "{check}"
    );
}
