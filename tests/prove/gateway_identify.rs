//! Discord takes 1,000 IDENTIFYs a day, and resets the token of a bot that sends more.

use chrono::{DateTime, TimeDelta, Utc};
use loopback_discord::Loopback;
use switchboard::discord::gateway::identify::Account;

use super::{figure, scaled};
use crate::support::{Bot, DEADLINE};

/// The most that any 24 hours hold of these moments.
fn in_a_day(sent: &[DateTime<Utc>]) -> usize {
    let until = |begin: &DateTime<Utc>| *begin + TimeDelta::days(1);
    let in_day = |(index, begin)| sent[index..].partition_point(|at| *at < until(begin));
    sent.iter().enumerate().map(in_day).max().unwrap_or(0)
}

#[test]
fn a_day_of_reconnect_loops_stays_below_a_thousand() {
    let begin = DateTime::from_timestamp(1_792_000_000, 0).unwrap();
    let days = scaled(2, 30);
    let end = begin + TimeDelta::days(i64::try_from(days).unwrap());
    let (mut most, mut asked) = (0, 0);
    // Loops as tight as a second, and as lazy as an hour; each after days of rest, so that it begins with all it has.
    for pause in [1, 2, 5, 30, 86, 87, 99, 100, 101, 600, 3_600] {
        let mut account = Account::full(begin);
        let mut now = begin;
        let mut sent = Vec::new();
        while now < end {
            asked += 1;
            if account.pay(now).is_ok() {
                sent.push(now);
            }
            now += TimeDelta::seconds(pause);
        }
        most = most.max(in_a_day(&sent));
    }
    assert!(most < 1_000, "{most}");
    figure(
        "Fewer than 1,000 IDENTIFYs a day",
        &format!("{asked} reconnects in 11 loops of {days} days, simulated"),
        &format!("{most} in any 24 hours at most"),
    );
}

#[tokio::test]
async fn restarts_share_one_account() {
    let starts = scaled(6, 60);
    let discord = Loopback::builder().start().await.unwrap();
    let home = crate::support::Home::new();
    if starts < 50 {
        // As if 46 of 50 had been spent.
        let settled_at = Utc::now() + TimeDelta::seconds(4_600);
        let account = serde_json::json!({ "settled_at": settled_at });
        home.write("sessions/identify.json", &account.to_string());
    }
    let began = std::time::Instant::now();
    let mut waited = 0;
    for _ in 0..starts {
        let before = discord.gateway().identifies();
        let bot = Bot::new(&discord).home(&home).launch();
        let came = discord.wait_until(DEADLINE, "an IDENTIFY", |view| view.identifies() > before);
        tokio::select! {
            came = came => came.unwrap(),
            _ = bot.log.wait_for("has connected very often", DEADLINE) => waited += 1,
        }
        bot.kill().await;
    }
    let identifies = discord.gateway().identifies();
    let earned = usize::try_from(began.elapsed().as_secs() / 100).unwrap() + 1;
    let most = if starts < 50 { 4 } else { 50 } + earned;
    assert!(
        identifies <= most && waited > 0,
        "{identifies}, {waited} waited"
    );
    figure(
        "Restarts share one account",
        &format!("{starts} starts of the bot, each killed"),
        &format!("{identifies} IDENTIFYs; {waited} starts waited"),
    );
}
