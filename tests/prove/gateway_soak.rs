//! A day of a busy server, pressed together: events by the hundred thousand, duplicates, swaps and reconnects.
//!
//! What the bot promises: what is meant for it is answered once, and in each channel in the order in which Discord
//! delivered it. Nearly all events are other people's chatter; the rest are requests, answered by the stand-in.

use std::{collections::BTreeSet, fs, time::Duration};

use loopback_discord::{Fault, Loopback, Snowflake, View};
use serde_json::{Value, json};

use super::{figure, scaled};
use crate::support::{Bot, Need, Running, eventually, message_create, skip_without};

/// Channels in which the bot is asked.
const NAMES: [&str; 20] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
    "t",
];

/// Requests of one channel in a round: fewer than may wait.
const EACH: usize = 10;

/// Requests of a round.
const REQUESTS: usize = NAMES.len() * EACH;

/// Events of a round, and how many reconnects there are among them.
const EVENTS: usize = 20_000;
const RECONNECTS: usize = 100;

const SEND: &str = "POST /channels/*/messages";

/// How long a round may take.
const ROUND: Duration = Duration::from_mins(15);

struct World {
    discord: Loopback,
    bot: Running,
    /// What chatter looks like; each gets an id of its own.
    chatter: Value,
    next_id: u64,
    /// All events so far.
    events: usize,
    /// All requests of each channel, in the order in which they were delivered.
    delivered: Vec<Vec<Snowflake>>,
    resumes: usize,
    duplicates: usize,
    swaps: usize,
}

#[tokio::test]
async fn a_million_events_with_duplicates_swaps_and_reconnects() {
    if skip_without(Need::Root) {
        return;
    }
    let rounds = scaled(1, 50);
    // The short scale is a part of a round.
    let (events, reconnects) = (scaled(3_000, EVENTS), scaled(15, RECONNECTS));
    let discord = Loopback::builder().channels(NAMES).start().await.unwrap();
    let mention = json!({ "discord": { "respond": "mention" }, "claude": { "max_live": 20 } });
    let bot = Bot::new(&discord).config(&mention).start(&discord).await;
    let elsewhere = discord.add_channel("chatter");
    let words = json!({ "content": "Did anybody see the match last night? What a goal." });
    let chatter = message_create(&discord, elsewhere, discord.stranger(), &words);
    let next_id = chatter["id"].as_str().unwrap().parse().unwrap();
    for fault in [
        Fault::status(SEND, 503).every(100),
        Fault::rate_limited(SEND, Duration::from_millis(200)).every(200),
    ] {
        discord.inject(fault);
    }
    let mut world = World {
        discord,
        bot,
        chatter,
        next_id,
        events: 0,
        delivered: vec![Vec::new(); NAMES.len()],
        resumes: 0,
        duplicates: 0,
        swaps: 0,
    };
    // Once around, so that all processes live: what grows after this is a leak.
    world.round(events / 10, 1).await;
    let before = world.open_files();
    let mut memory = Vec::new();
    for round in 0..rounds {
        world.round(events, reconnects).await;
        let percent = (round + 1) * 100 / rounds;
        if round == 0 || [10, 50, 100].contains(&percent) {
            memory.push((percent, world.memory_kib()));
        }
    }
    world.check(rounds, before, &memory).await;
}

impl World {
    /// Delivers so many events and waits until every request among them is answered.
    async fn round(&mut self, events: usize, reconnects: usize) {
        let between = events / REQUESTS;
        let answers = self.delivered[0].len() + EACH;
        for number in 0..REQUESTS {
            let place = number % NAMES.len();
            // 1 % of the events come twice, and 1 % in another order; requests among them.
            if number % 100 == 7 {
                self.discord.gateway().duplicate_next(between / 50 + 1);
                self.duplicates += between / 50 + 1;
            }
            let swap = number % 100 == 31;
            if swap {
                self.discord.gateway().swap_next(1);
                self.swaps += 1;
                let (first, second) = (self.ask(place), self.ask(place));
                self.delivered[place].extend([second, first]);
            } else if number % 100 != 31 + NAMES.len() {
                let asked = self.ask(place);
                self.delivered[place].push(asked);
            }
            self.chat(between.saturating_sub(1));
            if (number + 1) * reconnects / REQUESTS > number * reconnects / REQUESTS {
                self.reconnect(number).await;
            }
        }
        let discord = &self.discord;
        let answered = |view: &View<'_>| view.nonces() >= answers * NAMES.len();
        let all = discord.wait_until(ROUND, "all answers of a round", answered);
        all.await
            .unwrap_or_else(|error| panic!("{error}\n{}", self.bot.log.text()));
    }

