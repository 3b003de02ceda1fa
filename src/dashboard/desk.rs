//! What the dashboard knows and does, behind its routes.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::Utc;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::{
    credentials::Credentials,
    feed::Rules,
    guesses::Guesses,
    live::Live,
    log_tail::LogTail,
    memory,
    metrics::{Metrics, Present},
    origin::Names,
    usage::Usage,
};
use crate::{
    channel::{Activity, Decision, Phase, Watcher},
    chat::{Directory, InteractionReply},
    claude::{
        observer::{Observation, Observer},
        pool::Pool,
        protocol::SessionEvent,
    },
    config::Config,
    discord::Rest,
    ledger::TurnLine,
    redact::Redactor,
    snowflake::{ChannelId, MessageId},
};

/// How many transcripts are followed at a time.
pub(super) const MOST_LISTENERS: usize = 32;

/// How many decisions may wait for their channels.
const MOST_DECISIONS: usize = 32;

/// How long a channel may take to reply to a decision.
const REPLY_WITHIN: Duration = Duration::from_secs(10);

/// How often text that Claude writes is shown.
const TEXT_EVERY: Duration = Duration::from_millis(100);

/// How long figures of memory are good for.
const MEMORY_FOR: Duration = Duration::from_secs(2);

/// What it is made of.
pub(crate) struct Parts {
    pub(crate) config: Arc<Config>,
    pub(crate) credentials: Credentials,
    /// Whether Claude cannot read the admin token.
    pub(crate) is_private: bool,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) directory: Directory,
    /// Whether the bot is connected to Discord.
    pub(crate) connected: watch::Receiver<bool>,
    pub(crate) pool: Pool,
    pub(crate) rest: Rest,
    pub(crate) log: LogTail,
    /// The ledger's lines of the last two months.
    pub(crate) booked: Vec<TurnLine>,
}

pub(crate) struct Desk {
    pub(super) credentials: Credentials,
    pub(super) names: Names,
    pub(super) rules: Rules,
    pub(super) directory: Directory,
    connected: watch::Receiver<bool>,
    pub(super) log: LogTail,
    pub(super) started: Instant,
    pub(super) most_processes: usize,
    /// Places of those who follow a transcript.
    pub(super) listeners: Arc<Semaphore>,
    guesses: Mutex<Guesses>,
    pool: Pool,
    rest: Rest,
    metrics: Metrics,
    live: Mutex<Live>,
    usage: Mutex<Usage>,
    memory: tokio::sync::Mutex<Option<Measured>>,
    decisions: mpsc::Sender<Decision>,
    /// Decisions whose reply is to come.
    asked: Mutex<HashMap<u64, oneshot::Sender<InteractionReply>>>,
    next_decision: AtomicU64,
}

/// When the memory of processes was looked at, and what was found.
type Measured = (Instant, Arc<HashMap<i32, u64>>);

impl Desk {
    /// The desk, and the decisions that are made there.
    pub(crate) fn new(parts: Parts) -> (Arc<Self>, mpsc::Receiver<Decision>) {
        let Parts {
            config,
            credentials,
            ..
        } = parts;
        let settings = &config.dashboard;
        let credentials = if settings.admin && !parts.is_private {
            tracing::warn!(
                "`dashboard.admin` has no effect: without a sandbox of level \"bwrap\" or `claude.run_as`, Claude's commands could \
                 read the admin token and decide for themselves"
            );
            credentials.without_admin()
        } else {
            credentials
        };
        parts.log.begin(Arc::clone(&parts.redactor));
        let (decisions, decided) = mpsc::channel(MOST_DECISIONS);
        let is_loopback = settings
            .address
            .is_none_or(|address| address.ip().is_loopback());
        let desk = Self {
            credentials,
            names: Names {
                is_loopback,
                hosts: settings.hosts.clone(),
            },
            rules: Rules {
                shows_text: settings.show_text,
                redactor: parts.redactor,
            },
            directory: parts.directory,
            connected: parts.connected,
            log: parts.log,
            started: Instant::now(),
            most_processes: config.claude.max_live,
            listeners: Arc::new(Semaphore::new(MOST_LISTENERS)),
            guesses: Mutex::default(),
            pool: parts.pool,
            rest: parts.rest,
            metrics: Metrics::new(),
            live: Mutex::default(),
            usage: Mutex::new(Usage::new(
                config.limits.timezone.clone(),
                &parts.booked,
                Utc::now(),
            )),
            memory: tokio::sync::Mutex::default(),
            decisions,
            asked: Mutex::default(),
            next_decision: AtomicU64::new(1),
        };
        (Arc::new(desk), decided)
    }

