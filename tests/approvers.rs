//! Who decides about tool calls, cell by cell: each person, each button, for each way to name the approvers.

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::{
    approvals::{config, open, press, run},
    support::{Bot, DEADLINE, eventually, told},
};

const BUTTONS: [&str; 5] = [
    "Allow once",
    "Allow for this session",
    "Always here",
    "Deny",
    "Deny with a reason",
];

#[derive(Clone, Copy, PartialEq, Debug)]
enum Who {
    Owner,
    Admin,
    Listed,
    RoleHolder,
    Member,
}

use Who::{Admin, Listed, Member, Owner, RoleHolder};

struct People {
    admin: Snowflake,
    listed: Snowflake,
}

impl People {
    fn id(&self, discord: &Loopback, who: Who) -> Snowflake {
        match who {
            Owner => discord.owner(),
            Admin => self.admin,
            Listed => self.listed,
            RoleHolder => discord.member(),
            Member => discord.stranger(),
        }
    }
}

/// Presses each button as each person. Only those of `approvers` decide.
async fn check(approvers: fn(&Loopback, &People) -> Value, may: &[Who]) {
    let discord = Loopback::builder().start().await.unwrap();
    let people = People {
        admin: discord.add_user("Admin"),
        listed: discord.add_user("Listed"),
    };
    let more = json!({
        "admins": [people.admin],
        "approvers": approvers(&discord, &people),
    });
    let bot = Bot::new(&discord)
        .config(&config(&more))
        .start(&discord)
        .await;
    let mut asked = 0;
    let mut ask = || {
        asked += 1;
        // A rule that is granted covers no later call.
        discord.say(
            discord.general(),
            discord.owner(),
            &run(&format!("touch made{asked}")),
        )
    };
    let mut turn = ask();
    for who in [Owner, Admin, Listed, RoleHolder, Member] {
        for button in BUTTONS {
            let card = open(&discord).await;
            let pressed = press(&discord, &card, button, people.id(&discord, who));
            if !may.contains(&who) {
                let answer = told(&pressed).await;
                assert!(
                    answer.starts_with("Only this bot's approvers"),
                    "{who:?}, {button}: {answer}"
                );
                continue;
            }
            if button == "Deny with a reason" {
                pressed.modal(DEADLINE).await.unwrap();
                discord.submit(&pressed, &json!({ "reason": "not now" }));
            } else {
                let kind = pressed.acknowledged(DEADLINE).await.unwrap().kind;
                assert_eq!(kind, 6, "{who:?}, {button}");
            }
            let card = card.id;
            eventually("the card to be closed", || {
                discord
                    .message(card)
                    .unwrap()
                    .components
                    .is_empty()
                    .then_some(())
            })
            .await;
            let end = match button {
                "Deny" => "denied it",
                "Deny with a reason" => "not now",
                _ => "Bash completed",
            };
            bot.hears_whole(&discord, turn, end).await;
            turn = ask();
        }
    }
    bot.stop().await;
}

#[tokio::test]
async fn by_default_the_owner_and_admins_decide() {
    check(|_, _| json!({}), &[Owner, Admin]).await;
}

#[tokio::test]
async fn listed_people_decide_in_place_of_admins() {
    let users = |_: &Loopback, people: &People| json!({ "users": [people.listed] });
    check(users, &[Owner, Listed]).await;
}

#[tokio::test]
async fn those_with_a_listed_role_decide_in_place_of_admins() {
    let roles = |discord: &Loopback, _: &People| json!({ "roles": [discord.role()] });
    check(roles, &[Owner, RoleHolder]).await;
}

#[tokio::test]
async fn people_and_roles_can_be_listed_together() {
    let both = |discord: &Loopback, people: &People| json!({ "users": [people.listed], "roles": [discord.role()] });
    check(both, &[Owner, Listed, RoleHolder]).await;
}
