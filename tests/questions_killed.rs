//! The bot dies around an answer to a question, or a decision about a plan, at each step. Afterwards no card hangs, and the
//! message is neither lost nor run twice.

use loopback_discord::{Loopback, Message, Snowflake};
use serde_json::json;

use crate::{
    approvals::text,
    plans::present,
    questions::{asking, cards, colour, open, press, recorded},
    support::{Bot, DEADLINE, Running, buttons, eventually, said},
};

/// How far an answer has come when the bot dies.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    /// Discord shows the card.
    Shown,
    /// The record has the card's message.
    Recorded,
    Pressed,
    Acknowledged,
    /// The card says who answered.
    Closed,
    /// Claude has read it and says so.
    Read,
}

const STEPS: [Step; 6] = [
    Step::Shown,
    Step::Recorded,
    Step::Pressed,
    Step::Acknowledged,
    Step::Closed,
    Step::Read,
];

/// What is answered.
struct Ask {
    /// What the card says.
    card: &'static str,
    label: &'static str,
    /// What is entered in the form that the button opens.
    entered: Option<&'static str>,
    /// What Claude says when it has read the answer.
    told: &'static str,
}

fn is_closed(discord: &Loopback, card: &Message) -> Option<Message> {
    let card = discord.message(card.id).unwrap();
    card.components.is_empty().then_some(card)
}

fn times_told(discord: &Loopback, words: &str) -> usize {
    let said = said(discord, discord.general());
    said.iter().filter(|text| text.contains(words)).count()
}

async fn until(step: Step, ask: &Ask, (discord, bot): (&Loopback, &Running)) -> Message {
    let card = open(discord, ask.card).await;
    if step == Step::Recorded {
        recorded(discord, bot, &card).await;
    }
    if matches!(step, Step::Shown | Step::Recorded) {
        return card;
    }
    let mut pressed = press(discord, &card, ask.label, discord.owner());
    if let Some(entered) = ask.entered {
        pressed.modal(DEADLINE).await.unwrap();
        pressed = discord.submit(&pressed, &json!({ "reason": entered }));
    }
    match step {
        Step::Acknowledged => drop(pressed.acknowledged(DEADLINE).await.unwrap()),
        Step::Closed => drop(eventually("the card to close", || is_closed(discord, &card)).await),
        Step::Read => {
            eventually("Claude to read it", || {
                (times_told(discord, ask.told) == 1).then_some(())
            })
            .await;
        }
        Step::Shown | Step::Recorded | Step::Pressed => {}
    }
    card
}

async fn check(step: Step, ask: &Ask, say: impl Fn(&Loopback) -> Snowflake) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let asked = say(&discord);
    let card = until(step, ask, (&discord, &bot)).await;
    let home = bot.kill().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let card = eventually("the card to be closed", || is_closed(&discord, &card)).await;
    // It is answered, or can be retried.
    eventually("the message not to be lost", || {
        let messages = discord.bot_messages(here);
        let offers = messages.iter().filter(|it| it.reply_to == Some(asked));
        let mut labels = offers.flat_map(buttons);
        let is_offered = labels.any(|(_, label)| label.starts_with("Retry"));
        (times_told(&discord, ask.told) == 1 || is_offered).then_some(())
    })
    .await;
    bot.ask(&discord, here, "[[say on]]", "on").await;
    assert_eq!(cards(&discord).len(), 1, "{step:?}: it is asked once");
    let runs = home.ledger();
    let runs = runs.iter().filter(|it| it["message"] == asked.to_string());
    assert!(runs.count() <= 1 && times_told(&discord, ask.told) <= 1);
    if matches!(step, Step::Shown | Step::Recorded) {
        let text = text(&card);
        assert!(text.contains("✗ Closed by a restart"), "{step:?}: {text}");
    }
    bot.stop().await;
}

#[tokio::test]
async fn a_bot_that_dies_around_an_answer_leaves_no_question_open() {
    let ask = Ask {
        card: "Which colour?",
        label: "Blue",
        entered: None,
        told: "\"Which colour?\"=\"Blue\"",
    };
    for step in STEPS {
        check(step, &ask, |discord| {
            discord.say(discord.general(), discord.owner(), &asking(&[colour()]))
        })
        .await;
    }
}

#[tokio::test]
async fn a_bot_that_dies_around_an_approval_leaves_no_plan_open() {
    let ask = Ask {
        card: "Claude asks to carry out this plan",
        label: "Approve",
        entered: None,
        told: "User has approved your plan",
    };
    for step in STEPS {
        check(step, &ask, |discord| present(discord, discord.owner())).await;
    }
}

#[tokio::test]
async fn a_bot_that_dies_around_a_change_leaves_no_plan_open() {
    let ask = Ask {
        card: "Claude asks to carry out this plan",
        label: "Change",
        entered: Some("paint it twice"),
        told: "What should change: paint it twice",
    };
    for step in STEPS {
        check(step, &ask, |discord| present(discord, discord.owner())).await;
    }
}
