//! What goes first where the bot sends more than Discord takes.

use std::time::Duration;

use loopback_discord::{Call, Loopback};

use crate::support::Bot;

/// Discord's global limit counts these.
const SECOND: Duration = Duration::from_secs(1);

fn is_small(call: &Call) -> bool {
    call.path.ends_with("/typing") || call.path.contains("/reactions/")
}

#[tokio::test]
async fn typing_and_reactions_leave_room_for_answers() {
    let names: Vec<String> = (0..20).map(|number| format!("channel-{number}")).collect();
    let discord = Loopback::builder().channels(names.iter().map(String::as_str));
    let discord = discord.start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    for round in ["first", "second"] {
        let asked: Vec<_> = names
            .iter()
            .map(|name| {
                let channel = discord.channel(name);
                discord.say(channel, discord.owner(), &format!("[[say {round}]]"))
            })
            .collect();
        for message in asked {
            let answer = bot.reply(&discord, message).await;
            assert!(answer.content.contains(round), "{answer:?}");
        }
    }
    let calls = discord.calls();
    let limited = calls.iter().filter(|call| call.status == Some(429));
    assert_eq!(limited.count(), 0);
    for (number, first) in calls.iter().enumerate() {
        let window = calls[number..].iter();
        let window = window.take_while(|call| call.at < first.at + SECOND);
        let counted: Vec<_> = window
            .filter(|call| !call.path.starts_with("/interactions"))
            .collect();
        let small = counted.iter().filter(|call| is_small(call)).count();
        assert!(
            counted.len() <= 50 && small <= 40,
            "{} {small}",
            counted.len()
        );
    }
}
