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

/// A turn is saved before it is run, and when its answer is there. On a busy machine the answer comes in several edits,
/// and its messages, or the turn's end, are saved before that.
const SAVES: usize = 2;
const MOST_SAVES: usize = 4;
/// Of the ledger: the turn's line, and that with the messages of its answer.
const LINES: usize = 2;
/// Typing, the answer, and edits of it.
const MOST_REQUESTS: usize = 5;

/// A turn, up to where it is booked and its answer on record.
async fn turn(bot: &Running, discord: &Loopback, here: Snowflake, number: usize) {
    bot.ask(
        discord,
        here,
        &format!("[[say turn {number}.]]"),
        &format!("turn {number}."),
    )
    .await;
    eventually("the turn and its answer to be on record", || {
        let ledger = bot.home().ledger();
        let answered = ledger.len() == number && ledger[number - 1]["reply_ids"].is_array();
        let open = &bot.home().active()[here.to_string()]["state"]["open_turns"];
        (answered && open.is_null()).then_some(())
    })
    .await;
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
    turn(&bot, &discord, here, 1).await;
    rest(trace).await;
    let folder = home.path().join("sessions").canonicalize().unwrap();
    let folder_part = format!("<{}", folder.display());
    let mut least = (usize::MAX, usize::MAX);
    for number in 2..2 + TURNS {
        let (before, requests) = (trace().len(), discord.calls().len());
        turn(&bot, &discord, here, number).await;
        rest(|| trace().split_off(before)).await;
        let trace = trace().split_off(before);
        let requests = discord.calls().len() - requests;
        let saves = count(&trace, "rename", "/active.json\"");
        // A backup is off the path. It takes two fsyncs, one for the file and one for the folder.
        let backups = count(&trace, "rename", "/active.json.bak\"");
        let fsyncs = count(&trace, "sync(", &folder_part) - 2 * backups;
        let size = fs::metadata(folder.join("active.json")).unwrap().len();
        let size = usize::try_from(size).unwrap();
        let written = bytes(&trace);
        let counted = format!(
            "{saves} saves, {fsyncs} fsyncs, {written} bytes, {requests} requests; the file has {size} bytes"
        );
        assert!((SAVES..=MOST_SAVES).contains(&saves), "{counted}");
        // Two for each save, of the file and of its folder.
        assert!(fsyncs > 2 * saves, "each save is durable: {counted}");
        assert!(fsyncs <= 2 * saves + LINES, "{counted}");
        // A save writes the file once. It holds more while a turn is open than afterwards.
        assert!(written <= 2 * saves * size, "{counted}");
        assert!((1..=MOST_REQUESTS).contains(&requests), "{counted}");
        least = least.min((saves, fsyncs));
    }
    assert!(least <= (SAVES, 2 * SAVES + LINES), "{least:?}");
    bot.stop().await;
}
