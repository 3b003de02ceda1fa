//! What comes in from Discord: order, duplicates, reconnects, intents, the queue.
//!
//! * Messages of one flush are answered once each and in order, in one channel and across many.
//! * What comes twice is answered once; what is sent while the connection is down comes with the resume.
//! * Asked to reconnect, with an invalid session, or after an outage, the bot comes back by itself.
//! * The intents are the least that works; without message content the bot says what to tick and goes on.
//! * Twenty messages wait for a turn, and the next is told so.
//! * Who is answered, and when: see [`access`]. What a close of the connection leads to: see [`close`]. How often
//!   Discord is greeted: see [`identify`]. How the bot learns who it is: see [`login`]. What becomes of a bot that
//!   hears nothing: see [`deaf`]. Messages that are more than text: see [`kinds`]. A bot in so many guilds that it has
//!   several connections: see [`shards`].

mod access;
mod close;
mod deaf;
mod identify;
mod kinds;
mod login;
mod shards;

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Running, eventually, said};

/// Bits of the intents (Discord developer docs, "Gateway intents").
const GUILDS: u64 = 1 << 0;
const GUILD_MESSAGES: u64 = 1 << 9;
const DIRECT_MESSAGES: u64 = 1 << 12;
const TYPING: u64 = 1 << 11 | 1 << 14;
const MESSAGE_CONTENT: u64 = 1 << 15;

async fn started() -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    (discord, bot)
}

/// Waits until the bot has come back with so many IDENTIFYs and RESUMEs in all.
async fn is_back(bot: &Running, discord: &Loopback, identifies: usize, resumes: usize) {
    let back = discord.wait_until(DEADLINE, "the bot to come back", |view| {
        view.connected() == 1 && view.identifies() + view.resumes() >= identifies + resumes
    });
    back.await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
    let came = discord.look(|view| (view.identifies(), view.resumes()));
    assert_eq!(came, (identifies, resumes), "{}", bot.log.text());
}

/// Says so many things at once; gives the messages and what they ask to be answered with.
fn burst(
    discord: &Loopback,
    channel: Snowflake,
    names: &[&str],
    count: usize,
) -> (Vec<Snowflake>, Vec<String>) {
    let answers: Vec<String> = (0..count)
        .map(|number| format!("{} {number}", names.join("-")))
        .collect();
    let words: Vec<String> = answers
        .iter()
        .map(|text| format!("[[say {text}]]"))
        .collect();
    let words = words.iter().map(String::as_str);
    (
        discord.gateway().burst(channel, discord.owner(), words),
        answers,
    )
}

#[tokio::test]
async fn a_burst_that_the_queue_holds_is_answered_in_order() {
    let (discord, bot) = started().await;
    let (asked, answers) = burst(&discord, discord.general(), &["answer"], 21);
    bot.has_said(&discord, discord.general(), &answers).await;
    let messages = discord.bot_messages(discord.general());
    let replies: Vec<_> = messages
        .iter()
        .filter_map(|message| message.reply_to)
        .collect();
    assert_eq!(replies, asked);
}

#[tokio::test]
async fn every_message_of_a_burst_is_accepted_or_refused_with_reason() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let (asked, answers) = burst(&discord, here, &["answer"], 50);
    let told = "20 messages are already waiting here, so this one was not accepted. Send it again later; `!stop` ends the running one.";
    let messages = discord.wait_until(DEADLINE, "fifty replies", |view| {
        let messages = view.bot_messages(here);
        // The last answer may still grow.
        let last = messages.iter().rfind(|message| message.content != told)?;
        let is_whole = answers.contains(&last.content);
        (messages.len() >= 50 && is_whole).then_some(messages)
    });
    let messages = messages
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
    let mut replied: Vec<_> = messages
        .iter()
        .map(|message| message.reply_to.unwrap())
        .collect();
    let (refused, taken): (Vec<_>, Vec<_>) =
        messages.iter().partition(|message| message.content == told);
    assert!(taken.len() >= 21, "{} taken", taken.len());
    for kind in [&refused, &taken] {
        assert!(
            kind.is_sorted_by_key(|message| message.reply_to),
            "{kind:#?}"
        );
    }
    for message in taken {
        let at = asked
            .iter()
            .position(|id| Some(*id) == message.reply_to)
            .unwrap();
        assert_eq!(message.content, answers[at]);
    }
    replied.sort();
    assert_eq!(replied, asked, "each once");
}

