//! Commands that tell how things stand.
//!
//! * `help` shows what the reader may use, and Discord lists the same.
//! * `status` tells the channel's session, `usage` what was used, to admins by everyone.
//! * `sessions` is for admins alone.
//! * Ids and what others used are read by the one who asks alone: after a slash command, or in a direct message.

use loopback_discord::{Loopback, Snowflake};
use serde_json::{Value, json};

use super::{ask, record, started, tokens};
use crate::support::{Bot, DEADLINE, cli_behind, eventually, files};

#[tokio::test]
async fn help_shows_what_the_reader_may_use() {
    let (discord, bot) = started().await;
    let all = [
        "help", "status", "stop", "queue", "compact", "context", "model", "persona", "effort",
        "mode", "stream", "usage", "budget", "verbose", "tools", "fork", "export", "diff", "btw",
        "clear", "resume", "rewind", "sessions", "session", "ping",
    ];
    let shown = |help: &str| all.map(|name| help.contains(&format!("\n- `!{name}")));
    let owner = ask(&bot, &discord, discord.owner(), "!help").await;
    assert_eq!(shown(&owner), all.map(|_| true), "{owner}");
    let member = ask(&bot, &discord, discord.member(), "!HELP ").await;
    let for_all =
        all.map(|name| !["clear", "resume", "rewind", "sessions", "session"].contains(&name));
    assert_eq!(shown(&member), for_all, "{member}");
    // Discord lists the same ones, and those of a message's menu.
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
    let in_menu = ["Ask Claude about this", "Branch from here"];
    assert_eq!(names, [&all[..], &in_menu].concat());
}

#[tokio::test]
async fn status_tells_how_things_stand() {
    let (discord, bot) = started().await;
    let owner = discord.owner();
    let none = ask(&bot, &discord, owner, "!status").await;
    let lines: Vec<_> = none.lines().collect();
    assert_eq!(
        lines[..7],
        [
            "**Session** none yet",
            "**Model** `sonnet`",
            "**Mode** `default`",
            "**Turns** 0",
            "**Context** 0 tokens",
            "**Cost** $0.00",
            "**Queue** 0 waiting, mode `queue`",
        ]
    );
    assert!(lines[7].starts_with("**Process** none; the next message starts one (0 of "));
    ask(&bot, &discord, owner, "[[say one]]").await;
    ask(&bot, &discord, owner, "[[status 400 bad]]").await;
    let status = ask(&bot, &discord, discord.member(), "!status").await;
    let record = record(bot.home(), &discord);
    let id = record["session_id"].as_str().unwrap();
    let cost = record["total_cost_usd"].as_f64().unwrap();
    let created: chrono::DateTime<chrono::Utc> =
        record["created_at"].as_str().unwrap().parse().unwrap();
    let since = format!("since <t:{}:f>", created.timestamp());
    let lines: Vec<_> = status.lines().collect();
    assert_eq!(lines[0], format!("**Session** {since}"));
    let who = (discord.general(), discord.member());
    let alone = bot.slash_alone(&discord, who, "status", &Value::Null).await;
    let (session, rest) = alone.split_once('\n').unwrap();
    assert_eq!(session, format!("**Session** `{id}`, {since}"));
    let pid = crate::support::stand_ins(bot.pid())[0];
    let (before, told) = rest.split_once("pid ").unwrap();
    let (told, after) = told.split_once(", ").unwrap();
    assert_eq!(cli_behind(told.parse().unwrap()), pid, "{alone}");
    assert_eq!(
        format!("{before}{after}"),
        status.split_once('\n').unwrap().1,
        "without the ids, the channel reads the same"
    );
    assert_eq!(
        lines[1..4],
        [
            "**Model** `sonnet`",
            "**Mode** `default`",
            "**Turns** 2 (1 failed)"
        ]
    );
    assert_eq!(
        lines[4],
        format!("**Context** {}", tokens(&record["context_tokens"]))
    );
    assert_eq!(lines[5], format!("**Cost** ${cost:.4}"));
    assert_eq!(lines[6], "**Queue** 0 waiting, mode `queue`");
    assert!(lines[7].starts_with("**Process** idle (1 of "), "{status}");
}

fn name(discord: &Loopback, user: Snowflake) -> String {
    discord.user(user).unwrap().display_name
}

