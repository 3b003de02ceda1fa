//! A bot with unmodified serenity: READY, messages, commands, components, threads, RESUME and the end
//! of the client on a fatal close code.

use std::{sync::Arc, time::Duration};

use loopback_discord::{Close, Loopback, Permissions};
use serde_json::json;
use serenity::{
    all::{
        ChannelId, Client, Context, CreateActionRow, CreateAttachment, CreateButton, CreateCommand,
        CreateCommandOption, CreateInteractionResponse, CreateInteractionResponseFollowup,
        CreateInteractionResponseMessage, CreateMessage, CreateThread, EditAttachments,
        EditInteractionResponse, EditMessage, EditThread, EventHandler, GatewayIntents,
        GuildChannel, GuildId, Interaction, Message, MessageId, MessageUpdateEvent,
        PartialGuildChannel, Reaction, Ready, ThreadListSyncEvent, TypingStartEvent,
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
        let reply = CreateMessage::new()
            .content(format!("you said: {}", message.content))
            .components(vec![CreateActionRow::Buttons(vec![button])])
            .reference_message(&message);
        let sent = message
            .channel_id
            .send_message(&context.http, reply)
            .await
            .unwrap();
        assert_eq!(
            sent.referenced_message.map(|found| found.id),
            Some(message.id)
        );
    }

    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        match interaction {
            Interaction::Command(command) => {
                command.defer_ephemeral(&context.http).await.unwrap();
                let option = command
                    .data
                    .options
                    .first()
                    .and_then(|found| found.value.as_str());
                let text = format!("{} {}", command.data.name, option.unwrap_or("none"));
                let edit = EditInteractionResponse::new().content(text);
                command.edit_response(&context.http, edit).await.unwrap();
                let more = CreateInteractionResponseFollowup::new().content("more");
                command.create_followup(&context.http, more).await.unwrap();
            }
            Interaction::Component(component) => {
                let update = CreateInteractionResponseMessage::new()
                    .content(format!("pressed by {}", component.user.name))
                    .components(vec![]);
                let update = CreateInteractionResponse::UpdateMessage(update);
                component
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

/// Starts the bot and waits until its commands are registered.
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
async fn messages_components_and_commands_work() {
    let discord = Loopback::builder().start().await.unwrap();
    let (shards, http) = start(&discord).await;

    let app = http.get_current_application_info().await.unwrap();
    assert_eq!(app.owner.unwrap().id.get(), discord.owner().get());
    assert_eq!(app.id.get(), discord.application().get());
    for channel in [discord.general(), discord.dm(discord.owner())] {
        http.get_channel(channel.get().into()).await.unwrap();
        let question = discord.say(channel, discord.owner(), "hello");
        let reply = discord
            .wait_until(SOON, "a reply", |view| view.replies_to(question).pop())
            .await
            .unwrap();
        assert_eq!(reply.content, "you said: hello");
        assert_eq!(discord.typing_calls(channel), 1);

        let pressed = discord.press(reply.id, "again", discord.owner());
        assert_eq!(pressed.acknowledged(SOON).await.unwrap().kind, 7);
        assert_eq!(pressed.original().unwrap().content, "pressed by olivia");

        let command = discord.slash(
            channel,
            discord.owner(),
            "model",
            &json!({ "name": "opus" }),
        );
        assert!(command.acknowledged(SOON).await.unwrap().ephemeral);
        assert_eq!(command.response(SOON).await.unwrap().content, "model opus");
        assert_eq!(
            command.followed_up(1, SOON).await.unwrap()[0].content,
            "more"
        );
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
        "the question, the reply, and the follow-up"
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
        let question = discord.say(discord.general(), discord.owner(), "are you there?");
        discord
            .wait_until(SOON, "a reply", |view| {
                !view.replies_to(question).is_empty()
            })
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
async fn a_fatal_close_code_ends_the_client() {
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

/// Reports the name of each event about messages, reactions and threads.
struct Report(tokio::sync::mpsc::UnboundedSender<&'static str>);

#[async_trait]
impl EventHandler for Report {
    async fn message(&self, _: Context, _: Message) {
        self.0.send("message").unwrap();
    }

    async fn message_update(
        &self,
        _: Context,
        _: Option<Message>,
        _: Option<Message>,
        _: MessageUpdateEvent,
    ) {
        self.0.send("message update").unwrap();
    }

    async fn message_delete(&self, _: Context, _: ChannelId, _: MessageId, _: Option<GuildId>) {
        self.0.send("message delete").unwrap();
    }

    async fn reaction_add(&self, _: Context, _: Reaction) {
        self.0.send("reaction add").unwrap();
    }

    async fn thread_create(&self, _: Context, _: GuildChannel) {
        self.0.send("thread create").unwrap();
    }

    async fn thread_update(&self, _: Context, _: Option<GuildChannel>, _: GuildChannel) {
        self.0.send("thread update").unwrap();
    }

    async fn thread_delete(&self, _: Context, _: PartialGuildChannel, _: Option<GuildChannel>) {
        self.0.send("thread delete").unwrap();
    }

    async fn channel_update(&self, _: Context, _: Option<GuildChannel>, _: GuildChannel) {
        self.0.send("channel update").unwrap();
    }

    async fn thread_list_sync(&self, _: Context, _: ThreadListSyncEvent) {
        self.0.send("thread list sync").unwrap();
    }

    async fn typing_start(&self, _: Context, _: TypingStartEvent) {
        self.0.send("typing").unwrap();
    }
}

#[tokio::test]
async fn serenity_reads_every_event_and_response() {
    let discord = Loopback::builder().start().await.unwrap();
    let http = HttpBuilder::new(discord.token())
        .proxy(discord.url())
        .ratelimiter_disabled(true)
        .build();
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let mut client = ClientBuilder::new_with_http(http, GatewayIntents::non_privileged())
        .event_handler(Report(sender))
        .await
        .unwrap();
    let (shards, http) = (Arc::clone(&client.shard_manager), Arc::clone(&client.http));
    tokio::spawn(async move { client.start().await });
    let connected = discord.wait_until(SOON, "the bot", |view| view.connected() > 0);
    connected.await.unwrap();
    let mut expect = async |expected: &[&str]| {
        for name in expected {
            let event = tokio::time::timeout(SOON, events.recv()).await.unwrap();
            assert_eq!(event, Some(*name));
        }
    };
    let general = ChannelId::new(discord.general().get());

    let file = CreateAttachment::bytes(&b"a log"[..], "log.txt");
    let message = CreateMessage::new().content("one").add_file(file);
    let mut sent = general.send_message(&http, message).await.unwrap();
    expect(&["message"]).await;
    assert_eq!(sent.attachments[0].size, 5);
    let edit = EditMessage::new()
        .content("two")
        .attachments(EditAttachments::new());
    sent.edit(&http, edit).await.unwrap();
    expect(&["message update"]).await;
    assert!(sent.attachments.is_empty());
    sent.react(&http, '👍').await.unwrap();
    expect(&["reaction add"]).await;
    let users = sent.reaction_users(&http, '👍', None, None).await.unwrap();
    assert_eq!(users[0].id.get(), discord.bot().get());

    let start = CreateThread::new("story");
    let mut thread = general
        .create_thread_from_message(&http, sent.id, start)
        .await
        .unwrap();
    expect(&["thread create", "message update", "message"]).await;
    let edit = EditThread::new().name("A story").archived(true);
    thread.edit_thread(&http, edit).await.unwrap();
    expect(&["thread update", "message"]).await;
    let everyone = Permissions::EVERYONE;
    discord.set_bot_permissions(discord.general(), everyone - Permissions::VIEW_CHANNEL);
    discord.set_bot_permissions(discord.general(), everyone | Permissions::MANAGE_MESSAGES);
    expect(&["channel update", "channel update", "thread list sync"]).await;
    sent.delete_reaction_emoji(&http, '👍').await.unwrap();
    // Serenity drops MESSAGE_REACTION_REMOVE_EMOJI: it requires fields that Discord does not document.
    discord.type_in(discord.general(), discord.owner());
    expect(&["typing"]).await;
    discord.delete_channel(thread.id.get().into());
    expect(&["thread delete"]).await;
    sent.delete(&http).await.unwrap();
    expect(&["message delete"]).await;
    shards.shutdown_all().await;
}
