//! What reaches Discord, and how: order, limits, retries, mentions, typing.
//!
//! * Every message arrives exactly once and in order, whatever goes wrong with a send.
//! * Sends carry an enforced nonce, ping nobody but whom they answer, and unfold no links.
//! * A channel that limits the bot holds up no other, unless the limit is everybody's; one that refuses it is left
//!   alone; a refused token ends the process.
//! * Typing is shown while a turn runs and never after.
//! * An answer to a message that is gone arrives all the same.

use std::time::Duration;

use loopback_discord::{Call, Fault, Loopback, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Running, eventually, said};

const SEND: &str = "POST /channels/*/messages";

/// Longer than typing that goes on needs to be shown again after a message.
const TYPING_AGAIN: Duration = Duration::from_secs(4);

async fn started() -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    (discord, bot)
}

/// The faults strike some sends of an answer of four texts, so often that there are this many calls.
async fn check(what: &str, faults: impl IntoIterator<Item = Fault>, calls: usize) {
    let (discord, bot) = started().await;
    let here = discord.general();
    for fault in faults {
        discord.inject(fault);
    }
    let asked = discord.say(here, discord.owner(), "[[blocks a|b|c|d]]");
    let next = discord.say(here, discord.owner(), "[[say e]]");
    bot.reply(&discord, next).await;
    assert_eq!(said(&discord, here), ["a", "b", "c", "d", "e"], "{what}");
    assert_eq!(
        discord.bot_messages(here)[0].reply_to,
        Some(asked),
        "{what}"
    );
    let sends = discord.calls_to(SEND);
    assert_eq!(sends.len(), calls, "{what}: {sends:#?}");
    // The same nonce for every try of a message, and for no other message.
    let mut tries: Vec<_> = sends
        .iter()
        .map(|call| (&call.body["content"], &call.body["nonce"]))
        .collect();
    tries.dedup();
    assert_eq!(tries.len(), 5, "{what}: {tries:#?}");
    let mut nonces: Vec<_> = tries.iter().map(|(_, nonce)| nonce.to_string()).collect();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 5, "{what}");
    bot.stop().await;
}

#[tokio::test]
async fn rate_limits_delay_and_lose_nothing() {
    let soon = Duration::from_millis(100);
    check(
        "a limit of the route",
        [Fault::rate_limited(SEND, soon).after(1).times(2)],
        7,
    )
    .await;
    check(
        "the global limit",
        [Fault::rate_limited_globally(SEND, soon).times(2)],
        7,
    )
    .await;
    check("others' limit", [Fault::limited_by_others(SEND, soon)], 6).await;
}

#[tokio::test]
async fn a_limit_is_honoured_to_the_fraction() {
    let (discord, bot) = started().await;
    let wait = Duration::from_millis(1_350);
    discord.inject(Fault::rate_limited(SEND, wait));
    let asked = discord.say(discord.general(), discord.owner(), "[[say a]]");
    bot.reply(&discord, asked).await;
    let sends = discord.calls_to(SEND);
    let between = sends[1].at.checked_sub(sends[0].at).unwrap();
    assert!(between >= wait && between < wait * 2, "{between:?}");
}

#[tokio::test]
async fn global_limits_stop_all_channels_and_route_limits_one() {
    let (discord, bot) = started().await;
    let (limited, free) = (discord.general(), discord.channel("rust"));
    let wait = Duration::from_secs(5);
    let faults = [
        (Fault::rate_limited(SEND, wait), false),
        (Fault::limited_by_others(SEND, wait), false),
        (Fault::rate_limited_globally(SEND, wait), true),
    ];
    for (limits, (fault, stops_all)) in (1..).zip(faults) {
        discord.inject(fault.channel(limited));
        let before = discord.calls().len();
        let first = discord.say(limited, discord.owner(), "!model");
        let refused = discord.wait_until(DEADLINE, "a refusal", |view| {
            let mut calls = view.calls()[before..].iter();
            calls
                .find(|call| call.status == Some(429))
                .map(|call| call.at)
        });
        let refused = refused.await.unwrap();
        // The bot has heard of it.
        let heard = || bot.log.text().matches("limited by Discord").count() == limits;
        eventually("a line on the limit", || heard().then_some(())).await;
        let second = discord.say(free, discord.owner(), "!model");
        bot.reply(&discord, second).await;
        bot.reply(&discord, first).await;
        let at = |channel| {
            let calls = discord.calls().split_off(before);
            let sent = |call: &&Call| call.channel() == Some(channel) && call.status == Some(200);
            calls.iter().find(sent).unwrap().at
        };
        assert!(at(limited) >= refused + wait);
        assert_eq!(at(free) >= refused + wait, stops_all);
    }
}

