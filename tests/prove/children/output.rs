//! Output without measure, and the bot's memory.

use std::time::{Duration, Instant};

use loopback_discord::{Loopback, Snowflake};
use serde_json::json;

use super::{figure, scaled, status_kb};
use crate::support::{Bot, Running};

/// What the bot may take of the machine's memory, whatever its children print: 26 MB beside its program.
const MOST_KB: u64 = 26_000;

/// The most memory that a bot took so far, without the pages of its program.
fn peak_kb(pid: &str) -> u64 {
    status_kb(pid, "VmHWM") - status_kb(pid, "RssFile")
}

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

/// How long a gigabyte may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(15);

/// Nearly as long as a line may be.
const LONGEST_LINE: usize = 4_194_000;

/// What a CLI prints, in words, and as the stand-in is asked for it.
fn floods(long: usize, lines: usize) -> Vec<(String, String)> {
    let mut floods = vec![
        (
            format!("a line of {long} bytes"),
            format!("[[flood {long}]]"),
        ),
        (format!("{lines} messages"), format!("[[spray {lines}]]")),
        ("8 MB of stderr".into(), "[[stderr 8000000]]".into()),
    ];
    for kind in ["garbage", "numbers", "blocks", "text"] {
        // As long as a line may be, and far longer.
        for bytes in [LONGEST_LINE, long] {
            floods.push((
                format!("{bytes} bytes of {kind} in a line"),
                format!("[[flood {bytes} {kind}]]"),
            ));
        }
    }
    floods
}

#[tokio::test]
async fn no_output_takes_the_bots_memory() {
    let discord = discord().await;
    let bot = Bot::new(&discord).config(&json!({ "claude": { "turn_timeout_secs": 3600 } }));
    let bot = bot.start(&discord).await;
    let pid = bot.pid().to_string();
    let before = peak_kb(&pid);
    let (long, lines) = (scaled(32_000_000, 1_000_000_000), scaled(20_000, 1_000_000));
    for (words, directive) in floods(long, lines) {
        let asked = format!("{directive} [[say after that]]");
        let heard = discord.say(discord.general(), discord.owner(), &asked);
        let is_answer = words == format!("{LONGEST_LINE} bytes of text in a line");
        let expected = if is_answer {
            "the whole as a file"
        } else {
            "after that"
        };
        let here = discord.general();
        let said = discord.wait_until(PATIENCE, expected, |view| {
            let mut said = view.bot_messages(here).into_iter();
            said.any(|message| {
                let is_it = if is_answer {
                    !message.attachments.is_empty()
                } else {
                    message.content.contains(expected)
                };
                message.id > heard && is_it
            })
        });
        said.await
            .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
        let peak = peak_kb(&pid);
        assert!(peak < MOST_KB, "{words}: {peak} kB");
    }
    bot.ask(
        &discord,
        discord.general(),
        "[[half-line]]",
        "crashed while working",
    )
    .await;
    bot.ask(
        &discord,
        discord.general(),
        "[[say recovered]]",
        "recovered",
    )
    .await;
    let peak = peak_kb(&pid);
    figure(
        "No output of a process takes the bot's memory",
        &format!(
            "a line of {long} bytes; {lines} messages; 8 MB of stderr; bad UTF-8, numbers, empty blocks and one text \
             in lines of {LONGEST_LINE} and {long} bytes; half a line"
        ),
        &format!(
            "{} MB at most beside the program (before: {} MB); the channel answered after each",
            peak / 1_000,
            before / 1_000
        ),
    );
}

#[tokio::test]
async fn a_noisy_process_does_not_slow_other_channels() {
    let discord = discord().await;
    let bot = Bot::new(&discord).config(&json!({ "claude": { "turn_timeout_secs": 3600 } }));
    let bot = bot.start(&discord).await;
    let next_door = discord.channel("rust");
    let quiet = latency(&bot, &discord, next_door).await;
    // Some 150 bytes a message.
    let lines = scaled(100_000, 2_000_000);
    let noisy = discord.say(
        discord.general(),
        discord.owner(),
        &format!("[[spray {lines}]] [[say out of breath]]"),
    );
    let begun = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut asked = 0;
    while discord.look(|view| view.replies_to(noisy).is_empty()) {
        slowest = slowest.max(latency(&bot, &discord, next_door).await);
        asked += 1;
    }
    let took = begun.elapsed();
    bot.hears(&discord, noisy, "out of breath").await;
    let peak = peak_kb(&bot.pid().to_string());
    assert!(peak < MOST_KB, "{peak} kB");
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    figure(
        "A noisy neighbour takes neither memory nor the others' time",
        &format!(
            "{lines} messages from one process at {:.0} a second, {asked} questions in another channel meanwhile",
            f64::from(u32::try_from(lines).unwrap()) / took.as_secs_f64()
        ),
        &format!(
            "{} MB at most; the slowest answer {slowest:.1?} (alone: {quiet:.1?})",
            peak / 1_000
        ),
    );
}

async fn latency(bot: &Running, discord: &Loopback, channel: Snowflake) -> Duration {
    let begun = Instant::now();
    let asked = discord.say(channel, discord.owner(), "[[say pong]]");
    bot.hears(discord, asked, "pong").await;
    begun.elapsed()
}
