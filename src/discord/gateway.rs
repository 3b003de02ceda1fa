//! The gateway: what Discord sends, in the order in which it sends it.
//!
//! # Theory of operation
//!
//! serenity spawns a task for each event, and on a runtime with several threads the newest may run first: two
//! messages sent at once arrive swapped more often than not. So serenity runs on a thread and a current-thread
//! runtime of its own, whose queue is first in, first out, and the first thing that a handler does is to hand the
//! event on, without awaiting anything before. The burst test holds both.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serenity::{
    all::{
        Context, EventHandler, GatewayIntents, Guild, GuildChannel, Interaction as Received,
        Message, PartialGuildChannel, Ready, ResumedEvent, ShardStageUpdateEvent,
    },
    async_trait,
    client::ClientBuilder,
    gateway::{ConnectionStage, GatewayError},
    http::{Http, HttpBuilder, HttpError},
};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    Fatal, entrance::Entrance, intake::Intake, login::Login, missed::Missed, outbox::Outbox,
    rest::Rest, slash,
};
use crate::{
    channel::Inbound,
    config::{ApiBase, Token},
    registry::Registry,
    snowflake::{ChannelId, UserId},
};

/// How long serenity may take to close its connection.
const CLOSING: Duration = Duration::from_secs(7);

/// How long its shards may take of that.
const CLOSING_SHARDS: Duration = Duration::from_secs(2);

/// The longest pause before the gateway is opened again after an error that may pass.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What the gateway needs.
pub struct Gateway {
    /// The bot token.
    pub token: Token,
    /// A loopback Discord in place of the real one.
    pub api_base: Option<ApiBase>,
    /// Who is let in, and what is meant for the bot.
    pub intake: Intake,
    /// Where what comes in goes.
    pub inbound: mpsc::UnboundedSender<Inbound>,
    /// Where slash commands are acknowledged.
    pub outbox: Outbox,
    /// What each channel has been asked last.
    pub registry: Registry,
}

/// A running gateway.
pub struct Running {
    stop: watch::Sender<bool>,
    /// `None` once it has been heard.
    ended: Option<oneshot::Receiver<Result<(), Fatal>>>,
}

impl Running {
    /// Resolves when the gateway is closed for good; at once and with `Ok` where it has said so before.
    ///
    /// # Errors
    ///
    /// [`Fatal`] says why the bot cannot go on.
    pub async fn ended(&mut self) -> Result<(), Fatal> {
        let Some(ended) = &mut self.ended else {
            return Ok(());
        };
        let result = ended.await;
        self.ended = None;
        result.unwrap_or_else(|_| Err(Fatal::Closed("the gateway's thread has ended".into())))
    }

    /// Closes the connection. Events that come after this are dropped.
    pub async fn close(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(CLOSING, self.ended()).await.is_err() {
            tracing::debug!("the gateway did not close in time");
        }
    }
}

/// Starts the gateway on a thread of its own.
///
/// # Errors
///
/// As the system gives them where no thread can be started.
pub fn start(gateway: Gateway, login: &Login) -> std::io::Result<Running> {
    let (stop, stopped) = watch::channel(false);
    let (end, ended) = oneshot::channel();
    let mut intents =
        GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::DIRECT_MESSAGES;
    if login.reads_content {
        intents |= GatewayIntents::MESSAGE_CONTENT;
    } else {
        tracing::warn!(
            "the message content intent is not ticked, so only direct messages and messages that mention the bot \
             can be read. Tick it in the Developer Portal: your application, \"Bot\", \"Privileged Gateway \
             Intents\", \"Message Content Intent\"; then start again"
        );
    }
    let bot = login.bot;
    let client = (login.rest.clone(), login.application);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::Builder::new()
        .name("gateway".into())
        .spawn(move || {
            let result = runtime.block_on(keep_open(gateway, intents, bot, client, stopped));
            runtime.shutdown_background();
            // The receiver is gone when the bot no longer waits.
            drop(end.send(result));
        })?;
    Ok(Running {
        stop,
        ended: Some(ended),
    })
}

