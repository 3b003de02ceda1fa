//! Answers come while Claude writes them.
//!
//! * The first words come early, and the message grows by edits at the pace that Discord's rate limits allow.
//! * What stands there at the end is the text, whatever was left out in between; nothing pings twice.
//! * A paragraph longer than a page grows on the next one, and what is full stays.
//! * Of a long answer, the beginning is shown, and the whole is a file.
//! * After a kill in its middle, an answer is neither doubled nor left without a word.

use loopback_discord::{Loopback, Message, Snowflake};
use serde_json::json;

use crate::{
    support::{Bot, DEADLINE, Running, eventually, said},
    work_card::{card_text, shows},
};

const EDIT: &str = "PATCH /channels/*/messages/*";

async fn started(config: &serde_json::Value) -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    discord.usual_limits();
    let bot = Bot::new(&discord).config(config).start(&discord).await;
    (discord, bot)
}

fn words(count: usize) -> String {
    let words: Vec<_> = (0..count).map(|number| format!("word{number}")).collect();
    words.join(" ")
}

/// Waits until the reply to a message has a text for which this holds.
async fn reply_that(
    bot: &Running,
    discord: &Loopback,
    asked: Snowflake,
    holds: impl Fn(&str) -> bool,
) -> Message {
    let found = discord.wait_until(DEADLINE, "a reply that fits", |view| {
        let mut replies = view.replies_to(asked).into_iter();
        replies.find(|reply| holds(&reply.content))
    });
    found
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()))
}

fn assert_never_limited(discord: &Loopback) {
    let limited = discord.calls().into_iter();
    let limited: Vec<_> = limited.filter(|call| call.status == Some(429)).collect();
    assert!(limited.is_empty(), "{limited:#?}");
}

#[tokio::test]
async fn an_answer_grows_and_is_whole_at_the_end() {
    let (discord, bot) = started(&json!({})).await;
    let text = words(60);
    let asked = discord.say(
        discord.general(),
        discord.owner(),
        &format!("[[pace 40]][[say {text}]]"),
    );
    let first = reply_that(&bot, &discord, asked, |shown| !shown.is_empty()).await;
    assert!(first.content.len() < text.len(), "{}", first.content);
    assert!(text.starts_with(&first.content), "{}", first.content);
    assert!(first.mentions.is_empty());
    let whole = reply_that(&bot, &discord, asked, |shown| shown == text).await;
    assert_eq!(whole.id, first.id);
    assert!(whole.history.len() >= 2, "{:?}", whole.history);
    for version in &whole.history {
        assert!(text.starts_with(version.as_str()), "{version}");
    }
    assert_eq!(said(&discord, discord.general()).len(), 1);
    assert_never_limited(&discord);
    bot.stop().await;
}

#[tokio::test]
async fn channels_that_stream_at_once_all_come_to_their_end() {
    let (discord, bot) = started(&json!({ "claude": { "max_live": 3 } })).await;
    let channels = ["general", "rust", "random"].map(|name| discord.channel(name));
    let text = words(80);
    let asked = channels.map(|channel| {
        let text = format!("[[pace 30]][[say {text}]]");
        discord.say(channel, discord.owner(), &text)
    });
    for asked in asked {
        let whole = reply_that(&bot, &discord, asked, |shown| shown == text).await;
        assert!(whole.history.len() >= 2, "{:?}", whole.history);
    }
    assert_never_limited(&discord);
    bot.stop().await;
}

#[tokio::test]
async fn a_conversation_with_tools_and_a_waiting_message_is_never_limited() {
    let (discord, bot) = started(&json!({})).await;
    let here = discord.general();
    let tools = r#"[[tool Read {"file_path": "nothing"}]][[tool Glob {"pattern": "*"}]]"#;
    let text = words(150);
    let busy = format!("{}[[pace 40]][[say {text}]]", tools.repeat(3));
    let asked = discord.say(here, discord.owner(), &busy);
    eventually("a card", || card_text(&discord)).await;
    let waiting = discord.say(here, discord.member(), "[[say next]]");
    reply_that(&bot, &discord, waiting, |shown| shown == "next").await;
    shows(&discord, "✓ 6 steps").await;
    bot.hears_whole(&discord, asked, &text).await;
    let calls = |route| discord.calls_to(route).len();
    assert!(calls(EDIT) >= 3, "{}", calls(EDIT));
    assert!(calls("PUT /channels/*/messages/*/reactions/*/@me") >= 1);
    assert!(discord.typing_calls(here) >= 1);
    assert_never_limited(&discord);
    bot.stop().await;
}

