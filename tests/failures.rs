//! What goes wrong with Claude, and what the person reads then.
//!
//! * A turn that takes too long is ended: by an interrupt, or by the ladder where the process hears nothing.
//! * A crash in a turn is told; the message is not run again, and the next one has the context.
//! * A process that does not come up is tried again; a CLI that is not installed is found as soon as it is there.
//! * Each way in which the API or the CLI refuses is told apart, and the session lives through all of them.
//! * Output that nobody could expect ends nothing.
//! * A session that the CLI has lost is replaced, and one that it has already is resumed.
//! * Neither the words that were said nor a secret are in the log.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::PathBuf,
    time::Duration,
};

use loopback_discord::Loopback;
use rustix::process::{Pid, test_kill_process};
use serde_json::{Value, json};

use crate::support::{Bot, Claude, DEADLINE, Home, Running, eventually, said};

/// Says something at once, and then never ends by itself.
const SAYS_AND_HANGS: &str = "[[tool Nothing {}]] [[hang]]";

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

fn short_turns() -> Value {
    json!({ "claude": { "turn_timeout_secs": 4 } })
}

/// The record of the first channel, once the bot has stopped.
async fn record(bot: Running, discord: &Loopback) -> Value {
    bot.stop().await.active()[discord.general().to_string()].clone()
}

fn outcomes(home: &Home) -> Vec<String> {
    home.ledger()
        .iter()
        .map(|line| line["outcome"].as_str().unwrap().to_owned())
        .collect()
}

/// The stand-in's transcripts, a file each, without those in the CLI's own form.
fn transcripts(home: &Home) -> Vec<PathBuf> {
    let inside = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten();
    inside(home.path().join(".claude/projects"))
        .flat_map(|project| inside(project.unwrap().path()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        .collect()
}

#[tokio::test]
async fn a_turn_over_its_time_is_interrupted_and_keeps_the_session() {
    let discord = discord().await;
    let bot = Bot::new(&discord)
        .config(&short_turns())
        .start(&discord)
        .await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say one]]", "one").await;
    let before = bot.cli_pid(&discord, here).await;
    let asked = discord.say(here, discord.owner(), SAYS_AND_HANGS);
    bot.hears(
        &discord,
        asked,
        "Timed out after 4 s. Try a smaller request",
    )
    .await;
    let expected = json!(["[[say one]]", SAYS_AND_HANGS]).to_string();
    bot.ask(&discord, here, "[[context]]", &expected).await;
    assert_eq!(
        bot.cli_pid(&discord, here).await,
        before,
        "an interrupt is enough"
    );
    let home = bot.stop().await;
    assert_eq!(outcomes(&home), ["answered", "timed_out", "answered"]);
    let record = &home.active()[here.to_string()];
    assert_eq!(
        (&record["message_count"], &record["total_turn_errors"]),
        (&json!(3), &json!(1))
    );
}

#[tokio::test]
async fn a_process_that_hears_nothing_is_killed_and_everything_goes_on() {
    let discord = discord().await;
    let bot = Bot::new(&discord)
        .config(&short_turns())
        .start(&discord)
        .await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say one]]", "one").await;
    let deaf = bot.cli_pid(&discord, here).await;
    let asked = discord.say(here, discord.owner(), "[[deaf]]");
    // Others are served meanwhile.
    bot.ask(
        &discord,
        discord.channel("rust"),
        "[[say elsewhere]]",
        "elsewhere",
    )
    .await;
    bot.hears(&discord, asked, "Timed out after 4 s").await;
    assert!(
        test_kill_process(Pid::from_raw(deaf).unwrap()).is_err(),
        "it is gone and reaped"
    );
    bot.ask(&discord, here, "[[context]]", r#"["[[say one]]"]"#)
        .await;
    let home = bot.stop().await;
    assert_eq!(
        outcomes(&home)
            .iter()
            .filter(|outcome| *outcome == "timed_out")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_turn_without_a_result_ends_at_the_time_limit() {
    let discord = discord().await;
    let bot = Bot::new(&discord)
        .config(&short_turns())
        .start(&discord)
        .await;
    let here = discord.general();
    let asked = discord.say(here, discord.owner(), "[[no-result]] [[say half]]");
    bot.hears(&discord, asked, "Timed out after 4 s").await;
    let expected = r#"["[[no-result]] [[say half]]"]"#;
    bot.ask(&discord, here, "[[context]]", expected).await;
    let texts = said(&discord, here);
    assert_eq!(texts[0], "half");
    assert_eq!(texts.len(), 3, "{texts:#?}");
}

#[tokio::test]
async fn a_crash_is_told_and_the_message_is_not_run_again() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say one]]", "one").await;
    let before = bot.cli_pid(&discord, here).await;
    let crash = "[[crash-once 3]] [[say survived]]";
    let told = bot
        .ask(&discord, here, crash, "restarting with context preserved")
        .await;
    assert!(
        told.contains("(exit code 3)") && told.contains("**not** run again"),
        "{told}"
    );
    assert!(
        told.ends_with("```\nstand-in: crashed with code 3, as asked\n```"),
        "{told}"
    );
    // The process comes up again by itself.
    eventually("another process", || {
        let now = crate::support::stand_ins(bot.pid());
        (now.len() == 1 && now[0] != before).then_some(())
    })
    .await;
    let context = bot.ask(&discord, here, "[[context]]", "[[say one]]").await;
    assert_eq!(
        context,
        json!(["[[say one]]", crash]).to_string(),
        "it was given to Claude once"
    );
    assert!(!said(&discord, here).iter().any(|text| text == "survived"));
    let home = bot.stop().await;
    assert_eq!(outcomes(&home), ["answered", "crashed", "answered"]);
    assert_eq!(transcripts(&home).len(), 1, "one session");
}

