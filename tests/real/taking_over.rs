//! Messages that arrive while the real CLI works.
//!
//! - one that steers lets a running tool finish, or cuts what Claude writes; the model reads it as a user's, after what it has
//!   done so far, and it is booked as its author's
//! - one that interrupts ends the tool and is next
//! - in the mode `collect`, the model reads all of them at once, each as its author's

use std::path::PathBuf;

use loopback_discord::Snowflake;
use loopback_messages::Request;
use serde_json::{Value, json};

use super::world::{World, assert_usd, until};
use crate::support::{Running, said};

on_both_versions!(
    a_message_that_steers_follows_the_running_tool,
    a_message_that_steers_cuts_a_text,
    a_message_that_interrupts_is_next,
    collected_messages_are_one_turn,
);

async fn start(world: &World) -> Running {
    let config = json!({
        "allowed_tools": ["Bash"],
        "discord": { "approvals": "off", "verbose": "off" },
    });
    world.bot().config(&config).start(&world.discord).await
}

fn file(world: &World, name: &str) -> PathBuf {
    let here = world.discord.general();
    world.home.path().join(format!("workspaces/{here}/{name}"))
}

/// Has Claude run a tool that ends once the file `go` is there. A tool that has just begun would not finish.
pub(super) async fn slow(world: &World) -> Snowflake {
    let command = "sleep 0.5s; touch began; until [ -e go ]; do sleep 0.05s; done; touch done";
    let asked = world.say(&format!("[[tool Bash {}]]", json!({ "command": command })));
    until("the tool to run", || file(world, "began").exists()).await;
    asked
}

pub(super) fn go(world: &World) {
    let here = world.discord.general();
    world.home.write(&format!("workspaces/{here}/go"), "");
}

pub(super) async fn open_turns(world: &World, count: usize) {
    until("the open turns", || {
        let open = &world.record()["state"]["open_turns"];
        open.as_array().map_or(0, Vec::len) == count
    })
    .await;
}

/// The one request that brought these words to the model. They have a block of their own in the last message, a user's.
fn request(world: &World, words: &str) -> Request {
    let mut requests = world.requests_for(words);
    assert_eq!(requests.len(), 1, "{words}");
    let request = requests.remove(0);
    assert!(request.last_user_blocks().contains(&words), "{request:?}");
    let last = request.messages().last().unwrap();
    assert_eq!(last["role"], "user", "{last}");
    request
}

/// The turns of the ledger are these, and their costs are what the API billed.
async fn booked(world: &World, turns: &[(Snowflake, Snowflake, &str)]) {
    world.booked(turns.len()).await;
    let lines = world.home.ledger();
    for (line, (message, author, outcome)) in lines.iter().zip(turns) {
        assert_eq!(line["message"], message.to_string(), "{line}");
        assert_eq!(line["author"], author.to_string(), "{line}");
        assert_eq!(line["outcome"], *outcome, "{line}");
    }
    let usd = |line: &Value| line["cost_usd"].as_f64().unwrap();
    let total = world.record()["total_cost_usd"].as_f64().unwrap();
    assert_usd(total, lines.iter().map(usd).sum());
}

async fn a_message_that_steers_follows_the_running_tool(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let (owner, member) = (world.discord.owner(), world.discord.member());
    let first = slow(&world).await;
    let steering = world
        .discord
        .say(world.discord.general(), member, "!! turn left");
    open_turns(&world, 2).await;
    go(&world);
    let answer = world.reply(&bot, steering, "turn left").await;
    assert_eq!(answer, "echo(2): turn left");
    bot.hears(&world.discord, first, "Claude goes on with")
        .await;
    assert!(file(&world, "done").exists());
    let steered = request(&world, "turn left");
    let last = steered.messages().last().unwrap()["content"].to_string();
    assert!(last.contains("tool_result"), "{last}");
    assert!(last.contains(&format!("Discord user {member}")), "{last}");
    booked(
        &world,
        &[
            (first, owner, "interrupted"),
            (steering, member, "answered"),
        ],
    )
    .await;
    // No call was cut, so all of them are counted.
    let total = world.record()["total_cost_usd"].as_f64().unwrap();
    assert_usd(total, world.messages.billed().total());
    // The session has both, and goes on.
    assert_eq!(world.ask(&bot, "and on").await, "echo(3): and on");
    world.stop(bot).await;
}

async fn a_message_that_steers_cuts_a_text(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let (owner, member) = (world.discord.owner(), world.discord.member());
    let text = "[[slow 200]] a long story";
    let first = world.say(text);
    world.streaming(text).await;
    let steering = world
        .discord
        .say(world.discord.general(), member, "!! be short");
    let answer = world.reply(&bot, steering, "be short").await;
    assert_eq!(answer, "echo(2): be short");
    request(&world, "be short");
    bot.hears(&world.discord, first, "Claude goes on with")
        .await;
    booked(
        &world,
        &[
            (first, owner, "interrupted"),
            (steering, member, "answered"),
        ],
    )
    .await;
    assert_eq!(world.ask(&bot, "and on").await, "echo(3): and on");
    world.stop(bot).await;
}

async fn a_message_that_interrupts_is_next(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let discord = &world.discord;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    let first = slow(&world).await;
    let waits = world.discord.say(here, member, "after that");
    let interrupts = world.say("!!! at once");
    bot.hears(&world.discord, first, "Stopped: Claude goes on with")
        .await;
    world.reply(&bot, interrupts, "at once").await;
    world.reply(&bot, waits, "after that").await;
    assert!(!file(&world, "done").exists());
    request(&world, "at once");
    request(&world, "after that");
    let order = said(&world.discord, here);
    let at = |words: &str| order.iter().position(|text| text.ends_with(words));
    assert!(at("): at once") < at("): after that"), "{order:?}");
    booked(
        &world,
        &[
            (first, owner, "interrupted"),
            (interrupts, owner, "answered"),
            (waits, member, "answered"),
        ],
    )
    .await;
    world.stop(bot).await;
}

async fn collected_messages_are_one_turn(version: &'static str) {
    let world = World::new(version).await;
    let bot = start(&world).await;
    let discord = &world.discord;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    world
        .reply(&bot, world.say("!queue mode collect"), "(`collect`)")
        .await;
    let first = slow(&world).await;
    world.discord.say(here, member, "the sea is red");
    let last = world.say("the sky is green");
    let queue = world.say("!queue");
    bot.hears(&world.discord, queue, "2 messages wait here:")
        .await;
    go(&world);
    world.reply(&bot, first, "tool said").await;
    world.reply(&bot, last, "): the sky is green").await;
    let both = request(&world, "the sky is green");
    let blocks = both.last_user_blocks();
    let at = |words: &str| blocks.iter().position(|block| block.contains(words));
    let order = [
        &format!("Discord user {member}"),
        "the sea is red",
        &format!("Discord user {owner}"),
        "the sky is green",
    ]
    .map(|words| at(words).unwrap_or_else(|| panic!("no {words} in {blocks:#?}")));
    assert!(order.is_sorted(), "{order:?}");
    assert!(world.requests_for("the sea is red").is_empty());
    booked(
        &world,
        &[(first, owner, "answered"), (last, owner, "answered")],
    )
    .await;
    let total = world.record()["total_cost_usd"].as_f64().unwrap();
    assert_usd(total, world.messages.billed().total());
    world.stop(bot).await;
}
