//! Child processes: none too many, none left behind, and none told a secret.
//!
//! * Nothing of a process outlives it, however it or the bot ends: its tools' children neither, whatever they do to
//!   get away. Nothing is left unreaped.
//! * The turn that runs at the first signal may end; what waits is told; a second signal ends everything at once.
//! * A full pool makes room by ending an idle process, and never holds more than it may.
//! * One process serves many turns.
//! * The environment is what is listed and nothing else; no words and no secrets are in the arguments; no files of
//!   the bot's are open in a child.

use std::{
    collections::BTreeSet,
    fs,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use loopback_discord::{Loopback, Snowflake};
use rustix::process::Signal;
use serde_json::json;
use switchboard::claude::launch::{PASSED, SET, TAG_VARIABLE};

use crate::support::{
    Bot, DEADLINE, Need, Running, eventually, processes, running, said, skip_part_without,
    stand_ins,
};

/// Says something at once and works for a while.
const SAYS_AND_WORKS: &str = "[[tool Nothing {}]] [[sleep 2]] [[say done]]";

/// Longer than ending a process at once may take, and far shorter than ending it in order.
const AT_ONCE: Duration = Duration::from_secs(5);

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

fn bot_with_bash(discord: &Loopback) -> Bot {
    Bot::new(discord).config(&json!({ "allowed_tools": ["Bash"] }))
}

fn bash(command: &str) -> String {
    format!("[[tool Bash {}]]", json!({ "command": command }))
}

/// Processes that a tool of one channel has left running, each trying to get away in its own manner.
struct Brood {
    /// How long they sleep: no other process of the machine sleeps exactly so long.
    seconds: String,
}

impl Brood {
    /// Lets a tool start them, and waits until they run. `hidden` adds one that has no mark in its environment.
    async fn hatch(bot: &Running, discord: &Loopback, hidden: bool) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let brood = Self {
            seconds: format!("36{number}.{}", std::process::id()),
        };
        let sleep = format!("sleep {}", brood.seconds);
        let hidden_one = format!("env -i setsid {sleep} &");
        let command = format!(
            "{sleep} & setsid {sleep} & ( (setsid {sleep} &) & ); nohup {sleep} >/dev/null 2>&1 & {}",
            if hidden { &hidden_one } else { "" }
        );
        let words = format!("{} [[say hatched]]", bash(&command));
        bot.ask(discord, discord.general(), &words, "hatched").await;
        let expected = 4 + usize::from(hidden);
        eventually("the brood", || (brood.alive() == expected).then_some(())).await;
        brood
    }

    fn alive(&self) -> usize {
        running(&["sleep", &self.seconds]).len()
    }

    async fn gone(&self) {
        eventually("the brood's end", || (self.alive() == 0).then_some(())).await;
    }
}

fn zombies(bot: &Running) -> Vec<i32> {
    let own = processes()
        .into_iter()
        .filter(|seen| seen.parent == bot.pid() && seen.is_zombie);
    own.map(|seen| seen.pid).collect()
}

