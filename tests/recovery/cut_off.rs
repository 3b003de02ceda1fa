//! Turns that ended with the bot.

use loopback_discord::Loopback;
use rustix::process::Signal;
use serde_json::json;

use super::{LONG, again, at_rest, button, custom_id, discord, has_button, notice, until_said};
use crate::support::{Bot, DEADLINE, Running, eventually, said};

const EPHEMERAL_NOT_YOURS: &str =
    "Only the author of that message or an admin of this bot can retry it.";

#[tokio::test]
async fn a_killed_turn_is_reported_and_retried_once_on_request() {
    let discord = discord().await;
    let here = discord.general();
    let who = (here, discord.member());
    let bot = Bot::new(&discord).start(&discord).await;
    let asked = until_said(&bot, &discord, who, LONG, "step 1").await;
    let home = bot.kill().await;
    let bot = again(&discord, &home).await;
    let told = notice(&bot, &discord, asked).await;
    assert!(
        told.content
            .starts_with("I was restarted while working on this.")
    );
    assert_eq!(told.mentions, [discord.member()]);
    // By itself it is not run: the next message is the session's second.
    bot.ask(&discord, here, "[[say next]]", "next").await;
    at_rest(bot.home()).await;
    assert!(!said(&discord, here).contains(&"done".to_owned()));

    // A second start does not tell it again.
    let home = bot.kill().await;
    let bot = again(&discord, &home).await;
    bot.ask(&discord, here, "[[say again]]", "again").await;
    assert_eq!(told_so_often(&discord, "I was restarted"), 1);

    let press = discord.press(told.id, &button(&told), discord.member());
    press.acknowledged(DEADLINE).await.unwrap();
    bot.hears(&discord, told.id, "done").await;
    assert!(!has_button(&discord, asked));
    let home = bot.stop().await;
    assert_eq!(
        home.active()[here.to_string()]["state"]["cut_off"],
        json!(null)
    );
    let runs = home
        .ledger()
        .into_iter()
        .filter(|line| line["message"] == json!(asked.to_string()));
    assert_eq!(runs.count(), 1, "the killed turn has no line");
}

fn told_so_often(discord: &Loopback, beginning: &str) -> usize {
    let said = said(discord, discord.general());
    said.iter()
        .filter(|text| text.starts_with(beginning))
        .count()
}

#[tokio::test]
async fn two_presses_run_it_once() {
    let discord = discord().await;
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    let who = (here, discord.owner());
    let asked = until_said(&bot, &discord, who, LONG, "step 1").await;
    let home = bot.kill().await;
    let bot = again(&discord, &home).await;
    let told = notice(&bot, &discord, asked).await;
    // At once, and of two people who may.
    discord.press(told.id, &button(&told), discord.owner());
    discord.press(told.id, &button(&told), discord.owner());
    let first = bot.hears(&discord, told.id, "done").await;
    assert_eq!(first, "done");
    bot.hears(
        &discord,
        told.id,
        "is already being retried, or has been retried",
    )
    .await;
    bot.ask(&discord, here, "[[say last]]", "last").await;
    assert_eq!(
        said(&discord, here)
            .iter()
            .filter(|text| *text == "done")
            .count(),
        1
    );
    assert_eq!(bot.stop().await.outcomes(), ["answered", "answered"]);
}

#[tokio::test]
async fn only_the_author_and_admins_may_press() {
    let discord = discord().await;
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    let who = (here, discord.member());
    let asked = until_said(&bot, &discord, who, LONG, "step 1").await;
    let home = bot.kill().await;
    let bot = again(&discord, &home).await;
    let told = notice(&bot, &discord, asked).await;
    let refused = discord.press(told.id, &button(&told), discord.stranger());
    let refused = refused.response(DEADLINE).await.unwrap();
    assert_eq!(refused.content, EPHEMERAL_NOT_YOURS);
    assert_eq!(refused.ephemeral_to, Some(discord.stranger()));
    assert!(has_button(&discord, asked));
    // The bot's owner is its admin; what runs is the author's.
    discord.press(told.id, &button(&told), discord.owner());
    bot.hears(&discord, told.id, "done").await;
    let home = bot.stop().await;
    let line = home.ledger().pop().unwrap();
    assert_eq!(line["author"], json!(discord.member().to_string()));
}

#[tokio::test]
async fn who_is_not_let_in_may_not_press() {
    let discord = discord().await;
    let here = discord.general();
    let lists = |users: &[String]| json!({ "discord": { "allow": { "users": users } } });
    let bot = Bot::new(&discord).start(&discord).await;
    let who = (here, discord.member());
    let asked = until_said(&bot, &discord, who, LONG, "step 1").await;
    let home = bot.kill().await;
    let only_owner = lists(&[discord.owner().to_string()]);
    let bot = Bot::new(&discord).home(&home).config(&only_owner);
    let bot = bot.start(&discord).await;
    let told = notice(&bot, &discord, asked).await;
    let refused = discord.press(told.id, &button(&told), discord.member());
    let refused = refused.response(DEADLINE).await.unwrap();
    assert!(
        refused
            .content
            .starts_with("You're not on this bot's allow list")
    );
    assert!(refused.ephemeral_to.is_some() && has_button(&discord, asked));
    // Nor is what they wrote run for somebody else.
    discord.press(told.id, &button(&told), discord.owner());
    let refused = "its author may no longer talk to me here";
    bot.hears(&discord, told.id, refused).await;
    assert!(bot.stop().await.ledger().is_empty());
}