#[tokio::test]
async fn usage_counts_the_turns_of_the_channel_and_the_person() {
    let (discord, bot) = started().await;
    let (here, there) = (discord.general(), discord.channel("rust"));
    let (owner, member) = (discord.owner(), discord.member());
    ask(&bot, &discord, owner, "[[say one]]").await;
    ask(&bot, &discord, member, "[[say two]]").await;
    let elsewhere = discord.say(there, owner, "[[say three]]");
    bot.reply(&discord, elsewhere).await;
    let direct = discord.say_directly(member, "[[say four]]");
    bot.reply(&discord, direct).await;
    let is_booked = || (bot.home().ledger().len() >= 4).then_some(());
    eventually("the turns in the ledger", is_booked).await;
    let costs: Vec<f64> = bot
        .home()
        .ledger()
        .iter()
        .map(|line| line["cost_usd"].as_f64().unwrap())
        .collect();
    let dollars =
        |turns: &[usize]| format!("${:.4}", turns.iter().map(|turn| costs[*turn]).sum::<f64>());
    let dm = discord.dm(owner);
    for (command, period, title) in [
        ("!usage", "today", "**Usage today** (UTC, list prices)"),
        (
            "!usage today",
            "today",
            "**Usage today** (UTC, list prices)",
        ),
        (
            "!usage month",
            "month",
            "**Usage this month** (UTC, list prices)",
        ),
        ("!usage all", "all", "**Total usage** (UTC, list prices)"),
    ] {
        let text = ask(&bot, &discord, member, command).await;
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], title);
        check_sum(lines[1], "This channel: 2 turns, ", &dollars(&[0, 1]));
        check_sum(
            lines[2],
            "- `claude-sonnet-5-5`: 2 turns, ",
            &dollars(&[0, 1]),
        );
        check_sum(lines[3], "You, everywhere: 2 turns, ", &dollars(&[1, 3]));
        assert_eq!(lines.len(), 4, "not what others used: {text}");
        let options = json!({ "period": period });
        let alone = bot.slash_alone(&discord, (here, member), "usage", &options);
        assert_eq!(alone.await, text);
        // The owner reads no more than that where others do.
        let text = ask(&bot, &discord, owner, command).await;
        let lines: Vec<_> = text.lines().collect();
        check_sum(lines[3], "You, everywhere: 2 turns, ", &dollars(&[0, 2]));
        assert_eq!(
            lines[4..],
            ["-# Everyone's usage is not shown here: `/usage` shows it to you alone."]
        );
        let alone = bot.slash_alone(&discord, (here, owner), "usage", &options);
        let alone = alone.await;
        let asked = discord.say(dm, owner, command);
        let direct = bot.reply(&discord, asked).await.content;
        for text in [&alone, &direct] {
            let is_above = |line: &&str| !line.starts_with("You");
            let lines: Vec<_> = text.lines().skip_while(is_above).collect();
            check_sum(lines[0], "You, everywhere: 2 turns, ", &dollars(&[0, 2]));
            let all = dollars(&[0, 1, 2, 3]);
            check_sum(lines[1], "All channels: 4 turns, ", &all);
            // The costliest first.
            let costliest = format!("- <#{here}>: 2 turns, ");
            check_sum(lines[2], &costliest, &dollars(&[0, 1]));
            let mut rest = lines[3..5].to_vec();
            rest.sort_unstable();
            check_sum(rest[0], &format!("- <#{there}>: 1 turn, "), &dollars(&[2]));
            let direct = format!("- direct message with {}: 1 turn, ", name(&discord, member));
            check_sum(rest[1], &direct, &dollars(&[3]));
            assert_eq!(lines[5], "By person:");
            for (user, turns) in [(owner, [0, 2]), (member, [1, 3])] {
                let beginning = format!("- {}: 2 turns, ", name(&discord, user));
                let line = lines.iter().find(|line| line.starts_with(&beginning));
                check_sum(line.unwrap(), &beginning, &dollars(&turns));
            }
            assert_eq!(lines[8], "By model:");
            check_sum(lines[9], "- `claude-sonnet-5-5`: 4 turns, ", &all);
            assert_eq!(lines.len(), 10, "{text}");
        }
    }
    assert_eq!(
        ask(&bot, &discord, owner, "!usage fortnight").await,
        "`fortnight` is not a period of `!usage`. Choose one of `today`, `month`, `all`, or leave it out for today."
    );
    bot.stop().await;
}

