//! The router, against the loopback Discord.

use std::{sync::atomic::AtomicU64, time::Duration};

use chrono::{TimeDelta, Utc};
use loopback_discord::{Fault, Loopback};
use serde_json::Value;

use super::*;
use crate::{
    chat::{Directory, Interaction, InteractionReply, Outbox, Post, PostKey, observer::Observers},
    config::{Environment, Token},
    discord::{rest::Rest, slash},
};

const DEADLINE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn an_answer_appears_after_the_acknowledgement_of_its_command() {
    let discord = Loopback::builder().start().await.unwrap();
    let token = Token::parse(discord.token()).unwrap();
    let address = discord.url().parse().unwrap();
    let rest = Rest::new(&token, Some(&address), &Environment::default()).unwrap();
    let application = discord.application().get();
    rest.put_commands(application, &slash::commands(&[]))
        .await
        .unwrap();
    let login = Login {
        history: History {
            rest,
            directory: Directory::default(),
            bot: Arc::new(AtomicU64::new(discord.bot().get())),
        },
        application,
        owners: [].into(),
        reads_content: true,
    };
    let (outbox, ops) = Outbox::new(Observers::default());
    let (events, mut told) = mpsc::unbounded_channel();
    let running = start(&login, Arc::new(Redactor::new(&[])), ops, events);

    let callback = "POST /interactions/*/*/callback";
    let slow = Duration::from_millis(500);
    discord.inject(Fault::delayed(callback, slow));
    let asked = discord.slash(discord.general(), discord.owner(), "help", &Value::Null);
    let channel = ChannelId(discord.general().get());
    outbox.send(ChatOp::Reply {
        channel,
        interaction: Interaction {
            id: asked.id().get(),
            token: asked.token(),
            deadline: Utc::now() + TimeDelta::seconds(3),
        },
        reply: InteractionReply::Private("received".to_owned()),
    });
    outbox.put(channel, PostKey::new("a"), Post::text("answer"));
    let event = tokio::time::timeout(DEADLINE, told.recv()).await.unwrap();
    let Some(ChatEvent::Posted { messages, .. }) = event else {
        panic!("{event:?}");
    };
    let acknowledged = asked.original().expect("an acknowledgement").id;
    assert!(acknowledged.get() < messages[0].0);

    drop(outbox);
    tokio::time::timeout(DEADLINE, running)
        .await
        .unwrap()
        .unwrap();
}
