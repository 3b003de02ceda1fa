//! What the real CLI runs in the background.
//!
//! - a command holds its process, is named and ended by `!stop`
//! - a command that ends is reported of; a message that comes while Claude reports is answered, once, by itself
//! - a command that is lost with its process is named
//! - a report that begins when a limit of cost is reached is ended
//! - a tool has no file of the bot's open

use std::{collections::BTreeSet, fs, time::Duration};

use serde_json::json;

use super::world::{World, until};
use crate::support::{Need, Running, said, skip_without};

on_both_versions!(
    a_command_in_the_background_holds_its_process_until_it_is_stopped,
    a_message_that_comes_during_a_report_is_answered_once,
    a_command_that_is_lost_is_named,
    a_report_at_a_limit_of_cost_is_ended,
    no_file_of_the_bots_is_open_in_a_tool,
);

/// Idle processes are ended after a second.
async fn start(world: &World) -> Running {
    let bot = world
        .bot()
        .config(&json!({ "allowed_tools": ["Bash"], "claude": { "idle_secs": 1 } }));
    bot.start(&world.discord).await
}

pub(super) fn in_background(command: &str) -> String {
    let input =
        json!({ "command": command, "description": "the watch", "run_in_background": true });
    format!("[[tool Bash {input}]]")
}

fn runs(world: &World, seconds: &str) -> bool {
    world
        .processes()
        .iter()
        .any(|line| line.contains(&format!("sleep {seconds}")))
}

async fn with_command(world: &World, bot: &Running) -> String {
    let seconds = world.long_time();
    let asked = world.say(&in_background(&format!("sleep {seconds}")));
    world.reply(bot, asked, "tool said: ").await;
    until("the command to run", || runs(world, &seconds)).await;
    seconds
}

async fn a_command_in_the_background_holds_its_process_until_it_is_stopped(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let seconds = with_command(&world, &bot).await;
    // Twice as long as an idle process lives.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(runs(&world, &seconds), "{}", bot.log.text());
    let told = world.ask(&bot, "!stop").await;
    assert_eq!(told, "Stopped in the background: `the watch`.");
    until("the command's end", || !runs(&world, &seconds)).await;
    until("the idle process's end", || world.processes().is_empty()).await;
    world.stop(bot).await;
}

async fn a_message_that_comes_during_a_report_is_answered_once(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let asked = world.say(&in_background("sleep 1.2s"));
    world.reply(&bot, asked, "tool said: ").await;
    // The report is on its way or under way, or just over: the answer is the same.
    let mut answers = Vec::new();
    for number in 1..=4 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let words = format!("number {number}");
        answers.push(world.reply(&bot, world.say(&words), "number").await);
    }
    until("the report", || {
        world.home.outcomes().contains(&"background".into())
    })
    .await;
    for (number, answer) in answers.iter().enumerate() {
        assert!(
            answer.ends_with(&format!("number {}", number + 1)),
            "{answers:#?}"
        );
    }
    // The first answer, four to the messages, and the report.
    let texts = said(&world.discord, world.discord.general());
    assert_eq!(texts.len(), 6, "{texts:#?}");
    world.booked(6).await;
    let mut outcomes = world.home.outcomes();
    outcomes.retain(|outcome| outcome != "answered");
    assert_eq!(outcomes, ["background"]);
    world.stop(bot).await;
}

/// On 2.1.197 the description of a command steers the API's part in the report: here, to run a tool. What is written
/// meanwhile would be taken into the report.
#[tokio::test]
async fn a_message_is_not_folded_into_a_running_report() {
    let world = World::new(super::world::OLD).await;
    let bot = start(&world).await;
    let seconds = format!("1.{}s", std::process::id());
    let steering = format!(
        "[[tool Bash {}]]",
        json!({ "command": format!("sleep {seconds}") })
    );
    let input =
        json!({ "command": "sleep 0.3s", "description": steering, "run_in_background": true });
    let asked = world.say(&format!("[[tool Bash {input}]]"));
    world.reply(&bot, asked, "tool said: ").await;
    until("the report's tool to run", || runs(&world, &seconds)).await;
    let answer = world.ask(&bot, "meanwhile").await;
    assert!(answer.ends_with("): meanwhile"), "{answer}");
    world.booked(3).await;
    assert_eq!(
        world.home.outcomes(),
        ["answered", "background", "answered"]
    );
    let apart = world.requests_for("meanwhile");
    assert_eq!(apart.len(), 1, "asked for by itself");
    world.stop(bot).await;
}

async fn a_report_at_a_limit_of_cost_is_ended(version: &'static str) {
    let world = World::new(version).await;
    let config = json!({
        "allowed_tools": ["Bash"],
        "limits": { "user": { "usd_per_day": 0.2 } },
    });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let (here, member) = (world.discord.general(), world.discord.member());
    // The turn that begins it is dear enough, but only the output of its second call shows that.
    let words = format!("{} [[usage in=9000 out=9000]]", in_background("sleep 0.5s"));
    let asked = world.discord.say(here, member, &words);
    let ended = bot
        .hears(&world.discord, asked, "ended Claude's report")
        .await;
    assert!(
        ended.starts_with(
            "I ended Claude's report on its background tasks because the daily budget"
        ),
        "{ended}"
    );
    let refused = world.discord.say(here, member, "more");
    let refusal = bot.reply(&world.discord, refused).await.content;
    assert!(
        refusal.starts_with("You've reached the daily budget."),
        "{refusal}"
    );
    world.stop(bot).await;
}

async fn a_command_that_is_lost_is_named(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let seconds = with_command(&world, &bot).await;
    world.stop(bot).await;
    assert!(!runs(&world, &seconds));
    let texts = said(&world.discord, world.discord.general());
    assert!(
        texts
            .last()
            .unwrap()
            .contains("still running in the background: `the watch`"),
        "{texts:#?}"
    );
}

/// What a process has open, as links of `/proc`: files by path, pipes and sockets by number.
fn open_files(process: &str) -> BTreeSet<String> {
    let open = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    open.filter_map(|fd| {
        // One that is closed while we look is not open.
        let target = fs::read_link(fd.unwrap().path()).ok()?;
        Some(target.to_string_lossy().into_owned())
    })
    .collect()
}

async fn no_file_of_the_bots_is_open_in_a_tool(version: &'static str) {
    if skip_without(Need::Root) {
        return;
    }
    let world = World::new(version).await;
    let bot = start(&world).await;
    let of_the_bot = open_files(&bot.pid().to_string());
    let input = json!({ "command": "ls -l /proc/self/fd /proc/$PPID/fd > open-files" });
    world.ask(&bot, &format!("[[tool Bash {input}]]")).await;
    let workspace = world.home.path().join("workspaces");
    let workspace = workspace.join(world.discord.general().to_string());
    let of_the_tool = fs::read_to_string(workspace.join("open-files")).unwrap();
    let shared: Vec<_> = of_the_bot
        .iter()
        .filter(|file| !file.starts_with("/dev/") && !file.starts_with("anon_inode"))
        .filter(|file| {
            of_the_tool
                .lines()
                .any(|line| line.ends_with(&format!("-> {file}")))
        })
        .collect();
    assert!(shared.is_empty(), "{shared:#?} in\n{of_the_tool}");
    assert!(of_the_tool.contains("-> /"), "{of_the_tool}");
    world.stop(bot).await;
}
