//! The loopback with serenity, unmodified, as a bot uses it.
//!
//! These tests verify that:
//! * READY arrives, and messages and slash commands reach the handler;
//! * what the handler calls is taken: a message, typing, a deferral and its edit, application info;
//! * a lost connection is resumed without losing a message, and a bad token ends the client.

use std::{sync::Arc, time::Duration};

use loopback_discord::{Close, Loopback};
use serde_json::json;
use serenity::{
    all::{
        Client, Context, CreateActionRow, CreateButton, CreateCommand, CreateCommandOption,
        CreateInteractionResponse, CreateInteractionResponseFollowup,
        CreateInteractionResponseMessage, CreateMessage, EditInteractionResponse, EventHandler,
        GatewayIntents, Interaction, Message, Ready,
    },
    async_trait,
    client::ClientBuilder,
    gateway::{GatewayError, ShardManager},
    http::{Http, HttpBuilder},
    model::application::{Command, CommandOptionType},
};

const SOON: Duration = Duration::from_secs(20);

struct Echo;

#[async_trait]
impl EventHandler for Echo {
    async fn ready(&self, context: Context, _: Ready) {
        let option = CreateCommandOption::new(CommandOptionType::String, "name", "The model");
        let command = CreateCommand::new("model")
            .description("Show or change the model")
            .add_option(option);
        let made = Command::set_global_commands(&context.http, vec![command]).await;
        assert_eq!(made.unwrap()[0].name, "model");
    }

    async fn message(&self, context: Context, message: Message) {
        if message.author.bot {
            return;
        }
        message
            .channel_id
            .broadcast_typing(&context.http)
            .await
            .unwrap();
        let button = CreateButton::new("again").label("Again");
        let answer = CreateMessage::new()
            .content(format!("you said: {}", message.content))
            .components(vec![CreateActionRow::Buttons(vec![button])])
            .reference_message(&message);
        let sent = message
            .channel_id
            .send_message(&context.http, answer)
            .await
            .unwrap();
        assert_eq!(
            sent.referenced_message.map(|found| found.id),
            Some(message.id)
        );
    }

    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        match interaction {
            Interaction::Command(asked) => {
                asked.defer_ephemeral(&context.http).await.unwrap();
                let option = asked
                    .data
                    .options
                    .first()
                    .and_then(|found| found.value.as_str());
                let text = format!("{} {}", asked.data.name, option.unwrap_or("none"));
                let edit = EditInteractionResponse::new().content(text);
                asked.edit_response(&context.http, edit).await.unwrap();
                let more = CreateInteractionResponseFollowup::new().content("more");
                asked.create_followup(&context.http, more).await.unwrap();
            }
            Interaction::Component(pressed) => {
                let update = CreateInteractionResponseMessage::new()
                    .content(format!("pressed by {}", pressed.user.name))
                    .components(vec![]);
                let update = CreateInteractionResponse::UpdateMessage(update);
                pressed
                    .create_response(&context.http, update)
                    .await
                    .unwrap();
            }
            other => panic!("unexpected: {other:?}"),
        }
    }
}

async fn client(discord: &Loopback, token: &str) -> Client {
    let http = HttpBuilder::new(token)
        .proxy(discord.url())
        .ratelimiter_disabled(true)
        .build();
    let intents = GatewayIntents::GUILD_MESSAGES
        | GatewayIntents::DIRECT_MESSAGES
        | GatewayIntents::GUILDS
        | GatewayIntents::MESSAGE_CONTENT;
    let client = ClientBuilder::new_with_http(http, intents)
        .event_handler(Echo)
        .await
        .unwrap();
    assert_eq!(*client.ws_url.lock().await, discord.ws_url());
    client
}

/// Starts the bot, and waits until its commands are registered.
async fn start(discord: &Loopback) -> (Arc<ShardManager>, Arc<Http>) {
    let mut client = client(discord, discord.token()).await;
    let (shards, http) = (Arc::clone(&client.shard_manager), Arc::clone(&client.http));
    tokio::spawn(async move { client.start().await });
    discord
        .wait_until(SOON, "the commands", |view| !view.commands().is_empty())
        .await
        .unwrap();
    (shards, http)
}