#[tokio::test]
async fn a_process_that_exits_silently_in_a_turn_is_a_crash() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let told = bot
        .ask(
            &discord,
            here,
            "[[die-silently]]",
            "restarting with context preserved",
        )
        .await;
    assert!(told.contains("(exit code 0)"), "{told}");
    // Twice in a row, and each is told once.
    bot.ask(&discord, here, "[[crash 9]]", "(exit code 9)")
        .await;
    bot.ask(&discord, here, "[[say still here]]", "still here")
        .await;
    let record = record(bot, &discord).await;
    assert_eq!(
        (&record["message_count"], &record["total_turn_errors"]),
        (&json!(3), &json!(2))
    );
}

#[tokio::test]
async fn a_failed_start_is_retried_three_times_a_second_apart() {
    let discord = discord().await;
    let home = Home::new();
    let wrapper = home.path().join("wrapper");
    home.write(
        "wrapper",
        "#!/bin/sh\n[ \"$1\" = --version ] && exec \"$HOME/claude-stand-in\" --version\ndate +%s%N >> \"$HOME/starts\"\nif [ -e \"$HOME/broken\" ]; then cat \"$HOME/broken\" >&2; exit 1; fi\n\
         exec \"$HOME/claude-stand-in\" \"$@\"\n",
    );
    home.write("broken", &format!("{}THE REST", "ä".repeat(600)));
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o700)).unwrap();
    let bot = Bot::new(&discord)
        .home(&home)
        .config(&json!({ "claude": { "bin": wrapper } }));
    let bot = bot.start(&discord).await;
    let here = discord.general();
    let told = bot
        .ask(
            &discord,
            here,
            "[[say one]]",
            "Claude could not be started. The session is kept",
        )
        .await;
    assert_eq!(told.matches('ä').count(), 500, "{told}");
    assert!(!told.contains("THE REST"), "{told}");
    let starts = fs::read_to_string(home.path().join("starts")).unwrap();
    let starts: Vec<u64> = starts.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(starts.len(), 4);
    for pair in starts.windows(2) {
        let pause = Duration::from_nanos(pair[1] - pair[0]);
        assert!(pause >= Duration::from_millis(900), "{pause:?}");
    }
    fs::remove_file(home.path().join("broken")).unwrap();
    bot.ask(&discord, here, "[[context]]", "[]").await;
    let home = bot.stop().await;
    assert_eq!(outcomes(&home), ["not_started", "answered"]);
}

#[tokio::test]
async fn a_cli_is_found_as_soon_as_it_is_installed() {
    let discord = discord().await;
    let home = Home::new();
    let bin = home.path().join("later/claude-stand-in");
    let bot = Bot::new(&discord)
        .home(&home)
        .claude(Claude::Missing)
        .config(&json!({ "claude": { "bin": bin } }));
    let bot = bot.start(&discord).await;
    let logged = bot.log.wait_for("Claude CLI not found", DEADLINE).await;
    assert!(
        logged.contains("npm install -g @anthropic-ai/claude-code"),
        "{logged}"
    );
    let here = discord.general();
    let told = bot
        .ask(&discord, here, "[[say one]]", "Claude CLI not found")
        .await;
    assert!(
        told.contains("npm install -g @anthropic-ai/claude-code"),
        "{told}"
    );
    assert!(told.contains("was not run"), "{told}");
    fs::create_dir(bin.parent().unwrap()).unwrap();
    symlink(env!("CARGO_BIN_EXE_switchboard"), &bin).unwrap();
    bot.ask(&discord, here, "[[say two]]", "two").await;
    let home = bot.stop().await;
    assert_eq!(outcomes(&home), ["cli_missing", "answered"]);
}

