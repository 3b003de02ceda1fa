//! The gateway: what Discord sends, in the order in which it sends it.
//!
//! # Theory of operation
//!
//! serenity spawns a task for each event, and on a runtime with several threads the newest may run first: two
//! messages sent at once arrive swapped more often than not. So serenity runs on a thread and a current-thread
//! runtime of its own, whose queue is first in, first out, and the first thing that a handler does is to hand the
//! event on, without awaiting anything before. The burst test holds both.
//!
//! A `connection` sends one IDENTIFY and is resumed as often as it can be; the next one is opened here, when
//! [`session_start`](super::session_start) allows another session. The `Watchdog` ends a process that hears nothing any more.

mod connection;
mod liveness;
mod watchdog;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serenity::{
    all::{
        ConnectionStage, Context, EventHandler, GatewayIntents, Guild, GuildChannel, Interaction,
        Message, MessageUpdateEvent, PartialGuild, PartialGuildChannel, Ready, ResumedEvent, Role,
        ShardStageUpdateEvent, ThreadListSyncEvent, TypingStartEvent,
    },
    async_trait,
    gateway::GatewayError,
    http::Http,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::AbortHandle,
};

use self::{
    connection::{Connection, Line},
    watchdog::Watchdog,
};
use super::{
    Fatal, backfill::Backfill, history::History, ingress::Ingress, login::Login, rest::Rest,
    session_start::NextStart, slash,
};
use crate::{
    backoff::Backoff,
    channel::intake::Intake,
    chat::{ChannelChange, ChatEvent, Outbox},
    config::{ApiBase, Token},
    registry::Registry,
    snowflake::{GuildId, UserId},
};

/// How long serenity may take to close its connection.
const CLOSING: Duration = Duration::from_secs(7);

/// What the gateway needs.
pub struct Gateway {
    /// The bot token.
    pub token: Token,
    /// A loopback Discord in place of the real one.
    pub api_base: Option<ApiBase>,
    /// Who is let in, and what is meant for the bot.
    pub intake: Intake,
    /// Where what comes in goes.
    pub events: mpsc::UnboundedSender<ChatEvent>,
    /// Where interactions are replied to that do not come in.
    pub outbox: Outbox,
    /// Which messages each channel has dealt with.
    pub registry: Registry,
}

/// A running gateway.
pub struct Running {
    stop: watch::Sender<bool>,
    watching: AbortHandle,
    /// Says when the bot is deaf.
    deaf: mpsc::Receiver<Fatal>,
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
        let result = tokio::select! {
            result = ended => result,
            Some(deaf) = self.deaf.recv() => Ok(Err(deaf)),
        };
        self.ended = None;
        result.unwrap_or_else(|_| Err(Fatal::Closed("the gateway's thread has ended".into())))
    }

    /// Closes the connection. Events that come after this are dropped.
    pub async fn close(mut self) {
        self.stop.send_replace(true);
        self.watching.abort();
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
    let mut intents = GatewayIntents::GUILDS
        | GatewayIntents::GUILD_MESSAGES
        | GatewayIntents::GUILD_MESSAGE_TYPING
        | GatewayIntents::DIRECT_MESSAGES
        | GatewayIntents::DIRECT_MESSAGE_TYPING;
    if login.reads_content {
        intents |= GatewayIntents::MESSAGE_CONTENT;
    } else {
        tracing::warn!(
            "the message content intent is not ticked, so only direct messages and messages that mention the bot \
             can be read. Tick it in the Developer Portal: your application, \"Bot\", \"Privileged Gateway \
             Intents\", \"Message Content Intent\"; then start again"
        );
    }
    let rest = login.rest.clone();
    let gateway = Arc::new(gateway);
    let config = &gateway.intake.config;
    let deaf_after = config.discord.deaf_after;
    let watchdog = Arc::new(Watchdog::new(deaf_after, Arc::clone(&login.bot)));
    let history = History::new(
        rest.clone(),
        login.directory.clone(),
        Arc::clone(&login.bot),
    );
    let backfill = Arc::new(Backfill::new(gateway.registry.clone(), config, history));
    let ingress = Arc::new(Ingress {
        events: gateway.events.clone(),
        outbox: gateway.outbox.clone(),
        intake: gateway.intake.clone(),
        directory: login.directory.clone(),
        backfill: Arc::clone(&backfill),
        bot: Arc::clone(&login.bot),
        stopped: stopped.clone(),
        warned: AtomicBool::new(false),
    });
    let handler = Handler {
        ingress,
        rest: rest.clone(),
        watchdog: Arc::clone(&watchdog),
        application: login.application,
        was_ready: AtomicBool::new(false),
    };
    let token = gateway.token.expose().to_owned();
    let line = Line {
        http: Arc::new(Http::new(&token)),
        token,
        intents,
        handler: Arc::new(handler),
    };
    // Not on the gateway's thread: that may be what hangs.
    let (given_up, deaf) = mpsc::channel(1);
    let watching = tokio::spawn({
        let (watchdog, rest) = (Arc::clone(&watchdog), rest.clone());
        async move {
            // Nobody is there to be told when the bot no longer waits.
            drop(given_up.send(watchdog.watch(&rest).await).await);
        }
    });
    let watching = watching.abort_handle();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::Builder::new()
        .name("gateway".into())
        .spawn(move || {
            runtime.spawn(async move { backfill.record_connection().await });
            let result = runtime.block_on(keep_open(gateway, line, watchdog, rest, stopped));
            runtime.shutdown_background();
            // The receiver is gone when the bot no longer waits.
            drop(end.send(result));
        })?;
    Ok(Running {
        stop,
        watching,
        deaf,
        ended: Some(ended),
    })
}

