//! The core's end of the chat port: receives the chat's events and routes them to channels, which exist on demand.
//!
//! One task owns the map of actors, so that a message never reaches an actor that is on its way out: an idle actor
//! reports it together with how many messages it has read, and is dropped only if none is under way to it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::Utc;
use tokio::{
    sync::{mpsc, watch},
    task::{Id, JoinError, JoinSet},
};

use super::{
    actor::{self, ActorMessage, Idle, Shared},
    dedup::Dedup,
    intake::{Ignored, Intake},
    messages,
    request::{QueueItem, Request, Source},
    state::Press,
};
use crate::{
    chat::{
        Author, ChatEvent, ChatMessage, ChatOp, Delivery, Interaction, InteractionReply, OpError,
        OpId, OpResult, Place, Post, PostKey, observer::ChatTraffic,
    },
    command::Command,
    snowflake::{ChannelId, MessageId, UserId},
};

/// A channel whose task fails again within this time is not recovered again.
const RECOVERY_PAUSE: Duration = Duration::from_mins(10);

/// How far the bot's shutdown has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShutdownStage {
    /// It has not begun.
    Running,
    /// No new turns; those that run may end.
    Drain,
    /// Running turns are interrupted, and processes ended in order.
    Interrupt,
    /// Everything is ended at once.
    Kill,
}

/// The map of actors.
pub struct Hub {
    shared: Arc<Shared>,
    intake: Intake,
    /// The bot's own user.
    bot: UserId,
    actors: HashMap<ChannelId, Mailbox>,
    tasks: JoinSet<()>,
    names: HashMap<Id, ChannelId>,
    idle: mpsc::UnboundedSender<Idle>,
    idling: mpsc::UnboundedReceiver<Idle>,
    dedup: Dedup,
    /// When a channel's task failed last: another failure soon after may be the recovery's own.
    failed: HashMap<ChannelId, Instant>,
}

struct Mailbox {
    messages: mpsc::UnboundedSender<ActorMessage>,
    sent: u64,
}

impl Hub {
    /// A hub without channels. `booked` are the messages whose turns the ledger has.
    #[must_use]
    pub fn new(
        shared: Arc<Shared>,
        intake: Intake,
        bot: UserId,
        booked: HashSet<MessageId>,
    ) -> Self {
        let (idle, idling) = mpsc::unbounded_channel();
        let dedup = Dedup::new(shared.registry.view().records(), booked);
        Self {
            shared,
            intake,
            bot,
            actors: HashMap::new(),
            tasks: JoinSet::new(),
            names: HashMap::new(),
            idle,
            idling,
            dedup,
            failed: HashMap::new(),
        }
    }

    /// Serves until the bot has shut down and every channel is done.
    pub async fn run(
        mut self,
        mut events: mpsc::UnboundedReceiver<ChatEvent>,
        mut shutdown: watch::Receiver<ShutdownStage>,
    ) {
        let mut stage = ShutdownStage::Running;
        self.recover();
        loop {
            tokio::select! {
                biased;
                Ok(()) = shutdown.changed(), if stage < ShutdownStage::Kill => {
                    stage = *shutdown.borrow_and_update();
                    self.shut_down(stage);
                }
                Some(idle) = self.idling.recv() => self.drop_idle(&idle),
                Some(ended) = self.tasks.join_next_with_id(), if !self.tasks.is_empty() => {
                    self.ended(ended, stage);
                }
                Some(event) = events.recv() => self.receive(event, stage),
            }
            if stage > ShutdownStage::Running && self.tasks.is_empty() {
                return;
            }
        }
    }

    /// A channel's task has ended. One that panicked has lost what waited in it; what was cut off is on record.
    fn ended(&mut self, ended: Result<(Id, ()), JoinError>, stage: ShutdownStage) {
        let (id, failure) = match ended {
            Ok((id, ())) => (id, None),
            Err(error) => (error.id(), Some(error)),
        };
        let Some(channel) = self.names.remove(&id) else {
            return;
        };
        let mailbox = self.actors.get(&channel);
        if mailbox.is_some_and(|mailbox| mailbox.messages.is_closed()) {
            self.actors.remove(&channel);
        }
        if let Some(error) = failure {
            tracing::error!(%channel, %error, "a channel's task failed");
            self.chat(ChatOp::Typing { channel, on: false });
            if stage > ShutdownStage::Running {
                return;
            }
            let before = self.failed.insert(channel, Instant::now());
            if before.is_none_or(|before| before.elapsed() > RECOVERY_PAUSE) {
                self.send(channel, ActorMessage::Recover);
            }
            self.say(channel, messages::channel_failed());
        }
    }