#[tokio::test]
async fn each_refusal_is_told_apart_and_none_costs_the_session() {
    const REFUSALS: &[(&str, &str, &str)] = &[
        (
            "[[status 400 bad thing]]",
            "Claude's API rejected the request (status 400): bad thing.",
            "api_refused",
        ),
        ("[[status 401]]", "Claude isn't logged in.", "login_expired"),
        ("[[status 403]]", "Claude isn't logged in.", "login_expired"),
        (
            "[[status 404 model: gone]]",
            "Claude's API doesn't know the model `sonnet`.",
            "model_unknown",
        ),
        (
            "[[status 429 resets at 3pm]]",
            "Claude's usage limit is reached: resets at 3pm.",
            "usage_limit",
        ),
        (
            "[[status 500]]",
            "Claude's API is unavailable right now (status 500).",
            "api_down",
        ),
        (
            "[[status 529]]",
            "Claude's API is unavailable right now (status 529).",
            "api_down",
        ),
        (
            "[[too-long]]",
            "This conversation is too long for the model. Use `!compact`",
            "conversation_too_long",
        ),
        (
            "[[max-turns]]",
            "Claude reached the limit of steps per turn",
            "too_many_steps",
        ),
        (
            "[[budget]]",
            "Claude stopped because the budget",
            "budget_spent",
        ),
        ("[[empty]]", "Claude returned no answer.", "silent"),
    ];
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say one]]", "one").await;
    let mut pid = bot.cli_pid(&discord, here).await;
    for (words, expected, outcome) in REFUSALS {
        let told = bot.ask(&discord, here, words, expected).await;
        assert!(told.starts_with(expected), "{words}: {told}");
        if ["login_expired", "budget_spent"].contains(outcome) {
            let context = bot.ask(&discord, here, "[[context]]", "[[say one]]").await;
            assert!(context.contains("[[say one]]"), "{context}");
            let next = bot.cli_pid(&discord, here).await;
            assert_ne!(
                next, pid,
                "a new process sees a new login and has a new budget"
            );
            pid = next;
        }
    }
    let asked = discord.say(here, discord.owner(), "[[context]]");
    let context = bot.reply_with(&discord, asked, "[[say one]]").await.content;
    let earlier: Vec<String> = serde_json::from_str(&context).unwrap();
    // A conversation that is too long is asked twice.
    assert_eq!(earlier.len(), REFUSALS.len() + 4 + 1, "{context}");
    assert_eq!(
        bot.cli_pid(&discord, here).await,
        pid,
        "the process lives through all others"
    );
    let home = bot.stop().await;
    let expected: Vec<_> = REFUSALS.iter().map(|(.., outcome)| *outcome).collect();
    let mut found = outcomes(&home);
    found.retain(|outcome| outcome != "answered");
    assert_eq!(found, expected);
    let record = &home.active()[here.to_string()];
    assert_eq!(record["message_count"], REFUSALS.len() + 5);
    assert_eq!(
        record["total_turn_errors"],
        REFUSALS.len() - 1,
        "silence is no error"
    );
    assert_eq!(transcripts(&home).len(), 1);
}

