//! Who answers Claude's questions and decides about its plans, cell by cell: each person, each way.
//!
//! What is decided twice counts once. What comes too late decides nothing: after the time limit, a stop and a restart.

use loopback_discord::{Loopback, Snowflake};
use serde_json::json;

use crate::{
    approvals::text,
    plans,
    questions::{asking, cards, colour, open, press, recorded, toppings},
    support::{Bot, DEADLINE, eventually, told},
};

#[derive(Clone, Copy, PartialEq, Debug)]
enum Who {
    Asker,
    Owner,
    Admin,
    Approver,
    Other,
}

use Who::{Admin, Approver, Asker, Other, Owner};

/// How a card is decided about.
enum Way {
    Press(&'static str),
    Fill(&'static str),
    Choose,
}

/// A card that Claude shows: how it is asked to, and words on it.
struct Kind {
    present: fn(&Loopback) -> Snowflake,
    words: &'static str,
}

const QUESTION: Kind = Kind {
    present: |discord| {
        let asking = asking(&[colour()]);
        discord.say(discord.general(), discord.member(), &asking)
    },
    words: "Which colour?",
};

const MENU: Kind = Kind {
    present: |discord| {
        let asking = asking(&[toppings()]);
        discord.say(discord.general(), discord.member(), &asking)
    },
    words: "Which toppings?",
};

const PLAN: Kind = Kind {
    present: |discord| plans::present(discord, discord.member()),
    words: "Claude asks to carry out this plan",
};

const NOT_THE_ASKER: &str = "Only the person whom Claude is working for, or an admin";
const NOT_AN_APPROVER: &str = "Only this bot's approvers";

/// Decides about a card as each person. Only those of `may` can; the others read why. Claude reads `end`.
async fn check(kind: &Kind, way: Way, may: &[Who], refusal: &str, end: &str) {
    let discord = Loopback::builder().start().await.unwrap();
    let (admin, approver) = (discord.add_user("Admin"), discord.add_user("Approver"));
    let people = json!({ "admins": [admin], "approvers": { "users": [approver] } });
    let bot = Bot::new(&discord).config(&json!({ "discord": people }));
    let bot = bot.start(&discord).await;
    let mut asked = (kind.present)(&discord);
    for who in [Asker, Owner, Admin, Approver, Other] {
        let by = match who {
            Asker => discord.member(),
            Owner => discord.owner(),
            Admin => admin,
            Approver => approver,
            Other => discord.stranger(),
        };
        let card = open(&discord, kind.words).await;
        let pressed = match way {
            Way::Press(label) | Way::Fill(label) => press(&discord, &card, label, by),
            Way::Choose => {
                let menu = &card.components[0]["components"][0]["custom_id"];
                discord.pick(card.id, menu.as_str().unwrap(), by, &["0"])
            }
        };
        if !may.contains(&who) {
            let answer = told(&pressed).await;
            assert!(answer.starts_with(refusal), "{who:?}: {answer}");
            continue;
        }
        if matches!(way, Way::Fill(_)) {
            pressed.modal(DEADLINE).await.unwrap();
            let entered = json!({ "reason": "mine" });
            let submitted = discord.submit(&pressed, &entered);
            submitted.acknowledged(DEADLINE).await.unwrap();
            let again = told(&discord.submit(&pressed, &entered)).await;
            assert!(again.contains("no longer"), "{who:?}: {again}");
        } else {
            let kind = pressed.acknowledged(DEADLINE).await.unwrap().kind;
            assert_eq!(kind, 6, "{who:?}");
        }
        bot.hears_whole(&discord, asked, end).await;
        closed(&discord, card.id).await;
        asked = (kind.present)(&discord);
    }
    bot.stop().await;
}

async fn closed(discord: &Loopback, card: Snowflake) {
    eventually("the card to be closed", || {
        let card = discord.message(card).unwrap();
        card.components.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_asker_and_admins_answer_by_a_button() {
    let may = [Asker, Owner, Admin];
    let way = Way::Press("Red");
    check(&QUESTION, way, &may, NOT_THE_ASKER, "=\"Red\"").await;
}

#[tokio::test]
async fn the_asker_and_admins_answer_by_a_form() {
    let may = [Asker, Owner, Admin];
    let way = Way::Fill("Other…");
    check(&QUESTION, way, &may, NOT_THE_ASKER, "=\"mine\"").await;
}

#[tokio::test]
async fn the_asker_and_admins_answer_by_a_menu() {
    let may = [Asker, Owner, Admin];
    check(&MENU, Way::Choose, &may, NOT_THE_ASKER, "=\"Ham\"").await;
}

#[tokio::test]
async fn approvers_alone_approve_a_plan() {
    for label in ["Approve", "Approve and accept edits"] {
        let way = Way::Press(label);
        let end = "approved your plan";
        check(&PLAN, way, &[Owner, Approver], NOT_AN_APPROVER, end).await;
    }
}

#[tokio::test]
async fn the_asker_admins_and_approvers_change_a_plan() {
    let may = [Asker, Owner, Admin, Approver];
    let end = "What should change: mine";
    check(&PLAN, Way::Fill("Change"), &may, NOT_THE_ASKER, end).await;
}

#[tokio::test]
async fn of_two_who_approve_a_plan_one_does() {
    let discord = Loopback::builder().start().await.unwrap();
    let other = discord.add_user("Approver");
    let approvers = json!({ "discord": { "approvers": { "users": [other] } } });
    let bot = Bot::new(&discord).config(&approvers).start(&discord).await;
    let asked = (PLAN.present)(&discord);
    let card = open(&discord, PLAN.words).await;
    let labels = [
        ("Approve", discord.owner()),
        ("Approve and accept edits", other),
    ];
    let presses = labels.map(|(label, by)| press(&discord, &card, label, by));
    let mut kinds = Vec::new();
    for pressed in &presses {
        kinds.push(pressed.acknowledged(DEADLINE).await.unwrap().kind);
    }
    kinds.sort_unstable();
    assert_eq!(kinds, [4, 6]);
    bot.hears_whole(&discord, asked, "approved your plan").await;
    assert_eq!(cards(&discord).len(), 1);
    bot.stop().await;
}

/// What closes a card.
#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    TimeLimit,
    Stop,
    Restart,
}

/// Opens a form of a card, and presses a button and submits the form once the card is closed.
async fn late(kind: &Kind, [button, form]: [&str; 2], end: End) {
    let discord = Loopback::builder().start().await.unwrap();
    let limit = if end == End::TimeLimit { 12 } else { 900 };
    let config = json!({ "discord": { "approval_timeout_secs": limit } });
    let mut bot = Bot::new(&discord).config(&config).start(&discord).await;
    (kind.present)(&discord);
    let card = open(&discord, kind.words).await;
    let opened = press(&discord, &card, form, discord.owner());
    opened.modal(DEADLINE).await.unwrap();
    recorded(&discord, &bot, &card).await;
    // Discord shows the buttons for longer than they count.
    let hold = discord.hold(&format!("PATCH /channels/*/messages/{}", card.id));
    if end == End::Stop {
        discord.say(discord.general(), discord.owner(), "!stop");
    }
    if end == End::Restart {
        let home = bot.kill().await;
        bot = Bot::new(&discord).home(&home).start(&discord).await;
    } else {
        eventually("the turn to end", || {
            (!bot.home().outcomes().is_empty()).then_some(())
        })
        .await;
    }
    let pressed = press(&discord, &card, button, discord.owner());
    let submitted = discord.submit(&opened, &json!({ "reason": "mine" }));
    for answer in [told(&pressed).await, told(&submitted).await] {
        assert!(answer.contains("no longer"), "{button}, {end:?}: {answer}");
    }
    drop(hold);
    closed(&discord, card.id).await;
    let card = discord.message(card.id).unwrap();
    assert!(text(&card).contains('✗'), "{end:?}: {}", text(&card));
    bot.stop().await;
}

#[tokio::test]
async fn what_comes_too_late_decides_nothing() {
    for end in [End::TimeLimit, End::Stop, End::Restart] {
        late(&QUESTION, ["Red", "Other…"], end).await;
        late(&PLAN, ["Approve", "Change"], end).await;
    }
}
