//! What the person reads, and what happens, when the API refuses the real CLI's calls.
//!
//! - a busy API is asked again, and an overloaded one with a button; the message stands in the session once
//! - a usage limit costs one turn in all channels, and what waits runs after it, is asked for or dropped
//! - a model without long context, an empty account and an unknown model have words and buttons of their own
//! - a conversation that is too long is summarized once
//! - half a surrogate pair costs a character, and a text of the CLI's own is no answer

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use loopback_discord::Snowflake;
use loopback_messages::{Answer, Request, directed};
use serde_json::{Value, json};

use super::world::{World, assert_usd, kill_cli, until};
use crate::support::{Bot, Claude, offered, press, said};

on_both_versions!(
    a_busy_api_is_asked_again_with_the_message_once,
    an_overloaded_api_leaves_a_button_and_the_message_once,
    a_limit_costs_one_turn_in_all_channels,
    what_a_limit_stopped_is_asked_for_or_dropped,
    an_account_without_long_context_gets_other_models,
    an_empty_account_is_told_apart_from_a_limit,
    a_conversation_that_is_too_long_is_summarized_once,
    half_a_surrogate_pair_costs_one_character,
    a_text_of_the_clis_own_is_no_answer,
);

/// What the API answers to messages with these words, for so many calls.
fn refuse(world: &World, words: &'static str, calls: usize, status: u16, why: &'static str) {
    let left = AtomicUsize::new(calls);
    world.messages.set_default(move |request| {
        let is_it = request.person().contains(words);
        let is_refused = is_it
            && left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                })
                .is_ok();
        if is_refused {
            Answer::refusal(status, why)
        } else {
            directed(request)
        }
    });
}

/// A bot whose CLI repeats no call by itself.
fn impatient(world: &World) -> Bot {
    world.bot().env("CLAUDE_CODE_MAX_RETRIES", "0")
}

/// What was billed is booked, and nothing else.
fn assert_all_is_booked(world: &World) {
    let booked = world.record()["total_cost_usd"].as_f64().unwrap();
    assert_usd(booked, world.messages.billed().total());
}

async fn a_busy_api_is_asked_again_with_the_message_once(version: &'static str) {
    let world = World::new(version).await;
    let bot = impatient(&world).start(&world.discord).await;
    refuse(
        &world,
        "first",
        1,
        429,
        "Server is temporarily limiting requests",
    );
    // Also where the session holds nothing else.
    let asked = world.say("first");
    world.reply(&bot, asked, "echo(1): first").await;
    refuse(
        &world,
        "second",
        2,
        429,
        "Server is temporarily limiting requests",
    );
    let asked = world.say("second");
    world.reply(&bot, asked, "echo(2): second").await;
    let busy =
        "-# Claude is busy (status 429). Retrying automatically, up to 3 times; `!stop` cancels.";
    let texts = said(&world.discord, world.discord.general());
    assert_eq!(texts, [busy, "echo(1): first", busy, "echo(2): second"]);
    assert_eq!(world.ask(&bot, "third").await, "echo(3): third");
    world.stop(bot).await;
    let outcomes = world.home.outcomes();
    let down = outcomes.iter().filter(|it| *it == "api_down").count();
    assert_eq!((down, outcomes.len()), (3, 6), "{outcomes:?}");
    assert_all_is_booked(&world);
}

async fn an_overloaded_api_leaves_a_button_and_the_message_once(version: &'static str) {
    let world = World::new(version).await;
    let (here, owner) = (world.discord.general(), world.discord.owner());
    let bot = impatient(&world).start(&world.discord).await;
    assert_eq!(world.ask(&bot, "first").await, "echo(1): first");
    refuse(&world, "second", 1, 529, "Overloaded");
    let asked = world.say("second");
    world
        .reply(&bot, asked, "Claude's API is unavailable right now")
        .await;
    assert_eq!(offered(&world.discord, here).unwrap().1, ["Retry"]);
    press(&world.discord, here, owner, "Retry").await;
    world.reply(&bot, asked, "echo(2): second").await;

    // The session is resumed meanwhile.
    refuse(&world, "third", 1, 500, "Internal server error");
    let asked = world.say("third");
    world
        .reply(&bot, asked, "Claude's API is unavailable right now")
        .await;
    world.stop(bot).await;
    let bot = impatient(&world).start(&world.discord).await;
    press(&world.discord, here, owner, "Retry").await;
    world.reply(&bot, asked, "echo(3): third").await;
    world.stop(bot).await;
    assert_all_is_booked(&world);
}

/// A bot with a login of a Claude plan: only that has usage limits.
fn subscribed(world: &World) -> Bot {
    Bot::new(&world.discord)
        .claude(Claude::LoggedOut(
            world.version,
            world.messages.url().to_owned(),
        ))
        .env("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-loopback")
        .home(&world.home)
}

