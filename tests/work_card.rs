//! The card that shows what Claude does.
//!
//! * It comes with the first tool, is edited while the turn runs, and collapses to one line that a button expands.
//! * Its Stop button ends the turn at once, names who pressed, and is gone afterwards.
//! * A turn that fails, or is cut off, closes it and can be retried.
//! * What the rules refuse is told, with the card off too. `!verbose` sets how much it shows.
//! * What stands on it beside simple steps: see [`lines`].

mod lines;

use std::time::{Duration, Instant};

use loopback_discord::{Loopback, Message, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, Home, Running, buttons, eventually, said, send_as_bot};

/// A turn that waits for an interrupt while its tool has already failed.
const HANGS: &str = "[[tool Read {\"file_path\": \"nothing\"}]] [[hang]]";

async fn started(verbose: &str) -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let config = json!({ "discord": { "verbose": verbose } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    (discord, bot)
}

/// The bot's newest card in a channel.
fn card(discord: &Loopback) -> Option<(Message, String)> {
    let messages = discord.bot_messages(discord.general()).into_iter();
    let mut cards = messages.filter(|message| !message.embeds.is_empty());
    let card = cards.next_back()?;
    let text = card.embeds[0]["description"].as_str()?.to_owned();
    Some((card, text))
}

pub(crate) fn card_text(discord: &Loopback) -> Option<String> {
    card(discord).map(|(_, text)| text)
}

/// Waits until the newest card shows this.
pub(crate) async fn shows(discord: &Loopback, what: &str) -> Message {
    let found = || card(discord).filter(|(_, text)| text.contains(what));
    eventually(what, found).await.0
}

pub(crate) fn labels(message: &Message) -> Vec<String> {
    buttons(message)
        .into_iter()
        .map(|(_, label)| label)
        .collect()
}

pub(crate) async fn press(discord: &Loopback, card: &Message, label: &str, user: Snowflake) {
    let buttons = buttons(card);
    let (id, _) = buttons.iter().find(|(_, found)| found == label).unwrap();
    let press = discord.press(card.id, id, user);
    press.acknowledged(Duration::from_secs(3)).await.unwrap();
}

fn posts(home: &Home, discord: &Loopback) -> Vec<Value> {
    let posts = home.active()[discord.general().to_string()]["state"]["posts"].clone();
    posts.as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_turn_with_tools_has_one_card_that_collapses() {
    let (discord, bot) = started("compact").await;
    let asked = "[[tool Read {\"file_path\": \"notes.txt\"}]] [[tool Glob {\"pattern\": \"*\"}]] [[say done]]";
    bot.ask(&discord, discord.general(), asked, "done").await;
    let card = shows(&discord, "✓ 2 steps (").await;
    let text = card.embeds[0]["description"].as_str().unwrap();
    assert!(
        text.starts_with("✓ 2 steps (1 failed), ") && text.contains(" s, $0."),
        "{text}"
    );
    assert!(!text.contains("notes.txt"), "{text}");
    let cards = discord.bot_messages(discord.general()).into_iter();
    assert_eq!(
        cards.filter(|message| !message.embeds.is_empty()).count(),
        1
    );
    assert!(card.mentions.is_empty() && card.reply_to.is_none());
    press(&discord, &card, "Show steps", discord.stranger()).await;
    let open = shows(&discord, "- ✗ Read `notes.txt`").await;
    assert!(
        open.embeds[0]["description"]
            .as_str()
            .unwrap()
            .contains("- ✓ Searched for `*`")
    );
    // It stays closed and open over a restart.
    let home = bot.stop().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    press(&discord, &open, "Hide steps", discord.owner()).await;
    eventually("the steps to be hidden", || {
        card_text(&discord).filter(|text| !text.contains("notes.txt"))
    })
    .await;
    bot.stop().await;
}

#[tokio::test]
async fn a_quick_answer_has_no_card() {
    let (discord, bot) = started("full").await;
    bot.ask(&discord, discord.general(), "[[say hi]]", "hi")
        .await;
    bot.ask(&discord, discord.general(), "!model", "This channel uses")
        .await;
    assert!(card(&discord).is_none());
    assert!(posts(&bot.stop().await, &discord).is_empty());
}

#[tokio::test]
async fn stop_on_the_card_ends_the_turn_within_a_second() {
    let (discord, bot) = started("compact").await;
    discord.say(discord.general(), discord.owner(), HANGS);
    let card = shows(&discord, "- ✗ Read `nothing`").await;
    assert_eq!(labels(&card), ["Stop"]);
    let pressed = Instant::now();
    let (id, _) = &buttons(&card)[0];
    let both = [discord.member(), discord.owner()].map(|user| discord.press(card.id, id, user));
    let name = discord.user(discord.member()).unwrap().display_name;
    let told = format!("Stopped by {name}. The session is kept.");
    eventually("the stop to be told", || {
        said(&discord, discord.general())
            .contains(&told)
            .then_some(())
    })
    .await;
    let took = pressed.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
    // The later press is acknowledged, privately.
    let [_, late] = both;
    let late = late.acknowledged(Duration::from_secs(3)).await.unwrap();
    assert!(late.ephemeral, "{late:?}");
    let closed = shows(&discord, "■ Stopped: 1 step").await;
    assert_eq!(labels(&closed), ["Show steps"]);
    bot.ask(
        &discord,
        discord.general(),
        "[[say still here]]",
        "still here",
    )
    .await;
    bot.stop().await;
}

#[tokio::test]
async fn a_killed_bot_closes_its_card_at_the_next_start() {
    let (discord, bot) = started("compact").await;
    discord.say(discord.general(), discord.owner(), HANGS);
    let card = shows(&discord, "- ✗ Read `nothing`").await;
    let stored = || {
        let posts = posts(bot.home(), &discord);
        posts
            .iter()
            .any(|post| post["messages"][0] == card.id.to_string())
            .then_some(())
    };
    eventually("the card to be on record", stored).await;
    let home = bot.home().clone();
    bot.kill().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let closed = shows(&discord, "Cut off by a restart").await;
    assert_eq!(closed.id, card.id);
    assert!(labels(&closed).is_empty());
    bot.stop().await;
}

#[tokio::test]
async fn a_failed_turn_can_be_retried_by_a_button() {
    let (discord, bot) = started("compact").await;
    discord.say(discord.general(), discord.member(), "[[status 400 bad]]");
    let notice = || {
        let mut messages = discord.bot_messages(discord.general()).into_iter();
        messages.find(|message| labels(message) == ["Retry"])
    };
    let notice = eventually("the retry button", notice).await;
    press(&discord, &notice, "Retry", discord.owner()).await;
    let name = discord.user(discord.owner()).unwrap().display_name;
    eventually("the press to be told", || {
        let text = discord.message(notice.id)?.content;
        text.ends_with(&format!("-# Retried by {name}."))
            .then_some(())
    })
    .await;
    let ledger = || (bot.home().ledger().len() == 2).then_some(());
    eventually("the second turn", ledger).await;
    bot.stop().await;
}

#[tokio::test]
async fn what_the_rules_refuse_is_told_once_even_with_the_card_off() {
    let discord = Loopback::builder().start().await.unwrap();
    // Without a sandbox there is no Bash unless a rule names it.
    let config = json!({
        "allowed_tools": ["Bash(echo *)"],
        "discord": { "verbose": "off", "approvals": "off" },
    });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let asked = "[[tool Bash {\"command\": \"curl https://example.org\"}]] [[say done]]";
    let asked = discord.say(discord.general(), discord.owner(), asked);
    let told =
        "-# Refused, because this bot's rules don't allow it: `Bash` (`curl https://example.org`).";
    bot.hears(&discord, asked, told).await;
    assert!(card(&discord).is_none());
    let said = said(&discord, discord.general());
    assert_eq!(
        said.iter().filter(|text| text.contains("Refused")).count(),
        1,
        "{said:#?}"
    );
    bot.stop().await;
}

#[tokio::test]
async fn verbose_is_kept_and_is_for_admins_to_change() {
    let (discord, bot) = started("compact").await;
    let here = discord.general();
    bot.ask(&discord, here, "!verbose", "(`compact`)").await;
    let member = discord.say(here, discord.member(), "!verbose full");
    bot.hears(
        &discord,
        member,
        "Only this bot's admins can change how much of Claude's work is shown",
    )
    .await;
    bot.ask(
        &discord,
        here,
        "!verbose of",
        "`of` is not a mode of `!verbose`. Choose one of `off`, `compact`, `full`.",
    )
    .await;
    bot.ask(&discord, here, "!verbose OFF", "(`off`)").await;
    let home = bot.stop().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(
        &discord,
        here,
        "[[tool Glob {\"pattern\": \"*\"}]] [[say one]]",
        "one",
    )
    .await;
    bot.ask(&discord, here, "!verbose full", "(`full`)").await;
    assert!(card(&discord).is_none());
    bot.ask(
        &discord,
        here,
        "[[tool Glob {\"pattern\": \"*\"}]] [[say two]]",
        "two",
    )
    .await;
    shows(&discord, "✓ 1 step").await;
    bot.stop().await;
}

#[tokio::test]
async fn a_button_of_an_older_version_is_answered_with_the_reason() {
    let (discord, bot) = started("compact").await;
    let here = discord.general();
    for id in [
        "retry:v0:81384788765712384",
        "x",
        "a.b.c/1",
        &"9".repeat(100),
    ] {
        let button = json!({ "type": 2, "style": 1, "label": "Old", "custom_id": id });
        let row = json!({ "type": 1, "components": [button] });
        let old = json!({ "content": "old", "components": [row] });
        let old = send_as_bot(&discord, here, &old).await;
        let press = discord.press(old, id, discord.owner());
        let answer = press.response(Duration::from_secs(3)).await.unwrap();
        assert_eq!(
            answer.content,
            "This button no longer works: it was already used, or it belongs to an older message."
        );
        assert_eq!(answer.ephemeral_to, Some(discord.owner()));
    }
    bot.ask(&discord, here, "[[say still here]]", "still here")
        .await;
    bot.stop().await;
}