#[tokio::test]
async fn the_proxys_page_stops_every_channel_for_a_minute() {
    let (discord, bot) = started().await;
    discord.inject(Fault::banned(SEND, Duration::from_secs(1)));
    discord.say(discord.general(), discord.owner(), "!model");
    bot.log.wait_for("trying again", DEADLINE).await;
    assert!(bot.log.text().contains("pause_ms=60000"));
    let before = discord.calls().len();
    discord.say(discord.channel("rust"), discord.owner(), "[[say unheard]]");
    let more = discord.wait_until(TYPING_AGAIN, "a call", |view| view.calls().len() > before);
    more.await.unwrap_err();
}

#[tokio::test]
async fn a_limit_of_hours_loses_nothing() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let hours = Duration::from_hours(2);
    discord.inject(Fault::rate_limited_globally(SEND, hours));
    let asked = [1, 2].map(|number| {
        let words = format!("[[say {number}]]");
        discord.say(here, discord.owner(), &words)
    });
    eventually("both turns to be booked", || {
        (bot.home().ledger().len() == 2).then_some(())
    })
    .await;
    let open = || bot.home().active()[here.to_string()]["state"]["open_turns"].clone();
    let unanswered = asked.map(|id| id.to_string());
    let is_open = |open: &Value| {
        let open = open.as_array().unwrap().iter();
        open.map(|turn| turn["message"].as_str().unwrap().to_owned())
            .eq(unanswered.clone())
    };
    assert!(is_open(&open()), "{}", open());
    // Whoever starts anew knows of no limit.
    let home = bot.kill().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    for id in asked {
        bot.hears(&discord, id, "may be missing").await;
    }
    bot.stop().await;
}

#[tokio::test]
async fn errors_of_discord_delay_and_lose_nothing() {
    let errors = [500, 502, 503, 504].map(|status| Fault::status(SEND, status).after(1));
    check("an error each", errors, 9).await;
}

#[tokio::test]
async fn dropped_connections_lose_and_double_nothing() {
    check("before the send", [Fault::dropped(SEND).times(2)], 7).await;
    let lost = [Fault::lost_answer(SEND), Fault::lost_answer(SEND).after(2)];
    check("after the send", lost, 7).await;
}

#[tokio::test]
async fn every_send_is_made_safe() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let text = format!(
        "@everyone @here <@{}> <@&{}> https://example.org",
        discord.stranger(),
        discord.role()
    );
    let words = format!("[[blocks {text}|{text}]] [[long 3000]]");
    let asked = discord.say(here, discord.member(), &words);
    let next = discord.say(here, discord.member(), "[[say last]]");
    bot.reply(&discord, next).await;
    let messages = discord.bot_messages(here);
    assert_eq!(messages.len(), 5, "{messages:#?}");
    assert_eq!(messages[0].content, text);
    for message in &messages {
        assert!(!message.mention_everyone && message.mention_roles.is_empty());
        // An answer in several posts pings by none of them.
        let is_ringing = message.reply_to == Some(next);
        let pinged = is_ringing.then(|| discord.member());
        assert_eq!(message.mentions, Vec::from_iter(pinged));
        assert!(message.suppress_embeds);
    }
    assert_eq!(messages[0].reply_to, Some(asked));
    for call in discord.calls_to(SEND) {
        check_send(&call, next);
    }
    // What a slash command is told is an edit of its acknowledgement.
    let slash = bot
        .slash(&discord, (here, discord.member()), "model", &json!({}))
        .await;
    let answer = slash.response(DEADLINE).await.unwrap();
    assert!(
        answer.suppress_embeds && answer.mentions.is_empty(),
        "{answer:?}"
    );
}