    /// Something happened in the chat.
    fn receive(&mut self, event: ChatEvent, stage: ShutdownStage) {
        self.shared
            .observers
            .chat(|| ChatTraffic::In(event.clone()));
        match event {
            ChatEvent::Connected { bot, .. } => self.bot = bot,
            ChatEvent::Posted {
                channel,
                key,
                messages,
            } => self.tell(channel, ActorMessage::Posted { key, messages }),
            ChatEvent::PostFailed {
                channel,
                key,
                messages,
                why,
            } => self.tell(channel, ActorMessage::PostFailed { key, messages, why }),
            ChatEvent::OpDone {
                channel,
                id,
                result,
            } => self.op_done(channel, id, result, stage),
            // What is sent from here on is left to the next start.
            _ if stage > ShutdownStage::Running => {}
            ChatEvent::Message { message, delivery } => self.message(&message, delivery),
            ChatEvent::MessagesSkipped { last, count } => self.skipped(&last, count),
            ChatEvent::BackfillFailed { place } => {
                self.say(place.channel, messages::backfill_failed());
            }
            ChatEvent::Command {
                place,
                author,
                interaction,
                name,
                options,
            } => self.command(&place, &author, interaction, (&name, &options)),
            ChatEvent::Press {
                place,
                author,
                interaction,
                message,
                custom_id,
                ..
            } => self.press(&place, &author, interaction, message, custom_id),
            ChatEvent::FormSubmitted {
                place, interaction, ..
            } => {
                // No form of this version is open.
                self.reply(place.channel, interaction, messages::control_expired());
            }
            ChatEvent::Autocomplete {
                place, interaction, ..
            } => self.chat(ChatOp::Reply {
                channel: place.channel,
                interaction,
                reply: InteractionReply::Suggest(Vec::new()),
            }),
            ChatEvent::MessageEdited(_)
            | ChatEvent::MessagesDeleted { .. }
            | ChatEvent::Typing { .. }
            | ChatEvent::Channel { .. }
            | ChatEvent::PermissionsChanged { .. }
            | ChatEvent::Disconnected => {}
        }
    }

    fn message(&mut self, message: &ChatMessage, delivery: Delivery) {
        match self.intake.message(message, delivery, self.bot) {
            Ok(item) => self.pass_on(item),
            Err(ignored) => {
                let (channel, id) = (message.place.channel, message.id);
                tracing::debug!(%channel, %id, ?ignored, "message ignored");
            }
        }
    }

    fn skipped(&mut self, last: &ChatMessage, count: usize) {
        if let Ok(item) = self.intake.message(last, Delivery::Backfill, self.bot) {
            self.pass_on(QueueItem {
                request: Request::Skipped(count),
                ..item
            });
        }
    }

    fn command(
        &mut self,
        place: &Place,
        author: &Author,
        interaction: Interaction,
        (name, options): (&str, &[(String, String)]),
    ) {
        let channel = place.channel;
        let item = self
            .intake
            .command(place, author, interaction.id, (name, options));
        match item {
            Ok(item) => {
                if self.dedup.admit_id(interaction.id) {
                    self.reply(channel, interaction, messages::command_received(name));
                    self.pass_on_admitted(item);
                }
            }
            Err(ignored) => {
                tracing::debug!(%channel, ?ignored, "slash command refused");
                self.reply(channel, interaction, messages::not_let_in());
            }
        }
    }

    fn press(
        &mut self,
        place: &Place,
        author: &Author,
        interaction: Interaction,
        message: MessageId,
        custom_id: String,
    ) {
        let channel = place.channel;
        if !self.dedup.admit_id(interaction.id) {
            return;
        }
        match self.intake.admit(author, place) {
            Ok(speaker) => {
                let press = Press {
                    interaction,
                    speaker,
                    message,
                    custom_id,
                };
                self.send(channel, ActorMessage::Press(Box::new(press)));
            }
            Err(ignored) => {
                tracing::debug!(%channel, ?ignored, "press refused");
                self.reply(channel, interaction, messages::not_let_in());
            }
        }
    }

