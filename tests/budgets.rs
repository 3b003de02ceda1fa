//! Budgets, as people meet them.
//!
//! * A running turn is stopped where a budget ends, also an owner's, and says what it cost.
//! * That a budget is nearly spent is said once.
//! * `!budget` shows and sets a channel's for today, over a restart; members and threads cannot set it.
//! * What `!usage` shows, the record and the ledger agree to the last digit, whatever becomes of a turn.

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use crate::{
    branches::{fork, reply, talk},
    support::{Bot, Home, Running, eventually, said},
};

async fn started(discord: &Loopback, limits: &Value, home: &Home) -> Running {
    let config = json!({
        "allowed_tools": ["Bash"],
        "discord": { "verbose": "off" },
        "limits": limits,
    });
    let bot = Bot::new(discord).config(&config).home(home);
    bot.start(discord).await
}

/// A message that is long enough to cost something.
fn dear(directives: &str) -> String {
    format!("{directives} {}", "word ".repeat(2_000))
}

async fn answer(bot: &Running, discord: &Loopback, user: Snowflake, text: &str) -> String {
    let asked = discord.say(discord.general(), user, text);
    bot.reply(discord, asked).await.content
}

async fn booked(bot: &Running, outcomes: &[&str]) {
    let outcomes: Vec<Value> = outcomes.iter().map(|it| json!(it)).collect();
    eventually("the bookings", || {
        (bot.home().outcomes() == outcomes).then_some(())
    })
    .await;
}

fn billionths(value: &Value) -> i64 {
    let text = value.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}{fraction:0<9}").parse().unwrap()
}

#[tokio::test]
async fn a_running_turn_is_stopped_where_a_budget_ends() {
    let discord = Loopback::builder().start().await.unwrap();
    let limits = json!({ "channel": { "usd_per_turn": 0.022 } });
    let bot = started(&discord, &limits, &Home::new()).await;
    // The first two calls, in which the words are new, cost most. The next ones cost little.
    let calls = "[[tool Nothing {}]] ".repeat(20);
    let words = dear(&format!("[[pace 500]] {calls} [[hang]]"));
    let asked = discord.say(discord.general(), discord.owner(), &words);
    let stopped = bot
        .hears(&discord, asked, "Stopped: this turn has used up")
        .await;
    booked(&bot, &["over_budget"]).await;
    let cost = billionths(&bot.home().ledger()[0]["cost_usd"]);
    assert!((20_000_000..25_000_000).contains(&cost), "{cost}");
    let shown = format!("It cost ${}.{:04}.", 0, (cost + 50_000) / 100_000);
    assert!(stopped.contains(&shown), "{stopped}, {cost}");
    // The session is kept, and the next turn has a budget of its own.
    assert_eq!(
        answer(&bot, &discord, discord.owner(), "[[say on]]").await,
        "on"
    );
    bot.stop().await;
}

#[tokio::test]
async fn a_budget_is_set_shown_and_kept() {
    let discord = Loopback::builder().start().await.unwrap();
    let limits = json!({ "channel": { "usd_per_day": 5, "usd_max": 8 }, "timezone": "Asia/Tokyo" });
    let bot = started(&discord, &limits, &Home::new()).await;
    let (owner, member) = (discord.owner(), discord.member());
    let shown = answer(&bot, &discord, member, "!budget").await;
    assert!(
        shown.contains("This channel: $0.00 of $5.00 within 24 hours"),
        "{shown}"
    );
    let refused = answer(&bot, &discord, member, "!budget 1").await;
    assert!(refused.starts_with("Only this bot's admins"), "{refused}");
    let refused = answer(&bot, &discord, owner, "!budget 9").await;
    assert!(refused.contains("at most $8.00"), "{refused}");
    let refused = answer(&bot, &discord, owner, "!budget much").await;
    assert!(refused.contains("is not an amount"), "{refused}");
    let set = answer(&bot, &discord, owner, "!budget 0").await;
    assert!(set.starts_with("This channel may spend $0.00"), "{set}");
    // Until midnight in Tokyo.
    let until: i64 = set.split([':', '>']).nth(1).unwrap().parse().unwrap();
    assert_eq!((until + 9 * 3_600) % 86_400, 0, "{set}");
    let held_up =
        "This channel has reached the daily budget. This message was not run. Try again <t:";
    for user in [owner, member] {
        let refusal = answer(&bot, &discord, user, "[[say done]]").await;
        assert!(refusal.starts_with(held_up), "{refusal}");
    }
    let thread = discord.add_thread(discord.general(), "aside");
    let aside = discord.say(thread, owner, "!budget 8");
    let refused = bot.reply(&discord, aside).await.content;
    assert!(refused.starts_with("This thread shares"), "{refused}");
    let home = bot.stop().await;
    let bot = started(&discord, &limits, &home).await;
    let refusal = answer(&bot, &discord, owner, "[[say done]]").await;
    assert!(refusal.starts_with(held_up), "{refusal}");
    let status = answer(&bot, &discord, owner, "!status").await;
    assert!(
        status.contains("**Budget** $0.00 of $0.00 within 24 hours"),
        "{status}"
    );
    let shown = answer(&bot, &discord, owner, "!budget").await;
    assert!(shown.contains("(set by "), "{shown}");
    let reset = answer(&bot, &discord, owner, "!budget reset").await;
    assert!(reset.contains("configured budget"), "{reset}");
    assert_eq!(answer(&bot, &discord, member, "[[say done]]").await, "done");
    bot.stop().await;
}

