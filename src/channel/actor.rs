//! The loop of one channel: it feeds events to the state machine and carries out the effects.
//!
//! One task waits for the next event of the hub, the process, the pool, or the state machine's deadline, and carries
//! out all effects in order before it takes another one. It waits only for reports, copies of sessions and saves that must
//! be on disk: posts go to the outbox, and processes and downloads run in tasks of their own.

mod adoption;
mod beginning;
mod documents;
mod own_thread;
mod perform;
mod rebuild;
mod reports;
mod spending;
mod start;

use std::{future::pending, path::PathBuf, sync::Arc, time::Instant};

use chrono::Utc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use uuid::Uuid;

use super::{
    QueueItem,
    admission::Admission,
    cli_version::CliVersion,
    client::Client,
    listed_models::ListedModels,
    notices::Reporter,
    process_slot::{ProcessSlot, SlotEvent},
    reloadable::{LiveSettings, Reloadable},
    state::{Event, Now, State},
    usage_limit::UsageLimit,
    watcher::Watcher,
};
use crate::{
    attachments::{Attachments, Transcriber},
    chat::{Directory, Outbox, observer::Observers},
    claude::{
        pool::Pool,
        process::{Host, Process},
        protocol::SessionEvent,
    },
    registry::{Record, Registry, settings::Settings},
    snowflake::{ChannelId, MessageId},
};

/// What all channels share.
pub(crate) struct Shared {
    pub(crate) settings: LiveSettings,
    /// Where somebody asks for the files of the personas to be read anew; `None` if there are none.
    pub(crate) reloads: Option<mpsc::UnboundedSender<Client>>,
    pub(crate) host: Host,
    pub(crate) cli_version: CliVersion,
    pub(crate) registry: Registry,
    pub(crate) pool: Pool,
    /// How many more processes may be started ahead of a message.
    pub(crate) prewarms: Arc<Semaphore>,
    /// How many more files that somebody asked for may be made at a time.
    pub(crate) documents: Arc<Semaphore>,
    pub(crate) outbox: Outbox,
    pub(crate) directory: Directory,
    pub(crate) admission: Admission,
    pub(crate) usage_limit: UsageLimit,
    pub(crate) listed_models: ListedModels,
    /// Where it is reported what admins are told.
    pub(crate) reporter: Reporter,
    pub(crate) attachments: Attachments,
    pub(crate) transcriber: Option<Transcriber>,
    pub(crate) observers: Observers,
    /// Whether the bot is connected to the chat service.
    pub(crate) connected: watch::Sender<bool>,
    /// The dashboard, if there is one.
    pub(crate) watcher: Option<Arc<dyn Watcher>>,
}

/// What an actor tells the hub.
#[derive(Debug)]
pub(super) enum ActorMessage {
    /// A channel is idle.
    Idle {
        channel: ChannelId,
        /// How many of the hub's events the actor has handled.
        seen: u64,
    },
    /// A thread was created, with this record.
    Forked {
        thread: ChannelId,
        record: Box<Record>,
    },
    /// A channel asks its approvers in direct messages.
    ReachApprovers(ChannelId),
    /// A granted rule was taken back in a channel.
    Revoked { channel: ChannelId, rule: String },
    /// A message runs in its thread, which is its place.
    HandOver(Box<QueueItem>),
    /// The message from which a thread starts is on record there.
    HandedOver {
        channel: ChannelId,
        message: MessageId,
    },
    /// What holds in a channel's threads has changed.
    Settings {
        channel: ChannelId,
        settings: Settings,
    },
}

struct Actor {
    channel: ChannelId,
    shared: Arc<Shared>,
    /// Those that the state has.
    settings: Arc<Reloadable>,
    state: State,
    slot: ProcessSlot,
    /// The settings that its process was started with.
    started_with: Arc<Reloadable>,
    /// Who Claude is for that process.
    persona: String,
    /// While the process was started ahead of a message.
    prewarm: Option<OwnedSemaphorePermit>,
    /// Whether a file that somebody asked for may be made: one at a time.
    document: Arc<Semaphore>,
    /// Whether the thread's channel knows that its message is on record here.
    is_handed_over: bool,
    hub: mpsc::UnboundedSender<ActorMessage>,
    /// Events of the tasks that this actor spawns. Boxed like those of the hub, because a queue has room for 32 at least.
    reports: Reports,
}

type Reports = (
    mpsc::UnboundedSender<Box<Event>>,
    mpsc::UnboundedReceiver<Box<Event>>,
);