    /// Follows what processes write, until the last is gone.
    pub(crate) async fn follow(self: Arc<Self>, mut observer: Observer) {
        let mut tick = tokio::time::interval(TEXT_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut has_text = false;
        loop {
            tokio::select! {
                observation = observer.recv() => match observation {
                    Some(Observation::Seen(seen)) => {
                        let first = new_id();
                        let event = self.live().observed(&seen, first, &self.rules);
                        if let Some(event) = event {
                            has_text |= matches!(event, SessionEvent::Stream(_));
                            self.metrics.heard(&event);
                        }
                    }
                    Some(Observation::Lost(count)) => {
                        self.metrics.lost(count);
                        self.live().lost(count);
                    }
                    None => return,
                },
                _ = tick.tick(), if has_text => {
                    self.live().show_texts(&self.rules);
                    has_text = false;
                }
            }
        }
    }

    pub(super) fn live(&self) -> MutexGuard<'_, Live> {
        lock(&self.live)
    }

    pub(super) fn usage(&self) -> MutexGuard<'_, Usage> {
        lock(&self.usage)
    }

    /// How many processes live, and how many wait.
    pub(super) fn processes(&self) -> (usize, usize) {
        self.pool.count()
    }

    /// The memory of each channel's process and what that has started, in bytes, by the process's id.
    pub(super) async fn memory(&self) -> Arc<HashMap<i32, u64>> {
        let mut known = self.memory.lock().await;
        if let Some((at, sums)) = &*known
            && at.elapsed() < MEMORY_FOR
        {
            return Arc::clone(sums);
        }
        let pids: Vec<_> = {
            let live = self.live();
            live.channels.values().filter_map(|it| it.pid).collect()
        };
        let read = tokio::task::spawn_blocking(move || memory::of_trees(&pids));
        let sums = Arc::new(read.await.unwrap_or_default());
        *known = Some((Instant::now(), Arc::clone(&sums)));
        sums
    }

    pub(super) fn is_connected(&self) -> bool {
        *self.connected.borrow()
    }

    pub(super) async fn metrics(&self) -> String {
        let process_memory = self.memory().await.values().sum();
        let (processes, waiting_for_process) = self.processes();
        let live = self.live();
        let activities = || live.channels.values();
        let is_working = |it: &&Activity| it.phase != Phase::Idle;
        let now = Present {
            is_connected: self.is_connected(),
            uptime_secs: self.started.elapsed().as_secs(),
            processes,
            waiting_for_process,
            working_channels: activities().filter(is_working).count(),
            waiting_messages: activities().map(|it| it.queue).sum(),
            open_approvals: activities().map(|it| it.approvals.len()).sum(),
            own_memory: memory::own(),
            process_memory,
            logged: self.log.counts(),
            discord_limited: self.rest.limited(),
            listeners: MOST_LISTENERS - self.listeners.available_permits(),
        };
        drop(live);
        self.metrics.text(&now)
    }

    /// Whether this is the password; or how long nobody may try again from this address.
    pub(super) fn guess(&self, given: &str, peer: IpAddr, now: Instant) -> Result<bool, Duration> {
        let mut guesses = lock(&self.guesses);
        if let Some(pause) = guesses.pause(peer, now) {
            return Err(pause);
        }
        let is_right = self.credentials.is_password(given);
        guesses.note(peer, is_right, now);
        Ok(is_right)
    }

    /// Has a control of an open approval pressed, in the way of a press in the channel. `None` if there is no such control
    /// any more, or no reply.
    pub(super) async fn decide(
        &self,
        channel: ChannelId,
        custom_id: String,
        values: Vec<String>,
        entered: Option<String>,
    ) -> Option<InteractionReply> {
        let message = self.card_with(channel, &custom_id)?;
        let id = self.next_decision.fetch_add(1, Ordering::Relaxed);
        let (reply, replied) = oneshot::channel();
        lock(&self.asked).insert(id, reply);
        let decision = Decision {
            id,
            channel,
            message,
            custom_id,
            values,
            entered,
        };
        let reply = match self.decisions.try_send(decision) {
            Ok(()) => tokio::time::timeout(REPLY_WITHIN, replied).await.ok(),
            Err(_) => None,
        };
        lock(&self.asked).remove(&id);
        reply?.ok()
    }

    /// The message of the open approval that has this control.
    fn card_with(&self, channel: ChannelId, custom_id: &str) -> Option<MessageId> {
        let live = self.live();
        let mut approvals = live.channels.get(&channel)?.approvals.iter();
        approvals.find_map(|approval| {
            let mut controls = approval.controls.iter();
            controls.find(|control| control.id().to_string() == custom_id)?;
            approval.message
        })
    }
}

impl Watcher for Desk {
    fn changed(&self, channel: ChannelId, activity: Option<Activity>) {
        self.live().changed(channel, activity);
    }

    fn booked(&self, line: &TurnLine) {
        self.metrics.booked(line);
        self.usage().add(line, Utc::now());
    }

    fn replied(&self, decision: u64, reply: InteractionReply) {
        if let Some(asked) = lock(&self.asked).remove(&decision) {
            // Whoever asked may have left.
            drop(asked.send(reply));
        }
    }
}

/// The first id of a transcript: greater than those before a restart.
pub(super) fn new_id() -> u64 {
    u64::try_from(Utc::now().timestamp_millis()).unwrap_or_default()
}

// Nothing panics or awaits while it holds one of the locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
