//! Claude's questions: people answer them in the channel.
//!
//! * An answer is a button, options of a menu, a form, or simply the next message of the person who asked.
//! * Nobody else answers but admins; the card says who answered what.
//! * Several questions are asked one after the other, and Claude reads all answers together.
//! * A question is closed, and its buttons go, when nobody answers, at `!stop`, and when the bot or the CLI dies.

use std::time::Duration;

use loopback_discord::{InteractionHandle, Loopback, Message, Snowflake};
use serde_json::{Value, json};

use crate::{
    approvals::text,
    support::{Bot, DEADLINE, Running, buttons, eventually, told},
};

async fn started(more: &Value) -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).config(more).start(&discord).await;
    (discord, bot)
}

pub(crate) fn colour() -> Value {
    json!({
        "question": "Which colour?", "header": "Colour", "multiSelect": false,
        "options": [
            { "label": "Red", "description": "like a rose" },
            { "label": "Blue", "description": "like the sea" },
        ],
    })
}

pub(crate) fn toppings() -> Value {
    let option = |label| json!({ "label": label, "description": "" });
    json!({
        "question": "Which toppings?", "header": "Toppings", "multiSelect": true,
        "options": [option("Ham"), option("Corn"), option("Cheese")],
    })
}

/// Has Claude ask these questions, and say what came of it.
pub(crate) fn asking(questions: &[Value]) -> String {
    format!(
        "[[tool AskUserQuestion {}]][[told]]",
        json!({ "questions": questions })
    )
}

fn ask(discord: &Loopback, by: Snowflake, questions: &[Value]) -> Snowflake {
    discord.say(discord.general(), by, &asking(questions))
}

/// The cards of questions and plans, oldest first.
pub(crate) fn cards(discord: &Loopback) -> Vec<Message> {
    let messages = discord.bot_messages(discord.general()).into_iter();
    let cards = messages.filter(|message| !message.embeds.is_empty());
    cards
        .filter(|card| text(card).starts_with("**Claude asks"))
        .collect()
}

/// Waits for an open card that says this.
pub(crate) async fn open(discord: &Loopback, words: &str) -> Message {
    eventually(words, || {
        let mut cards = cards(discord).into_iter();
        cards.rfind(|card| !card.components.is_empty() && text(card).contains(words))
    })
    .await
}

/// Waits until the record has a card.
pub(crate) async fn recorded(discord: &Loopback, bot: &Running, card: &Message) {
    eventually("the card to be on record", || {
        let posts =
            bot.home().active()[discord.general().to_string()]["state"]["posts"].to_string();
        posts.contains(&card.id.to_string()).then_some(())
    })
    .await;
}

/// Waits for a closed card that ends with this.
pub(crate) async fn closed(discord: &Loopback, line: &str) {
    eventually(line, || {
        let mut cards = cards(discord).into_iter();
        cards.rfind(|card| card.components.is_empty() && text(card).ends_with(line))
    })
    .await;
}

pub(crate) fn press(
    discord: &Loopback,
    card: &Message,
    label: &str,
    by: Snowflake,
) -> InteractionHandle {
    let buttons = buttons(card);
    let found = buttons.iter().find(|(_, found)| found == label);
    let (id, _) = found.unwrap_or_else(|| panic!("no {label} in {buttons:?}"));
    discord.press(card.id, id, by)
}

/// Presses a button. The press must count.
pub(crate) async fn pressed(discord: &Loopback, card: &Message, label: &str, by: Snowflake) {
    let pressed = press(discord, card, label, by);
    assert_eq!(pressed.acknowledged(DEADLINE).await.unwrap().kind, 6);
}

/// Waits until Claude has said what it read.
async fn read(bot: &Running, discord: &Loopback, asked: Snowflake, words: &str) {
    bot.hears_whole(discord, asked, words).await;
}

#[tokio::test]
async fn a_press_answers_and_the_card_says_who_did() {
    let (discord, bot) = started(&json!({})).await;
    let member = discord.member();
    let asked = ask(&discord, member, &[colour()]);
    let card = open(&discord, "Which colour?").await;
    assert!(
        text(&card).contains("- **Blue** · like the sea"),
        "{}",
        text(&card)
    );
    assert_eq!(card.reply_to, Some(asked));
    pressed(&discord, &card, "Blue", member).await;
    read(&bot, &discord, asked, "\"Which colour?\"=\"Blue\"").await;
    let name = discord.user(member).unwrap().display_name;
    closed(&discord, &format!("✓ {name} answered: Blue")).await;
    bot.stop().await;
}

