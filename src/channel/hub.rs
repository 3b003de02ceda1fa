//! Receives the chat's events and routes them to the channels' actors, which are created on demand.
//!
//! One task owns the map of actors, so that no event reaches an actor that is being dropped: an idle actor reports how
//! many events it has received, and is dropped only if no more were sent.

mod adoption;
mod approvers;
mod ask_form;
mod directs;
mod edits;
mod incoming;
mod interactions;
mod lookups;
mod message_commands;
mod notices;
mod permissions;
mod recovery;
mod strangers;
mod threads;
mod typing;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::Utc;
use tokio::{
    sync::{mpsc, watch},
    task::{Id, JoinError, JoinSet},
};

use self::{ask_form::AskForm, directs::Directs};
use super::{
    actor::{self, ActorMessage, Shared},
    adoption::Adoption,
    dedup::Dedup,
    intake::Intake,
    messages,
    notices::Notice,
    overheard::Overheard,
    recent_turns::RecentTurns,
    request::QueueItem,
    state::{Event, ShutdownStage},
    strangers::Strangers,
    watcher::Decision,
};
use crate::{
    chat::{
        ChannelChange, ChatEvent, ChatOp, OpId, Post, PostKey, PostState, observer::ChatTraffic,
    },
    external::Role,
    snowflake::{ChannelId, MessageId, UserId},
};

/// A channel whose task fails again within this time is not recovered, because the recovery itself may be the cause.
const RECOVERY_PAUSE: Duration = Duration::from_mins(10);

/// Owns the channels' actors.
pub(crate) struct Hub {
    shared: Arc<Shared>,
    bot: UserId,
    actors: HashMap<ChannelId, Mailbox>,
    tasks: JoinSet<()>,
    names: HashMap<Id, ChannelId>,
    /// What actors tell the hub.
    told: (
        mpsc::UnboundedSender<ActorMessage>,
        mpsc::UnboundedReceiver<ActorMessage>,
    ),
    dedup: Dedup,
    /// Messages that are being fetched because an edit addressed them to the bot.
    edits: HashSet<OpId>,
    /// Forms in which questions about messages are being written, oldest first.
    ask_forms: VecDeque<AskForm>,
    overheard: Overheard,
    strangers: Strangers,
    recent_turns: RecentTurns,
    /// A text for the first admin who writes.
    notice: Option<String>,
    /// When each channel's task last failed.
    failed: HashMap<ChannelId, Instant>,
    /// Channels in which the bot may not post.
    forbidden: HashMap<ChannelId, PostingBlock>,
    directs: Directs,
    /// Texts for admins whose direct-message channel is being opened.
    warnings: HashMap<UserId, Vec<String>>,
    /// Such texts that are being posted.
    warned: HashMap<PostKey, String>,
}

struct Mailbox {
    events: mpsc::UnboundedSender<Box<Event>>,
    sent: u64,
}

/// Why nothing is asked in a channel.
#[derive(Debug)]
enum PostingBlock {
    Refused,
    /// It is being found out whether the bot may post now. These items wait for the answer.
    Asking(Vec<QueueItem>),
}

impl Hub {
    /// `booked` are the messages whose turns are in the ledger, `notice` is a text for the first admin who writes.
    pub(crate) fn new(
        shared: Arc<Shared>,
        bot: UserId,
        booked: HashSet<MessageId>,
        notice: Option<String>,
    ) -> Self {
        let dedup = Dedup::new(shared.registry.view().records(), booked);
        Self {
            shared,
            bot,
            actors: HashMap::new(),
            tasks: JoinSet::new(),
            names: HashMap::new(),
            told: mpsc::unbounded_channel(),
            dedup,
            edits: HashSet::new(),
            ask_forms: VecDeque::new(),
            overheard: Overheard::default(),
            strangers: Strangers::default(),
            recent_turns: RecentTurns::default(),
            notice,
            failed: HashMap::new(),
            forbidden: HashMap::new(),
            directs: Directs::default(),
            warnings: HashMap::new(),
            warned: HashMap::new(),
        }
    }