#[tokio::test]
async fn fifty_commands_at_once_are_answered_in_order() {
    let (discord, bot) = started().await;
    let here = discord.general();
    // What is not run needs no place in the queue, so the gateway's order alone is seen.
    let words: Vec<String> = (0..50).map(|number| format!("!model m{number}")).collect();
    let asked = discord
        .gateway()
        .burst(here, discord.owner(), words.iter().map(String::as_str));
    bot.reply(&discord, asked[49]).await;
    let messages = discord.bot_messages(here);
    let replies: Vec<_> = messages
        .iter()
        .filter_map(|message| message.reply_to)
        .collect();
    assert_eq!(replies, asked);
    for (number, message) in messages.iter().enumerate() {
        let beginning = format!("Unknown model `m{number}`.");
        assert!(
            message.content.starts_with(&beginning),
            "{}",
            message.content
        );
    }
}

#[tokio::test]
async fn a_burst_across_channels_is_answered_in_the_order_of_each() {
    let names = ["a", "b", "c", "d", "e"];
    let discord = Loopback::builder().channels(names).start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let places = names.map(|name| discord.channel(name));
    let words: Vec<(Snowflake, String)> = (0..10)
        .flat_map(|number| places.map(|place| (place, format!("[[say {place} {number}]]"))))
        .collect();
    let words = words
        .iter()
        .map(|(place, words)| (*place, discord.owner(), words.as_str()));
    discord.gateway().burst_across(words);
    for place in places {
        let expected: Vec<_> = (0..10).map(|number| format!("{place} {number}")).collect();
        bot.has_said(&discord, place, &expected).await;
    }
}

#[tokio::test]
async fn what_comes_twice_is_answered_once() {
    let (discord, bot) = started().await;
    let here = discord.general();
    discord.gateway().duplicate_next(3);
    for words in ["[[say a]]", "!model", "[[say b]]"] {
        discord.say(here, discord.owner(), words);
    }
    let last = discord.say(here, discord.owner(), "[[say c]]");
    bot.reply(&discord, last).await;
    let model = "This channel uses `sonnet`. Available models: `haiku`, `sonnet`, `opus`.";
    // The command is answered at once, the others in order.
    let (told, answers): (Vec<_>, Vec<_>) = said(&discord, here)
        .into_iter()
        .partition(|text| text == model);
    assert_eq!(told.len(), 1);
    assert_eq!(answers, ["a", "b", "c"]);
    assert_eq!(bot.stop().await.ledger().len(), 3);
}

#[tokio::test]
async fn messages_during_a_lost_connection_arrive_once_in_order() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let before = discord.say(here, discord.owner(), "[[say before]]");
    bot.reply(&discord, before).await;
    let mut expected = vec!["before".to_owned()];
    for round in 1..=2 {
        discord.gateway().drop_connections();
        let (_, answers) = burst(&discord, here, &["missed", &round.to_string()], 10);
        is_back(&bot, &discord, 1, round).await;
        let after = discord.say(here, discord.owner(), "[[say after]]");
        bot.reply(&discord, after).await;
        expected.extend(answers);
        expected.push("after".to_owned());
        assert_eq!(said(&discord, here), expected);
    }
}

#[tokio::test]
async fn a_turn_goes_on_while_the_connection_is_down() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let asked = discord.say(
        here,
        discord.owner(),
        "[[tool Nothing {}]] [[sleep 1]] [[say done]]",
    );
    bot.reply(&discord, asked).await;
    let outage = discord.gateway().outage();
    bot.hears(&discord, asked, "done").await;
    drop(outage);
    assert_eq!(said(&discord, here), ["step 1", "done"]);
}