#[tokio::test]
async fn nothing_outlives_a_stop_in_order() {
    let discord = discord().await;
    let bot = bot_with_bash(&discord).start(&discord).await;
    let brood = Brood::hatch(&bot, &discord, true).await;
    let cli = stand_ins(bot.pid());
    let start = Instant::now();
    bot.stop().await;
    let took = start.elapsed();
    assert!(took < AT_ONCE, "nothing ran, and it took {took:?}");
    assert_eq!(brood.alive(), 0);
    let left: Vec<_> = processes()
        .into_iter()
        .filter(|seen| cli.contains(&seen.pid))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_second_signal_ends_everything_at_once() {
    let discord = discord().await;
    let mut bot = bot_with_bash(&discord).start(&discord).await;
    let brood = Brood::hatch(&bot, &discord, true).await;
    // It would hear nothing but the last step of the ladder.
    let other = discord.channel("rust");
    let asked = discord.say(other, discord.owner(), "[[tool Nothing {}]] [[deaf]]");
    bot.hears(&discord, asked, "step 1").await;
    let cli = stand_ins(bot.pid());
    assert_eq!(cli.len(), 2);
    bot.signal(Signal::TERM);
    bot.log.wait_for("running turns may end", DEADLINE).await;
    let start = Instant::now();
    bot.signal(Signal::INT);
    let status = bot.ended().await;
    let took = start.elapsed();
    assert!(status.success(), "{status}");
    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(brood.alive(), 0);
    assert!(!processes().iter().any(|seen| cli.contains(&seen.pid)));
    let texts = said(&discord, other);
    assert!(
        texts[1].starts_with("I had to shut down before this was done."),
        "{texts:#?}"
    );
    let outcomes = bot
        .home()
        .ledger()
        .into_iter()
        .map(|line| line["outcome"].clone());
    assert_eq!(
        outcomes.collect::<Vec<_>>(),
        ["answered", "cut_by_shutdown"]
    );
}

#[tokio::test]
async fn what_a_power_cut_leaves_is_ended_at_the_next_start() {
    let discord = discord().await;
    // Bubblewrap's would be gone already; see `sandbox`.
    let bot = bot_with_bash(&discord).config(&json!({ "claude": { "sandbox": "off" } }));
    let bot = bot.start(&discord).await;
    let brood = Brood::hatch(&bot, &discord, false).await;
    let asked = discord.say(
        discord.general(),
        discord.owner(),
        "[[tool Nothing {}]] [[deaf]]",
    );
    bot.hears(&discord, asked, "step 1").await;
    let cli = stand_ins(bot.pid());
    let home = bot.kill().await;
    assert_eq!(brood.alive(), 4, "a kill takes the bot alone");
    let bot = bot_with_bash(&discord).home(&home).start(&discord).await;
    assert_eq!(brood.alive(), 0, "before the bot is connected");
    assert!(
        !processes()
            .iter()
            .any(|seen| cli.contains(&seen.pid) && !seen.is_zombie)
    );
    bot.ask(&discord, discord.general(), "[[say back]]", "back")
        .await;
}

#[tokio::test]
async fn nothing_outlives_a_clear() {
    let discord = discord().await;
    let bot = bot_with_bash(&discord).start(&discord).await;
    // Another channel's is left alone.
    let other = discord.channel("rust");
    bot.ask(&discord, other, "[[say one]]", "one").await;
    let kept = bot.cli_pid(&discord, other).await;
    // Without a mark an orphan could be the other's: it is ended when that is gone.
    let brood = Brood::hatch(&bot, &discord, false).await;
    bot.ask(&discord, discord.general(), "!clear", "Cleared: 1 turn")
        .await;
    brood.gone().await;
    eventually("the process's end", || {
        (stand_ins(bot.pid()) == [kept]).then_some(())
    })
    .await;
    eventually("no zombies", || zombies(&bot).is_empty().then_some(())).await;
    bot.ask(&discord, discord.general(), "[[context]]", "[]")
        .await;
}

#[tokio::test]
async fn nothing_outlives_an_idle_process() {
    let discord = discord().await;
    let bot = bot_with_bash(&discord).config(&json!({ "claude": { "idle_secs": 2 } }));
    let bot = bot.start(&discord).await;
    let here = discord.general();
    let brood = Brood::hatch(&bot, &discord, true).await;
    brood.gone().await;
    eventually("the process's end", || {
        stand_ins(bot.pid()).is_empty().then_some(())
    })
    .await;
    eventually("no zombies", || zombies(&bot).is_empty().then_some(())).await;
    bot.ask(&discord, here, "[[context]]", "[[say hatched]]")
        .await;
}

/// A turn runs and a message waits behind it when the signal comes.
async fn check_running_turn(signal: Signal) {
    let discord = discord().await;
    let mut bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let first = discord.say(here, discord.owner(), SAYS_AND_WORKS);
    bot.hears(&discord, first, "step 1").await;
    let second = discord.say(here, discord.owner(), "[[say never]]");
    // Discord's order is kept, so the bot has the second when it answers this one.
    bot.ask(&discord, discord.channel("rust"), "[[say pong]]", "pong")
        .await;
    let cli = stand_ins(bot.pid());
    assert_eq!(cli.len(), 2);
    bot.signal(signal);
    bot.log.wait_for("running turns may end", DEADLINE).await;
    discord
        .wait_until(DEADLINE, "the bot to leave", |view| view.connected() == 0)
        .await
        .unwrap();
    discord.say(here, discord.owner(), "[[say too late]]");
    let status = bot.ended().await;
    assert!(status.success(), "{status}");
    let texts = said(&discord, here);
    assert_eq!(texts.len(), 3, "{texts:#?}");
    assert!(texts.iter().any(|text| text == "done"), "{texts:#?}");
    let told = discord.look(|view| view.replies_to(second));
    assert!(
        told[0]
            .content
            .starts_with("I'm shutting down. Your message is saved")
    );
    let answered = bot
        .home()
        .ledger()
        .into_iter()
        .filter(|line| line["outcome"] == "answered");
    assert_eq!(answered.count(), 2);
    assert!(!processes().iter().any(|seen| cli.contains(&seen.pid)));
}

#[tokio::test]
async fn the_running_turn_may_end_after_sigterm() {
    check_running_turn(Signal::TERM).await;
}

#[tokio::test]
async fn the_running_turn_may_end_after_ctrl_c() {
    check_running_turn(Signal::INT).await;
}

#[tokio::test]
async fn a_full_pool_makes_room_and_never_holds_too_many() {
    let names = ["a", "b", "c", "d", "e"];
    let discord = Loopback::builder().channels(names).start().await.unwrap();
    let bot = Bot::new(&discord).config(&json!({ "claude": { "max_live": 2 } }));
    let bot = bot.start(&discord).await;
    let channels: Vec<Snowflake> = names.iter().map(|name| discord.channel(name)).collect();
    let mut most = 0;
    for round in 1..=2 {
        let answer = format!("round {round}");
        let words = format!("[[sleep 0.2]] [[say {answer}]]");
        let said = channels
            .iter()
            .map(|channel| (*channel, discord.owner(), words.as_str()));
        let asked = discord.gateway().burst_across(said);
        eventually("all answers", || {
            most = most.max(stand_ins(bot.pid()).len());
            discord
                .look(|view| {
                    asked.iter().all(|id| {
                        view.replies_to(*id)
                            .iter()
                            .any(|reply| reply.content == answer)
                    })
                })
                .then_some(())
        })
        .await;
    }
    assert_eq!(most, 2);
    for channel in channels {
        assert_eq!(said(&discord, channel), ["round 1", "round 2"]);
    }
    let home = bot.stop().await;
    assert_eq!(home.ledger().len(), 10);
}

#[tokio::test]
async fn one_process_serves_many_turns() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let mut pids = BTreeSet::new();
    for turn in 1..=3 {
        bot.ask(
            &discord,
            here,
            &format!("[[say turn {turn}]]"),
            &format!("turn {turn}"),
        )
        .await;
        pids.insert(bot.cli_pid(&discord, here).await);
    }
    assert_eq!(pids.len(), 1, "{pids:?}");
    assert_eq!(stand_ins(bot.pid()).len(), 1);
}

