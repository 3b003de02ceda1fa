//! Processes that a tool starts, each trying to stay in its own manner, and what is left of them.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use loopback_discord::{Loopback, Snowflake};
use rustix::process::Signal;
use serde_json::json;

use super::{figure, scaled};
use crate::support::{
    Bot, Claude, DEADLINE, Home, Need, Running, eventually, running, skip_part_without,
};

/// Processes that try to stay, each in its own manner, and how many they are: in the tool's own group, in a session
/// of its own, orphaned twice over, deaf to signals, in the foreground, and, where `unmarked`, without the mark by
/// which the bot knows them.
fn tree(seconds: &str, unmarked: bool) -> (String, usize) {
    let sleep = format!("sleep {seconds}");
    let deaf = format!("sh -c \"trap '' TERM INT HUP; {sleep}; {sleep}\"");
    let without_mark = if unmarked {
        format!("env -i setsid {sleep} &")
    } else {
        String::new()
    };
    let command = format!(
        "{sleep} & setsid {sleep} & ( (setsid {sleep} &) & ); {deaf} & {without_mark} {sleep}"
    );
    (command, 5 + usize::from(unmarked))
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

/// What the bot has to end them with.
#[derive(Clone, Copy, Debug)]
enum Means {
    /// Control groups; no sandbox.
    Groups,
    /// Bubblewrap's walls, which fall with all that is in them.
    Walls,
    /// Neither: the bot is not root. It looks for its mark, and one who sheds that may outlive a bot that is killed.
    Marks,
}

impl Means {
    /// Nobody's id, on every Linux.
    const NOBODY: u32 = 65_534;

    fn name(self) -> &'static str {
        match self {
            Self::Groups => "control groups",
            Self::Walls => "bubblewrap",
            Self::Marks => "the bot's own search, not root",
        }
    }

    fn sandbox(self) -> &'static str {
        match self {
            Self::Walls => "bwrap",
            Self::Groups | Self::Marks => "off",
        }
    }

    fn equip(self, bot: Bot) -> Bot {
        match self {
            Self::Marks => bot.user(Self::NOBODY),
            Self::Groups | Self::Walls => bot,
        }
    }
}

/// All that this machine has.
fn means() -> Vec<Means> {
    let is_root = !skip_part_without(Need::Root, "control groups; another account");
    let has_namespaces = !skip_part_without(Need::Namespaces, "bubblewrap");
    [
        (is_root, Means::Groups),
        (has_namespaces, Means::Walls),
        (is_root, Means::Marks),
    ]
    .into_iter()
    .filter_map(|(has_it, means)| has_it.then_some(means))
    .collect()
}

/// Starts a bot with a tree in each of so many channels, ends it, and counts the survivors and how long they took.
async fn round(
    claude: &Claude,
    end: End,
    means: Means,
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
        means
            .equip(Bot::new(&discord))
            .claude(claude.clone())
            .home(home)
            .config(&json!({
                "allowed_tools": ["Bash"],
                "claude": { "max_live": trees, "max_starting": 4, "sandbox": means.sandbox() },
            }))
    };
    let home = Home::new();
    let running_bot = bot(&home).start(&discord).await;
    let (command, size) = tree(seconds, !matches!(means, Means::Marks));
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

async fn check_trees(
    promise: &str,
    claude: impl Fn() -> Claude,
    all_means: &[Means],
    (all, at_once): (usize, usize),
) {
    let ends = [End::Stopped, End::Killed, End::Cleared];
    let mut stood = 0;
    let mut survivors = 0;
    let mut slowest = Duration::ZERO;
    let cases = all_means
        .iter()
        .flat_map(|means| ends.map(|end| (*means, end)));
    for (means, end) in cases.collect::<Vec<_>>().into_iter().cycle() {
        if stood >= all {
            break;
        }
        // The unit is named because 2.1.329 refuses to run a plain `sleep` of some seconds in the foreground.
        let round_number = ROUNDS.fetch_add(1, Ordering::Relaxed);
        let seconds = format!("{}.{}s", 9000 + round_number, std::process::id());
        let (left, took) = round(&claude(), end, means, at_once, &seconds).await;
        assert_eq!(left, 0, "{end:?}, {means:?}");
        stood += at_once;
        survivors += left;
        slowest = slowest.max(took);
    }
    figure(
        promise,
        &format!(
            "{stood} trees of six processes each, ended by {}; the bot stopped, killed and started again, or told to \
             clear",
            all_means
                .iter()
                .map(|means| means.name())
                .collect::<Vec<_>>()
                .join(", ")
        ),
        &format!("{survivors} survivors; the last gone after {slowest:.1?}"),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tree_outlives_its_process() {
    let claude = || Claude::StandIn("2.1.332");
    let size = (scaled(9, 600), scaled(1, 10));
    check_trees("What the CLI starts ends with it", claude, &means(), size).await;
}

async fn check_real_trees(version: &'static str) {
    let messages = loopback_messages::LoopbackMessages::start().await.unwrap();
    let claude = || Claude::Real(version, messages.url().to_owned());
    let promise = format!("What the CLI starts ends with it (CLI {version})");
    let size = (scaled(3, 600), scaled(1, 6));
    let of_root = |means: &Means| !matches!(means, Means::Marks);
    let means: Vec<_> = means().into_iter().filter(of_root).collect();
    check_trees(&promise, claude, &means, size).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tree_outlives_the_real_cli_2_1_197() {
    check_real_trees(crate::real::world::OLD).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tree_outlives_the_real_cli_2_1_332() {
    check_real_trees(crate::real::world::NEW).await;
}