    /// Somebody asks the bot something.
    fn ask(&self, place: usize) -> Snowflake {
        let channel = self.discord.channel(NAMES[place]);
        let words = format!("<@{}> [[say done]]", self.discord.bot());
        self.discord.say(channel, self.discord.owner(), &words)
    }

    /// People talk to each other.
    fn chat(&mut self, messages: usize) {
        for number in 0..messages {
            if self.events % 100 == 50 {
                self.discord.gateway().duplicate_next(1);
                self.duplicates += 1;
            }
            if self.events % 100 == 60 && number + 1 < messages {
                self.discord.gateway().swap_next(1);
                self.swaps += 1;
            }
            self.next_id += 1;
            self.events += 1;
            self.chatter["id"] = json!(self.next_id.to_string());
            self.discord
                .gateway()
                .dispatch("MESSAGE_CREATE", &self.chatter);
        }
    }

    /// The connection is lost in one of three ways; what is said meanwhile is replayed.
    async fn reconnect(&mut self, number: usize) {
        let gateway = self.discord.gateway();
        match number % 3 {
            0 => gateway.ask_to_reconnect(),
            1 => gateway.drop_connections(),
            _ => gateway.invalidate_sessions(true),
        }
        self.chat(5);
        self.resumes += 1;
        let resumes = self.resumes;
        let back = self.discord.wait_until(ROUND, "a resume", |view| {
            view.resumes() >= resumes && view.connected() == 1
        });
        back.await
            .unwrap_or_else(|error| panic!("{error}\n{}", self.bot.log.text()));
    }

    fn open_files(&self) -> usize {
        let path = format!("/proc/{}/fd", self.bot.pid());
        fs::read_dir(path).unwrap().count()
    }

    /// The bot's resident memory.
    fn memory_kib(&self) -> u32 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.bot.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        line.unwrap()
            .split_whitespace()
            .nth(1)
            .unwrap()
            .parse()
            .unwrap()
    }

    async fn check(self, rounds: usize, before: usize, memory: &[(usize, u32)]) {
        let after = eventually("as many open files as before", || {
            Some(self.open_files()).filter(|open| *open <= before)
        });
        let after = after.await;
        // What is still on its way would be doubled now.
        self.bot.stop().await;
        let (mut lost, mut doubled, mut swapped) = (0, 0, 0);
        for (name, delivered) in NAMES.iter().zip(&self.delivered) {
            let channel = self.discord.channel(name);
            let answered: Vec<_> = self
                .discord
                .bot_messages(channel)
                .iter()
                .filter_map(|message| message.reply_to)
                .collect();
            let different: BTreeSet<_> = answered.iter().collect();
            lost += delivered
                .iter()
                .filter(|id| !different.contains(id))
                .count();
            doubled += answered.len() - different.len();
            swapped += usize::from(answered != *delivered);
        }
        let requests = self.delivered.iter().map(Vec::len).sum::<usize>();
        let identifies = self.discord.gateway().identifies();
        assert_eq!((lost, doubled, swapped, identifies), (0, 0, 0, 1));
        let (begin, end) = (memory[0], memory[memory.len() - 1]);
        let grown = end.1.saturating_sub(begin.1);
        assert!(grown < 8 * 1024, "{memory:?}");
        let events = self.events + requests;
        figure(
            "What Discord delivers is answered once and in order",
            &format!(
                "{events} events in {rounds} rounds, {requests} of them requests; {} came twice, {} pairs swapped, {} \
                 reconnects; 1 % of the answers met a 503, 0.5 % a 429",
                self.duplicates, self.swaps, self.resumes
            ),
            &format!("{lost} lost, {doubled} doubled, {swapped} channels out of order"),
        );
        let memory: Vec<_> = memory
            .iter()
            .map(|(percent, kib)| format!("{:.1} MiB at {percent} %", f64::from(*kib) / 1024.0))
            .collect();
        figure(
            "Nothing leaks",
            &format!("the same {events} events"),
            &format!(
                "{before} open files before, {after} after; {}",
                memory.join(", ")
            ),
        );
    }
}