#[tokio::test]
async fn asked_to_reconnect_it_resumes() {
    let asks: [fn(&Loopback); 2] = [
        |discord| discord.gateway().ask_to_reconnect(),
        |discord| discord.gateway().invalidate_sessions(true),
    ];
    for ask in asks {
        let (discord, bot) = started().await;
        let here = discord.general();
        ask(&discord);
        let (_, answers) = burst(&discord, here, &["missed"], 5);
        is_back(&bot, &discord, 1, 1).await;
        bot.has_said(&discord, here, &answers).await;
    }
}

#[tokio::test]
async fn an_invalid_session_is_begun_anew() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let before = discord.say(here, discord.owner(), "[[say before]]");
    bot.reply(&discord, before).await;
    discord.gateway().invalidate_sessions(false);
    is_back(&bot, &discord, 2, 0).await;
    let after = discord.say(here, discord.owner(), "[[context]]");
    assert_eq!(
        bot.reply(&discord, after).await.content,
        r#"["[[say before]]"]"#
    );
    // A resume that is refused ends the same way.
    discord.gateway().forget_sessions();
    discord.gateway().drop_connections();
    is_back(&bot, &discord, 3, 1).await;
    let last = discord.say(here, discord.owner(), "[[say last]]");
    bot.reply(&discord, last).await;
    assert_eq!(said(&discord, here).len(), 3);
}

#[tokio::test]
async fn after_an_outage_it_resumes() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let outage = discord.gateway().outage();
    let tries = || bot.log.text().matches("trying again to resume").count();
    eventually("two attempts in vain", || (tries() >= 2).then_some(())).await;
    let (_, mut answers) = burst(&discord, here, &["missed"], 5);
    drop(outage);
    is_back(&bot, &discord, 1, 1).await;
    answers.extend(burst(&discord, here, &["after"], 5).1);
    bot.has_said(&discord, here, &answers).await;
}

#[tokio::test]
async fn after_an_outage_that_ended_its_session_it_fetches_missed_messages() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let before = discord.say(here, discord.owner(), "[[say before]]");
    bot.reply(&discord, before).await;
    let outage = discord.gateway().outage();
    bot.log.wait_for("trying again to resume", DEADLINE).await;
    discord.gateway().forget_sessions();
    let (_, missed) = burst(&discord, here, &["missed"], 2);
    drop(outage);
    bot.log.wait_for("fetching what was missed", DEADLINE).await;
    is_back(&bot, &discord, 2, 1).await;
    let (_, after) = burst(&discord, here, &["after"], 5);
    let expected = [vec!["before".to_owned()], missed, after].concat();
    bot.has_said(&discord, here, &expected).await;
}

#[tokio::test]
async fn a_resume_that_stalls_is_given_up() {
    let (discord, bot) = started().await;
    discord.gateway().greet_with(Some(&[]));
    discord.gateway().drop_connections();
    bot.log.wait_for("no session in time", DEADLINE).await;
    discord.gateway().greet_with(None);
    is_back(&bot, &discord, 2, 0).await;
    let (_, answers) = burst(&discord, discord.general(), &["after"], 1);
    bot.has_said(&discord, discord.general(), &answers).await;
}

#[tokio::test]
async fn a_connection_that_does_not_begin_with_hello_is_opened_again() {
    let discord = Loopback::builder().start().await.unwrap();
    discord.gateway().greet_with(Some(&[json!({ "op": 11 })]));
    let bot = Bot::new(&discord).launch();
    bot.log.wait_for("did not say HELLO", DEADLINE).await;
    discord.gateway().greet_with(None);
    is_back(&bot, &discord, 1, 0).await;
    bot.stop().await;
}

#[tokio::test]
async fn a_session_whose_ready_cannot_be_read_is_begun_anew() {
    let discord = Loopback::builder().start().await.unwrap();
    discord.gateway().spoil_readys(1);
    let bot = Bot::new(&discord).launch();
    bot.log.wait_for("the READY cannot be read", DEADLINE).await;
    let asked = discord.wait_until(DEADLINE, "another session", |view| {
        view.connected() == 1 && view.identifies() == 2
    });
    asked.await.unwrap();
    let (_, answers) = burst(&discord, discord.general(), &["answer"], 1);
    bot.has_said(&discord, discord.general(), &answers).await;
}

