//! Children that misbehave: what becomes of them, of their channel, and of the others.
//!
//! * A process that is silent, unheard, or gone in the midst of a line is ended; the person is told, and the next
//!   message is answered.
//! * A system that refuses to start processes is named, and not asked again and again.
//! * What runs in the background holds its process, and ends by `!stop`, with the process, and with the bot; the
//!   person is told which.
//! * So many processes come up at once, and no more.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use loopback_discord::{Fault, Loopback, Snowflake};
use procfs::process::Process;
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use serde_json::{Value, json};

use crate::support::{
    Bot, DEADLINE, Home, Need, Running, eventually, running, said, skip_without, stand_ins,
};

const SEND: &str = "POST /channels/*/messages";

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

fn bot(discord: &Loopback, claude: &Value) -> Bot {
    Bot::new(discord).config(&json!({ "allowed_tools": ["Bash"], "claude": claude }))
}

fn tool(input: &Value) -> String {
    format!("[[tool Bash {input}]]")
}

/// A time for `sleep` by which its process is known.
fn long_time(discord: &Loopback) -> String {
    let port = discord.url().rsplit(':').next().unwrap().to_owned();
    format!("986.{}{port}", std::process::id())
}

async fn answers(bot: &Running, discord: &Loopback) {
    bot.ask(
        discord,
        discord.general(),
        "[[say still here]]",
        "still here",
    )
    .await;
}

async fn check_ended(seconds: u64, words: &str, told: &str) {
    let discord = discord().await;
    // Bubblewrap would hold the output open that the CLI has closed.
    let claude = json!({ "silence_secs": seconds, "sandbox": "off" });
    let bot = bot(&discord, &claude).start(&discord).await;
    bot.ask(&discord, discord.general(), words, told).await;
    answers(&bot, &discord).await;
    bot.stop().await;
}

#[tokio::test]
async fn a_silent_cli_is_ended_and_its_channel_goes_on() {
    check_ended(1, "[[hang]]", "stopped responding for 1 s").await;
}

#[tokio::test]
async fn a_silent_deaf_cli_is_killed_and_replaced() {
    check_ended(
        1,
        "[[tool Nothing {}]] [[deaf]]",
        "stopped responding for 1 s",
    )
    .await;
}

#[tokio::test]
async fn a_cli_with_closed_output_is_killed_and_replaced() {
    check_ended(120, "[[close-stdout]] [[hang]]", "crashed while working").await;
}

#[tokio::test]
async fn a_tool_that_takes_its_time_is_not_silence() {
    let discord = discord().await;
    let bot = bot(&discord, &json!({ "silence_secs": 1 }))
        .start(&discord)
        .await;
    let words = format!("{} [[say slept]]", tool(&json!({ "command": "sleep 2.5" })));
    bot.ask(&discord, discord.general(), &words, "slept").await;
    let home = bot.stop().await;
    assert_eq!(home.outcomes(), ["answered"]);
}

#[tokio::test]
async fn half_a_line_is_no_answer_and_no_harm() {
    let discord = discord().await;
    let bot = bot(&discord, &json!({})).start(&discord).await;
    let words = "[[half-line]]";
    bot.ask(&discord, discord.general(), words, "crashed while working")
        .await;
    answers(&bot, &discord).await;
}

#[tokio::test]
async fn a_grandchild_that_holds_the_output_does_not_hold_the_channel() {
    let discord = discord().await;
    let bot = bot(&discord, &json!({})).start(&discord).await;
    let seconds = long_time(&discord);
    let holding = format!("setsid sleep {seconds} >/proc/$PPID/fd/1 2>&1 &");
    let words = format!("{} [[crash 3]]", tool(&json!({ "command": holding })));
    bot.ask(&discord, discord.general(), &words, "crashed while working")
        .await;
    assert!(running(&["sleep", &seconds]).is_empty());
    answers(&bot, &discord).await;
}