#[tokio::test]
async fn a_short_answer_that_is_posted_whole_pings_once() {
    let (discord, bot) = started(&json!({})).await;
    let asked = discord.say(discord.general(), discord.owner(), "[[say short]]");
    let reply = reply_that(&bot, &discord, asked, |shown| shown == "short").await;
    assert_eq!(reply.mentions, [discord.owner()]);
    bot.ask(&discord, discord.general(), "[[say next]]", "next")
        .await;
    assert_eq!(said(&discord, discord.general()), ["short", "next"]);
    assert!(discord.calls_to(EDIT).is_empty());
    bot.stop().await;
}

#[tokio::test]
async fn a_long_turn_ends_with_a_message_that_pings() {
    let (discord, bot) = started(&json!({ "discord": { "notify_after_secs": 1 } })).await;
    let text = words(20);
    let words = format!("[[pace 60]][[say {text}]]");
    let asked = discord.say(discord.general(), discord.owner(), &words);
    let done = reply_that(&bot, &discord, asked, |shown| shown.starts_with("Done in ")).await;
    assert_eq!(done.mentions, [discord.owner()]);
    reply_that(&bot, &discord, asked, |shown| shown == text).await;
    let replies = discord.look(|view| view.replies_to(asked));
    assert_eq!(replies.len(), 2);
    assert_eq!(
        (replies[0].content.as_str(), &replies[0].mentions[..]),
        (&*text, &[][..])
    );
    bot.stop().await;
}

#[tokio::test]
async fn a_later_text_replies_again_below_what_others_wrote() {
    let (discord, bot) = started(&json!({})).await;
    let here = discord.general();
    let words = "[[tool Nothing {}]] [[sleep 2]] [[say last]]";
    let asked = discord.say(here, discord.owner(), words);
    reply_that(&bot, &discord, asked, |shown| shown == "step 1").await;
    discord.say(here, discord.member(), "[[say other]]");
    let last = reply_that(&bot, &discord, asked, |shown| shown == "last").await;
    assert!(last.mentions.is_empty());
    bot.stop().await;
}

#[tokio::test]
async fn only_the_last_text_comes_where_admins_want_no_narration() {
    let (discord, bot) = started(&json!({ "discord": { "approvals": "off" } })).await;
    let here = discord.general();
    bot.ask(&discord, here, "!stream final", "`final`").await;
    let words = r#"[[tool Bash {"command": "echo hi"}]][[blocks one|done]]"#;
    let asked = discord.say(here, discord.owner(), words);
    let reply = reply_that(&bot, &discord, asked, |_| true).await;
    assert_eq!(reply.content, "one\n\ndone");
    assert_eq!(reply.mentions, [discord.owner()]);
    let refused = discord.say(here, discord.member(), "!stream edit");
    reply_that(&bot, &discord, refused, |shown| shown.contains("admins")).await;
    let home = bot.stop().await;
    let state = &home.active()[here.to_string()]["state"];
    assert_eq!(state["stream"], "final");
}

#[tokio::test]
async fn a_table_wider_than_the_setting_is_lines() {
    let (discord, bot) = started(&json!({ "discord": { "table_columns": 20 } })).await;
    let table = "| Name | What it does |\n|---|---|\n| one | puts you through |";
    let asked = discord.say(
        discord.general(),
        discord.owner(),
        &format!("[[say {table}]]"),
    );
    let lines = "**Name: one**\n**What it does**: puts you through";
    reply_that(&bot, &discord, asked, |text| text == lines).await;
}

#[tokio::test]
async fn a_paragraph_longer_than_a_page_grows_on_the_next() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let text = words(700);
    bot.home()
        .write(&format!("workspaces/{here}/answer.md"), &text);
    let asked = discord.say(here, discord.owner(), "[[pace 15]] [[say-file answer.md]]");
    bot.hears_whole(&discord, asked, "word699").await;
    let pages = discord.bot_messages(here);
    let shown: Vec<_> = pages.iter().map(|page| page.content.as_str()).collect();
    assert_eq!(shown.join(" "), text);
    let grew = |page: &Message| !page.history.is_empty();
    assert!(pages[1..].iter().any(grew), "{pages:#?}");
    for page in &pages {
        let mut versions = page.history.iter();
        assert!(versions.all(|version| page.content.starts_with(version)));
    }
    bot.stop().await;
}

