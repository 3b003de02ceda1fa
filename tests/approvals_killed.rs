//! The bot dies around a decision, at each step. Afterwards no card hangs, nothing has run about which nobody decided, and
//! the message is neither lost nor run twice.

use std::fs;

use loopback_discord::{Loopback, Message};
use serde_json::json;

use crate::{
    approvals::{cards, config, open, press, run, started, text},
    support::{Bot, DEADLINE, Home, Running, buttons, eventually, said},
};

/// How far a decision has come when the bot dies.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    /// Discord shows the card.
    Shown,
    /// The record has the card's message.
    Recorded,
    Pressed,
    Acknowledged,
    /// The record has the decision.
    Decided,
    Ran,
    /// The card says who decided.
    Closed,
}

/// How often the command has run: it makes a file each time.
fn runs(discord: &Loopback, home: &Home) -> usize {
    let folder = home
        .path()
        .join(format!("workspaces/{}", discord.general()));
    let entries = fs::read_dir(folder).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_str().unwrap().starts_with("made."))
        .count()
}

fn posts(discord: &Loopback, home: &Home) -> String {
    home.active()[discord.general().to_string()]["state"]["posts"].to_string()
}

async fn until(step: Step, discord: &Loopback, bot: &Running, label: &str) -> Message {
    let card = open(discord).await;
    let id = card.id.to_string();
    if matches!(step, Step::Recorded | Step::Decided) {
        eventually("the card to be on record", || {
            posts(discord, bot.home()).contains(&id).then_some(())
        })
        .await;
    }
    if matches!(step, Step::Shown | Step::Recorded) {
        return card;
    }
    let pressed = press(discord, &card, label, discord.owner());
    match step {
        Step::Acknowledged => {
            pressed.acknowledged(DEADLINE).await.unwrap();
        }
        Step::Decided => {
            eventually("the decision to be on record", || {
                // The record forgets a card once Discord shows what has become of it.
                let posts = posts(discord, bot.home());
                let is_decided = posts.contains("✓ Allowed") || !posts.contains(&id);
                is_decided.then_some(())
            })
            .await;
        }
        Step::Ran => {
            eventually("the command to run", || {
                (runs(discord, bot.home()) == 1).then_some(())
            })
            .await;
        }
        Step::Closed => {
            eventually("the card to be closed", || {
                let card = discord.message(card.id).unwrap();
                card.components.is_empty().then_some(())
            })
            .await;
        }
        Step::Shown | Step::Recorded | Step::Pressed => {}
    }
    card
}

async fn check(step: Step, label: &str) {
    let (discord, bot) = started(&json!({})).await;
    let here = discord.general();
    let asked = discord.say(here, discord.owner(), &run("mktemp made.XXXXXX"));
    let card = until(step, &discord, &bot, label).await;
    let home = bot.kill().await;
    let bot = Bot::new(&discord).home(&home).config(&config(&json!({})));
    let bot = bot.start(&discord).await;
    let card = eventually("the card to be closed", || {
        let card = discord.message(card.id).unwrap();
        card.components.is_empty().then_some(card)
    })
    .await;
    // It is answered, or can be retried.
    eventually("the message not to be lost", || {
        let is_answered = said(&discord, here)
            .iter()
            .any(|text| text.contains("made."));
        let messages = discord.bot_messages(here);
        let offers = messages
            .iter()
            .filter(|message| message.reply_to == Some(asked));
        let is_offered = offers
            .flat_map(buttons)
            .any(|(_, label)| label.starts_with("Retry"));
        (is_answered || is_offered).then_some(())
    })
    .await;
    bot.ask(&discord, here, "[[say on]]", "on").await;
    let (runs, cards) = (runs(&discord, &home), cards(&discord));
    assert_eq!(cards.len(), 1, "{step:?}, {label}: it is asked for once");
    let is_allowed = text(&card).contains("✓ Allowed");
    assert!(
        runs <= 1 && (runs == 0 || is_allowed),
        "{step:?}, {label}: run {runs} times, {}",
        text(&card)
    );
    if step == Step::Ran {
        assert_eq!(runs, 1);
    }
    if matches!(step, Step::Shown | Step::Recorded) {
        assert_eq!(runs, 0, "{step:?}: nobody has decided");
        assert!(text(&card).contains("✗ Closed by a restart"));
    }
    bot.stop().await;
}

#[tokio::test]
async fn a_bot_that_dies_while_a_request_is_open_closes_it() {
    for step in [Step::Shown, Step::Recorded] {
        check(step, "Allow once").await;
    }
}

/// The steps from the press on.
const DECIDING: [Step; 5] = [
    Step::Pressed,
    Step::Acknowledged,
    Step::Decided,
    Step::Ran,
    Step::Closed,
];

#[tokio::test]
async fn a_bot_that_dies_at_a_decision_runs_nothing_undecided() {
    for step in DECIDING {
        check(step, "Allow once").await;
    }
}

#[tokio::test]
async fn a_bot_that_dies_at_a_grant_runs_nothing_undecided() {
    for step in DECIDING {
        check(step, "Always here").await;
    }
}
