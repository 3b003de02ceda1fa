//! The slash twins.
//!
//! * Each says what the typed command says.
//! * Each is acknowledged at once, even while a turn runs, and answered once and in its turn.
//! * Strangers: see [`strangers`](super::strangers).

use std::time::Duration;

use serde_json::{Value, json};

use super::{ask, hang, started};
use crate::support::{DEADLINE, said};

/// How long Discord waits for the acknowledgement of a slash command.
const PATIENCE: Duration = Duration::from_secs(3);

#[tokio::test]
async fn typed_and_slash_say_the_same() {
    let (discord, bot) = started().await;
    let here = discord.general();
    ask(&bot, &discord, discord.owner(), "[[say one]]").await;
    for (typed, name, options) in [
        ("!help", "help", json!({})),
        ("!model", "model", json!({})),
        ("!model gpt", "model", json!({ "name": "gpt" })),
        ("!verbose", "verbose", json!({})),
        ("!verbose full", "verbose", json!({ "card": "full" })),
        ("!stream", "stream", json!({})),
        ("!stream block", "stream", json!({ "mode": "block" })),
        ("!persona", "persona", json!({})),
        ("!persona nobody", "persona", json!({ "name": "nobody" })),
        ("!stop", "stop", json!({})),
    ] {
        for user in [discord.owner(), discord.member()] {
            let text = ask(&bot, &discord, user, typed).await;
            let slash = bot.slash_answer(&discord, (here, user), name, &options);
            assert_eq!(slash.await, text, "{typed}");
        }
    }
    assert_eq!(bot.stop().await.ledger().len(), 1, "none of them is a turn");
}

#[tokio::test]
async fn slash_commands_are_acknowledged_at_once_and_answered_in_order() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    hang(&bot, &discord).await;
    let asked = bot
        .slash(&discord, (here, owner), "model", &json!({ "name": "opus" }))
        .await;
    let acknowledged = asked.acknowledged(PATIENCE).await.unwrap();
    assert_eq!((acknowledged.kind, acknowledged.ephemeral), (4, true));
    // One overtakes what the other waits for.
    let before = said(&discord, here);
    bot.slash(&discord, (here, owner), "stop", &Value::Null)
        .await;
    let texts = [
        "Stopped. The session is kept; 1 message is waiting and runs next.",
        "This channel uses `opus` from the next message on (was `sonnet`).",
    ];
    let texts = [before, texts.map(str::to_owned).to_vec()].concat();
    bot.has_said(&discord, here, &texts).await;
    assert_eq!(asked.followups().len(), 0);
    assert!(
        asked.original().unwrap().history.is_empty(),
        "an acknowledgement is not edited"
    );
}

#[tokio::test]
async fn a_slash_command_is_answered_once_though_it_comes_twice() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    ask(&bot, &discord, owner, "[[say one]]").await;
    bot.slash_answer(&discord, (here, owner), "help", &Value::Null)
        .await;
    discord.gateway().duplicate_next(1);
    let before = said(&discord, here).len();
    let clear = discord.slash(here, owner, "clear", &Value::Null);
    clear.acknowledged(DEADLINE).await.unwrap();
    // Whatever the second one does is done before this is answered.
    ask(&bot, &discord, owner, "!model").await;
    let texts = said(&discord, here).split_off(before);
    assert_eq!(texts.len(), 2, "{texts:#?}");
    assert!(texts[0].starts_with("Cleared: 1 turn"), "{texts:#?}");
}