#[tokio::test]
async fn a_cli_that_cannot_run_is_named_and_not_retried_forever() {
    let discord = discord().await;
    let home = Home::new();
    home.write("no-interpreter", "#!/no/such/interpreter\n");
    make_executable(&home.path().join("no-interpreter"));
    let bin = home.path().join("no-interpreter");
    let bot = bot(&discord, &json!({ "bin": bin })).home(&home);
    let bot = bot.start(&discord).await;
    let here = discord.general();
    for _ in 0..3 {
        discord.say(here, discord.owner(), "hello");
    }
    let told = bot
        .ask(&discord, here, "hello", "could not be started")
        .await;
    assert!(told.contains("Node.js"), "{told}");
    // The fifth failure within a minute is the last for that minute.
    let waits = discord.wait_until(DEADLINE, "the pause to be told", |view| {
        let mut said = view.bot_messages(here).into_iter();
        said.any(|message| {
            message
                .content
                .contains("failed several times within a minute")
        })
    });
    waits
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
    let tries = bot.log.text().matches("the CLI was not started").count();
    assert_eq!(tries, 5, "{}", bot.log.text());
    bot.ask(&discord, here, "!stop", "before Claude started")
        .await;
}

fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The files that a process has open.
fn open_files(pid: i32) -> BTreeMap<u64, PathBuf> {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let files = files.filter_map(|file| {
        let file = file.unwrap();
        let number = file.file_name().to_str().unwrap().parse().unwrap();
        Some((number, std::fs::read_link(file.path()).ok()?))
    });
    files.collect()
}

#[tokio::test]
async fn a_bot_without_room_for_open_files_says_so_and_recovers() {
    if skip_without(Need::Root) {
        return;
    }
    let discord = discord().await;
    let bot = bot(&discord, &json!({})).start(&discord).await;
    let pid = Pid::from_raw(bot.pid());
    let limit = |current| Rlimit {
        current: Some(current),
        maximum: Some(1024),
    };
    let here = discord.general();
    bot.ask(&discord, here, "!status", "Model").await;
    let is_settled = || {
        let open = open_files(bot.pid());
        let passes = |target: &PathBuf| {
            let passing = ["anon_inode:[pidfd]", "/proc", "/sys"];
            passing
                .iter()
                .any(|passing| target.to_str().unwrap().starts_with(passing))
        };
        (!open.values().any(passes)).then_some(open)
    };
    let settled = eventually("the bot to have started", is_settled).await;
    // A pipe or two fit, a process does not. When a connection is closed, there is no more room than before.
    let confine = || {
        let open = open_files(bot.pid());
        let is_free = |number: &u64| !(settled.contains_key(number) && open.contains_key(number));
        let room = (0..).filter(is_free).nth(3).unwrap();
        prlimit(pid, Resource::Nofile, limit(room)).unwrap();
    };
    confine();
    let asked = discord.say(here, discord.owner(), "[[say at last]]");
    let refused = || {
        confine();
        let log = bot.log.text();
        log.contains("the CLI was not started").then_some(())
    };
    eventually("the CLI not to be started", refused).await;
    prlimit(pid, Resource::Nofile, limit(1024)).unwrap();
    // One of the further tries succeeds.
    bot.hears(&discord, asked, "at last").await;
}

#[tokio::test]
async fn so_many_processes_come_up_at_once_and_no_more() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let discord = Loopback::builder().channels(names).start().await.unwrap();
    let bot = bot(&discord, &json!({ "max_starting": 2, "max_live": 6 }))
        .env("STAND_IN_START_DELAY_MS", "300");
    let bot = bot.start(&discord).await;
    let channels: Vec<Snowflake> = names.iter().map(|name| discord.channel(name)).collect();
    let said = channels
        .iter()
        .map(|channel| (*channel, discord.owner(), "[[say up]]"));
    let asked = discord.gateway().burst_across(said);
    for id in asked {
        bot.reply(&discord, id).await;
    }
    let started = |pid| Process::new(pid).unwrap().stat().unwrap().starttime;
    let mut started: Vec<u64> = stand_ins(bot.pid()).into_iter().map(started).collect();
    started.sort_unstable();
    assert_eq!(started.len(), 6);
    // Of any three the first two are coming up for 300 ms at least. The kernel counts in hundredths of a second.
    for three in started.windows(3) {
        assert!(three[2] + 1 >= three[0] + 30, "{started:?}");
    }
}

