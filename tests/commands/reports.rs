//! Commands that tell how things stand.
//!
//! * `help` shows what the reader may use, and Discord lists the same.
//! * `status` tells the channel's session, `usage` what was used, to admins by everyone.
//! * `sessions` is for admins alone.

use loopback_discord::Loopback;
use serde_json::json;

use super::{ask, record, started};
use crate::support::{Bot, DEADLINE, cli_behind, eventually};

#[tokio::test]
async fn help_shows_what_the_reader_may_use() {
    let (discord, bot) = started().await;
    let all = [
        "help", "status", "stop", "compact", "model", "stream", "usage", "verbose", "clear",
        "sessions",
    ];
    let shown = |help: &str| all.map(|name| help.contains(&format!("\n- `!{name}")));
    let owner = ask(&bot, &discord, discord.owner(), "!help").await;
    assert_eq!(shown(&owner), [true; 10], "{owner}");
    let member = ask(&bot, &discord, discord.member(), "!HELP ").await;
    let for_all = all.map(|name| !["clear", "sessions"].contains(&name));
    assert_eq!(shown(&member), for_all, "{member}");
    // Discord lists the same ones.
    let registered = discord
        .wait_until(DEADLINE, "the slash commands", |view| {
            let commands = view.commands();
            (!commands.is_empty()).then(|| commands.to_vec())
        })
        .await
        .unwrap();
    let names: Vec<_> = registered
        .iter()
        .map(|command| command["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, all);
}

#[tokio::test]
async fn status_tells_how_things_stand() {
    let (discord, bot) = started().await;
    let owner = discord.owner();
    let none = ask(&bot, &discord, owner, "!status").await;
    let lines: Vec<_> = none.lines().collect();
    assert_eq!(
        lines[..6],
        [
            "**Session** none yet",
            "**Model** `sonnet`",
            "**Turns** 0",
            "**Context** 0 tokens",
            "**Cost** $0.00",
            "**Queue** 0 waiting",
        ]
    );
    assert!(lines[6].starts_with("**Process** none; the next message starts one (0 of "));
    ask(&bot, &discord, owner, "[[say one]]").await;
    ask(&bot, &discord, owner, "[[status 400 bad]]").await;
    let status = ask(&bot, &discord, discord.member(), "!status").await;
    let record = record(bot.home(), &discord);
    let id = record["session_id"].as_str().unwrap();
    let cost = record["total_cost_usd"].as_f64().unwrap();
    let lines: Vec<_> = status.lines().collect();
    assert!(
        lines[0].starts_with(&format!("**Session** `{id}`, since 20")),
        "{status}"
    );
    assert_eq!(
        lines[1..3],
        ["**Model** `sonnet`", "**Turns** 2 (1 failed)"]
    );
    assert_eq!(
        lines[3],
        format!("**Context** {} tokens", record["context_tokens"])
    );
    assert_eq!(lines[4], format!("**Cost** ${cost:.4}"));
    assert_eq!(lines[5], "**Queue** 0 waiting");
    let pid = crate::support::stand_ins(bot.pid())[0];
    let (told, rest) = lines[6].split_once(", ").unwrap();
    let told = told.strip_prefix("**Process** pid ").unwrap().parse();
    assert_eq!(cli_behind(told.unwrap()), pid, "{status}");
    assert!(rest.starts_with("idle (1 of "), "{status}");
}

#[tokio::test]
async fn usage_counts_the_turns_of_the_channel_and_the_person() {
    let (discord, bot) = started().await;
    let (owner, member) = (discord.owner(), discord.member());
    ask(&bot, &discord, owner, "[[say one]]").await;
    ask(&bot, &discord, member, "[[say two]]").await;
    let elsewhere = discord.say(discord.channel("rust"), owner, "[[say three]]");
    bot.reply(&discord, elsewhere).await;
    let is_booked = || (bot.home().ledger().len() >= 3).then_some(());
    eventually("the turns in the ledger", is_booked).await;
    let costs: Vec<f64> = bot
        .home()
        .ledger()
        .iter()
        .map(|line| line["cost_usd"].as_f64().unwrap())
        .collect();
    let dollars =
        |turns: &[usize]| format!("${:.4}", turns.iter().map(|turn| costs[*turn]).sum::<f64>());
    for (command, title) in [
        ("!usage", "**Usage today** (UTC, list prices)"),
        ("!usage today", "**Usage today** (UTC, list prices)"),
        ("!usage month", "**Usage this month** (UTC, list prices)"),
        ("!usage all", "**Usage in all** (UTC, list prices)"),
    ] {
        let text = ask(&bot, &discord, member, command).await;
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], title);
        check_sum(lines[1], "This channel: 2 turns, ", &dollars(&[0, 1]));
        check_sum(lines[2], "You, everywhere: 1 turn, ", &dollars(&[1]));
        assert_eq!(lines.len(), 3, "not what others used: {text}");
        let text = ask(&bot, &discord, owner, command).await;
        let lines: Vec<_> = text.lines().collect();
        check_sum(lines[2], "You, everywhere: 2 turns, ", &dollars(&[0, 2]));
        check_sum(lines[3], "All channels: 3 turns, ", &dollars(&[0, 1, 2]));
        // The costliest first.
        let (here, there) = (discord.general(), discord.channel("rust"));
        check_sum(
            lines[4],
            &format!("- <#{here}>: 2 turns, "),
            &dollars(&[0, 1]),
        );
        check_sum(lines[5], &format!("- <#{there}>: 1 turn, "), &dollars(&[2]));
        assert_eq!(lines[6], "By person:");
        check_sum(
            lines[7],
            &format!("- <@{owner}>: 2 turns, "),
            &dollars(&[0, 2]),
        );
        check_sum(
            lines[8],
            &format!("- <@{member}>: 1 turn, "),
            &dollars(&[1]),
        );
        assert_eq!(lines.len(), 9, "{text}");
    }
    assert_eq!(
        ask(&bot, &discord, owner, "!usage fortnight").await,
        "I have no usage for `fortnight`. Use `!usage` with one of `today`, `month`, `all`, or without an argument for today."
    );
}

#[track_caller]
fn check_sum(line: &str, beginning: &str, end: &str) {
    assert!(line.starts_with(beginning), "{line}");
    assert!(line.ends_with(end), "{line}, not {end}");
}

#[tokio::test]
async fn sessions_are_for_admins() {
    let discord = Loopback::builder().start().await.unwrap();
    let admins = json!({ "discord": { "admins": [discord.member().to_string()] } });
    let bot = Bot::new(&discord).config(&admins).start(&discord).await;
    let (owner, member) = (discord.owner(), discord.member());
    assert_eq!(
        ask(&bot, &discord, discord.stranger(), "!sessions").await,
        "Only this bot's admins can list the sessions of other channels."
    );
    assert_eq!(
        ask(&bot, &discord, member, "!sessions").await,
        "No channel has a session yet."
    );
    ask(&bot, &discord, owner, "[[say one]]").await;
    for admin in [owner, member] {
        let sessions = ask(&bot, &discord, admin, "!sessions").await;
        let record = record(bot.home(), &discord);
        let id = &record["session_id"].as_str().unwrap()[..8];
        let here = discord.general();
        let beginning = format!("**1 session**\n- <#{here}> `{id}` `sonnet`, 1 turn, $");
        assert!(sessions.starts_with(&beginning), "{sessions}");
    }
}