#[tokio::test]
async fn questions_come_one_after_the_other() {
    let (discord, bot) = started(&json!({})).await;
    let owner = discord.owner();
    let asked = ask(&discord, owner, &[colour(), toppings()]);
    let card = open(&discord, "Claude asks (1 of 2): Colour").await;
    assert_eq!(cards(&discord).len(), 1);
    pressed(&discord, &card, "Red", owner).await;
    let card = open(&discord, "Claude asks (2 of 2): Toppings").await;
    let menu = &card.components[0]["components"][0];
    assert_eq!(menu["max_values"], 3);
    let chosen = discord.pick(
        card.id,
        menu["custom_id"].as_str().unwrap(),
        owner,
        &["0", "2"],
    );
    assert_eq!(chosen.acknowledged(DEADLINE).await.unwrap().kind, 6);
    let answers = "\"Which colour?\"=\"Red\", \"Which toppings?\"=\"Ham, Cheese\"";
    read(&bot, &discord, asked, answers).await;
    closed(&discord, " answered: Ham, Cheese").await;
    bot.stop().await;
}

#[tokio::test]
async fn free_text_answers_by_a_form() {
    let (discord, bot) = started(&json!({})).await;
    let owner = discord.owner();
    let asked = ask(&discord, owner, &[colour()]);
    let card = open(&discord, "Which colour?").await;
    let form = press(&discord, &card, "Other…", owner);
    assert_eq!(
        form.modal(DEADLINE).await.unwrap()["title"],
        "Your answer to Claude"
    );
    let blank = discord.submit(&form, &json!({ "reason": " \u{200b} " }));
    assert!(
        told(&blank)
            .await
            .starts_with("There is nothing to read in that")
    );
    let form = press(&discord, &card, "Other…", owner);
    form.modal(DEADLINE).await.unwrap();
    let submitted = discord.submit(&form, &json!({ "reason": "a *warm* green" }));
    submitted.acknowledged(DEADLINE).await.unwrap();
    read(&bot, &discord, asked, "a *warm* green").await;
    bot.stop().await;
}

#[tokio::test]
async fn options_and_words_of_a_form_answer_together() {
    let (discord, bot) = started(&json!({})).await;
    let owner = discord.owner();
    let asked = ask(&discord, owner, &[colour(), toppings()]);
    let kinds = [("Which colour?", 21), ("Which toppings?", 22)];
    let entered = [
        json!({ "options": "1", "reason": "but darker" }),
        json!({ "options": ["0", "2"], "reason": "olives" }),
    ];
    for ((question, kind), entered) in kinds.into_iter().zip(entered) {
        let card = open(&discord, question).await;
        let form = press(&discord, &card, "Other…", owner);
        let shown = form.modal(DEADLINE).await.unwrap();
        let options = &shown["components"][0]["component"];
        assert_eq!(options["type"], kind, "{shown}");
        let nothing = discord.submit(&form, &json!({}));
        let told = told(&nothing).await;
        assert!(
            told.starts_with("There is nothing to read in that"),
            "{told}"
        );
        let form = press(&discord, &card, "Other…", owner);
        form.modal(DEADLINE).await.unwrap();
        let submitted = discord.submit(&form, &entered);
        assert_eq!(submitted.acknowledged(DEADLINE).await.unwrap().kind, 6);
    }
    let answers =
        "\"Which colour?\"=\"Blue: but darker\", \"Which toppings?\"=\"Ham, Cheese, olives\"";
    read(&bot, &discord, asked, answers).await;
    bot.stop().await;
}

#[tokio::test]
async fn the_next_message_of_the_asker_answers() {
    let (discord, bot) = started(&json!({})).await;
    let here = discord.general();
    let asked = ask(&discord, discord.member(), &[colour()]);
    open(&discord, "Which colour?").await;
    // What others write waits for its turn.
    let other = discord.say(here, discord.owner(), "[[say mine]]");
    discord.say(here, discord.member(), "none of them");
    read(&bot, &discord, asked, "\"Which colour?\"=\"none of them\"").await;
    closed(&discord, " answered: none of them").await;
    assert_eq!(
        bot.reply_with(&discord, other, "mine").await.content,
        "mine"
    );
    // The answer was no message of the conversation.
    let next = discord.say(here, discord.member(), "[[context]]");
    let said = bot.reply(&discord, next).await.content;
    assert!(
        said.contains("mine") && !said.contains("none of them"),
        "{said}"
    );
    bot.stop().await;
}