#[tokio::test]
async fn a_process_is_idle_from_the_end_of_its_last_turn() {
    let discord = discord().await;
    let bot = Bot::new(&discord).config(&json!({ "claude": { "idle_secs": 4 } }));
    let bot = bot.start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say one]]", "one").await;
    let first = stand_ins(bot.pid());
    // At the end of this turn it has been up for longer than it may be idle.
    bot.ask(&discord, here, "[[sleep 4.5]] [[say two]]", "two")
        .await;
    bot.ask(&discord, here, "[[say three]]", "three").await;
    assert_eq!(stand_ins(bot.pid()), first);
    eventually("its end", || stand_ins(bot.pid()).is_empty().then_some(())).await;
}

/// Variables that an owner's shell may well have, and that are nobody else's business.
const PRIVATE: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_CLIENT_SECRET",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GITLAB_TOKEN",
    "NPM_TOKEN",
    "CARGO_REGISTRY_TOKEN",
    "OPENAI_API_KEY",
    "GEMINI_API_KEY",
    "HF_TOKEN",
    "SLACK_BOT_TOKEN",
    "TELEGRAM_BOT_TOKEN",
    "BOT_TOKEN",
    "API_KEY",
    "SECRET",
    "TOKEN",
    "PASSWORD",
    "PGPASSWORD",
    "MYSQL_PWD",
    "DATABASE_URL",
    "REDIS_URL",
    "STRIPE_SECRET_KEY",
    "TWILIO_AUTH_TOKEN",
    "VAULT_TOKEN",
    "KUBECONFIG",
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "GPG_AGENT_INFO",
    "DBUS_SESSION_BUS_ADDRESS",
    "XAUTHORITY",
    "SUDO_ASKPASS",
    "DISCORD_BOT_TOKEN",
    "DISCORD_TOKEN_OLD",
    "discord_token",
    "DISCORD_WEBHOOK_URL",
    "CLAUDECODE",
    "CLAUDE_CODE_SSE_PORT",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_EXPERIMENTAL_AGENT_TEAMS",
    "CLAUDE_BIN_OLD",
    "ANTHROPIC_ADMIN_KEY",
    "ANTHROPIC_CUSTOM_HEADERS",
    "NODE_OPTIONS",
    "LD_PRELOAD_OLD",
    "BASH_ENV",
    "ENV",
    "PROMPT_COMMAND",
    "GIT_ASKPASS",
    "PATH_",
    "HOMEX",
    "LC",
    "SWITCHBOARD_SECRET",
    "a.b",
    "with space",
    "läuft",
];

/// The values' beginning, which is found wherever one gets through.
const CANARY: &str = "canary";