/// A task in the background of the first channel, and by what it is known.
async fn with_task(bot: &Running, discord: &Loopback) -> String {
    let seconds = long_time(discord);
    let input = json!({ "command": format!("sleep {seconds}"), "run_in_background": true, "description": "the watch" });
    let words = format!("{} [[say begun]]", tool(&input));
    bot.ask(discord, discord.general(), &words, "begun").await;
    let alive = || (!running(&["sleep", &seconds]).is_empty()).then_some(());
    eventually("the task to run", alive).await;
    seconds
}

fn runs(seconds: &str) -> bool {
    !running(&["sleep", seconds]).is_empty()
}

#[tokio::test]
async fn a_background_task_keeps_its_process_until_stopped() {
    let discord = discord().await;
    let bot = bot(&discord, &json!({ "idle_secs": 1, "max_live": 1 }))
        .start(&discord)
        .await;
    let here = discord.general();
    let seconds = with_task(&bot, &discord).await;
    let cli = bot.cli_pid(&discord, here).await;
    // Another channel wants the only place.
    let other = discord.channel("rust");
    let waiting = discord.say(other, discord.owner(), "[[say there]]");
    answers(&bot, &discord).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(stand_ins(bot.pid()), [cli], "neither idle nor recalled");
    assert!(runs(&seconds) && discord.look(|view| view.replies_to(waiting).is_empty()));
    let told = bot
        .ask(&discord, here, "!stop", "Stopped in the background")
        .await;
    assert_eq!(told, "Stopped in the background: `the watch`.");
    bot.hears(&discord, waiting, "there").await;
    assert!(!runs(&seconds));
    bot.ask(&discord, here, "!stop", "Nothing is running here.")
        .await;
}