#[tokio::test]
async fn a_lower_budget_stops_what_runs() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = started(&discord, &json!({}), &Home::new()).await;
    let here = discord.general();
    let command = "touch begun; while [ ! -e go ]; do sleep 0.05; done";
    let bash = json!({ "command": command });
    let words = format!("[[tool Bash {bash}]] [[tool Nothing {{}}]] [[hang]]");
    let asked = discord.say(here, discord.member(), &words);
    let folder = bot.home().path().join(format!("workspaces/{here}"));
    let begun = folder.join("begun");
    eventually("the tool to run", || begun.exists().then_some(())).await;
    let set = answer(&bot, &discord, discord.owner(), "!budget 0").await;
    assert!(set.starts_with("This channel may spend $0.00"), "{set}");
    bot.home().write(&format!("workspaces/{here}/go"), "");
    bot.hears(&discord, asked, "Stopped: this channel has used up")
        .await;
    booked(&bot, &["over_budget"]).await;
    bot.stop().await;
}

#[tokio::test]
async fn that_a_budget_is_nearly_spent_is_said_once() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = started(&discord, &json!({}), &Home::new()).await;
    let (here, member) = (discord.general(), discord.member());
    for words in [dear("[[say done]]").as_str(), "[[say done]]"] {
        assert_eq!(answer(&bot, &discord, member, words).await, "done");
    }
    booked(&bot, &["answered"; 2]).await;
    let lines = bot.home().ledger();
    let cost: i64 = lines.iter().map(|line| billionths(&line["cost_usd"])).sum();
    // Of which 78 % are spent. What follows costs little.
    let budget = format!("!budget 0.{:09}", cost * 100 / 78);
    let set = answer(&bot, &discord, discord.owner(), &budget).await;
    assert!(set.starts_with("This channel may spend"), "{set}");
    let asked = discord.say(here, member, "[[say more]]");
    bot.hears(&discord, asked, "-# This channel has used ")
        .await;
    bot.reply_with(&discord, asked, "more").await;
    let asked = discord.say(here, member, "[[say last]]");
    bot.reply_with(&discord, asked, "last").await;
    booked(&bot, &["answered"; 4]).await;
    let warnings = said(&discord, here);
    let warnings = warnings
        .iter()
        .filter(|text| text.starts_with("-# This channel"));
    assert_eq!(warnings.count(), 1);
    bot.stop().await;
}