    /// A message that is to be run again has been fetched, or could not be.
    fn op_done(
        &mut self,
        channel: ChannelId,
        id: OpId,
        result: Result<OpResult, OpError>,
        stage: ShutdownStage,
    ) {
        let item = match result {
            Ok(OpResult::Message(message)) => {
                let item = self.intake.message(&message, Delivery::Live, self.bot);
                item.map_err(|_: Ignored| true)
            }
            Ok(_) => return,
            Err(error) => Err(error == OpError::NotFound),
        };
        let item = item.and_then(|item| {
            let item = QueueItem {
                source: Source::Retry { press: id },
                ..item
            };
            self.admit(item).ok_or(false)
        });
        match item {
            Ok(item) if stage == ShutdownStage::Running => {
                self.send(channel, ActorMessage::Request(Box::new(item)));
            }
            Ok(_) => self.tell(channel, ActorMessage::retry_unavailable(id, false)),
            Err(is_gone) => self.tell(channel, ActorMessage::retry_unavailable(id, is_gone)),
        }
    }

    /// Passes an item on to its channel, once.
    fn pass_on(&mut self, item: QueueItem) {
        if self.dedup.admit(&item) {
            self.pass_on_admitted(item);
        } else {
            let (channel, id) = (item.place.channel, item.origin.snowflake());
            tracing::debug!(%channel, id, "delivered before; dropped");
        }
    }

    fn pass_on_admitted(&mut self, item: QueueItem) {
        let Some(item) = self.admit(item) else { return };
        let channel = item.place.channel;
        let message = match item {
            QueueItem {
                origin,
                request: Request::Command(Command::Stop),
                ..
            } => ActorMessage::Stop(origin),
            item => ActorMessage::Request(Box::new(item)),
        };
        self.send(channel, message);
    }

    /// Applies the limits, and tells the first admin who writes what they should know. `None` if the item must be
    /// dropped in silence.
    fn admit(&mut self, item: QueueItem) -> Option<QueueItem> {
        let channel = item.place.channel;
        let Some(item) = self.shared.admission.admit(item, Utc::now()) else {
            tracing::info!(%channel, "bots have been answered often enough in a row; a person has to speak first");
            return None;
        };
        if let Some(text) = self.shared.notice.for_reader(item.speaker.role) {
            self.say(channel, text);
        }
        Some(item)
    }

    fn say(&self, channel: ChannelId, text: String) {
        let key = PostKey::new(&uuid::Uuid::new_v4().to_string());
        self.shared.outbox.put(channel, key, Post::text(text));
    }

    fn reply(&self, channel: ChannelId, interaction: Interaction, text: String) {
        self.chat(ChatOp::Reply {
            channel,
            interaction,
            reply: InteractionReply::Private(text),
        });
    }

    fn chat(&self, op: ChatOp) {
        self.shared.outbox.send(op);
    }

    /// Sends a channel's actor a message, creating the actor if there is none.
    fn send(&mut self, channel: ChannelId, message: ActorMessage) {
        let message = match self.actors.get_mut(&channel) {
            Some(mailbox) => match mailbox.messages.send(message) {
                Ok(()) => {
                    mailbox.sent += 1;
                    return;
                }
                Err(error) => error.0,
            },
            None => message,
        };
        let (messages, receiver) = mpsc::unbounded_channel();
        if messages.send(message).is_err() {
            tracing::error!(%channel, "a message for the channel's actor was lost");
        }
        let task = actor::run(
            channel,
            Arc::clone(&self.shared),
            receiver,
            self.idle.clone(),
        );
        let handle = self.tasks.spawn(task);
        self.names.insert(handle.id(), channel);
        self.actors.insert(channel, Mailbox { messages, sent: 1 });
    }

    /// Sends a channel's actor a message, if there is one.
    fn tell(&mut self, channel: ChannelId, message: ActorMessage) {
        if let Some(mailbox) = self.actors.get_mut(&channel)
            && mailbox.messages.send(message).is_ok()
        {
            mailbox.sent += 1;
        }
    }

    fn drop_idle(&mut self, idle: &Idle) {
        // Dropping the sender ends the actor: nothing is under way to it.
        if self
            .actors
            .get(&idle.channel)
            .is_some_and(|mailbox| mailbox.sent == idle.seen)
        {
            self.actors.remove(&idle.channel);
        }
    }

    /// Wakes the channels in which an earlier process has left something.
    fn recover(&mut self) {
        let view = self.shared.registry.view();
        let unsettled: Vec<ChannelId> = view
            .records()
            .filter(|(_, record)| record.is_unsettled())
            .map(|(channel, _)| channel)
            .collect();
        for channel in unsettled {
            tracing::warn!(%channel, "a turn was cut off when the bot went down");
            self.send(channel, ActorMessage::Recover);
        }
    }

    fn shut_down(&mut self, stage: ShutdownStage) {
        let channels: Vec<ChannelId> = self.actors.keys().copied().collect();
        for channel in channels {
            self.tell(channel, ActorMessage::Shutdown(stage));
        }
    }
}
