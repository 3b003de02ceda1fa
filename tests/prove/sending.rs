//! What is sent arrives once and in order, and Discord is never asked for too much.

use std::{collections::BTreeSet, time::Duration};

use loopback_discord::{Fault, Loopback, Snowflake};
use serde_json::Value;

use super::{figure, scaled};
use crate::support::{Bot, DEADLINE, said};

const SEND: &str = "POST /channels/*/messages";

/// How long so many sends may take: the bot sends 45 a second at most.
fn patience(sends: usize) -> Duration {
    Duration::from_mins(1) + Duration::from_millis(100) * u32::try_from(sends).unwrap()
}

#[tokio::test]
async fn sends_survive_faults_once_and_in_order() {
    let sends = scaled(300, 10_000);
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let discord = Loopback::builder().channels(names).start().await.unwrap();
    let places = names.map(|name| discord.channel(name));
    let bot = Bot::new(&discord).start(&discord).await;
    let short = Duration::from_millis(150);
    discord.limit(SEND, 5, Duration::from_secs(1));
    for fault in [
        Fault::lost_answer(SEND).every(19),
        Fault::dropped(SEND).every(29),
        Fault::status(SEND, 502).every(37),
        Fault::status(SEND, 503).every(41),
        Fault::limited_by_others(SEND, short).every(53),
        Fault::rate_limited_globally(SEND, short).every(397),
    ] {
        discord.inject(fault);
    }
    let each = sends / places.len();
    let words: Vec<(Snowflake, String)> = (0..each)
        .flat_map(|number| places.map(|place| (place, format!("!model m{number}"))))
        .collect();
    let words = words
        .iter()
        .map(|(place, words)| (*place, discord.owner(), words.as_str()));
    let asked = discord.gateway().burst_across(words);
    let all = asked.len();
    let answered = discord.wait_until(patience(sends), "all answers", |view| view.nonces() == all);
    answered
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
    // What is still tried again would be doubled now.
    bot.stop().await;
    let (mut lost, mut doubled, mut swapped) = (0, 0, 0);
    for place in places {
        let texts = said(&discord, place);
        let numbers: Vec<usize> = texts.iter().map(|text| number(text)).collect();
        let different: BTreeSet<_> = numbers.iter().collect();
        lost += each - different.len();
        doubled += numbers.len() - different.len();
        swapped += numbers.windows(2).filter(|pair| pair[0] > pair[1]).count();
    }
    let calls = discord.calls_to(SEND);
    let failed = calls.len() - all;
    let too_many = discord.overruns();
    assert_eq!((lost, doubled, swapped), (0, 0, 0));
    // Where an answer is lost, so is what it told of the limit: a call may come a moment too soon after that.
    assert!(
        too_many * 1_000 <= calls.len(),
        "{too_many} calls of {}",
        calls.len()
    );
    assert!(failed > all / 15, "{failed} faults among {all}");
    let crowd = crowd(calls.iter().map(|call| call.at));
    assert!(crowd <= 50, "{crowd} in a second");
    figure(
        "What is sent arrives once and in order",
        &format!(
            "{all} sends to {} channels, {failed} tries struck by lost answers, dropped connections, 5xx and 429s",
            places.len()
        ),
        &format!("{lost} lost, {doubled} doubled, {swapped} out of order"),
    );
    figure(
        "Limits are kept",
        &format!("{} calls, 5 a second in each channel", calls.len()),
        &format!("{too_many} while a bucket was exhausted; {crowd} in any second at most"),
    );
}

/// The number that a command named: "Unknown model `m12`."
fn number(text: &str) -> usize {
    let (_, rest) = text.split_once("`m").unwrap();
    rest.split('`').next().unwrap().parse().unwrap()
}

/// The most calls in any second.
fn crowd(times: impl Iterator<Item = Duration>) -> usize {
    let times: Vec<_> = times.collect();
    let until = |begin: &Duration| *begin + Duration::from_secs(1);
    let in_second = |(index, begin)| times[index..].partition_point(|at| *at < until(begin));
    times.iter().enumerate().map(in_second).max().unwrap_or(0)
}

#[tokio::test]
async fn invalid_requests_stop_long_before_the_ban() {
    let discord = Loopback::builder().start().await.unwrap();
    let mut bot = Bot::new(&discord).start(&discord).await;
    let runs = discord.say(
        discord.general(),
        discord.owner(),
        "[[tool Nothing {}]] [[hang]]",
    );
    bot.hears(&discord, runs, "step 1").await;
    // A limit that is never over: each try is held against the bot.
    let send = "POST /channels/*/messages";
    discord.inject(Fault::rate_limited(send, Duration::ZERO).always());
    for channel in ["general", "rust", "random"] {
        let who = (discord.channel(channel), discord.owner());
        bot.slash(&discord, who, "model", &Value::Null).await;
    }
    let status = bot.ended_within(patience(5_000)).await;
    assert_eq!(status.code(), Some(79));
    let last = "the bot stops before Discord bans its address";
    bot.log.wait_for(last, DEADLINE).await;
    let log = bot.log.text();
    let warnings = log
        .matches("Discord has refused very many requests")
        .count();
    assert_eq!(warnings, 1);
    // The first one was accepted.
    let invalid = discord.calls_to(send).len() - 1;
    assert!((5_000..5_100).contains(&invalid), "{invalid}");
    // Nothing was sent any more: what it was in the middle of is told at its next start.
    discord.clear_faults();
    let bot = Bot::new(&discord).home(bot.home()).start(&discord).await;
    bot.hears(&discord, runs, "I had to shut down before this was done")
        .await;
    bot.stop().await;
    figure(
        "Invalid requests stop long before Discord's ban at 10,000",
        "a limit that is never over",
        &format!("{invalid} requests, one warning, then exit code 79"),
    );
}