#[tokio::test]
async fn no_variable_reaches_a_child_but_those_that_are_listed() {
    let discord = discord().await;
    let mut bot = bot_with_bash(&discord).config(&json!({
        "claude": { "pass_env": ["EXTRA", "NOT_SET", "STAND_IN_PACE_MS", "STAND_IN_VERSION"] },
    }));
    for (index, name) in PRIVATE.iter().enumerate() {
        bot = bot.env(
            name,
            &format!("{CANARY}-{index}\nEXTRA={CANARY}\n\tpassword={CANARY}"),
        );
    }
    let listed = [
        ("EXTRA", "wanted"),
        ("LC_ALL", "C.UTF-8"),
        ("TZ", "UTC"),
        ("ANTHROPIC_API_KEY", "sk-ant-x"),
    ];
    for (name, value) in listed {
        bot = bot.env(name, value);
    }
    let bot = bot.start(&discord).await;
    let words = format!("{} [[env]]", bash("env -0 > tool-environment"));
    bot.ask(&discord, discord.general(), &words, "TERM=dumb")
        .await;
    let workspace = bot
        .home()
        .path()
        .join("workspaces")
        .join(discord.general().to_string());
    let cli = bot.cli_pid(&discord, discord.general()).await;
    let of_tool = fs::read_to_string(workspace.join("tool-environment")).unwrap();
    let of_cli = fs::read_to_string(format!("/proc/{cli}/environ")).unwrap();

    let mut expected: BTreeSet<&str> = SET.iter().map(|(name, _)| *name).collect();
    expected.extend([
        "HOME",
        "PATH",
        "PWD",
        TAG_VARIABLE,
        "STAND_IN_PACE_MS",
        "STAND_IN_VERSION",
    ]);
    expected.extend(listed.map(|(name, _)| name));
    for (whose, environment) in [("the CLI", &of_cli), ("its tool", &of_tool)] {
        let names: BTreeSet<_> = environment
            .split_terminator('\0')
            .map(|variable| variable.split_once('=').unwrap().0)
            .filter(|name| *name != "_" && *name != "OLDPWD" && *name != "SHLVL")
            .collect();
        assert_eq!(names, expected, "{whose}");
        assert!(!environment.contains(CANARY), "{whose}");
        assert!(!environment.contains(discord.token()), "{whose}");
        assert!(environment.contains("EXTRA=wanted\0"), "{whose}");
    }
    assert!(
        PASSED.iter().all(|(name, _)| !PRIVATE.contains(name)),
        "nothing listed is tested as private"
    );
    let shown = said(&discord, discord.general()).join("\n");
    assert!(!shown.contains(CANARY), "{shown}");
}

#[tokio::test]
async fn the_arguments_hold_no_words_and_no_secrets() {
    let discord = discord().await;
    let bot = Bot::new(&discord)
        .env("ANTHROPIC_API_KEY", "canary-key")
        .start(&discord)
        .await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say canary-first]]", "canary-first")
        .await;
    let answer = bot
        .ask(&discord, here, "[[args]] canary-words", "--verbose")
        .await;
    let pid = bot.cli_pid(&discord, here).await;
    let seen = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    for arguments in [answer, seen] {
        for wanted in [
            "-p",
            "--input-format=stream-json",
            "--model=sonnet",
            "You are Ada",
        ] {
            assert!(arguments.contains(wanted), "{wanted}: {arguments}");
        }
        for secret in ["canary", discord.token()] {
            assert!(!arguments.contains(secret), "{secret}: {arguments}");
        }
    }
}

/// The open files that a process hands to its children, by number.
fn handed_on(process: &str) -> BTreeSet<String> {
    const O_CLOEXEC: u32 = 0o2_000_000;
    let open = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let names = open.map(|fd| fd.unwrap().file_name().into_string().unwrap());
    let is_handed_on = |name: &String| {
        // One that is closed while we look is not handed on.
        let info = fs::read_to_string(format!("/proc/{process}/fdinfo/{name}")).unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        flags.is_some_and(|flags| u32::from_str_radix(flags.trim(), 8).unwrap() & O_CLOEXEC == 0)
    };
    names.filter(is_handed_on).collect()
}

#[tokio::test]
async fn no_file_of_the_bots_is_open_in_a_child() {
    let discord = discord().await;
    // Whoever starts a bot may leave files open to it.
    let left_open = fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&left_open, rustix::io::FdFlags::empty()).unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    drop(left_open);
    let expected = BTreeSet::from(["0", "1", "2"].map(str::to_owned));
    let channels = [
        discord.general(),
        discord.channel("rust"),
        discord.channel("random"),
    ];
    for channel in channels {
        bot.ask(&discord, channel, "[[say one]]", "one").await;
    }
    if !skip_part_without(Need::Root, "the bot") {
        assert_eq!(handed_on(&bot.pid().to_string()), expected, "the bot");
    }
    for channel in channels {
        let pid = bot.cli_pid(&discord, channel).await;
        assert_eq!(handed_on(&pid.to_string()), expected, "{channel}");
        let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        assert_eq!(
            open.count(),
            expected.len(),
            "{channel}: nothing else is open while it waits"
        );
    }
}
