//! What a turn writes and sends: counts and ratios, which no machine changes.

use std::fs;

use loopback_discord::{Loopback, Snowflake};

use crate::support::{Bot, Home, Need, Running, eventually, skip_without};

/// `strace` of what writes and what makes durable. With `-D` the bot stays the child.
const STRACE: [&str; 10] = [
    "strace",
    "-D",
    "-f",
    "-y",
    "-s0",
    "-o",
    "calls",
    "-e",
    "trace=write,fsync,fdatasync,/^rename",
    "--",
];

const TURNS: usize = 4;

/// A turn is saved before it is run, when it is booked and around its answer. On a busy machine the answer comes in
/// several edits, some of which are saved too.
const MOST_SAVES: usize = 6;
/// Of the ledger: the turn's line, and that with the messages of its answer.
const LINES: usize = 2;
/// Typing, the answer, and edits of it.
const MOST_REQUESTS: usize = 5;

/// One turn after the other, each booked and its answer on record before the next.
async fn turns(bot: &Running, discord: &Loopback, here: Snowflake, from: usize, count: usize) {
    for turn in from..from + count {
        bot.ask(
            discord,
            here,
            &format!("[[say turn {turn}.]]"),
            &format!("turn {turn}."),
        )
        .await;
        eventually("the turn and its answer to be on record", || {
            let ledger = bot.home().ledger();
            let answered = ledger.len() == turn && ledger[turn - 1]["reply_ids"].is_array();
            let open = &bot.home().active()[here.to_string()]["state"]["open_turns"];
            (answered && open.is_null()).then_some(())
        })
        .await;
    }
}

/// How many of the lines have both.
fn count(trace: &str, call: &str, path: &str) -> usize {
    let lines = trace.lines();
    lines
        .filter(|line| line.contains(call) && line.contains(path))
        .count()
}

/// The bytes that were written to the files that become `active.json`.
fn bytes(trace: &str) -> usize {
    let lines = trace
        .lines()
        .filter(|line| line.contains("write(") && line.contains("/.active_"));
    // `7 write(5</x/.active_abc.json>, ""..., 812) = 812`, which another thread's call may cut off after the size.
    let size = |line: &str| -> usize {
        let (_, size) = line
            .rsplit_once("..., ")
            .unwrap_or_else(|| panic!("{line}"));
        let digits = size.find(|c: char| !c.is_ascii_digit());
        size[..digits.unwrap_or(size.len())].parse().unwrap()
    };
    lines.map(size).sum()
}

/// Waits for the backup, which is written when the record rests: then nothing of earlier turns is left to come.
async fn rest(trace: impl Fn() -> String) {
    eventually("the backup", || {
        let trace = trace();
        // Its last step makes the folder durable.
        let (_, after) = trace.rsplit_once("/.active.json_")?;
        let (end, after) = after.split_once('\n')?;
        let is_last = end.contains("/active.json.bak\"") && !after.contains("/active.json\"");
        (is_last && after.contains("sync(")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_warm_turn_costs_few_saves_fsyncs_and_requests() {
    if skip_without(Need::Root) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general();
    let home = Home::new();
    let bot = Bot::new(&discord)
        .home(&home)
        .under(STRACE)
        .start(&discord)
        .await;
    let trace = || fs::read_to_string(home.path().join("calls")).unwrap();
    turns(&bot, &discord, here, 1, 1).await;
    rest(trace).await;
    let (before, requests) = (trace().len(), discord.calls().len());
    turns(&bot, &discord, here, 2, TURNS).await;
    rest(trace).await;
    let trace = trace().split_off(before);
    let requests = discord.calls().len() - requests;

    let folder = home.path().join("sessions").canonicalize().unwrap();
    let saves = count(&trace, "rename", "/active.json\"");
    // A backup is off the path. It takes two fsyncs, one for the file and one for the folder.
    let backups = count(&trace, "rename", "/active.json.bak\"");
    let folder_part = format!("<{}", folder.display());
    let fsyncs = count(&trace, "sync(", &folder_part) - 2 * backups;
    let size = usize::try_from(fs::metadata(folder.join("active.json")).unwrap().len()).unwrap();
    let written = bytes(&trace);
    let counted = format!(
        "{TURNS} turns: {saves} saves, {fsyncs} fsyncs, {written} bytes, {requests} requests; the file has {size} bytes"
    );
    assert!((TURNS..=MOST_SAVES * TURNS).contains(&saves), "{counted}");
    // Two for each save, of the file and of its folder.
    assert!(fsyncs >= 2 * saves, "each save is durable: {counted}");
    assert!(fsyncs <= 2 * saves + LINES * TURNS, "{counted}");
    // A save writes the file once. It holds more while a turn is open than afterwards.
    assert!(written <= 2 * saves * size, "{counted}");
    assert!(
        (TURNS..=MOST_REQUESTS * TURNS).contains(&requests),
        "{counted}"
    );
    bot.stop().await;
}
