//! A person writes, Claude answers, turn after turn.

use loopback_discord::Loopback;

use crate::support::{Bot, DEADLINE};

#[tokio::test]
async fn a_message_is_answered_as_a_reply() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let asked = discord.say(discord.general(), discord.owner(), "[[say hello]]");
    let answer = discord
        .wait_until(DEADLINE, "an answer", |view| view.replies_to(asked).pop())
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
    assert_eq!(answer.content, "hello");
    let home = bot.stop().await;
    assert_eq!(home.active()[discord.general().to_string()]["message_count"], 1);
    assert_eq!(home.ledger().len(), 1);
}