#[track_caller]
fn check_send(call: &Call, pinged: Snowflake) {
    let body = &call.body;
    let nonce = body["nonce"].as_str().unwrap();
    assert!((1..=25).contains(&nonce.len()), "{body}");
    assert_eq!(body["enforce_nonce"], true, "{body}");
    let allowed = body["allowed_mentions"].as_object().unwrap();
    assert_eq!(allowed["parse"], json!([]), "{body}");
    for list in ["users", "roles"] {
        assert_eq!(
            *allowed.get(list).unwrap_or(&json!([])),
            json!([]),
            "{body}"
        );
    }
    let is_pinged = body["message_reference"]["message_id"] == json!(pinged.to_string());
    assert_eq!(allowed["replied_user"], is_pinged, "{body}");
}

#[tokio::test]
async fn slash_answers_ping_nobody_either() {
    let (discord, bot) = started().await;
    let who = (discord.general(), discord.owner());
    // It repeats what it was given.
    let name = json!({ "name": "@everyone" });
    let text = bot.slash_answer(&discord, who, "model", &name).await;
    assert!(text.contains("@everyone"), "{text}");
    let sends = discord.calls_to(SEND);
    assert_eq!(sends.len(), 1);
    assert_eq!(sends[0].body["allowed_mentions"]["parse"], json!([]));
    let messages = discord.bot_messages(who.0);
    assert!(messages.iter().all(|message| !message.mention_everyone));
    assert_eq!(discord.calls_to("PATCH /webhooks/**").len(), 0);
}

#[tokio::test]
async fn a_slash_answer_outlives_a_fault() {
    let (discord, bot) = started().await;
    let who = (discord.general(), discord.owner());
    discord.inject(Fault::status(SEND, 502));
    discord.inject(Fault::lost_answer(SEND));
    discord.inject(Fault::rate_limited(SEND, Duration::from_millis(100)));
    let text = bot.slash_answer(&discord, who, "model", &Value::Null).await;
    assert!(text.starts_with("This channel uses `sonnet`."), "{text}");
    let next = discord.say(who.0, who.1, "[[say on]]");
    assert_eq!(bot.reply(&discord, next).await.content, "on");
    assert_eq!(discord.calls_to(SEND).len(), 5);
    assert_eq!(said(&discord, who.0).len(), 2);
}