#[tokio::test]
async fn a_bot_lives_here() {
    let discord = Loopback::builder().start().await.unwrap();
    let (shards, http) = start(&discord).await;

    let app = http.get_current_application_info().await.unwrap();
    assert_eq!(app.owner.unwrap().id.get(), discord.owner().get());
    assert_eq!(app.id.get(), discord.application().get());
    for channel in [discord.general(), discord.dm(discord.owner())] {
        http.get_channel(channel.get().into()).await.unwrap();
        let asked = discord.say(channel, discord.owner(), "hello");
        let answer = discord
            .wait_until(SOON, "an answer", |view| view.replies_to(asked).pop())
            .await
            .unwrap();
        assert_eq!(answer.content, "you said: hello");
        assert_eq!(discord.typing_calls(channel), 1);

        let pressed = discord.press(answer.id, "again", discord.owner());
        assert_eq!(pressed.acknowledged(SOON).await.unwrap().kind, 7);
        assert_eq!(pressed.original().unwrap().content, "pressed by olivia");

        let asked = discord.slash(
            channel,
            discord.owner(),
            "model",
            &json!({ "name": "opus" }),
        );
        assert!(asked.acknowledged(SOON).await.unwrap().ephemeral);
        assert_eq!(asked.response(SOON).await.unwrap().content, "model opus");
        assert_eq!(asked.followed_up(1, SOON).await.unwrap()[0].content, "more");
    }
    let thread = discord.add_thread(discord.general(), "a thread");
    let found = http.get_channel(thread.get().into()).await.unwrap();
    assert_eq!(
        found.guild().unwrap().parent_id.unwrap().get(),
        discord.general().get()
    );
    let history = http
        .get_messages(discord.general().get().into(), None, Some(10))
        .await;
    assert_eq!(
        history.unwrap().len(),
        3,
        "asked, answered, and the follow-up"
    );
    shards.shutdown_all().await;
}

#[tokio::test]
async fn a_team_owns_an_application() {
    let discord = Loopback::builder()
        .team(["Ada", "Ben"])
        .start()
        .await
        .unwrap();
    let http = HttpBuilder::new(discord.token())
        .proxy(discord.url())
        .ratelimiter_disabled(true)
        .build();
    let team = http
        .get_current_application_info()
        .await
        .unwrap()
        .team
        .unwrap();
    let members: Vec<_> = team
        .members
        .iter()
        .map(|member| member.user.id.get())
        .collect();
    let expected: Vec<_> = discord.team().iter().map(|id| id.get()).collect();
    assert_eq!(members, expected);
}

#[tokio::test]
async fn a_lost_connection_is_resumed() {
    let discord = Loopback::builder().start().await.unwrap();
    let (shards, _) = start(&discord).await;
    for (round, lose) in [
        (|gateway| gateway.drop_connections()) as fn(loopback_discord::Gateway<'_>),
        |gateway| gateway.close(&Close::code(4000)),
        |gateway| gateway.ask_to_reconnect(),
    ]
    .into_iter()
    .enumerate()
    {
        lose(discord.gateway());
        let asked = discord.say(discord.general(), discord.owner(), "are you there?");
        discord
            .wait_until(SOON, "an answer", |view| !view.replies_to(asked).is_empty())
            .await
            .unwrap();
        discord
            .wait_until(SOON, "a resume", |view| view.resumes() == round + 1)
            .await
            .unwrap();
    }
    assert_eq!(discord.gateway().identifies(), 1);
    shards.shutdown_all().await;
}

#[tokio::test]
async fn what_may_not_connect_is_told_so() {
    let discord = Loopback::builder()
        .message_content(false)
        .start()
        .await
        .unwrap();
    let end = client(&discord, discord.token()).await.start().await;
    assert!(matches!(
        end,
        Err(serenity::Error::Gateway(
            GatewayError::DisallowedGatewayIntents
        ))
    ));
}