#[tokio::test]
async fn retries_are_reported_once_and_end_if_pointless() {
    let discord = discord().await;
    // With a card, it says so.
    let config = json!({ "discord": { "verbose": "off" } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[retry 6]] [[say through]]", "through")
        .await;
    let texts = said(&discord, here);
    assert_eq!(texts.len(), 2, "{texts:#?}");
    assert!(
        texts[0].contains("(status 529). Retrying: attempt 1 of 10"),
        "{texts:#?}"
    );
    // This one would never end: the CLI goes on trying, with a login that has expired.
    let words = "[[retry 1]] [[hang]] [[status 401]]";
    let told = bot
        .ask(&discord, here, words, "Claude isn't logged in.")
        .await;
    assert!(told.contains("/login"), "{told}");
    bot.ask(&discord, here, "[[say logged in again]]", "logged in again")
        .await;
    let texts = said(&discord, here);
    assert_eq!(texts.len(), 4, "{texts:#?}");
    let home = bot.stop().await;
    assert_eq!(outcomes(&home), ["answered", "login_expired", "answered"]);
}

#[tokio::test]
async fn output_that_nobody_expects_ends_nothing() {
    let discord = discord().await;
    let config = json!({ "discord": { "approvals": "off" } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let here = discord.general();
    bot.ask(
        &discord,
        here,
        "[[noise]] [[say after noise]]",
        "after noise",
    )
    .await;
    bot.log.wait_for("a line that is not JSON", DEADLINE).await;
    bot.ask(
        &discord,
        here,
        "[[flood 20000000]] [[say after flood]]",
        "after flood",
    )
    .await;
    let line = bot
        .log
        .wait_for("dropped a line that is too long", DEADLINE)
        .await;
    assert!(line.contains("bytes=20000000"), "{line}");
    bot.ask(
        &discord,
        here,
        "[[stderr 8000000]] [[say after stderr]]",
        "after stderr",
    )
    .await;
    for subtype in ["can_use_tool", "stand_in_unheard_of"] {
        let asked = format!("[[ask-control {subtype}]]");
        let asked = discord.say(here, discord.owner(), &asked);
        let answer = bot.reply_with(&discord, asked, "subtype").await.content;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["subtype"], "error");
        assert_eq!(
            answer["error"],
            format!("Unsupported control request subtype: {subtype}")
        );
    }
    let texts = said(&discord, here);
    assert_eq!(texts.len(), 5, "{texts:#?}");
    let record = record(bot, &discord).await;
    assert_eq!(
        (&record["message_count"], &record["total_turn_errors"]),
        (&json!(5), &json!(0))
    );
}

#[tokio::test]
async fn a_lost_session_is_replaced_and_the_message_answered() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say one]]", "one").await;
    let home = bot.stop().await;
    let old = home.active()[here.to_string()].clone();
    for transcript in transcripts(&home) {
        fs::remove_file(transcript.with_extension("jsonl")).unwrap();
        fs::remove_file(transcript).unwrap();
    }
    let config = json!({ "discord": { "rebuild_sessions": false } });
    let bot = Bot::new(&discord).home(&home).config(&config);
    let bot = bot.start(&discord).await;
    let asked = discord.say(here, discord.owner(), "[[context]]");
    bot.hears(
        &discord,
        asked,
        "Claude no longer has this channel's session",
    )
    .await;
    bot.hears(&discord, asked, "[]").await;
    bot.ask(&discord, here, "[[context]]", r#"["[[context]]"]"#)
        .await;
    let new = record(bot, &discord).await;
    assert_ne!(new["session_id"], old["session_id"]);
    assert_eq!(
        (&new["message_count"], &new["total_turn_errors"]),
        (&json!(3), &json!(0))
    );
    let told = said(&discord, here)
        .into_iter()
        .filter(|text| text.contains("no longer has"));
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn a_session_cut_in_its_first_turn_is_resumed() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, SAYS_AND_HANGS, "step 1").await;
    let home = bot.kill().await;
    let id = home.active()[here.to_string()]["session_id"].clone();
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let expected = json!([SAYS_AND_HANGS]).to_string();
    bot.ask(&discord, here, "[[context]]", &expected).await;
    // Of the session nothing is said; of the message, that it was cut off.
    let texts = said(&discord, here);
    let told = texts
        .iter()
        .filter(|text| text.starts_with("I was restarted"));
    assert_eq!((told.count(), texts.len()), (1, 3), "{texts:#?}");
    assert_eq!(record(bot, &discord).await["session_id"], id);
}

#[tokio::test]
async fn the_log_holds_no_words_and_no_secrets() {
    let discord = discord().await;
    let bot = Bot::new(&discord)
        .config(&short_turns())
        .env("ANTHROPIC_API_KEY", "canary-key")
        .env("AWS_SECRET_ACCESS_KEY", "canary-aws")
        .start(&discord)
        .await;
    let here = discord.general();
    bot.ask(&discord, here, "[[say canary-said]]", "canary-said")
        .await;
    bot.ask(
        &discord,
        here,
        "[[status 400 canary-refused]]",
        "canary-refused",
    )
    .await;
    bot.ask(
        &discord,
        here,
        "[[retry 1]] [[status 529 canary-down]]",
        "is unavailable right now",
    )
    .await;
    bot.ask(&discord, here, "[[noise]] canary-noise", "echo(")
        .await;
    bot.ask(&discord, here, "!modle canary-argument", "!model")
        .await;
    bot.ask(&discord, here, "!model canary-model", "sonnet")
        .await;
    bot.ask(&discord, here, "[[env]]", "ANTHROPIC_API_KEY=[redacted]")
        .await;
    bot.ask(
        &discord,
        here,
        "[[crash 3]] canary-crash",
        "restarting with context",
    )
    .await;
    bot.ask(&discord, here, "[[hang]] canary-hang", "Timed out")
        .await;
    let log = bot.log.clone();
    bot.stop().await;
    log.wait_for("stopped", DEADLINE).await;
    let text = log.text();
    assert!(text.contains("turn"), "something is logged");
    for secret in ["canary", discord.token(), "echo(", "step 1", "bad feeling"] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret:?} is in the log");
    }
}