#[tokio::test]
async fn a_channel_that_is_limited_holds_up_no_other() {
    let (discord, bot) = started().await;
    let (limited, free) = (discord.general(), discord.channel("rust"));
    let hold = discord.hold(&format!("POST /channels/{limited}/messages"));
    discord.say(limited, discord.owner(), "[[blocks a|b]]");
    let call = format!("POST /channels/{limited}/messages");
    discord
        .wait_until(DEADLINE, "a send", |view| {
            view.calls_to(&call).next().is_some()
        })
        .await
        .unwrap();
    for _ in 0..2 {
        let asked = discord.say(free, discord.owner(), "[[say free]]");
        bot.reply(&discord, asked).await;
    }
    assert_eq!(said(&discord, limited), [""; 0]);
    hold.release();
    let asked = discord.say(limited, discord.owner(), "[[say c]]");
    bot.reply(&discord, asked).await;
    assert_eq!(said(&discord, limited), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_channel_that_refuses_the_bot_blocks_no_other() {
    // Whether each try is a reply: where the bot may not reply, it may still speak.
    let both: &[bool] = &[true, false];
    for (status, code, message, tries) in [
        (403, 50_001, "Missing Access", both),
        (403, 50_013, "Missing Permissions", both),
        (404, 10_003, "Unknown Channel", &[true]),
    ] {
        let (discord, bot) = started().await;
        let (shut, open) = (discord.general(), discord.channel("rust"));
        let body = json!({ "code": code, "message": message });
        discord.inject(Fault::json(SEND, status, &body).channel(shut).always());
        discord.say(shut, discord.owner(), "!model");
        bot.log.wait_for(message, DEADLINE).await;
        if status == 403 {
            eventually("the channel to know", || {
                let record = &bot.home().active()[shut.to_string()];
                record["state"]["missing_permission"].as_str().map(drop)
            })
            .await;
        }
        // From now on nothing is even tried there, typing neither.
        discord.clear_faults();
        let before = discord.calls().len();
        for _ in 0..3 {
            discord.say(shut, discord.owner(), "[[say unheard]]");
            let asked = discord.say(open, discord.owner(), "[[say heard]]");
            assert_eq!(bot.reply(&discord, asked).await.content, "heard");
        }
        let calls = discord.calls();
        let (first, later) = calls.split_at(before);
        let tried: Vec<_> = first
            .iter()
            .filter(|call| call.is(SEND) && call.channel() == Some(shut))
            .map(|call| call.body.get("message_reference").is_some())
            .collect();
        assert_eq!(tried, tries, "{message}");
        let mut later = later.iter();
        let tried = later.find(|call| call.channel() == Some(shut));
        assert!(tried.is_none(), "{tried:?}");
        let log = bot.log.text();
        assert_eq!(log.matches(message).count(), 1, "{log}");
        assert!(log.contains("nothing is sent to this channel for 10 minutes"));
        // A slash command is acknowledged all the same, and a new start begins anew.
        let who = (shut, discord.owner());
        let asked = bot.slash(&discord, who, "model", &Value::Null).await;
        asked.acknowledged(DEADLINE).await.unwrap();
        let home = bot.stop().await;
        // No turn ran, and was paid, where nobody could have read its answer. A channel that is gone sends nothing.
        if status == 403 {
            assert_eq!(home.ledger().len(), 3);
        }
        let bot = Bot::new(&discord).home(&home).start(&discord).await;
        let asked = discord.say(shut, discord.owner(), "[[say back]]");
        assert_eq!(bot.reply(&discord, asked).await.content, "back");
    }
}

#[tokio::test]
async fn typing_that_is_refused_shuts_the_channel_too() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let body = json!({ "code": 50_001, "message": "Missing Access" });
    discord.inject(Fault::json("POST /channels/*/typing", 403, &body).always());
    discord.say(here, discord.owner(), "[[sleep 1]] [[say unheard]]");
    bot.log.wait_for("Missing Access", DEADLINE).await;
    let elsewhere = discord.say(discord.channel("rust"), discord.owner(), "!model");
    bot.reply(&discord, elsewhere).await;
    let more = discord.wait_until(TYPING_AGAIN, "a send", |view| {
        view.calls_to(SEND).any(|call| call.channel() == Some(here))
    });
    more.await.unwrap_err();
}

#[tokio::test]
async fn where_it_may_not_reply_it_speaks() {
    let (discord, bot) = started().await;
    let here = discord.general();
    let body = json!({
        "code": 160_002, "message": "Cannot reply without permission to read message history",
    });
    discord.inject(Fault::json(SEND, 400, &body));
    discord.say(here, discord.owner(), "[[blocks a|b]]");
    let next = discord.say(here, discord.owner(), "[[say c]]");
    bot.reply(&discord, next).await;
    assert_eq!(said(&discord, here), ["a", "b", "c"]);
    assert_eq!(discord.bot_messages(here)[0].reply_to, None);
}

#[tokio::test]
async fn a_refused_token_ends_the_process() {
    let discord = Loopback::builder().start().await.unwrap();
    // Only whole texts are sent, so that a turn is over when its answer is refused.
    let quiet = json!({ "discord": { "stream": "block", "verbose": "off" } });
    let mut bot = Bot::new(&discord).config(&quiet).start(&discord).await;
    let (here, other) = (discord.general(), discord.channel("rust"));
    let runs = discord.say(other, discord.owner(), "[[tool Nothing {}]] [[hang]]");
    bot.hears(&discord, runs, "step 1").await;
    discord.inject(Fault::status(SEND, 401).always());
    let answered = discord.say(here, discord.owner(), "[[say unheard]]");
    let status = bot.ended().await;
    assert_eq!(status.code(), Some(77), "{}", bot.log.text());
    let line = bot.log.wait_for("Discord refused the bot token", DEADLINE);
    assert!(line.await.contains("DISCORD_TOKEN"));
    // With a token that is taken, what nobody could be told then is told.
    discord.clear_faults();
    let bot = Bot::new(&discord).home(bot.home()).start(&discord).await;
    bot.hears(&discord, answered, "may be missing").await;
    bot.hears(&discord, runs, "I had to shut down before").await;
    bot.stop().await;
}

#[tokio::test]
async fn typing_is_shown_while_a_turn_runs_and_never_after() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    discord.say(here, owner, "[[tool Nothing {}]] [[hang]]");
    // A message ends the typing that Discord shows: it is shown again while the turn goes on.
    let shown_again = discord.wait_until(DEADLINE, "typing after a message", |view| {
        let calls: Vec<_> = view
            .calls()
            .iter()
            .filter(|call| call.channel() == Some(here))
            .collect();
        let first = calls.iter().position(|call| call.is(SEND));
        first.is_some_and(|first| calls[first..].iter().any(|call| !call.is(SEND)))
    });
    shown_again.await.unwrap();
    assert!(
        !discord
            .calls()
            .iter()
            .find(|call| call.channel() == Some(here))
            .unwrap()
            .is(SEND)
    );
    let stop = discord.say(here, owner, "!stop");
    bot.reply(&discord, stop).await;
    let shown = discord.typing_calls(here);
    let after = discord.wait_until(TYPING_AGAIN, "typing", |view| {
        view.typing_calls(here) > shown
    });
    after.await.unwrap_err();
    let model = discord.say(here, owner, "!model");
    bot.reply(&discord, model).await;
    assert_eq!(discord.typing_calls(here), shown, "a command is no turn");
    // Between two turns in a row there is none either: the last call of each is a message.
    for _ in 0..3 {
        let asked = discord.say(here, owner, "[[blocks a|b]]");
        bot.hears(&discord, asked, "b").await;
        let last = discord
            .calls()
            .into_iter()
            .rfind(|call| call.channel() == Some(here));
        assert!(last.unwrap().is(SEND));
    }
    let shown = discord.typing_calls(here);
    let after = discord.wait_until(TYPING_AGAIN, "typing", |view| {
        view.typing_calls(here) > shown
    });
    after.await.unwrap_err();
    assert_eq!(discord.typing_calls(discord.channel("rust")), 0);
}

#[tokio::test]
async fn a_message_that_is_gone_gets_its_answer() {
    let discord = Loopback::builder().start().await.unwrap();
    let goes_on = json!({ "discord": { "stop_deleted": false } });
    let bot = Bot::new(&discord).config(&goes_on).start(&discord).await;
    let here = discord.general();
    let hold = discord.hold(SEND);
    let asked = discord.say(here, discord.owner(), "[[blocks a|b]]");
    discord
        .wait_until(DEADLINE, "a send", |view| {
            view.calls_to(SEND).next().is_some()
        })
        .await
        .unwrap();
    discord.delete(asked);
    hold.release();
    let next = discord.say(here, discord.owner(), "[[say c]]");
    bot.reply(&discord, next).await;
    let said: Vec<_> = discord
        .bot_messages(here)
        .into_iter()
        .map(|message| (message.content, message.reply_to))
        .collect();
    let expected = [("a", None), ("b", None), ("c", Some(next))];
    assert_eq!(
        said,
        expected.map(|(text, reply_to)| (text.to_owned(), reply_to))
    );
}