#[tokio::test]
async fn a_connection_that_is_lost_at_once_is_resumed_later_each_time() {
    let (discord, bot) = started().await;
    let connections = discord.gateway().connections();
    let reconnect = json!({ "op": 7, "d": null, "s": null, "t": null });
    discord.gateway().greet_with(Some(&[reconnect]));
    discord.gateway().drop_connections();
    for seconds in [1, 2, 4] {
        let wait = format!("wait_s={seconds}");
        bot.log.wait_for(&wait, DEADLINE).await;
    }
    let made = discord.gateway().connections() - connections;
    assert!(made <= 4, "{made} connections");
    discord.gateway().greet_with(None);
    is_back(&bot, &discord, 1, 1).await;
    bot.stop().await;
}

#[tokio::test]
async fn a_resume_is_noticed_without_its_data() {
    let (discord, bot) = started().await;
    discord.gateway().dispatch("RESUMED", &Value::Null);
    bot.log
        .wait_for("connection to Discord resumed", DEADLINE)
        .await;
    bot.stop().await;
}

#[tokio::test]
async fn the_intents_are_the_least_that_works() {
    let (discord, bot) = started().await;
    let intents = discord.gateway().intents();
    assert_eq!(
        intents,
        Some(GUILDS | GUILD_MESSAGES | DIRECT_MESSAGES | TYPING | MESSAGE_CONTENT)
    );
    assert!(!bot.log.text().contains("intent"), "{}", bot.log.text());
}

#[tokio::test]
async fn a_missing_intent_is_named_and_readable_messages_are_answered() {
    let builder = Loopback::builder().message_content(false);
    let discord = builder.start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, owner) = (discord.general(), discord.owner());
    assert_eq!(
        discord.gateway().intents(),
        Some(GUILDS | GUILD_MESSAGES | DIRECT_MESSAGES | TYPING)
    );
    let warning = bot.log.wait_for("message content intent", DEADLINE).await;
    for words in [
        "WARN",
        "Developer Portal",
        "Privileged Gateway Intents",
        "Message Content Intent",
    ] {
        assert!(warning.contains(words), "{warning}");
    }
    let mention = format!("<@{}> [[say heard]]", discord.bot());
    let plain = discord.say(here, owner, "[[say unheard]]");
    let mentioned = discord.say(here, owner, &mention);
    let heard = bot.reply(&discord, mentioned).await;
    assert_eq!(heard.content, "heard");
    discord.say_reply(plain, owner, "[[say unheard]]");
    let reply = discord.say_reply(heard.id, owner, "[[say reply]]");
    assert_eq!(bot.reply(&discord, reply).await.content, "reply");
    let direct = discord.say_directly(owner, "[[say direct]]");
    assert_eq!(bot.reply(&discord, direct).await.content, "direct");
    assert_eq!(
        said(&discord, here),
        ["heard", "reply"],
        "no word about what it cannot read"
    );
}

#[tokio::test]
async fn twenty_messages_wait_and_the_next_is_told_so() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let hanging = discord.say(here, discord.owner(), "[[tool Nothing {}]] [[hang]]");
    bot.hears(&discord, hanging, "step 1").await;
    let (asked, answers) = burst(&discord, here, &["waited"], 21);
    let told = bot.reply(&discord, asked[20]).await;
    assert_eq!(
        told.content,
        "20 messages are already waiting here, so this one was not accepted. Send it again later; `!stop` ends the running one."
    );
    // Others have their own queue.
    let elsewhere = discord.say(
        discord.channel("rust"),
        discord.owner(),
        "[[say elsewhere]]",
    );
    bot.reply(&discord, elsewhere).await;
    let stop = discord.say(here, discord.owner(), "!stop");
    let stopped = bot.reply(&discord, stop).await;
    assert_eq!(
        stopped.content,
        "Stopped. The session is kept; 20 messages are waiting and run next."
    );
    bot.reply(&discord, asked[19]).await;
    let mut expected = vec!["step 1".to_owned(), told.content, stopped.content];
    expected.extend_from_slice(&answers[..20]);
    assert_eq!(said(&discord, here), expected);
    let context = discord.say(here, discord.owner(), "[[context]]");
    let context = bot.reply(&discord, context).await.content;
    assert!(!context.contains("waited 20"), "{context}");
}
