//! Sends that outlast their nonce, against a Discord that forgets it soon.

use loopback_discord::{Fault, Loopback};
use tokio::task::JoinHandle;

use super::*;
use crate::{
    chat::{Directory, Post},
    config::{Environment, Token},
    discord::render::AnswerLimits,
};

const SEND: &str = "POST /channels/*/messages";
const LOOK: &str = "GET /channels/*/messages";

/// How long a nonce is taken to serve, and how long it does.
const SERVES: Duration = Duration::from_millis(400);
const MEMORY: Duration = Duration::from_millis(600);

/// Longer than a nonce is remembered.
const LIMIT: Duration = Duration::from_secs(1);

const DEADLINE: Duration = Duration::from_mins(1);

/// Something is said while these faults strike.
async fn said(
    faults: impl IntoIterator<Item = Fault>,
) -> (Loopback, JoinHandle<Result<MessageId, Failed>>) {
    let discord = Loopback::builder().nonce_memory(MEMORY).start().await;
    let discord = discord.unwrap();
    for fault in faults {
        discord.inject(fault);
    }
    let token = Token::parse(discord.token()).unwrap();
    let address = discord.url().parse().unwrap();
    let rest = Rest::new(&token, Some(&address), &Environment::default()).unwrap();
    let channel = ChannelId(discord.general().get());
    let bot = discord.bot().get();
    let history = History {
        rest,
        directory: Directory::default(),
        bot: Arc::new(bot.into()),
    };
    let sender = Sender {
        nonce_lifetime: SERVES,
        ..Sender::new(&history, channel)
    };
    let page = page::pages(Post::text("once"), &AnswerLimits::default()).remove(0);
    let creating = tokio::spawn(async move { sender.create(&page, "nonce").await });
    (discord, creating)
}

/// Waits for so many calls.
async fn called(discord: &Loopback, route: &str, times: usize) {
    let calls = discord.wait_until(DEADLINE, route, |view| {
        view.calls_to(route).count() >= times
    });
    calls.await.unwrap();
}

fn stands(discord: &Loopback) -> usize {
    discord.bot_messages(discord.general()).len()
}

#[tokio::test]
async fn a_post_hidden_by_an_outage_is_looked_up_afterwards() {
    let (discord, creating) = said([
        Fault::lost_answer(SEND),
        Fault::status(SEND, 503).always(),
        Fault::status(LOOK, 503).always(),
    ])
    .await;
    // The pauses between these are longer together than the nonce is remembered.
    called(&discord, LOOK, 5).await;
    discord.clear_faults();
    assert!(creating.await.unwrap().is_ok());
    assert_eq!(stands(&discord), 1);
}

#[tokio::test]
async fn a_post_hidden_by_a_limit_is_looked_up_afterwards() {
    let (discord, creating) = said([
        Fault::lost_answer(SEND),
        Fault::rate_limited_globally(SEND, LIMIT),
    ])
    .await;
    assert!(creating.await.unwrap().is_ok());
    assert_eq!(stands(&discord), 1);
}

#[tokio::test]
async fn what_is_not_there_is_sent_again() {
    let (discord, creating) = said([
        Fault::status(SEND, 503).always(),
        Fault::status(LOOK, 503).times(2),
    ])
    .await;
    called(&discord, LOOK, 3).await;
    discord.clear_faults();
    assert!(creating.await.unwrap().is_ok());
    assert_eq!(stands(&discord), 1);
}

#[tokio::test]
async fn without_history_it_resends_except_at_shutdown() {
    for (status, is_sent) in [(403, true), (401, false)] {
        let (discord, creating) = said([
            Fault::status(SEND, 503).always(),
            Fault::status(LOOK, status).always(),
        ])
        .await;
        called(&discord, LOOK, 1).await;
        discord.clear_faults();
        let created = creating.await.unwrap();
        match created {
            Ok(_) => assert!(is_sent),
            Err(failed) => assert_eq!(post_failure(&failed), PostFailure::ShuttingDown),
        }
        assert_eq!(stands(&discord), usize::from(is_sent));
    }
}
