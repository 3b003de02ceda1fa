//! Processes that a tool starts, each trying to stay in its own manner, and what is left of them.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use loopback_discord::{Loopback, Snowflake};
use rustix::process::Signal;
use serde_json::json;

use super::{figure, scaled};
use crate::support::{Bot, Claude, DEADLINE, Home, Running, eventually, running};

/// Processes that try to stay, each in its own manner, and how many they are: in the tool's own group, in a session
/// of its own, orphaned twice over, deaf to signals, without the mark, and in the foreground.
fn tree(seconds: &str) -> (String, usize) {
    let sleep = format!("sleep {seconds}");
    let deaf = format!("sh -c \"trap '' TERM INT HUP; {sleep}; {sleep}\"");
    let command = format!(
        "{sleep} & setsid {sleep} & ( (setsid {sleep} &) & ); {deaf} & env -i setsid {sleep} & {sleep}"
    );
    (command, 6)
}

/// How many rounds there were: each sleeps for seconds of its own, to be told from those that run beside it.
static ROUNDS: AtomicUsize = AtomicUsize::new(0);

/// How a round of trees ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Stopped,
    Killed,
    Cleared,
}

/// The harder one first: bubblewrap's walls fall with all that is in them.
const SANDBOXES: [&str; 2] = ["off", "bwrap"];

/// Starts a bot with a tree in each of so many channels, ends it, and counts the survivors and how long they took.
async fn round(
    claude: &Claude,
    end: End,
    sandbox: &str,
    trees: usize,
    seconds: &str,
) -> (usize, Duration) {
    let names: Vec<String> = (0..trees).map(|tree| format!("tree-{tree}")).collect();
    let discord = Loopback::builder()
        .channels(names.iter().map(String::as_str))
        .start()
        .await
        .unwrap();
    let bot = |home: &Home| {
        Bot::new(&discord)
            .claude(claude.clone())
            .home(home)
            .config(&json!({
                "allowed_tools": ["Bash"],
                "claude": { "max_live": trees, "max_starting": 4, "sandbox": sandbox },
            }))
    };
    let home = Home::new();
    let running_bot = bot(&home).start(&discord).await;
    let (command, size) = tree(seconds);
    let input = json!({ "command": command, "timeout": 600_000 });
    let channels: Vec<Snowflake> = names.iter().map(|name| discord.channel(name)).collect();
    for channel in &channels {
        discord.say(*channel, discord.owner(), &format!("[[tool Bash {input}]]"));
    }
    eventually("the trees to stand", || {
        (alive(seconds) >= size * trees).then_some(())
    })
    .await;
    let (begun, bot_after) = end_round(end, running_bot, &discord, &channels, || {
        bot(&home).start(&discord)
    })
    .await;
    let limit = match end {
        End::Killed => Duration::from_secs(3),
        End::Stopped | End::Cleared => Duration::from_secs(1),
    };
    while alive(seconds) > 0 && begun.elapsed() < limit {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let counted = (alive(seconds), begun.elapsed());
    if let Some(bot) = bot_after {
        bot.stop().await;
    }
    counted
}

/// Ends a round; when survivors are counted from.
async fn end_round<'a, F: Future<Output = Running> + 'a>(
    end: End,
    mut bot: Running,
    discord: &Loopback,
    channels: &[Snowflake],
    start: impl FnOnce() -> F,
) -> (Instant, Option<Running>) {
    match end {
        End::Stopped => {
            bot.signal(Signal::TERM);
            bot.log.wait_for("running turns may end", DEADLINE).await;
            bot.signal(Signal::TERM);
            assert!(bot.ended().await.success());
            (Instant::now(), None)
        }
        End::Killed => {
            bot.kill().await;
            // It is connected when this returns, and holds the trees' place till the count is over.
            let next = start().await;
            (Instant::now(), Some(next))
        }
        End::Cleared => {
            let owner = discord.owner();
            let stops: Vec<_> = channels
                .iter()
                .map(|channel| discord.say(*channel, owner, "!stop"))
                .collect();
            for stop in stops {
                bot.hears(discord, stop, "Stopped").await;
            }
            let clears: Vec<_> = channels
                .iter()
                .map(|channel| discord.say(*channel, owner, "!clear"))
                .collect();
            for clear in clears {
                bot.hears(discord, clear, "Cleared").await;
            }
            // An orphan without a mark is ended with its group, or with the last process.
            eventually("the processes' end", || {
                (crate::real::world::clis(&bot).is_empty()).then_some(())
            })
            .await;
            (Instant::now(), Some(bot))
        }
    }
}

fn alive(seconds: &str) -> usize {
    running(&["sleep", seconds]).len()
}

async fn check_trees(promise: &str, claude: impl Fn() -> Claude, all: usize, at_once: usize) {
    let ends = [End::Stopped, End::Killed, End::Cleared];
    let mut stood = 0;
    let mut survivors = 0;
    let mut slowest = Duration::ZERO;
    let cases = SANDBOXES
        .into_iter()
        .flat_map(|sandbox| ends.map(|end| (sandbox, end)));
    for (sandbox, end) in cases.collect::<Vec<_>>().into_iter().cycle() {
        if stood >= all {
            break;
        }
        // The unit is named because 2.1.329 refuses to run a plain `sleep` of some seconds in the foreground.
        let round_number = ROUNDS.fetch_add(1, Ordering::Relaxed);
        let seconds = format!("{}.{}s", 9000 + round_number, std::process::id());
        let (left, took) = round(&claude(), end, sandbox, at_once, &seconds).await;
        assert_eq!(left, 0, "{end:?}, sandbox {sandbox:?}");
        stood += at_once;
        survivors += left;
        slowest = slowest.max(took);
    }
    figure(
        promise,
        &format!(
            "{stood} trees of six processes each, without a sandbox and in one; the bot stopped, killed and started \
             again, or told to clear"
        ),
        &format!("{survivors} survivors; the last gone after {slowest:.1?}"),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tree_outlives_its_process() {
    let claude = || Claude::StandIn("2.1.329");
    let (all, at_once) = (scaled(6, 240), scaled(1, 10));
    check_trees("What the CLI starts ends with it", claude, all, at_once).await;
}

async fn check_real_trees(version: &'static str) {
    let messages = loopback_messages::LoopbackMessages::start().await.unwrap();
    let claude = || Claude::Real(version, messages.url().to_owned());
    let promise = format!("What the CLI starts ends with it (CLI {version})");
    let (all, at_once) = (scaled(3, 204), scaled(1, 4));
    check_trees(&promise, claude, all, at_once).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tree_outlives_the_real_cli_2_1_197() {
    check_real_trees(crate::real::world::OLD).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tree_outlives_the_real_cli_2_1_329() {
    check_real_trees(crate::real::world::NEW).await;
}