#[tokio::test]
async fn an_answer_need_not_mention_the_bot() {
    let (discord, bot) = started(&json!({ "discord": { "respond": "mention" } })).await;
    let mention = format!("<@{}> ", discord.bot());
    let text = mention + &asking(&[colour()]);
    let asked = discord.say(discord.general(), discord.member(), &text);
    let card = open(&discord, "Which colour?").await;
    recorded(&discord, &bot, &card).await;
    discord.say(discord.general(), discord.owner(), "not for you");
    discord.say(discord.general(), discord.member(), "violet");
    read(&bot, &discord, asked, "\"Which colour?\"=\"violet\"").await;
    bot.stop().await;
}

#[tokio::test]
async fn only_the_asker_and_admins_answer() {
    let (discord, bot) = started(&json!({})).await;
    let asked = ask(&discord, discord.member(), &[colour()]);
    let card = open(&discord, "Which colour?").await;
    for label in ["Red", "Other…"] {
        let refused = press(&discord, &card, label, discord.stranger());
        assert!(
            told(&refused)
                .await
                .starts_with("Only the person whom Claude is working for")
        );
    }
    // Pressed twice, it counts once.
    let presses = [0, 1].map(|_| press(&discord, &card, "Red", discord.owner()));
    let mut kinds = Vec::new();
    for pressed in &presses {
        kinds.push(pressed.acknowledged(DEADLINE).await.unwrap().kind);
    }
    kinds.sort_unstable();
    assert_eq!(kinds, [4, 6]);
    read(&bot, &discord, asked, "=\"Red\"").await;
    bot.stop().await;
}

#[tokio::test]
async fn nobody_answers_and_claude_goes_on() {
    let (discord, bot) = started(&json!({ "discord": { "approval_timeout_secs": 1 } })).await;
    let asked = ask(&discord, discord.owner(), &[colour()]);
    read(&bot, &discord, asked, "Nobody answered within 1 second").await;
    closed(&discord, "✗ Nobody answered within 1 second.").await;
    bot.stop().await;
}

#[tokio::test]
async fn an_open_question_does_not_use_up_the_time_of_the_turn() {
    let limits = json!({ "claude": { "turn_timeout_secs": 2, "silence_secs": 1, "idle_secs": 1 } });
    let (discord, bot) = started(&limits).await;
    let owner = discord.owner();
    let asked = ask(&discord, owner, &[colour()]);
    let card = open(&discord, "Which colour?").await;
    let opened = std::time::Instant::now();
    eventually("more than the limit to pass", || {
        (opened.elapsed() > Duration::from_millis(2_500)).then_some(())
    })
    .await;
    pressed(&discord, &card, "Red", owner).await;
    read(&bot, &discord, asked, "=\"Red\"").await;
    bot.stop().await;
}

#[tokio::test]
async fn stop_closes_a_question() {
    let (discord, bot) = started(&json!({})).await;
    ask(&discord, discord.owner(), &[colour()]);
    open(&discord, "Which colour?").await;
    bot.ask(&discord, discord.general(), "!stop", "Stopped")
        .await;
    closed(
        &discord,
        "✗ Closed: Claude was stopped before anybody answered.",
    )
    .await;
    bot.stop().await;
}

#[tokio::test]
async fn a_crash_of_the_cli_closes_a_question() {
    let (discord, bot) = started(&json!({})).await;
    ask(&discord, discord.owner(), &[colour()]);
    open(&discord, "Which colour?").await;
    bot.kill_cli(&discord, discord.general()).await;
    closed(
        &discord,
        "✗ Closed: Claude's process ended before anybody answered.",
    )
    .await;
    bot.stop().await;
}

#[tokio::test]
async fn a_restart_closes_a_question_and_reports_the_cut_off_turn() {
    let (discord, bot) = started(&json!({})).await;
    let asked = ask(&discord, discord.owner(), &[colour()]);
    let card = open(&discord, "Which colour?").await;
    recorded(&discord, &bot, &card).await;
    let home = bot.kill().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    closed(&discord, "✗ Closed by a restart before anybody answered.").await;
    bot.reply_with(&discord, asked, "").await;
    assert_eq!(cards(&discord).len(), 1);
    bot.stop().await;
}
