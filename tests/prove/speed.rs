//! Benchmarks: how soon the first word is on the screen, and what streaming costs. Nothing here fails for being slow.

use std::{
    process::Stdio,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use loopback_discord::Loopback;
use loopback_messages::{Answer, LoopbackMessages};
use procfs::process::Process;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
};

use super::{figure, scaled};
use crate::{
    real::world::{NEW, World},
    support::{Bot, DEADLINE, Home, real_cli},
};

/// How fast the API writes, as tokens of four characters.
const TOKENS: usize = 100;
const PACE: Duration = Duration::from_millis(10);

/// When the API got each request. It answers at once.
type Begun = Arc<Mutex<Vec<Instant>>>;

/// Lets the API answer each request with a hundred tokens, and note when.
fn answer(messages: &LoopbackMessages) -> Begun {
    let begun = Begun::default();
    let noted = Arc::clone(&begun);
    messages.set_default(move |_| {
        noted.lock().unwrap().push(Instant::now());
        Answer::text("word ".repeat(TOKENS)).paced(TOKENS, PACE)
    });
    begun
}

fn last(begun: &Begun) -> Instant {
    *begun.lock().unwrap().last().unwrap()
}

/// The middle one of some times, in milliseconds.
fn median(mut times: Vec<Duration>) -> u128 {
    times.sort();
    times[times.len() / 2].as_millis()
}

#[tokio::test]
async fn the_first_word_follows_the_first_token() {
    let count = scaled(1, 20);
    let world = World::new(NEW).await;
    let begun = answer(&world.messages);
    let bot = world.start().await;
    world.ask(&bot, "warm up").await;
    let (mut after_token, mut after_question) = (Vec::new(), Vec::new());
    for number in 0..count {
        let question = format!("question {number}");
        let asked_at = Instant::now();
        let asked = world.say(&question);
        world.reply(&bot, asked, "word").await;
        after_question.push(asked_at.elapsed());
        after_token.push(last(&begun).elapsed());
        world.booked(number + 2).await;
    }
    world.stop(bot).await;
    let (bare_token, bare_question) = bare_cli(count).await;
    figure(
        "How soon the first word is in the channel",
        &format!(
            "{count} questions to a live process of the CLI {NEW}, and to the same CLI without the bot"
        ),
        &format!(
            "median after the API's first token: {} ms in the channel, {bare_token} ms on the bare CLI's stdout; \
             after the question: {} ms, {bare_question} ms",
            median(after_token),
            median(after_question)
        ),
    );
}

/// The same questions to the CLI alone: the medians after the first token and after the question.
async fn bare_cli(count: usize) -> (u128, u128) {
    let messages = LoopbackMessages::start().await.unwrap();
    let begun = answer(&messages);
    let home = Home::new();
    #[expect(clippy::disallowed_methods, reason = "the CLI without the bot")]
    let mut cli = Command::new(real_cli(NEW))
        .args("-p --input-format=stream-json --output-format=stream-json --verbose".split(' '))
        .args([
            "--include-partial-messages",
            "--setting-sources=",
            "--strict-mcp-config",
        ])
        .current_dir(home.path())
        .env("HOME", home.path())
        .env("ANTHROPIC_BASE_URL", messages.url())
        .env("ANTHROPIC_API_KEY", "sk-ant-loopback")
        .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = cli.stdin.take().unwrap();
    let mut lines = BufReader::new(cli.stdout.take().unwrap()).lines();
    let (mut after_token, mut after_question) = (Vec::new(), Vec::new());
    // The first question warms it up.
    for number in 0..=count {
        let message = json!({ "role": "user", "content": format!("question {number}") });
        let line = json!({ "type": "user", "message": message }).to_string() + "\n";
        let asked_at = Instant::now();
        input.write_all(line.as_bytes()).await.unwrap();
        let mut wait_for = async |part: &str| loop {
            let line = tokio::time::timeout(DEADLINE, lines.next_line()).await;
            if line.unwrap().unwrap().unwrap().contains(part) {
                return Instant::now();
            }
        };
        let shown = wait_for("\"text_delta\"").await;
        if number > 0 {
            after_question.push(shown - asked_at);
            after_token.push(shown - last(&begun));
        }
        wait_for("\"type\":\"result\"").await;
    }
    (median(after_token), median(after_question))
}

#[tokio::test]
async fn twenty_channels_stream_at_once() {
    let count = scaled(2, 20);
    // About 200 tokens each, of a little more than four characters.
    let blocks = scaled(1, 6);
    let names: Vec<String> = (0..count)
        .map(|number| format!("channel-{number}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let discord = Loopback::builder()
        .channels(names.iter().copied())
        .start()
        .await
        .unwrap();
    let bot = Bot::new(&discord)
        .config(&json!({ "claude": { "max_live": count, "max_starting": count } }))
        .start(&discord)
        .await;
    let places: Vec<_> = names.iter().map(|name| discord.channel(name)).collect();
    let done = async |words: &str| {
        for place in &places {
            let found = discord.wait_until(2 * DEADLINE, words, |view| {
                let messages = view.bot_messages(*place);
                messages
                    .iter()
                    .any(|message| message.content.contains(words))
                    .then_some(())
            });
            found
                .await
                .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
        }
    };
    let ask = |words: &str| {
        for place in &places {
            discord.say(*place, discord.owner(), words);
        }
    };
    ask("[[say ready]]");
    done("ready").await;
    let text = "these are words ".repeat(55);
    let (calls, cpu, started) = (discord.calls().len(), cpu(bot.pid()), Instant::now());
    ask(&format!(
        "[[pace 10]][[blocks {}done]]",
        format!("{text}|").repeat(blocks)
    ));
    done("done").await;
    let took = started.elapsed();
    let used = self::cpu(bot.pid()).saturating_sub(cpu);
    let calls = discord.calls().split_off(calls);
    let refused = calls.iter().filter(|call| call.status == Some(429)).count();
    figure(
        "What streaming costs the bot",
        &format!("{count} channels at once over the stand-in, 100 tokens a second each"),
        &format!(
            "{:.1} s long, {:.0} % of one core; {:.1} requests a second to Discord, {refused} of {} met a 429",
            took.as_secs_f64(),
            100.0 * used.as_secs_f64() / took.as_secs_f64(),
            f64::from(u32::try_from(calls.len()).unwrap()) / took.as_secs_f64(),
            calls.len()
        ),
    );
    bot.stop().await;
}

/// The processor time that a process has used, without its children.
fn cpu(pid: i32) -> Duration {
    let stat = Process::new(pid).unwrap().stat().unwrap();
    let ticks = stat.utime + stat.stime;
    Duration::from_millis(ticks * 1000 / procfs::ticks_per_second())
}