/// Opens the gateway, and again whenever it has ended and may come back.
async fn keep_open(
    gateway: Arc<Gateway>,
    line: Line,
    watchdog: Arc<Watchdog>,
    rest: Rest,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Fatal> {
    let mut failures = 0;
    loop {
        let opened = Instant::now();
        let opening = open(&gateway, &line, &rest, &watchdog);
        let connection = tokio::select! {
            connection = opening => connection,
            _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
        };
        let result = match connection {
            // A task of its own: serenity panics on some events, and the next connection asks for what was missed.
            Ok(connection) => {
                let serving = connection.serve(Arc::clone(&watchdog), stopped.clone());
                match tokio::spawn(serving).await {
                    Ok(served) => served.map_err(|error| failure(&error)),
                    Err(_) => Err(Failure::Passing("serenity panicked".into())),
                }
            }
            Err(failure) => Err(failure),
        };
        watchdog.ended();
        if *stopped.borrow() {
            return Ok(());
        }
        match result {
            Ok(()) => tracing::warn!("the gateway connection could not be resumed"),
            Err(Failure::Fatal(fatal)) => return Err(fatal),
            Err(Failure::Passing(error)) => tracing::warn!(error, "the gateway failed"),
        }
        if opened.elapsed() > Backoff::RECONNECT.max() {
            failures = 0;
        }
        failures += 1;
        tokio::select! {
            () = tokio::time::sleep(Backoff::RECONNECT.delay(failures)) => {}
            _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
        }
    }
}

enum Failure {
    Fatal(Fatal),
    Passing(String),
}

/// Connects once another session may be started.
async fn open(
    gateway: &Gateway,
    line: &Line,
    rest: &Rest,
    watchdog: &Watchdog,
) -> Result<Connection, Failure> {
    loop {
        let found = rest.gateway().await.map_err(|failed| match failed.status {
            Some(401) => Failure::Fatal(Fatal::TokenRejected),
            _ => Failure::Passing(failed.reason),
        })?;
        if let Some(base) = &gateway.api_base {
            let wanted = base.as_str().replacen("http://", "ws://", 1);
            if !found.url.starts_with(&wanted) {
                return Err(Failure::Fatal(Fatal::NotLoopback(found.url)));
            }
        }
        let limit = found.session_start_limit;
        let next = limit.next_start();
        let (NextStart::After(wait) | NextStart::AtReset(wait)) = next;
        if !wait.is_zero() {
            tracing::warn!(
                wait_s = wait.as_secs(),
                remaining = limit.remaining,
                total = limit.total,
                "the bot has connected very often, and Discord resets the token of a bot that does so too often; \
                 waiting before the next connection"
            );
            watchdog.waits(wait);
            tokio::time::sleep(wait).await;
        }
        if let NextStart::After(_) = next {
            let connection = line.connect(&found.url).await;
            return connection.map_err(|error| failure(&error));
        }
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
        error => Failure::Passing(error.to_string()),
    }
}

struct Handler {
    ingress: Arc<Ingress>,
    rest: Rest,
    watchdog: Arc<Watchdog>,
    application: u64,
    /// Whether Discord has begun a session for this process before.
    was_ready: AtomicBool,
}

#[async_trait]
impl EventHandler for Handler {
    async fn message(&self, _: Context, message: Message) {
        self.watchdog.heard(&message);
        self.ingress.message(message);
    }

    async fn message_update(
        &self,
        _: Context,
        _: Option<Message>,
        _: Option<Message>,
        event: MessageUpdateEvent,
    ) {
        self.ingress.edited(event);
    }

    async fn message_delete(
        &self,
        _: Context,
        channel: serenity::all::ChannelId,
        message: serenity::all::MessageId,
        guild: Option<serenity::all::GuildId>,
    ) {
        self.ingress.deleted(channel, guild, &[message]);
    }

    async fn message_delete_bulk(
        &self,
        _: Context,
        channel: serenity::all::ChannelId,
        messages: Vec<serenity::all::MessageId>,
        guild: Option<serenity::all::GuildId>,
    ) {
        self.ingress.deleted(channel, guild, &messages);
    }

    async fn typing_start(&self, _: Context, event: TypingStartEvent) {
        self.ingress.typing(&event);
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        match interaction {
            Interaction::Command(command) => self.ingress.command(&command),
            Interaction::Autocomplete(command) => self.ingress.autocomplete(&command),
            Interaction::Component(press) => self.ingress.press(&press),
            Interaction::Modal(form) => self.ingress.form(&form),
            _ => {}
        }
    }

    async fn ready(&self, _: Context, ready: Ready) {
        let ingress = &self.ingress;
        let bot = ready.user.id.get();
        ingress.bot.store(bot, Ordering::Relaxed);
        self.watchdog.began();
        ingress.send(ChatEvent::Connected {
            bot: UserId(bot),
            resumed: false,
        });
        // Before anything is awaited: messages that follow wait from now on.
        let round = ingress.backfill.begin();
        tokio::spawn(round.run(Arc::clone(ingress)));
        tracing::info!(
            bot = ready.user.name,
            guilds = ready.guilds.len(),
            "connected to Discord"
        );
        if self.was_ready.swap(true, Ordering::Relaxed) {
            tracing::warn!("the old connection could not be resumed; asking for what was missed");
        }
        let models = &ingress.intake.config.models;
        if let Err(error) = slash::register(&self.rest, self.application, models).await {
            tracing::error!(%error, "the slash commands were not registered; those with `!` work");
        }
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        self.watchdog.resumed();
        self.ingress.send(ChatEvent::Connected {
            bot: self.ingress.bot(),
            resumed: true,
        });
        tracing::info!("connection to Discord resumed");
    }

    async fn shard_stage_update(&self, _: Context, stage: ShardStageUpdateEvent) {
        let is_connected = stage.new == ConnectionStage::Connected;
        self.ingress.backfill.connected(is_connected);
        if stage.old == ConnectionStage::Connected && !is_connected {
            self.ingress.send(ChatEvent::Disconnected);
        }
    }

    async fn guild_create(&self, _: Context, guild: Guild, _: Option<bool>) {
        let id = GuildId(guild.id.get());
        self.ingress.directory.learn_guild(id, &guild.name);
        for channel in guild.channels.values().chain(&guild.threads) {
            self.ingress.channel(channel, ChannelChange::Created);
        }
    }

    async fn guild_update(&self, _: Context, _: Option<Guild>, guild: PartialGuild) {
        let id = GuildId(guild.id.get());
        self.ingress.directory.learn_guild(id, &guild.name);
    }

    async fn guild_role_update(&self, _: Context, _: Option<Role>, role: Role) {
        self.ingress.permissions(role.guild_id, None);
    }

    async fn channel_create(&self, _: Context, channel: GuildChannel) {
        self.ingress.channel(&channel, ChannelChange::Created);
    }

    async fn channel_update(&self, _: Context, _: Option<GuildChannel>, channel: GuildChannel) {
        self.ingress.channel(&channel, ChannelChange::Changed);
    }

    async fn channel_delete(&self, _: Context, channel: GuildChannel, _: Option<Vec<Message>>) {
        self.ingress.channel_deleted(channel.id, channel.guild_id);
    }

    async fn thread_create(&self, _: Context, thread: GuildChannel) {
        self.ingress.channel(&thread, ChannelChange::Created);
    }

    async fn thread_update(&self, _: Context, _: Option<GuildChannel>, thread: GuildChannel) {
        self.ingress.channel(&thread, ChannelChange::Changed);
    }

    async fn thread_delete(
        &self,
        _: Context,
        thread: PartialGuildChannel,
        _: Option<GuildChannel>,
    ) {
        self.ingress.channel_deleted(thread.id, thread.guild_id);
    }

    /// The bot may see more channels than before, and these are their threads.
    async fn thread_list_sync(&self, _: Context, sync: ThreadListSyncEvent) {
        for thread in &sync.threads {
            self.ingress.channel(thread, ChannelChange::Created);
        }
    }
}