/// Opens the gateway, and again after errors that may pass.
async fn keep_open(
    gateway: Gateway,
    intents: GatewayIntents,
    bot: UserId,
    login: (Rest, u64),
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Fatal> {
    let (rest, application) = login;
    let missed = Missed::new(
        rest.clone(),
        gateway.registry.clone(),
        &gateway.intake.config,
        gateway.intake.threads.clone(),
    );
    let entrance = Arc::new(Entrance {
        gateway: Arc::new(gateway),
        rest,
        missed: Arc::new(missed),
        bot: AtomicU64::new(bot.0),
        stopped: stopped.clone(),
        warned: AtomicBool::new(false),
    });
    let was_ready = Arc::new(AtomicBool::new(false));
    let noting = Arc::clone(&entrance.missed);
    tokio::spawn(async move { noting.note_time().await });
    let mut pause = Duration::from_secs(1);
    loop {
        let opened = Instant::now();
        let result = open(&entrance, &was_ready, intents, application, stopped.clone()).await;
        if *stopped.borrow() {
            return Ok(());
        }
        match result {
            Ok(()) => tracing::warn!("the gateway ended by itself"),
            Err(Failure::Fatal(fatal)) => return Err(fatal),
            Err(Failure::Passing(error)) => tracing::warn!(error, "the gateway failed"),
        }
        if opened.elapsed() > LONGEST_PAUSE {
            pause = Duration::from_secs(1);
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

enum Failure {
    Fatal(Fatal),
    Passing(String),
}

async fn open(
    entrance: &Arc<Entrance>,
    was_ready: &Arc<AtomicBool>,
    intents: GatewayIntents,
    application: u64,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let handler = Handler {
        entrance: Arc::clone(entrance),
        application,
        was_ready: Arc::clone(was_ready),
    };
    let gateway = &entrance.gateway;
    let http = http(&gateway.token, gateway.api_base.as_ref());
    let building = ClientBuilder::new_with_http(http, intents).event_handler(handler);
    let building = async move { building.await };
    let mut client = tokio::select! {
        client = building => client.map_err(|error| failure(&error))?,
        _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
    };
    if let Some(base) = &gateway.api_base {
        // serenity falls back to the real gateway where the loopback one does not answer.
        let address = client.ws_url.lock().await.clone();
        let wanted = base.as_str().replacen("http://", "ws://", 1);
        if !address.starts_with(&wanted) {
            return Err(if address.starts_with("wss://") {
                Failure::Passing("the loopback Discord does not answer".into())
            } else {
                Failure::Fatal(Fatal::NotLoopback(address))
            });
        }
    }
    let shards = Arc::clone(&client.shard_manager);
    let closed = async {
        // A channel whose sender is gone asks for the same.
        drop(stopped.wait_for(|stopped| *stopped).await);
        shards.shutdown_all().await;
        // Without a shard that has connected, nobody would end `start`.
        tokio::time::sleep(CLOSING_SHARDS).await;
    };
    tokio::select! {
        ended = client.start() => ended.map_err(|error| failure(&error)),
        () = closed => Ok(()),
    }
}

/// A client of serenity's, which only it uses.
fn http(token: &Token, api_base: Option<&ApiBase>) -> Http {
    let builder = HttpBuilder::new(token.expose());
    match api_base {
        // serenity uses the proxy only without its own rate limiter.
        Some(base) => builder
            .proxy(base.as_str())
            .ratelimiter_disabled(true)
            .build(),
        None => builder.build(),
    }
}

fn status(error: &serenity::Error) -> Option<u16> {
    match error {
        serenity::Error::Http(HttpError::UnsuccessfulRequest(response)) => {
            Some(response.status_code.as_u16())
        }
        _ => None,
    }
}

fn failure(error: &serenity::Error) -> Failure {
    match error {
        serenity::Error::Gateway(GatewayError::InvalidAuthentication) => {
            Failure::Fatal(Fatal::TokenRejected)
        }
        serenity::Error::Gateway(GatewayError::DisallowedGatewayIntents) => {
            Failure::Fatal(Fatal::IntentRefused)
        }
        serenity::Error::Gateway(
            error @ (GatewayError::InvalidGatewayIntents
            | GatewayError::InvalidShardData
            | GatewayError::OverloadedShard),
        ) => Failure::Fatal(Fatal::Closed(error.to_string())),
        error if status(error) == Some(401) => Failure::Fatal(Fatal::TokenRejected),
        error => Failure::Passing(error.to_string()),
    }
}

struct Handler {
    entrance: Arc<Entrance>,
    application: u64,
    /// Whether Discord has begun a session for this process before.
    was_ready: Arc<AtomicBool>,
}

#[async_trait]
impl EventHandler for Handler {
    async fn message(&self, _: Context, message: Message) {
        self.entrance.take_message(message);
    }

    async fn interaction_create(&self, _: Context, interaction: Received) {
        match interaction {
            Received::Command(command) => self.entrance.take_command(&command),
            Received::Component(press) => self.entrance.take_press(&press),
            _ => {}
        }
    }

    async fn ready(&self, _: Context, ready: Ready) {
        let entrance = &self.entrance;
        entrance.bot.store(ready.user.id.get(), Ordering::Relaxed);
        // Before anything is awaited: messages that follow are held from now on.
        let round = entrance.missed.begin();
        tokio::spawn(round.run(Arc::clone(entrance)));
        tracing::info!(
            bot = ready.user.name,
            guilds = ready.guilds.len(),
            "connected to Discord"
        );
        if self.was_ready.swap(true, Ordering::Relaxed) {
            tracing::warn!("the old connection could not be resumed; asking for what was missed");
        }
        let models = &entrance.gateway.intake.config.models;
        if let Err(error) = slash::register(&entrance.rest, self.application, models).await {
            tracing::error!(%error, "the slash commands were not registered; those with `!` work");
        }
    }

    async fn shard_stage_update(&self, _: Context, stage: ShardStageUpdateEvent) {
        let connected = stage.new == ConnectionStage::Connected;
        self.entrance.missed.connected(connected);
    }

    async fn guild_create(&self, _: Context, guild: Guild, _: Option<bool>) {
        for thread in &guild.threads {
            self.learn(thread);
        }
    }

    async fn thread_create(&self, _: Context, thread: GuildChannel) {
        self.learn(&thread);
    }

    async fn thread_update(&self, _: Context, _: Option<GuildChannel>, thread: GuildChannel) {
        self.learn(&thread);
    }

    async fn thread_delete(
        &self,
        _: Context,
        thread: PartialGuildChannel,
        _: Option<GuildChannel>,
    ) {
        let threads = &self.entrance.gateway.intake.threads;
        threads.forget(ChannelId(thread.id.get()));
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        tracing::info!("connection to Discord resumed");
    }
}

impl Handler {
    fn learn(&self, thread: &GuildChannel) {
        if let Some(parent) = thread.parent_id {
            let threads = &self.entrance.gateway.intake.threads;
            threads.learn(ChannelId(thread.id.get()), ChannelId(parent.get()));
        }
    }
}
