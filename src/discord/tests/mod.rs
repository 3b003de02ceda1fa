//! The whole adapter, against the loopback Discord.

use std::{sync::Arc, time::Duration};

use loopback_discord::{Fault, Loopback, Permissions, Snowflake, View};
use serde_json::json;
use serenity::all::{CommandOptionType, CreateCommand, CreateCommandOption};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    gateway::{self, Gateway},
    login, reconciler,
};
use crate::{
    channel::{LiveSettings, Reloadable, intake::Intake},
    chat::{
        ChannelChange, ChatEvent, ChatOp, Control, ControlId, FieldKind, Form, FormField,
        Interaction, InteractionKind, InteractionReply, Menu, MenuOption, OpError, OpId, OpResult,
        Outbox, Place, Post, PostKey, observer::Observers,
    },
    config::{Config, Environment, Machine, Token},
    redact::{Redactor, Secret},
    registry::{self, Lock},
    snowflake::{ChannelId, MessageId, UserId},
};

const DEADLINE: Duration = Duration::from_secs(30);
const OP: OpId = OpId::Press(7);
const SECRET: &str = "correct-horse-battery";

/// Waits for an event of this pattern from which something is taken.
macro_rules! event {
    ($adapter:expr, $pattern:pat => $taken:expr) => {
        $adapter
            .event(|event| match event {
                $pattern => $taken,
                _ => None,
            })
            .await
    };
}

mod events;
mod operations;

struct Adapter {
    discord: Loopback,
    outbox: Outbox,
    events: mpsc::UnboundedReceiver<ChatEvent>,
    gateway: gateway::Running,
    reconciler: JoinHandle<()>,
    general: ChannelId,
    _folder: TempDir,
}

impl Adapter {
    /// An adapter that is connected and has a slash command with an option that it completes.
    async fn start() -> Self {
        let discord = Loopback::builder().start().await.unwrap();
        let token = Token::parse(discord.token()).unwrap();
        let api_base = Some(discord.url().parse().unwrap());
        let environment = Environment::default();
        let login = login::login(&token, api_base.as_ref(), &environment);
        let login = login.await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock::take(folder.path()).unwrap();
        let loaded = registry::load(folder.path()).unwrap();
        let (registry, _) = registry::open(folder.path(), loaded, lock).unwrap();
        let machine = Machine {
            memory_bytes: 4_000_000_000,
        };
        let config = Config::from_json("{}", folder.path(), &environment, &machine).unwrap();
        let (settings, _) = LiveSettings::new(Reloadable {
            intake: Arc::new(Intake::new(Arc::new(config), login.owners.clone())),
            personas: crate::persona::Personas::builtin(),
        });
        let (outbox, ops) = Outbox::new(Observers::default());
        let (sender, events) = mpsc::unbounded_channel();
        let redactor = Arc::new(Redactor::new(&[Secret::new("canary", SECRET)]));
        let reconciler = reconciler::start(
            &login,
            redactor,
            crate::discord::render::AnswerLimits::default(),
            ops,
            sender.clone(),
        );
        let gateway = Gateway {
            token,
            api_base,
            settings,
            events: sender,
            outbox: outbox.clone(),
            registry,
        };
        let gateway = gateway::start(gateway, &login);
        let mut adapter = Self {
            general: ChannelId(discord.general().get()),
            discord,
            outbox,
            events,
            gateway,
            reconciler,
            _folder: folder,
        };
        let general = adapter.general;
        adapter.channel(general, ChannelChange::Created).await;
        let registered = |view: &View<'_>| !view.commands().is_empty();
        let wait = adapter.discord.wait_until(DEADLINE, "commands", registered);
        wait.await.unwrap();
        let option = CreateCommandOption::new(CommandOptionType::String, "city", "A city");
        let command = CreateCommand::new("weather")
            .description("The weather")
            .add_option(option.set_autocomplete(true));
        let (rest, application) = (login.history.rest, login.application);
        rest.put_commands(application, &[command]).await.unwrap();
        adapter
    }

    /// Waits for an event from which `pick` takes something.
    async fn event<T>(&mut self, pick: impl Fn(ChatEvent) -> Option<T>) -> T {
        let found = async {
            loop {
                let event = self.events.recv().await.unwrap();
                if let Some(found) = pick(event) {
                    return found;
                }
            }
        };
        tokio::time::timeout(DEADLINE, found).await.unwrap()
    }

    async fn channel(&mut self, channel: ChannelId, wanted: ChannelChange) -> Place {
        event!(self, ChatEvent::Channel { place, change } => {
            (place.channel == channel && change == wanted).then_some(place)
        })
    }

    async fn result(&mut self) -> Result<OpResult, OpError> {
        event!(self, ChatEvent::OpDone { id, result, .. } => (id == OP).then_some(result))
    }

    async fn posted(&mut self) -> MessageId {
        event!(self, ChatEvent::Posted { messages, .. } => messages.first().copied())
    }

    fn reply(&self, interaction: Interaction, reply: InteractionReply) {
        self.outbox.send(ChatOp::Reply {
            channel: self.general,
            interaction,
            reply,
        });
    }

    /// Closes both ends, which must come to their end.
    async fn stop(self) {
        self.gateway.close().await;
        drop(self.outbox);
        let ended = tokio::time::timeout(DEADLINE, self.reconciler).await;
        ended.unwrap().unwrap();
    }
}
