//! Discord allows 1,000 IDENTIFYs in 24 hours, and resets the token of a bot that sends more.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use loopback_discord::Loopback;
use switchboard::discord::session_start::{NextStart, SessionStartLimit};

use super::{figure, scaled};
use crate::support::{Bot, DEADLINE, Home};

const TOTAL: u64 = 1_000;
const DAY: u64 = 86_400;

/// How Discord might count: its documentation does not say.
#[derive(Debug, Clone, Copy)]
enum Counting {
    /// All starts come back 24 hours after the first.
    Fixed,
    /// Each start comes back after 24 hours.
    Sliding,
}

/// Discord's count of IDENTIFYs. Times are seconds.
struct Counter {
    counting: Counting,
    used: VecDeque<u64>,
    /// All IDENTIFYs of the last 24 hours, and the most there ever were.
    recent: VecDeque<u64>,
    most: usize,
}

impl Counter {
    fn limit(&mut self, now: u64) -> SessionStartLimit {
        match self.counting {
            Counting::Fixed if self.used.front().is_some_and(|first| first + DAY <= now) => {
                self.used.clear();
            }
            Counting::Fixed => {}
            Counting::Sliding => {
                while self.used.front().is_some_and(|first| first + DAY <= now) {
                    self.used.pop_front();
                }
            }
        }
        let used = u64::try_from(self.used.len()).unwrap();
        let reset_after = self.used.front().map_or(0, |first| first + DAY - now);
        SessionStartLimit {
            total: TOTAL,
            remaining: TOTAL.checked_sub(used).expect("the token was reset"),
            reset_after: reset_after * 1_000,
            max_concurrency: 1,
        }
    }

    fn identify(&mut self, now: u64) {
        assert!(self.limit(now).remaining > 0, "the token was reset");
        self.used.push_back(now);
        self.recent.push_back(now);
        while self.recent.front().is_some_and(|first| first + DAY <= now) {
            self.recent.pop_front();
        }
        self.most = self.most.max(self.recent.len());
    }
}

/// A process that reconnects, or is restarted, `pause` seconds after each IDENTIFY. One that waits for its next IDENTIFY
/// is killed and started again after `patience` seconds.
struct Process {
    pause: u64,
    patience: u64,
    /// When it acts next, and whether it may send an IDENTIFY then.
    next: (u64, bool),
}

impl Process {
    /// Acts; returns whether it asked Discord whether it may start a session.
    fn act(&mut self, counter: &mut Counter) -> bool {
        let (now, may_identify) = self.next;
        if may_identify {
            counter.identify(now);
            self.next = (now + self.pause, false);
            return false;
        }
        let (wait, may_identify) = match counter.limit(now).next_start() {
            NextStart::After(wait) => (wait, true),
            NextStart::AtReset(wait) => (wait, false),
        };
        let wait = u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap();
        self.next = if wait > self.patience {
            (now + self.patience, false)
        } else {
            (now + wait, may_identify)
        };
        true
    }
}

/// The most IDENTIFYs in any 24 hours, and how often Discord was asked.
fn simulate(counting: Counting, end: u64, processes: &mut [Process]) -> (usize, u64) {
    let mut counter = Counter {
        counting,
        used: VecDeque::new(),
        recent: VecDeque::new(),
        most: 0,
    };
    // This decides when Discord's limit is reset.
    counter.identify(0);
    let mut asked = 0;
    while let Some(process) = processes
        .iter_mut()
        .filter(|process| process.next.0 < end)
        .min_by_key(|process| process.next.0)
    {
        asked += u64::from(process.act(&mut counter));
    }
    (counter.most, asked)
}

#[test]
fn a_day_of_reconnect_loops_stays_below_a_thousand() {
    let days = scaled(3, 60);
    let end = DAY * u64::try_from(days).unwrap();
    let (mut most, mut asked, mut loops) = (0, 0, 0);
    for counting in [Counting::Fixed, Counting::Sliding] {
        for pause in [1, 2, 5, 30, 86, 87, 100, 215, 216, 432, 433, 3_600] {
            for patience in [60, 600, u64::MAX] {
                // The later ones begin just before a reset.
                for begin in [1, DAY - 900, DAY - 500, DAY - 210] {
                    for count in [1, 3] {
                        let process = || Process {
                            pause,
                            patience,
                            next: (begin, false),
                        };
                        let mut processes: Vec<_> = (0..count).map(|_| process()).collect();
                        let found = simulate(counting, end, &mut processes);
                        most = most.max(found.0);
                        asked += found.1;
                        loops += 1;
                    }
                }
            }
        }
    }
    assert!(most < 1_000, "{most}");
    figure(
        "Fewer than 1,000 IDENTIFYs a day",
        &format!(
            "{asked} starts and reconnects in {loops} loops of {} days, simulated",
            end / DAY
        ),
        &format!("{most} in any 24 hours at most; the token was never reset"),
    );
}

#[tokio::test]
async fn restarts_share_the_count_that_discord_keeps() {
    let starts = scaled(6, 250);
    let discord = Loopback::builder().start().await.unwrap();
    let free = if starts < 200 {
        discord.gateway().starts_left(804, DAY * 1_000);
        4
    } else {
        200
    };
    let began = Instant::now();
    let mut waited = 0;
    for _ in 0..starts {
        let before = discord.gateway().identifies();
        // Nothing is kept from the start before.
        let bot = Bot::new(&discord).home(&Home::new()).launch();
        let came = discord.wait_until(DEADLINE, "an IDENTIFY", |view| view.identifies() > before);
        tokio::select! {
            came = came => came.unwrap(),
            _ = bot.log.wait_for("has connected very often", DEADLINE) => waited += 1,
        }
        bot.kill().await;
    }
    let identifies = discord.gateway().identifies();
    let spread = Duration::from_secs(432);
    let earned = usize::try_from(began.elapsed().as_secs() / spread.as_secs()).unwrap() + 1;
    assert!(
        identifies <= free + earned && waited > 0,
        "{identifies}, {waited} waited"
    );
    assert_eq!(discord.gateway().token_resets(), 0);
    figure(
        "Restarts share the count that Discord keeps",
        &format!("{starts} starts of the bot, each in a new home and killed"),
        &format!("{identifies} IDENTIFYs; {waited} starts waited"),
    );
}