#[tokio::test]
async fn a_task_that_ends_is_reported_and_booked() {
    let discord = discord().await;
    let bot = bot(&discord, &json!({ "idle_secs": 3 }))
        .start(&discord)
        .await;
    let input = json!({ "command": "sleep 0.5", "run_in_background": true });
    let words = format!("{} [[say begun]]", tool(&input));
    let asked = discord.say(discord.general(), discord.owner(), &words);
    bot.hears(&discord, asked, "completed (exit code 0)").await;
    answers(&bot, &discord).await;
    let expected = ["answered", "background", "answered"];
    eventually("the bookings", || {
        (bot.home().outcomes() == expected).then_some(())
    })
    .await;
    eventually("the idle process's end", || {
        stand_ins(bot.pid()).is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn whoever_loses_a_task_is_told_which() {
    const LOST: &str = "still running in the background: `the watch`";
    for end in ["!clear", "[[crash 3]]", "shutdown"] {
        let discord = discord().await;
        let bot = bot(&discord, &json!({})).start(&discord).await;
        let seconds = with_task(&bot, &discord).await;
        let here = discord.general();
        if end == "shutdown" {
            bot.stop().await;
        } else {
            bot.ask(&discord, here, end, LOST).await;
            eventually("the task's end", || (!runs(&seconds)).then_some(())).await;
        }
        assert!(!runs(&seconds), "{end}");
        let texts = said(&discord, here);
        let told = texts.iter().filter(|text| text.contains(LOST));
        assert_eq!(told.count(), 1, "{end}: {texts:#?}");
    }
}

fn on_record(discord: &Loopback, home: &Home) -> Value {
    home.active()[discord.general().to_string()]["state"]["background"].clone()
}

/// The bot that lived here has gone down: another tells that the task is lost, and the one after it does not.
async fn told_once(discord: &Loopback, home: &Home) {
    let here = discord.general();
    for _ in 0..2 {
        let again = bot(discord, &json!({})).home(home).start(discord).await;
        again.ask(discord, here, "[[say well]]", "well").await;
        again.stop().await;
        assert!(on_record(discord, home).is_null());
        let texts = said(discord, here);
        let told = texts.iter().filter(|text| {
            text.starts_with("I was restarted")
                && text.contains("still running in the background: `the watch`")
        });
        assert_eq!(told.count(), 1, "{texts:#?}");
    }
}

#[tokio::test]
async fn a_task_ended_by_a_kill_is_reported_once_after_restart() {
    let discord = discord().await;
    let running = bot(&discord, &json!({})).start(&discord).await;
    let seconds = with_task(&running, &discord).await;
    eventually("the task to be on record", || {
        (on_record(&discord, running.home()) == json!(["the watch"])).then_some(())
    })
    .await;
    let home = running.kill().await;
    told_once(&discord, &home).await;
    assert!(!runs(&seconds));
}

#[tokio::test]
async fn an_undelivered_loss_notice_is_posted_once_after_restart() {
    let discord = discord().await;
    let mut running = bot(&discord, &json!({})).start(&discord).await;
    with_task(&running, &discord).await;
    // The bot goes down, and may say nothing more.
    discord.inject(Fault::status(SEND, 401).always());
    discord.say(discord.channel("rust"), discord.owner(), "!model");
    assert_eq!(running.ended().await.code(), Some(77));
    discord.clear_faults();
    told_once(&discord, running.home()).await;
}

#[tokio::test]
async fn a_loss_notice_pending_at_a_kill_is_posted_after_restart() {
    let discord = discord().await;
    let running = bot(&discord, &json!({})).start(&discord).await;
    with_task(&running, &discord).await;
    let before = stand_ins(running.pid());
    let hold = discord.hold(SEND);
    discord.say(discord.general(), discord.owner(), "[[crash 3]]");
    // The next process is started once the end of this one is on record.
    eventually("the next process", || {
        let after = stand_ins(running.pid());
        (!after.is_empty() && after != before).then_some(())
    })
    .await;
    let home = running.kill().await;
    drop(hold);
    told_once(&discord, &home).await;
}

#[tokio::test]
async fn a_task_ends_after_its_time() {
    let discord = discord().await;
    let bot = bot(&discord, &json!({ "background_secs": 1 }))
        .start(&discord)
        .await;
    let input =
        json!({ "command": format!("sleep {}", long_time(&discord)), "run_in_background": true });
    let words = tool(&input);
    bot.ask(
        &discord,
        discord.general(),
        &words,
        "Timed out in the background after 1 s",
    )
    .await;
    let seconds = long_time(&discord);
    eventually("the task's end", || (!runs(&seconds)).then_some(())).await;
}

#[tokio::test]
async fn whatever_eight_turns_do_the_bot_is_gone_in_20_seconds() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let discord = Loopback::builder().channels(names).start().await.unwrap();
    let mut bot = bot(&discord, &json!({ "max_live": 8 }))
        .start(&discord)
        .await;
    for (index, name) in names.into_iter().enumerate() {
        let hangs = if index % 2 == 0 {
            "[[hang]]"
        } else {
            "[[deaf]]"
        };
        let words = format!("[[tool Nothing {{}}]] {hangs}");
        bot.ask(&discord, discord.channel(name), &words, "step 1")
            .await;
    }
    let begun = Instant::now();
    bot.signal(Signal::TERM);
    let status = bot.ended().await;
    let took = begun.elapsed();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert_eq!(bot.home().outcomes(), ["cut_by_shutdown"; 8]);
    for name in names {
        let texts = said(&discord, discord.channel(name));
        assert!(
            texts
                .iter()
                .any(|text| text.starts_with("I had to shut down")),
            "{texts:#?}"
        );
    }
}