    /// Runs until the bot shuts down and every actor has ended.
    ///
    /// `decisions` come from the dashboard, `adoptions` over the control socket; `notices` are for admins.
    /// `pings` are taken, to show that the hub works.
    pub(crate) async fn run(
        mut self,
        mut events: mpsc::UnboundedReceiver<ChatEvent>,
        mut decisions: mpsc::Receiver<Decision>,
        mut adoptions: mpsc::Receiver<Adoption>,
        mut notices: mpsc::UnboundedReceiver<Notice>,
        mut pings: mpsc::Receiver<()>,
        mut shutdown: watch::Receiver<ShutdownStage>,
    ) {
        let mut stage = ShutdownStage::Running;
        self.recover();
        loop {
            tokio::select! {
                biased;
                Ok(()) = shutdown.changed(), if stage < ShutdownStage::Kill => {
                    stage = *shutdown.borrow_and_update();
                    // What comes from now on might not arrive: the next run tells it.
                    notices.close();
                    let channels: Vec<ChannelId> = self.actors.keys().copied().collect();
                    for channel in channels {
                        self.tell(channel, Event::Shutdown(stage));
                    }
                }
                Some(told) = self.told.1.recv() => match told {
                    ActorMessage::Idle { channel, seen } => self.drop_idle(channel, seen),
                    ActorMessage::Forked { thread, record } => self.send(thread, Event::Forked(record)),
                    ActorMessage::ReachApprovers(channel) => self.reach_approvers(channel),
                    ActorMessage::Revoked { channel, rule } => self.revoke_in_threads(channel, &rule),
                    ActorMessage::HandOver(item) => self.hand_over(*item, stage),
                    ActorMessage::HandedOver { channel, message } => {
                        self.tell(channel, Event::HandedOver(message));
                    }
                    ActorMessage::Settings { channel, settings } => {
                        for thread in self.active_threads(channel) {
                            let settings = Box::new(settings.clone());
                            self.tell(thread, Event::ChannelSettings(settings));
                        }
                    }
                },
                Some(ended) = self.tasks.join_next_with_id(), if !self.tasks.is_empty() => {
                    self.ended(ended, stage);
                }
                Some(decision) = decisions.recv(), if stage == ShutdownStage::Running => {
                    self.tell(decision.channel, Event::Pressed(decision.into_press()));
                }
                Some(adoption) = adoptions.recv(), if stage == ShutdownStage::Running => {
                    self.adopt(adoption);
                }
                Some(notice) = notices.recv() => self.tell_admins(notice),
                Some(()) = pings.recv() => {}
                Some(event) = events.recv() => self.receive(event, stage),
            }
            if stage > ShutdownStage::Running && self.tasks.is_empty() {
                return;
            }
        }
    }

    /// Handles the end of an actor. One that panicked has lost its queue, but the record still has the turn it cut off.
    fn ended(&mut self, ended: Result<(Id, ()), JoinError>, stage: ShutdownStage) {
        let (id, failure) = match ended {
            Ok((id, ())) => (id, None),
            Err(error) => (error.id(), Some(error)),
        };
        let Some(channel) = self.names.remove(&id) else {
            return;
        };
        let mailbox = self.actors.get(&channel);
        if mailbox.is_some_and(|mailbox| mailbox.events.is_closed()) {
            self.actors.remove(&channel);
        }
        if let Some(error) = failure {
            tracing::error!(%channel, %error, "a channel's task failed");
            self.shared
                .outbox
                .send(ChatOp::Typing { channel, on: false });
            if stage > ShutdownStage::Running {
                return;
            }
            let before = self.failed.insert(channel, Instant::now());
            if before.is_none_or(|before| before.elapsed() > RECOVERY_PAUSE) {
                self.send(channel, Event::Recover);
            }
            self.say(channel, messages::CHANNEL_FAILED);
        }
    }

