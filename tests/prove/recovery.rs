//! The bot is killed again and again while people talk to it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use loopback_discord::{Loopback, Snowflake};
use serde_json::json;

use super::{figure, scaled};
use crate::support::{Bot, DEADLINE, Home, stand_ins};

/// The channels that are talked in.
const CHANNELS: [&str; 4] = ["a", "b", "c", "d"];

/// A generator of numbers that are as good as random and the same in every run (Knuth, MMIX).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// What became of a message.
#[derive(Debug, Default, Clone, Copy)]
struct Fate {
    /// Messages that hold its answer.
    answers: usize,
    /// Words that it was cut off.
    notices: usize,
    /// How often the CLI was given it.
    runs: usize,
    /// Turns booked for it.
    booked: usize,
}

struct Traffic {
    discord: Loopback,
    places: Vec<Snowflake>,
    dice: Dice,
    asked: Vec<(Snowflake, String)>,
}

impl Traffic {
    /// Somebody says something somewhere; every tenth time it is a command, and now and then it takes a while.
    fn talk(&mut self) {
        let number = self.asked.len();
        let sides = self.places.len() as u64;
        let place = self.places[usize::try_from(self.dice.roll(sides)).unwrap()];
        let mark = format!("m{number}-");
        let words = match self.dice.roll(10) {
            // Its answer names the model that was asked for.
            0 => format!("!model {mark}"),
            1 | 2 => format!("[[sleep 1]] [[say {mark}]]"),
            _ => format!("[[say {mark}]]"),
        };
        let id = self.discord.say(place, self.discord.owner(), &words);
        self.asked.push((id, mark));
    }