/// From now on the API answers that a limit is reached. Returns when it resets, in seconds since 1970.
fn reach_limit(world: &World) -> u64 {
    let resets_at = u64::try_from(chrono::Utc::now().timestamp()).unwrap() + 3_600;
    world
        .messages
        .set_default(move |_| Answer::limited("five_hour", resets_at));
    resets_at
}

/// Lets the time of the limits pass that a stopped bot has on record.
fn reset_limits(world: &World, channels: &[Snowflake], resets_at: u64) {
    let mut active = world.home.active();
    for channel in channels {
        let state = &mut active[channel.to_string()]["state"];
        assert_eq!(state["limited_until"], json!(resets_at));
        state["limited_until"] = json!(1_000);
    }
    world
        .home
        .write("sessions/active.json", &active.to_string());
    world.messages.set_default(directed);
}

async fn what_a_limit_stopped_is_asked_for_or_dropped(version: &'static str) {
    for after_reset in ["ask", "drop"] {
        let world = World::new(version).await;
        let (here, owner) = (world.discord.general(), world.discord.owner());
        let config = json!({ "limits": { "after_reset": after_reset } });
        let start = || subscribed(&world).config(&config).start(&world.discord);
        let bot = start().await;
        assert_eq!(world.ask(&bot, "first").await, "echo(1): first");
        let resets_at = reach_limit(&world);
        let second = world.say("second");
        let notice = world.reply(&bot, second, "usage limit is reached.").await;
        let fate = if after_reset == "ask" {
            "I'll ask then"
        } else {
            "not answered"
        };
        assert!(notice.contains(fate), "{notice}");
        world.stop(bot).await;
        reset_limits(&world, &[here], resets_at);

        let bot = start().await;
        if after_reset == "ask" {
            let reset = "Claude's usage limit has reset. Press **Retry**";
            world.reply(&bot, second, reset).await;
        } else {
            let third = world.ask(&bot, "third").await;
            assert!(third.ends_with("): third"), "{third}");
        }
        assert_eq!(world.requests_for("second").len(), 1, "{after_reset}");
        press(&world.discord, here, owner, "Retry").await;
        world.reply(&bot, second, "): second").await;
        world.stop(bot).await;
        assert_all_is_booked(&world);
    }
}

async fn a_limit_costs_one_turn_in_all_channels(version: &'static str) {
    let world = World::new(version).await;
    let (here, owner) = (world.discord.general(), world.discord.owner());
    let there = world.discord.channel("rust");
    let start = || subscribed(&world).start(&world.discord);
    let bot = start().await;
    assert_eq!(world.ask(&bot, "first").await, "echo(1): first");
    let resets_at = reach_limit(&world);
    let second = world.say("second");
    let notice = world.reply(&bot, second, "usage limit is reached.").await;
    assert_eq!(
        notice,
        format!(
            "Claude's 5-hour usage limit is reached. It resets <t:{resets_at}:t> (<t:{resets_at}:R>). Your message is \
             kept and will run automatically."
        )
    );
    let waits = format!("Your message waits until <t:{resets_at}:t>");
    let third = world.say("third");
    world.reply(&bot, third, &waits).await;
    let calls = world.messages.calls().len();
    let elsewhere = world.discord.say(there, owner, "elsewhere");
    world.reply(&bot, elsewhere, &waits).await;
    world.stop(bot).await;
    assert_eq!(world.messages.calls().len(), calls, "nothing was asked");
    assert_eq!(world.home.outcomes(), ["answered", "usage_limit"]);

    reset_limits(&world, &[here, there], resets_at);
    let bot = start().await;
    world.reply(&bot, second, "echo(2): second").await;
    world.reply(&bot, third, "echo(3): third").await;
    world.reply(&bot, elsewhere, "echo(1): elsewhere").await;
    world.stop(bot).await;
}