    fn receive(&mut self, event: ChatEvent, stage: ShutdownStage) {
        self.shared
            .observers
            .chat(|| ChatTraffic::In(event.clone()));
        match event {
            ChatEvent::Disconnected => {
                self.shared.connected.send_replace(false);
            }
            ChatEvent::Connected { bot, resumed } => {
                self.shared.connected.send_replace(true);
                self.bot = bot;
                if !resumed {
                    self.overheard.missed();
                }
            }
            ChatEvent::Posted {
                channel,
                key,
                messages,
                state,
            } => {
                if let Some(home) = self.home_of(channel, |post| post.key == key.as_str()) {
                    let event = Event::Posted {
                        key,
                        messages,
                        state,
                    };
                    return self.tell(home, event);
                }
                self.note_warned(&key, state);
                match state {
                    PostState::Whole => self.unblocked(channel, true),
                    PostState::Growing => {}
                    PostState::Failed(why) => self.note_forbidden(channel, why),
                }
                let event = Event::Posted {
                    key,
                    messages,
                    state,
                };
                self.tell(channel, event);
            }
            ChatEvent::OpDone {
                channel,
                id,
                result,
            } => self.op_done(channel, id, result, stage),
            // The next start fetches what is sent from here on.
            _ if stage > ShutdownStage::Running => {}
            ChatEvent::Message { message, delivery } => self.message(&message, delivery),
            // Where messages wait for a permission, they are not in the channel's queue.
            ChatEvent::OwnMessage { channel, message } => {
                if !self.forbidden.contains_key(&channel) {
                    self.tell(channel, Event::OwnMessage(message));
                }
            }
            ChatEvent::MessagesSkipped { last, count } => self.skipped(&last, count),
            ChatEvent::BackfillFailed { place } => {
                self.say(place.channel, messages::BACKFILL_FAILED);
            }
            ChatEvent::Interaction {
                place,
                author,
                interaction,
                kind,
            } => self.interacted(&place, &author, interaction, kind),
            ChatEvent::PermissionsChanged { guild, channel } => self.granted(guild, channel),
            ChatEvent::Unblocked { channel, may_post } => self.unblocked(channel, may_post),
            ChatEvent::MessageEdited(edit) => self.edited(&edit),
            ChatEvent::MessagesDeleted { place, messages } => self.deleted(&place, messages),
            ChatEvent::Channel {
                place,
                change: ChannelChange::Deleted,
            } => self.channel_gone(place.channel),
            ChatEvent::Typing { place, author } => self.typing(&place, &author),
            ChatEvent::Channel { .. } => {}
        }
    }

    /// The rules that are in effect.
    fn intake(&self) -> Arc<Intake> {
        Arc::clone(&self.shared.settings.now().intake)
    }

    /// Applies the limits and posts the notice for admins. `None` if the item must be dropped silently.
    fn admit(&mut self, item: QueueItem) -> Option<QueueItem> {
        let channel = item.place.channel;
        let item = self.shared.admission.admit(item, Utc::now())?;
        if let Some(text) = take_notice(&mut self.notice, item.speaker.role) {
            self.say(channel, text);
        }
        Some(item)
    }

    fn say(&self, channel: ChannelId, text: impl Into<String>) {
        let key = PostKey::new(&uuid::Uuid::new_v4().to_string());
        self.shared.outbox.put(channel, key, Post::text(text));
    }

    /// Sends an event to a channel's actor, which is created if there is none.
    fn send(&mut self, channel: ChannelId, event: Event) {
        let event = Box::new(event);
        let event = match self.actors.get_mut(&channel) {
            Some(mailbox) => match mailbox.events.send(event) {
                Ok(()) => {
                    mailbox.sent += 1;
                    return;
                }
                Err(error) => error.0,
            },
            None => event,
        };
        let (events, receiver) = mpsc::unbounded_channel();
        if events.send(event).is_err() {
            tracing::error!(%channel, "lost an event for the channel's actor");
        }
        let (shared, told) = (Arc::clone(&self.shared), self.told.0.clone());
        let task = actor::run(channel, shared, receiver, told);
        let handle = self.tasks.spawn(task);
        self.names.insert(handle.id(), channel);
        self.actors.insert(channel, Mailbox { events, sent: 1 });
    }

    /// Sends an event to a channel's actor, if there is one.
    fn tell(&mut self, channel: ChannelId, event: Event) {
        if let Some(mailbox) = self.actors.get_mut(&channel)
            && mailbox.events.send(Box::new(event)).is_ok()
        {
            mailbox.sent += 1;
        }
    }

    fn drop_idle(&mut self, channel: ChannelId, seen: u64) {
        let mailbox = self.actors.get(&channel);
        if mailbox.is_some_and(|mailbox| mailbox.sent == seen) {
            // Dropping the sender ends the actor.
            self.actors.remove(&channel);
        }
    }
}

/// Takes the notice if the reader is an admin.
fn take_notice(notice: &mut Option<String>, role: Role) -> Option<String> {
    notice.take_if(|_| role.is_admin())
}

#[cfg(test)]
mod tests;