    /// Talks for so long.
    async fn talk_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        loop {
            if self.dice.roll(2) == 0 {
                self.talk();
            }
            let pause = Duration::from_millis(20 + self.dice.roll(80));
            if Instant::now() + pause >= end {
                return tokio::time::sleep(end.saturating_duration_since(Instant::now())).await;
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn fates(&self, home: &Home) -> BTreeMap<Snowflake, Fate> {
        let given = transcripts(home);
        let ledger = home.ledger();
        let mut fates = BTreeMap::new();
        for (id, mark) in &self.asked {
            let replies = self.discord.look(|view| view.replies_to(*id));
            let is_notice = |text: &str| text.starts_with("I was restarted");
            let fate = Fate {
                answers: replies
                    .iter()
                    .filter(|reply| reply.content.contains(mark.as_str()))
                    .count(),
                notices: replies
                    .iter()
                    .filter(|reply| is_notice(&reply.content))
                    .count(),
                runs: given.matches(&format!("[[say {mark}]]")).count(),
                booked: ledger
                    .iter()
                    .filter(|line| line["message"] == json!(id.to_string()))
                    .count(),
            };
            fates.insert(*id, fate);
        }
        fates
    }
}

/// All that the stand-in was ever given, session by session.
fn transcripts(home: &Home) -> String {
    let folder = std::fs::read_dir(home.path().join(".claude/stand-in"));
    folder
        .into_iter()
        .flatten()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn kills_lose_no_message_and_answer_none_twice() {
    let kills = scaled(4, 500);
    let discord = Loopback::builder()
        .channels(CHANNELS)
        .start()
        .await
        .unwrap();
    let places: Vec<_> = CHANNELS.iter().map(|name| discord.channel(name)).collect();
    let named: serde_json::Map<_, _> = places
        .iter()
        .map(|place| (place.to_string(), json!({ "respond": "all" })))
        .collect();
    let settings = json!({
        "channels": named,
        "discord": { "catch_up": { "max_messages": 1000 } },
    });
    let mut traffic = Traffic {
        discord,
        places,
        dice: Dice(7),
        asked: Vec::new(),
    };
    let home = Home::new();
    // Its first connection: what was said before that is nobody's.
    let bot = Bot::new(&traffic.discord).home(&home).config(&settings);
    bot.start(&traffic.discord).await.stop().await;
    let mut left_over = 0;
    for _ in 0..kills {
        // So many starts in a row would reach the session limit, which has a proof of its own.
        traffic.discord.gateway().starts_left(1_000, 86_400_000);
        let bot = Bot::new(&traffic.discord).home(&home).config(&settings);
        let bot = bot.launch();
        // At any moment: before it is connected, while it catches up, in the middle of turns.
        if traffic.dice.roll(3) > 0 {
            bot.log.wait_for("connected to Discord", DEADLINE).await;
        }
        let lives = Duration::from_millis(50 + traffic.dice.roll(1_200));
        traffic.talk_for(lives).await;
        let children = stand_ins(bot.pid());
        bot.kill().await;
        let away = Duration::from_millis(traffic.dice.roll(150));
        traffic.talk_for(away).await;
        left_over += children.len();
    }
    traffic.discord.gateway().starts_left(1_000, 86_400_000);
    let bot = Bot::new(&traffic.discord).home(&home).config(&settings);
    let bot = bot.start(&traffic.discord).await;
    let unsettled = |fates: &BTreeMap<Snowflake, Fate>| {
        fates
            .values()
            .filter(|fate| fate.answers + fate.notices == 0)
            .count()
    };
    let end = Instant::now() + 3 * DEADLINE;
    let mut waits = unsettled(&traffic.fates(&home));
    while waits > 0 && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(200)).await;
        waits = unsettled(&traffic.fates(&home));
    }
    // What is still under way gets its end, and the record is at rest.
    let log = bot.log.clone();
    let home = bot.stop().await;
    let fates = traffic.fates(&home);
    let mut wrong = Vec::new();
    for (id, fate) in &fates {
        let is_lost = fate.answers + fate.notices == 0;
        let is_doubled = fate.answers > 1 || fate.runs > 1 || fate.booked > 1 || fate.notices > 1;
        if is_lost || is_doubled {
            wrong.push((*id, *fate));
        }
    }
    let orphans = orphans(&home);
    let active = home.active();
    let open: usize = traffic
        .places
        .iter()
        .filter_map(|place| active[place.to_string()]["state"]["open_turns"].as_array())
        .map(Vec::len)
        .sum();
    let count = |has: fn(&Fate) -> bool| fates.values().filter(|fate| has(fate)).count();
    figure(
        "A bot that is killed at any moment loses no message and answers none twice",
        &format!(
            "{kills} kill -9 under traffic in {} channels, {} messages",
            CHANNELS.len(),
            fates.len()
        ),
        &format!(
            "{} answered, {} told that they were cut off, {} lost, {} answered or run twice; {left_over} processes \
             lived at the kills, {} after the end",
            count(|fate| fate.answers == 1),
            count(|fate| fate.notices > 0),
            count(|fate| fate.answers + fate.notices == 0),
            count(|fate| fate.answers > 1 || fate.runs > 1 || fate.booked > 1),
            orphans.len(),
        ),
    );
    let shown: Vec<_> = wrong.iter().take(10).collect();
    assert!(
        wrong.is_empty(),
        "{} wrong: {shown:#?}\n{}",
        wrong.len(),
        log.text()
    );
    assert_eq!((orphans, open, strays(&home)), (Vec::new(), 0, Vec::new()));
}

/// Temporary files of writers that were killed.
fn strays(home: &Home) -> Vec<String> {
    let names = std::fs::read_dir(home.path().join("sessions")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name.starts_with('.') && name != ".lock")
        .collect()
}

/// Processes of the stand-in that were started in a home and live.
fn orphans(home: &Home) -> Vec<i32> {
    let program = home.path().join("claude-stand-in");
    let program = program.to_str().unwrap().to_owned();
    crate::support::processes()
        .into_iter()
        .filter(|seen| seen.command.first() == Some(&program))
        .map(|seen| seen.pid)
        .collect()
}