#[tokio::test]
async fn a_long_answer_is_its_beginning_and_a_file() {
    let (discord, bot) = started(&json!({ "discord": { "long_answer_chars": 3000 } })).await;
    let here = discord.general();
    let asked = discord.say(here, discord.owner(), "[[pace 5]][[long 20000]]");
    let file = discord.wait_until(DEADLINE, "a file", |view| {
        let mut all = view.bot_messages(here).into_iter();
        all.find(|message| !message.attachments.is_empty())
    });
    let last = file.await.unwrap();
    assert_eq!(last.attachments[0].name, "answer.md");
    assert_eq!(last.attachments[0].size, 20_000);
    assert!(
        last.content
            .ends_with("The full answer is in the attached file.")
    );
    let all = discord.bot_messages(here);
    assert_eq!(all.last().unwrap().id, last.id);
    assert_eq!(all[0].reply_to, Some(asked));
    let versions = all
        .iter()
        .flat_map(|message| message.history.iter().chain([&message.content]));
    let longest = all
        .iter()
        .map(|message| message.content.chars().count())
        .sum::<usize>();
    assert!(longest < 3_300, "{longest}");
    assert!(
        versions
            .clone()
            .any(|text| text.ends_with("*The rest comes as a file.*"))
    );
    // Nothing is shown and taken back.
    let shown = all
        .iter()
        .map(|message| message.content.as_str())
        .collect::<String>();
    for line in versions
        .flat_map(|text| text.lines())
        .filter(|line| line.starts_with("Line"))
    {
        assert!(shown.contains(line), "{line}");
    }
    assert_never_limited(&discord);
    bot.stop().await;
}

#[tokio::test]
async fn a_blank_answer_is_not_sent_and_the_person_is_told() {
    let (discord, bot) = started(&json!({})).await;
    let here = discord.general();
    let words = "[[blocks \u{200b}|\n \n]]";
    bot.ask(
        &discord,
        here,
        words,
        "no answer. Press **Retry**, or try rephrasing.",
    )
    .await;
    assert_eq!(said(&discord, here).len(), 1);
    bot.stop().await;
}

#[tokio::test]
async fn no_version_shows_more_than_eight_characters_of_a_secret() {
    let discord = Loopback::builder().start().await.unwrap();
    let key = "sk-loopback-9f2KxQ7vLw3ZtR8yPb5NcHd1";
    let bot = Bot::new(&discord)
        .env("ANTHROPIC_API_KEY", key)
        .start(&discord)
        .await;
    let text = format!("the key is {key} and more words follow here, as many as it takes");
    let words = format!("[[pace 300]][[say {text}]]");
    let asked = discord.say(discord.general(), discord.owner(), &words);
    let whole = reply_that(&bot, &discord, asked, |shown| shown.ends_with("takes")).await;
    assert!(whole.history.len() >= 2, "{:?}", whole.history);
    for version in whole.history.iter().chain([&whole.content]) {
        assert!(!version.contains(&key[..9]), "{version}");
    }
    assert!(whole.content.contains("is [redacted] and"));
    bot.stop().await;
}

#[tokio::test]
async fn an_answer_cut_off_by_a_kill_is_replaced_by_its_rerun() {
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    let text = words(60);
    let words = format!("[[pace 50]][[say {text}]]");
    let asked = discord.say(here, discord.owner(), &words);
    let torso = reply_that(&bot, &discord, asked, |shown| !shown.is_empty()).await;
    // Its message is on record.
    eventually("the message on record", || {
        let active = bot.home().active();
        let posts = active[here.to_string()]["state"]["posts"]
            .as_array()?
            .clone();
        let id = json!(torso.id.to_string());
        posts
            .iter()
            .any(|post| post["messages"][0] == id)
            .then_some(())
    })
    .await;
    let home = bot.kill().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let told = reply_that(&bot, &discord, asked, |shown| {
        shown.starts_with("I was restarted")
    })
    .await;
    assert_eq!(said(&discord, here).len(), 2);
    let button = told.components[0]["components"][0]["custom_id"]
        .as_str()
        .unwrap();
    let press = discord.press(told.id, button, discord.owner());
    press.acknowledged(DEADLINE).await.unwrap();
    reply_that(&bot, &discord, asked, |shown| shown == text).await;
    let left = said(&discord, here);
    assert!(left[0].starts_with(&told.content), "{left:?}");
    assert_eq!(left[1..], [text]);
    bot.stop().await;
}