/// Runs a channel until the hub drops it.
pub(super) async fn run(
    channel: ChannelId,
    shared: Arc<Shared>,
    mut events: mpsc::UnboundedReceiver<Box<Event>>,
    hub: mpsc::UnboundedSender<ActorMessage>,
) {
    let mut usage_limit = shared.usage_limit.subscribe();
    let mut settings = shared.settings.clone();
    let mut actor = Actor::new(channel, shared, hub);
    let mut seen = 0;
    let reached = *usage_limit.borrow_and_update();
    actor.handle(Event::UsageLimitReached(reached)).await;
    loop {
        let event = tokio::select! {
            event = events.recv() => match event {
                Some(event) => {
                    seen += 1;
                    *event
                }
                None => return,
            },
            happened = actor.slot.next_event() => match happened {
                SlotEvent::Admitted(place) => actor.admitted(place),
                SlotEvent::Event(event) => *event,
            },
            Some(event) = actor.reports.1.recv() => *event,
            Ok(()) = usage_limit.changed() => {
                Event::UsageLimitReached(*usage_limit.borrow_and_update())
            }
            Ok(()) = settings.changed() => Event::Tick,
            () = until(actor.state.deadline()) => Event::Tick,
        };
        actor.handle(event).await;
        if actor.state.is_idle() && matches!(actor.slot, ProcessSlot::Empty) {
            // At shutdown the hub may be gone.
            drop(actor.hub.send(ActorMessage::Idle { channel, seen }));
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => pending().await,
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        if let Some(watcher) = &self.shared.watcher {
            watcher.changed(self.channel, None);
        }
    }
}

impl Actor {
    fn new(
        channel: ChannelId,
        shared: Arc<Shared>,
        hub: mpsc::UnboundedSender<ActorMessage>,
    ) -> Self {
        let settings = shared.settings.now();
        let config = settings.config();
        let settings_from = config.settings_of(channel, shared.directory.parent(channel));
        let model = config.model_for(settings_from).to_owned();
        let record = shared.registry.view().get(channel);
        let ids = Box::new(|| Uuid::new_v4().to_string());
        let mut state = State::new(channel, Arc::clone(config), model, record, ids);
        state.know_personas(settings.personas.names());
        Self {
            channel,
            state,
            shared,
            slot: ProcessSlot::Empty,
            started_with: Arc::clone(&settings),
            persona: String::new(),
            settings,
            prewarm: None,
            document: Arc::new(Semaphore::new(1)),
            is_handed_over: false,
            hub,
            reports: mpsc::unbounded_channel(),
        }
    }

    /// The channel whose settings apply here.
    fn settings_from(&self) -> ChannelId {
        let parent = self.shared.directory.parent(self.channel);
        self.settings.config().settings_of(self.channel, parent)
    }

    /// The folder that Claude works in: a forked thread's is its channel's.
    fn workspace(&self) -> PathBuf {
        let (config, directory) = (self.settings.config(), &self.shared.directory);
        let record = self.state.record();
        match record.and_then(|record| record.state.works_in) {
            Some(channel) => {
                let settings = config.settings_of(channel, directory.parent(channel));
                config.workspace_for(channel, settings)
            }
            None => config.workspace_for(self.channel, self.settings_from()),
        }
    }

    /// Takes the settings that are in effect.
    fn take_settings(&mut self) {
        let settings = self.shared.settings.now();
        if Arc::ptr_eq(&settings, &self.settings) {
            return;
        }
        self.settings = settings;
        let config = self.settings.config();
        let model = config.model_for(self.settings_from()).to_owned();
        self.state.reconfigure(Arc::clone(config), model);
        self.state.know_personas(self.settings.personas.names());
    }

    /// Why the next turn needs another process: the program or its settings have changed.
    fn outdated(&self) -> Option<Event> {
        let process = self.slot.process()?;
        if process.is_outdated(&self.shared.host) {
            return Some(Event::ProgramReplaced);
        }
        let (before, now) = (&self.started_with, &self.settings);
        let channel = (self.channel, self.shared.directory.parent(self.channel));
        let is_replaced = if self.state.has_background_work() {
            before.allows_more(now, channel)
        } else {
            before.personas.get(&self.persona) != now.personas.get(&self.state.persona())
                || !before.starts_alike(now, channel)
        };
        is_replaced.then_some(Event::SettingsReplaced)
    }

    async fn handle(&mut self, event: Event) {
        self.take_settings();
        self.state.know_models(self.shared.listed_models.now());
        if self.state.has_no_channel() && !matches!(event, Event::Session(_)) {
            self.enter_channel();
        }
        if matches!(event, Event::Requested(_) | Event::Typing) && self.state.is_unused_thread() {
            let beginning = self.beginning();
            self.state.set_beginning(beginning.map(Box::new));
        }
        // A piece of an answer changes nothing else.
        let is_piece = matches!(event, Event::Session(SessionEvent::Stream(_)));
        let mut next = vec![event];
        while let Some(event) = next.pop() {
            match &event {
                Event::Exited(_) => self.slot = ProcessSlot::Empty,
                Event::Session(SessionEvent::RateLimit(limit)) => {
                    self.shared.usage_limit.heard(limit);
                }
                _ => {}
            }
            let now = Now {
                mono: Instant::now(),
                wall: Utc::now(),
            };
            for effect in self.state.handle(event, now) {
                // At most one effect of a batch returns an event.
                next.extend(self.perform(effect).await);
            }
        }
        let is_needed = !self.state.is_prewarmed();
        self.slot.set_resting(self.state.is_resting(), is_needed);
        if is_needed {
            self.prewarm = None;
        }
        if let Some(watcher) = self.shared.watcher.as_ref().filter(|_| !is_piece) {
            let pid = self.slot.process().map(Process::pid);
            watcher.changed(self.channel, self.state.watched(pid));
        }
    }
}