#[tokio::test]
async fn usage_comes_with_a_chart_of_the_channel() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    let asked = discord.say(here, owner, "!usage");
    assert!(
        bot.reply(&discord, asked).await.attachments.is_empty(),
        "nothing was spent"
    );
    ask(&bot, &discord, owner, "[[say one]]").await;
    let is_booked = || (bot.home().ledger().len() == 1).then_some(());
    eventually("the turn in the ledger", is_booked).await;
    let asked = discord.say(here, discord.member(), "!usage all");
    let usage = bot.reply(&discord, asked).await;
    assert_eq!(usage.attachments[0].name, "usage.png");
    let picture = files(&discord, &usage).await.remove(0);
    assert!(picture.starts_with(b"\x89PNG\r\n"));

    // The answer that one person alone sees has it too.
    let asked = bot
        .slash(&discord, (here, owner), "usage", &json!({}))
        .await;
    let alone = asked.response(DEADLINE).await.unwrap();
    assert_eq!(alone.ephemeral_to, Some(owner));
    assert_eq!(alone.attachments[0].name, "usage.png");
    assert_eq!(alone.attachments[0].size, picture.len());
    bot.stop().await;
}

#[tokio::test]
async fn an_admin_alone_reads_how_to_go_on_in_a_terminal() {
    let (discord, bot) = started().await;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    let refused = "Only this bot's admins can see how a session is continued in a terminal.";
    assert_eq!(ask(&bot, &discord, member, "!session").await, refused);
    let session = |user| bot.slash_alone(&discord, (here, user), "session", &Value::Null);
    assert_eq!(session(member).await, refused);
    assert!(
        session(owner)
            .await
            .starts_with("There is no session here yet")
    );
    ask(&bot, &discord, owner, "[[say one]]").await;
    assert_eq!(
        ask(&bot, &discord, owner, "!session").await,
        "How to continue a session in a terminal is not shown here: `/session` shows it to you alone."
    );
    let shown = session(owner).await;
    let command = shown.lines().nth(2).unwrap();
    let id = record(bot.home(), &discord)["session_id"].clone();
    let workspace = bot.home().path().join(format!("workspaces/{here}"));
    let begins = format!("cd {} && ", workspace.canonicalize().unwrap().display());
    assert!(command.starts_with(&begins), "{shown}");
    let ends = format!(
        "claude-stand-in --resume {} --fork-session",
        id.as_str().unwrap()
    );
    assert!(command.ends_with(&ends), "{shown}");
    bot.stop().await;
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
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    let refused = "Only this bot's admins can list the sessions of other channels.";
    let stranger = discord.stranger();
    assert_eq!(ask(&bot, &discord, stranger, "!sessions").await, refused);
    let sessions = |user| bot.slash_alone(&discord, (here, user), "sessions", &Value::Null);
    assert_eq!(sessions(stranger).await, refused);
    assert_eq!(sessions(member).await, "No channel has a session yet.");
    ask(&bot, &discord, owner, "[[say one]]").await;
    let direct = discord.say_directly(owner, "[[say two]]");
    bot.reply(&discord, direct).await;
    for admin in [owner, member] {
        let public = ask(&bot, &discord, admin, "!sessions").await;
        assert_eq!(
            public,
            "The sessions of other channels are not shown here: `/sessions` shows them to you alone."
        );
        let sessions = sessions(admin).await;
        let record = record(bot.home(), &discord);
        let id = &record["session_id"].as_str().unwrap()[..8];
        let mut lines: Vec<_> = sessions.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines[0], "**2 sessions**");
        let beginning = format!("- <#{here}> `{id}` `sonnet`, 1 turn, $");
        assert!(lines[1].starts_with(&beginning), "{sessions}");
        assert!(
            lines[1].contains(", <t:") && lines[1].ends_with(":R>"),
            "{sessions}"
        );
        let beginning = format!("- direct message with {} `", name(&discord, owner));
        assert!(lines[2].starts_with(&beginning), "{sessions}");
    }
    bot.stop().await;
}
