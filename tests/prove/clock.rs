//! A wall clock that jumps, by hours and by decades, forwards and backwards, in turns and over restarts.
//!
//! What the bot promises: neither deadlines nor the age of messages follow that clock, so nothing is lost, doubled,
//! given up or late for it, and the numbers stay right.

use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use loopback_discord::{Loopback, Snowflake, View};
use serde_json::{Value, json};

use super::{figure, scaled};
use crate::support::{Bot, DEADLINE, Home, Running, eventually};

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;
const YEAR: i64 = 365 * DAY;

/// Where the clock is set to, in seconds before or after the true time.
const JUMPS: [i64; 11] = [
    0,
    MINUTE,
    -MINUTE,
    3 * DAY,
    -DAY,
    40 * DAY,
    -40 * DAY,
    20 * YEAR,
    21 * YEAR,
    -5 * YEAR,
    -50 * YEAR,
];

/// What was missed is answered if it is not older, in seconds.
const MAX_AGE: i64 = 3_600;

/// The bot's clock.
struct Clock {
    file: File,
    library: PathBuf,
}

impl Clock {
    fn new(folder: &Path) -> Self {
        let [source, library, ahead] =
            ["jumps.c", "jumps.so", "ahead"].map(|name| folder.join(name));
        std::fs::copy(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prove/clock/jumps.c"),
            &source,
        )
        .unwrap();
        let file = File::options()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(&ahead)
            .unwrap();
        file.set_len(8).unwrap();
        #[expect(clippy::disallowed_methods, reason = "builds the clock")]
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-Wall", "-Werror", "-O1"])
            .arg(format!("-DAHEAD=\"{}\"", ahead.display()))
            .arg("-o")
            .args([&library, &source])
            .status()
            .unwrap();
        assert!(built.success());
        Self { file, library }
    }

    fn jump(&self, seconds: i64) {
        self.file.write_all_at(&seconds.to_ne_bytes(), 0).unwrap();
    }
}

struct World {
    discord: Loopback,
    places: [Snowflake; 2],
    home: Home,
    clock: Clock,
    /// What was said in each place, in order.
    said: [Vec<Snowflake>; 2],
}

impl World {
    async fn start(&self) -> Running {
        let config = json!({
            "channels": {
                self.places[0].to_string(): { "respond": "all" },
                self.places[1].to_string(): { "respond": "all" },
            },
            "discord": { "catch_up": { "max_age_secs": MAX_AGE } },
        });
        let bot = Bot::new(&self.discord).home(&self.home).config(&config);
        let library = self.clock.library.display().to_string();
        bot.env("LD_PRELOAD", &library).start(&self.discord).await
    }

    /// Somebody says something in some places.
    fn say(&mut self, words: &str, places: &[usize]) {
        for number in places {
            let asked = self
                .discord
                .say(self.places[*number], self.discord.owner(), words);
            self.said[*number].push(asked);
        }
    }

    fn answered(view: &View<'_>, place: Snowflake) -> Vec<Snowflake> {
        let messages = view.bot_messages(place).into_iter();
        messages
            .filter(|message| message.content == "done")
            .filter_map(|message| message.reply_to)
            .collect()
    }

    /// Waits until all is answered, in order and once, and booked: an answer may be read before its turn has ended.
    async fn settled(&self, bot: &Running) {
        for (number, place) in self.places.iter().enumerate() {
            let expected = &self.said[number];
            let answered = |view: &View<'_>| Self::answered(view, *place).len() >= expected.len();
            let all = self.discord.wait_until(DEADLINE, "all answers", answered);
            let log = || bot.log.text();
            all.await
                .unwrap_or_else(|error| panic!("{error}\n{}", log()));
            let answered = self.discord.look(|view| Self::answered(view, *place));
            assert_eq!(answered, *expected, "{}", log());
        }
        let turns = self.said.iter().map(Vec::len).sum();
        let booked = || (self.home.ledger().len() >= turns).then_some(());
        eventually("all turns to be booked", booked).await;
    }
}

#[tokio::test]
async fn a_clock_that_jumps_loses_doubles_and_delays_nothing() {
    let rounds = scaled(12, 160);
    let discord = Loopback::builder()
        .channels(["a", "b"])
        .start()
        .await
        .unwrap();
    let home = Home::new();
    let mut world = World {
        places: [discord.channel("a"), discord.channel("b")],
        clock: Clock::new(home.path()),
        discord,
        home,
        said: Default::default(),
    };
    let mut bot = world.start().await;
    let mut restarts = 0;
    for round in 0..rounds {
        let jump = |step: usize| JUMPS[(round * 7 + step * 3) % JUMPS.len()];
        // The second place is first spoken in while the bot is away: there is no record to tell what it missed.
        let places: &[usize] = if restarts == 0 { &[0] } else { &[0, 1] };
        world.clock.jump(jump(0));
        world.say("[[say done]]", places);
        world.say("[[sleep 0.2]] [[say done]]", places);
        // In the middle of turns.
        world.clock.jump(jump(1));
        world.settled(&bot).await;
        if round % 4 == 3 {
            let is_killed = round % 8 == 3;
            drop(if is_killed {
                bot.kill().await
            } else {
                bot.stop().await
            });
            world.clock.jump(jump(2));
            world.say("[[say done]]", &[0, 1]);
            bot = world.start().await;
            restarts += 1;
            world.settled(&bot).await;
        }
    }
    let log = bot.log.clone();
    drop(bot.stop().await);
    let (lines, active) = (world.home.ledger(), world.home.active());
    let mut answered = 0;
    for (number, place) in world.places.iter().enumerate() {
        let key = place.to_string();
        let own: Vec<&Value> = lines
            .iter()
            .filter(|line| line["channel"] == json!(key))
            .collect();
        let turns = world.said[number].len();
        let cost: f64 = own
            .iter()
            .map(|line| line["cost_usd"].as_f64().unwrap())
            .sum();
        let record = &active[&key];
        assert_eq!(
            (own.len(), record["message_count"].as_u64()),
            (turns, Some(turns as u64)),
            "{}",
            log.text()
        );
        let booked = record["total_cost_usd"].as_f64().unwrap();
        assert!((booked - cost).abs() < 1e-6, "{booked} and {cost}");
        answered += turns;
    }
    let months = std::fs::read_dir(world.home.path().join("sessions/usage")).unwrap();
    figure(
        "A clock that jumps loses, doubles and delays nothing",
        &format!(
            "{} jumps between fifty years back and twenty-one ahead, {answered} messages, {restarts} restarts, half of \
             them by kill -9",
            2 * rounds + restarts,
        ),
        &format!(
            "0 lost, 0 doubled, 0 out of order, 0 given up, each booked once, in {} months",
            months.count()
        ),
    );
}