#[tokio::test]
async fn a_message_that_was_deleted_is_not_run() {
    let discord = discord().await;
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    let asked = until_said(&bot, &discord, (here, discord.owner()), LONG, "step 1").await;
    let home = bot.kill().await;
    let bot = again(&discord, &home).await;
    let told = notice(&bot, &discord, asked).await;
    discord.delete(asked);
    discord.press(told.id, &button(&told), discord.owner());
    bot.hears(&discord, told.id, "was deleted, so it can't be run again")
        .await;
    eventually("the button to go", || {
        custom_id(&discord.message(told.id)?)
            .is_none()
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_cut_off_twice_is_told_twice() {
    let discord = discord().await;
    let here = discord.general();
    let mut bot = Bot::new(&discord).start(&discord).await;
    let asked = until_said(&bot, &discord, (here, discord.owner()), LONG, "step 1").await;
    for times in 1..=3 {
        let home = bot.kill().await;
        bot = again(&discord, &home).await;
        let told = notice(&bot, &discord, asked).await;
        discord.press(told.id, &button(&told), discord.owner());
        bot.hears(&discord, told.id, "step 1").await;
        assert_eq!(told_so_often(&discord, "I was restarted"), times);
        assert!(!has_button(&discord, asked));
    }
    bot.hears(&discord, asked, "done").await;
}

#[tokio::test]
async fn an_answer_pending_at_a_kill_is_reported_incomplete() {
    let discord = discord().await;
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    let hold = discord.hold("POST /channels/*/messages");
    let asked = discord.say(here, discord.owner(), "[[say done]]");
    let home = bot.home().clone();
    eventually("the turn to be booked", || {
        (home.ledger().len() == 1).then_some(())
    })
    .await;
    eventually("the record to say so", || {
        let record = &home.active()[here.to_string()];
        (record["state"]["open_turns"][0]["booked"] == json!(true)).then_some(())
    })
    .await;
    let home = bot.kill().await;
    drop(hold);
    let bot = again(&discord, &home).await;
    let told = notice(&bot, &discord, asked).await;
    assert!(
        told.content.contains("missing or incomplete"),
        "{}",
        told.content
    );
}

#[tokio::test]
async fn a_command_whose_answer_was_cut_off_is_told() {
    let discord = discord().await;
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    bot.ask(&discord, here, "[[say one]]", "one").await;
    at_rest(bot.home()).await;
    let before = bot.home().active()[here.to_string()]["session_id"].clone();
    let hold = discord.hold("POST /channels/*/messages");
    let asked = discord.say(here, discord.owner(), "!clear");
    let home = bot.home().clone();
    eventually("the session to be cleared", || {
        let record = &home.active()[here.to_string()];
        (record["session_id"] != before).then_some(())
    })
    .await;
    let session = home.active()[here.to_string()]["session_id"].clone();
    let home = bot.kill().await;
    drop(hold);
    let bot = again(&discord, &home).await;
    notice(&bot, &discord, asked).await;
    bot.ask(&discord, here, "!status", "**Process**").await;
    assert_eq!(home.active()[here.to_string()]["session_id"], session);
}

async fn stopped_at_once(bot: &mut Running) {
    bot.signal(Signal::TERM);
    bot.log.wait_for("running turns may end", DEADLINE).await;
    bot.signal(Signal::TERM);
    let status = bot.ended().await;
    assert!(status.success(), "{status}\n{}", bot.log.text());
}

#[tokio::test]
async fn a_turn_cut_off_by_a_shutdown_is_reported_once() {
    let discord = discord().await;
    let here = discord.general();
    let mut bot = Bot::new(&discord).start(&discord).await;
    let asked = until_said(&bot, &discord, (here, discord.owner()), LONG, "step 1").await;
    stopped_at_once(&mut bot).await;
    let told = discord.look(|view| view.replies_to(asked).pop()).unwrap();
    assert!(
        told.content
            .starts_with("I had to shut down before this was done.")
    );
    assert!(custom_id(&told).is_some());
    let home = bot.home().clone();
    assert_eq!(
        home.active()[here.to_string()]["state"]["cut_off"][0]["told"],
        json!(true)
    );
    let bot = again(&discord, &home).await;
    discord.press(told.id, &button(&told), discord.owner());
    bot.hears(&discord, told.id, "done").await;
    assert_eq!(told_so_often(&discord, "I was restarted"), 0);
}

#[tokio::test]
async fn waiting_messages_are_answered_once_after_a_restart() {
    let discord = discord().await;
    let here = discord.general();
    let mut bot = Bot::new(&discord).start(&discord).await;
    until_said(&bot, &discord, (here, discord.owner()), LONG, "step 1").await;
    let waits = discord.say(here, discord.owner(), "[[say waited]]");
    bot.ask(&discord, discord.channel("rust"), "[[say pong]]", "pong")
        .await;
    stopped_at_once(&mut bot).await;
    let home = bot.home().clone();
    let late = discord.say(here, discord.owner(), "[[say late]]");
    let bot = again(&discord, &home).await;
    for (asked, answer) in [(waits, "waited"), (late, "late")] {
        let found = discord.wait_until(DEADLINE, answer, |view| {
            let replies = view.replies_to(asked);
            replies.iter().any(|reply| reply.content == answer)
        });
        found.await.unwrap();
    }
    bot.ask(&discord, here, "[[say last]]", "last").await;
    let all = said(&discord, here);
    for answer in ["waited", "late"] {
        assert_eq!(
            all.iter().filter(|text| *text == answer).count(),
            1,
            "{all:#?}"
        );
    }
}
