//! A usage limit of the Claude plan that is reached while people wait.
//!
//! * One running message and five waiting ones burn one turn, and cause one notice with the time.
//! * They run after the reset by themselves, or with a button, or are dropped, as configured; a restart loses none.
//! * Who writes meanwhile is told; commands are answered; `!stop` drops what waits.

use std::time::Duration;

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, Running, said};

async fn discord() -> Loopback {
    let channels = ["general", "rust", "random"];
    let discord = Loopback::builder().channels(channels).start().await;
    discord.unwrap()
}

fn outcomes(home: &crate::support::Home) -> Vec<Value> {
    home.outcomes()
}

/// Asks something that reaches a limit of so many seconds, with others that wait behind it.
async fn limited(
    bot: &Running,
    discord: &Loopback,
    seconds: u32,
    others: &[&str],
) -> (Snowflake, String) {
    let here = discord.general();
    let first = discord.say(
        here,
        discord.owner(),
        &format!("[[sleep 0.5]] [[limited {seconds}]] [[say answer first]]"),
    );
    for words in others {
        discord.say(here, discord.owner(), words);
    }
    let notice = bot
        .hears(discord, first, "usage limit is reached. It resets <t:")
        .await;
    (first, notice)
}

#[tokio::test]
async fn a_limit_burns_one_turn_and_the_others_run_after_it() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let others = [
        "[[say answer b]]",
        "[[say answer c]]",
        "[[say answer d]]",
        "[[say answer e]]",
        "[[say answer f]]",
    ];
    let (first, notice) = limited(&bot, &discord, 5, &others).await;
    assert!(
        notice.starts_with("Claude's 5-hour usage limit is reached."),
        "{notice}"
    );
    assert!(
        notice.ends_with("Your message and the 5 that wait are kept and will run automatically."),
        "{notice}"
    );
    // Commands need no Claude.
    bot.ask(&discord, here, "!model", "This channel uses").await;
    let late = discord.say(here, discord.owner(), "[[say answer g]]");
    bot.hears(&discord, late, "Your message waits until <t:")
        .await;
    bot.hears(&discord, late, "answer g").await;
    bot.ask(&discord, here, "[[say answer h]]", "answer h")
        .await;
    let texts = said(&discord, here);
    let answers: Vec<&str> = texts
        .iter()
        .map(String::as_str)
        .filter(|text| text.starts_with("answer"))
        .collect();
    assert_eq!(
        answers,
        [
            "answer first",
            "answer b",
            "answer c",
            "answer d",
            "answer e",
            "answer f",
            "answer g",
            "answer h"
        ]
    );
    let notices = texts
        .iter()
        .filter(|text| text.contains("It resets <t:"))
        .count();
    assert_eq!(notices, 1, "{texts:#?}");
    assert!(
        discord.look(|view| view.replies_to(first)).len() >= 2,
        "the notice and the answer"
    );
    let home = bot.stop().await;
    let mut expected = vec![json!("usage_limit")];
    expected.extend(vec![json!("answered"); 8]);
    assert_eq!(outcomes(&home), expected);
    let state = &home.active()[here.to_string()]["state"];
    assert_eq!(
        (&state["held"], &state["limited_until"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn a_limit_costs_no_turn_in_other_channels() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let (there, owner) = (discord.channel("rust"), discord.owner());
    limited(&bot, &discord, 600, &[]).await;
    let told = bot
        .ask(&discord, there, "[[say elsewhere]]", "waits until <t:")
        .await;
    assert!(told.contains("it runs then"), "{told}");
    // A restart forgets neither the limit nor the message.
    let home = bot.stop().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let new = discord.channel("random");
    let asked = discord.say(new, owner, "[[say elsewhere]]");
    bot.hears(&discord, asked, "waits until <t:").await;
    let home = bot.stop().await;
    for channel in [there, new] {
        let state = &home.active()[channel.to_string()]["state"];
        assert_eq!(state["held"].as_array().unwrap().len(), 1, "{state}");
    }
    assert_eq!(outcomes(&home), ["usage_limit"]);
}

#[tokio::test]
async fn what_waits_for_a_reset_survives_a_restart() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    limited(&bot, &discord, 40, &["[[say second]]"]).await;
    let home = bot.stop().await;
    let held = &home.active()[here.to_string()]["state"]["held"];
    assert_eq!(held.as_array().unwrap().len(), 2, "{held}");
    assert!(
        !said(&discord, here)
            .iter()
            .any(|text| text.contains("shutting down"))
    );
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(&discord, here, "[[say third]]", "Your message waits until")
        .await;
    let home = bot.kill().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let third = discord.wait_until(Duration::from_secs(100), "the answers", |view| {
        let texts: Vec<String> = view
            .bot_messages(here)
            .into_iter()
            .map(|message| message.content)
            .collect();
        let answers: Vec<String> = texts
            .into_iter()
            .filter(|text| ["answer first", "second", "third"].contains(&text.as_str()))
            .collect();
        (answers.len() == 3).then_some(answers)
    });
    assert_eq!(third.await.unwrap(), ["answer first", "second", "third"]);
    bot.stop().await;
}

#[tokio::test]
async fn a_limit_may_ask_or_drop_instead() {
    for after_reset in ["ask", "drop"] {
        let discord = discord().await;
        let config = json!({ "limits": { "after_reset": after_reset } });
        let bot = Bot::new(&discord).config(&config).start(&discord).await;
        let here = discord.general();
        let (first, notice) = limited(&bot, &discord, 4, &["[[say second]]"]).await;
        let labels = |message: Snowflake| {
            let replies = discord.look(|view| view.replies_to(message));
            replies
                .iter()
                .map(|reply| json!(reply.components).to_string())
                .collect::<String>()
        };
        if after_reset == "ask" {
            assert!(notice.contains("I'll ask then"), "{notice}");
            bot.hears(
                &discord,
                first,
                "Claude's usage limit has reset. Press **Retry**",
            )
            .await;
            assert!(labels(first).contains("Retry"));
        } else {
            assert!(
                notice.ends_with("were not answered. Send them again after that."),
                "{notice}"
            );
            assert!(labels(first).contains("Retry"));
            bot.ask(
                &discord,
                here,
                "[[say third]]",
                "This message was not run. Try again <t:",
            )
            .await;
        }
        bot.stop().await;
        assert!(
            !said(&discord, here).iter().any(|text| text == "second"),
            "{after_reset}"
        );
    }
}

#[tokio::test]
async fn only_stop_all_drops_what_waits_for_a_reset() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    limited(&bot, &discord, 600, &["[[say second]]"]).await;
    let kept = "Nothing is running here. 2 messages wait; `!stop all` drops them.";
    bot.ask(&discord, here, "!stop", kept).await;
    let dropped = "Dropped, and won't be run: 2 messages.";
    bot.ask(&discord, here, "!stop all", dropped).await;
    let home = bot.stop().await;
    assert_eq!(
        home.active()[here.to_string()]["state"]["held"],
        Value::Null
    );
    assert_eq!(outcomes(&home), ["usage_limit"]);
}
