//! A running turn is priced as the CLI reports its calls, and stopped where a budget ends: one call over it at most. What is
//! booked is the CLI's own figure, or an estimate where it counts no interrupted call, and the session is kept.

use serde_json::json;

use super::world::World;

on_both_versions!(a_turn_is_stopped_where_its_budget_ends);

async fn a_turn_is_stopped_where_its_budget_ends(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.bot().config(&json!({
        "allowed_tools": ["Bash(echo *)"],
        "limits": { "channel": { "usd_per_turn": 0.035 } },
    }));
    let bot = bot.start(&world.discord).await;
    // The price is known from here on.
    assert_eq!(world.ask(&bot, "one").await, "echo(1): one");
    world.booked(1).await;
    let before = world.messages.billed();
    // Each call costs one or two cents.
    let call = "[[usage in=5000 out=0]] [[tool Bash {\"command\":\"echo ringing\"}]] ";
    let asked = world.say(&call.repeat(12));
    let stopped = world
        .reply(&bot, asked, "Stopped: this turn has used up")
        .await;
    assert!(stopped.contains("($0.0350)"), "{stopped}");
    world.booked(2).await;
    let line = &world.home.ledger()[1];
    assert_eq!(line["outcome"], "over_budget");
    let bill = world.messages.billed().calls.split_off(before.calls.len());
    let sum = |calls: &[f64]| calls.iter().sum::<f64>();
    let (last, earlier) = bill.split_last().unwrap();
    // Another call may have begun by the time the CLI is interrupted.
    let within = earlier.len().saturating_sub(1);
    assert!(
        sum(&bill) >= 0.035 && sum(&earlier[..within]) < 0.035,
        "{bill:?}"
    );
    let booked = line["cost_usd"].as_f64().unwrap();
    assert!(
        (sum(earlier) - last..sum(&bill) + 1e-9).contains(&booked),
        "{booked} of {bill:?}"
    );
    let answer = world.ask(&bot, "go on").await;
    assert!(answer.ends_with("): go on"), "{answer}");
    world.stop(bot).await;
}