async fn an_account_without_long_context_gets_other_models(version: &'static str) {
    let world = World::new(version).await;
    let (here, owner) = (world.discord.general(), world.discord.owner());
    let config = json!({ "models": ["sonnet", "haiku"], "model": "sonnet" });
    let bot = impatient(&world).config(&config);
    let bot = bot.start(&world.discord).await;
    assert_eq!(world.ask(&bot, "first").await, "echo(1): first");
    for (status, why, words) in [
        (
            429,
            "Extra usage is required for long context requests.",
            "This conversation needs the model's long context",
        ),
        (
            404,
            "model: claude-of-old",
            "Claude's API doesn't know the model `haiku`.",
        ),
    ] {
        let (from, to) = if status == 429 {
            ("sonnet", "haiku")
        } else {
            ("haiku", "sonnet")
        };
        world.messages.set_default(move |request| {
            if request.model().contains(from) {
                Answer::refusal(status, why)
            } else {
                directed(request)
            }
        });
        let asked = world.say("more");
        world.reply(&bot, asked, words).await;
        let label = format!("Use {to}");
        assert_eq!(offered(&world.discord, here).unwrap().1, [label.as_str()]);
        press(&world.discord, here, owner, &label).await;
        world.reply(&bot, asked, "): more").await;
        let last = world.requests_for("more").pop().unwrap();
        assert!(last.model().contains(to), "{}", last.model());
    }
    // Each message stands in the session once.
    world.messages.set_default(directed);
    assert_eq!(world.ask(&bot, "last").await, "echo(4): last");
    world.stop(bot).await;
}

async fn an_empty_account_is_told_apart_from_a_limit(version: &'static str) {
    let world = World::new(version).await;
    let bot = impatient(&world).start(&world.discord).await;
    let why = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or \
               purchase credits.";
    refuse(&world, "first", 1, 400, why);
    let told = world.ask(&bot, "first").await;
    assert!(
        told.contains("the Anthropic account of this bot has no credit left"),
        "{told}"
    );
    assert!(told.contains("Trying again won't help"), "{told}");
    // The card of a turn that was slow to fail may still have one.
    until("no button", || {
        offered(&world.discord, world.discord.general()).is_none()
    })
    .await;
    assert!(world.ask(&bot, "second").await.ends_with("): second"));
    world.stop(bot).await;
    assert_eq!(world.home.outcomes(), ["billing", "answered"]);
}

/// Whether a summary of this conversation stands in the request.
fn is_summarized(request: &Request) -> bool {
    Value::from(request.messages())
        .to_string()
        .contains("turns were spoken")
}

async fn a_conversation_that_is_too_long_is_summarized_once(version: &'static str) {
    let world = World::new(version).await;
    // Where there are cards, they say it.
    let config = json!({ "discord": { "verbose": "off" } });
    let bot = impatient(&world).config(&config);
    let bot = bot.start(&world.discord).await;
    assert_eq!(world.ask(&bot, "first").await, "echo(1): first");
    let refused = Arc::new(Mutex::new(0));
    let count = Arc::clone(&refused);
    world.messages.set_default(move |request| {
        if request.is_summary() || is_summarized(request) || request.person() != "second" {
            return directed(request);
        }
        *count.lock().unwrap() += 1;
        Answer::refusal(400, "prompt is too long: 210000 tokens > 200000 maximum")
    });
    let asked = world.say("second");
    world.reply(&bot, asked, "): second").await;
    let texts = said(&world.discord, world.discord.general());
    // 2.1.197 tries by itself first.
    let told: Vec<_> = texts
        .iter()
        .filter(|text| text.starts_with("-# "))
        .collect();
    assert!(matches!(told.len(), 1 | 2), "{texts:#?}");
    assert_ne!(told.first(), told.get(1), "{texts:#?}");
    assert!(*refused.lock().unwrap() >= 1);
    world.stop(bot).await;
    assert_all_is_booked(&world);
}

async fn half_a_surrogate_pair_costs_one_character(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    let half = format!("answer {} end", loopback_messages::HALF_PAIR);
    world.messages.push(Answer::text(half));
    assert_eq!(world.ask(&bot, "first").await, "answer \u{fffd} end");
    let texts = said(&world.discord, world.discord.general());
    assert_eq!(texts, ["answer \u{fffd} end"]);
    assert!(world.ask(&bot, "second").await.ends_with("): second"));
    world.stop(bot).await;
}

/// After a kill in a tool, 2.1.197 begins with a turn of its own: "No response requested."
async fn a_text_of_the_clis_own_is_no_answer(version: &'static str) {
    let world = World::new(version).await;
    let config = json!({ "allowed_tools": ["Bash(sleep *)"] });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let seconds = world.long_time();
    let call = format!(
        "[[tool Bash {}]]",
        json!({ "command": format!("sleep {seconds}") })
    );
    let asked = world.say(&call);
    until("the tool to run", || {
        world.processes().iter().any(|line| line.contains(&seconds))
    })
    .await;
    world.written_down(&seconds).await;
    kill_cli(&bot);
    world
        .reply(&bot, asked, "restarting with context preserved")
        .await;
    let answer = world.ask(&bot, "second").await;
    assert!(answer.ends_with("): second"), "{answer}");
    let texts = said(&world.discord, world.discord.general());
    assert_eq!(texts.len(), 2, "{texts:#?}");
    world.stop(bot).await;
}
