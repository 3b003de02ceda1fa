use loopback_discord::Loopback;

use super::*;
use crate::{
    discord::rest::{Class, route},
    snowflake::ChannelId,
};

#[tokio::test]
async fn answers_overtake_reactions_when_both_are_too_many() {
    const EACH: usize = 45;
    let names: Vec<String> = (0..2 * EACH).map(|number| number.to_string()).collect();
    let discord = Loopback::builder().channels(names.iter().map(String::as_str));
    let discord = discord.start().await.unwrap();
    let token = Token::parse(discord.token()).unwrap();
    let address = discord.url().parse().unwrap();
    let rest = Rest::new(&token, Some(&address), &Environment::default()).unwrap();
    let mut calls = tokio::task::JoinSet::new();
    let mut send = |call: Call| {
        let rest = rest.clone();
        calls.spawn(async move { rest.send(&call).await });
    };
    // All of them ask in this order before anything is sent.
    for name in &names[..EACH] {
        let channel = discord.channel(name);
        let message = MessageId(discord.say(channel, discord.owner(), "hello").get());
        let call = Call::reaction(ChannelId(channel.get()), message, "👀", true);
        send(call.class(Class::Reaction));
    }
    for name in &names[EACH..] {
        let channel = ChannelId(discord.channel(name).get());
        let body = serde_json::json!({ "content": "answer" });
        send(Call::new(route::CREATE_MESSAGE, &[&channel]).json(&body));
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap().unwrap();
    }
    let made = discord.calls();
    let is_reaction = |call: &&loopback_discord::Call| call.method == "PUT";
    let last = made.iter().rposition(|call| call.method == "POST").unwrap();
    let before = made[..last].iter().filter(is_reaction).count();
    // Of the 50 places, reactions leave 15 free; beyond that, one place in four goes to those that are overdue.
    assert!(before <= 35 + EACH / 4, "{before}");
    assert_eq!(made.iter().filter(is_reaction).count(), EACH);
    assert!(
        made.iter()
            .all(|call| call.status.is_some_and(|status| status < 400))
    );
}