/// Waits until the ledger, the sessions in a channel's record and what `/usage` shows there agree on what its turns cost.
pub(crate) async fn agree(bot: &Running, discord: &Loopback, channel: Snowflake, turns: usize) {
    let lines = bot.home().ledger();
    let with = |key: &str, value: &Value| {
        let own = lines.iter().filter(|line| line[key] == *value);
        own.map(|line| billionths(&line["cost_usd"]))
            .collect::<Vec<_>>()
    };
    let sum = |costs: &[i64]| costs.iter().sum::<i64>();
    let own = with("channel", &json!(channel.to_string()));
    assert_eq!(own.len(), turns, "{lines:#?}");
    eventually("the record to agree with the ledger", || {
        let record = &bot.home().active()[channel.to_string()];
        let earlier = record["earlier"].as_array().into_iter().flatten();
        let mut total = 0;
        for session in std::iter::once(record).chain(earlier) {
            let spent = billionths(&session["total_cost_usd"]);
            (spent == sum(&with("session", &session["session_id"]))).then_some(())?;
            total += spent;
        }
        (total == sum(&own)).then_some(())
    })
    .await;
    let who = (channel, discord.owner());
    let shown = bot.slash_alone(discord, who, "usage", &Value::Null).await;
    let all: Vec<_> = lines.iter().map(|it| billionths(&it["cost_usd"])).collect();
    for (place, costs) in [("This channel", own), ("All channels", all)] {
        let shortened = (sum(&costs) + 50_000) / 100_000;
        let start = format!("{place}: {} turn", costs.len());
        let end = format!("${}.{:04}", shortened / 10_000, shortened % 10_000);
        let is_it = |line: &str| line.starts_with(&start) && line.ends_with(&end);
        assert!(shown.lines().any(is_it), "{shown}, {start}, {end}");
    }
}

#[tokio::test]
async fn they_agree_for_steered_forked_and_rewound_turns() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = started(&discord, &json!({}), &Home::new()).await;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    let [one, two] = talk(&bot, &discord, ["one", "two"]).await;
    let cut = discord.say(here, owner, &dear("[[pace 100]] [[long 9000]]"));
    bot.hears(&discord, cut, "Line").await;
    let steers = discord.say(here, member, "!! [[say short]]");
    bot.reply_with(&discord, steers, "short").await;
    let steered = ["answered", "answered", "interrupted", "answered"];
    booked(&bot, &steered).await;
    agree(&bot, &discord, here, 4).await;

    let thread = fork(&bot, &discord, two).await;
    let aside = discord.say(thread, owner, &dear("[[say aside]]"));
    bot.reply_with(&discord, aside, "aside").await;
    reply(&bot, &discord, (one, owner), "!rewind").await;
    assert_eq!(
        answer(&bot, &discord, member, "[[say other]]").await,
        "other"
    );
    booked(&bot, &[&steered[..], &["answered"; 2]].concat()).await;
    agree(&bot, &discord, here, 5).await;
    agree(&bot, &discord, thread, 1).await;
    bot.stop().await;
}

#[tokio::test]
async fn usage_record_and_ledger_agree_to_the_last_digit() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = started(&discord, &json!({}), &Home::new()).await;
    let (here, owner) = (discord.general(), discord.owner());
    assert_eq!(answer(&bot, &discord, owner, "[[say one]]").await, "one");
    let stopped = discord.say(here, owner, &dear("[[tool Nothing {}]] [[hang]]"));
    eventually("the turn", || {
        bot.home().is_answering(stopped).then_some(())
    })
    .await;
    answer(&bot, &discord, owner, "!stop").await;
    booked(&bot, &["answered", "interrupted"]).await;
    let task = json!({ "command": "true", "run_in_background": true });
    let begin = format!("[[tool Bash {task}]] [[say begun]]");
    let asked = discord.say(here, owner, &begin);
    bot.hears(&discord, asked, "begun").await;
    booked(&bot, &["answered", "interrupted", "answered", "background"]).await;
    assert_eq!(answer(&bot, &discord, owner, "[[say two]]").await, "two");
    booked(
        &bot,
        &[
            "answered",
            "interrupted",
            "answered",
            "background",
            "answered",
        ],
    )
    .await;
    let lines = bot.home().ledger();
    let sum: i64 = lines.iter().map(|line| billionths(&line["cost_usd"])).sum();
    let shown = answer(&bot, &discord, owner, "!usage").await;
    let cost = format!("${}.{:04}", 0, (sum + 50_000) / 100_000);
    let channel = shown
        .lines()
        .find(|line| line.starts_with("This channel: 5 turns"));
    assert!(
        channel.is_some_and(|line| line.ends_with(&cost)),
        "{shown}, {cost}"
    );
    let home = bot.stop().await;
    let record = &home.active()[here.to_string()];
    assert_eq!(billionths(&record["total_cost_usd"]), sum);
}
