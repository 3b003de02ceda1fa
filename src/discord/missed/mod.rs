//! What was said while the bot was away: asked for, and handed on before anything newer of the same channel.
//!
//! # Theory of operation
//!
//! Discord tells a new session nothing of what came before it. So whenever one begins (at a start, and after a
//! connection that could not be resumed), the bot asks, for each channel that it serves, for the messages after the
//! last one that it knows. Until the answer is there, live messages of that channel are [held](holding), so that the
//! order is kept. A session that begins before the answer is there asks anew, from the same message on, and the older
//! asking is of no use any more. What is too old or too much is given up by a [plan], and the channel told. That
//! nothing is run twice is not this room's care: `channel::claims` and the records see to it.

mod asking;
mod holding;
mod plan;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use serenity::all::Message;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};

use self::{
    holding::{Hold, Holding},
    plan::plan,
};
use super::{
    convert,
    entrance::Entrance,
    rest::{Failed, Rest},
};
use crate::{
    channel::{Inbound, Threads, Via, Wish, words},
    config::{CatchUp, Config},
    files,
    registry::{Document, Record, Registry},
    snowflake::{ChannelId, MessageId},
};

/// How many channels are asked about at once.
const AT_ONCE: usize = 4;

/// How long a channel may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// How long live messages wait for what was missed. After that they go on, and what was missed comes late: it is
/// still on record as to be asked for.
const HOLD: Duration = Duration::from_secs(30);

/// How often it is looked whether Discord has told of a channel while it is being asked for.
const TOLD_EVERY: Duration = Duration::from_millis(500);

/// How far this machine's clock and Discord's may differ.
const SKEW: Duration = Duration::from_mins(1);

/// When the bot was last connected, as RFC 3339, in the `sessions` folder: for channels without a record.
const LAST_CONNECTED: &str = "last_connected";

/// How often that is written down.
const NOTED_EVERY: Duration = Duration::from_mins(1);

/// What was missed, and how to find out.
pub(super) struct Missed {
    rest: Rest,
    registry: Registry,
    bounds: CatchUp,
    /// Channels that are named in the configuration: they are served even without a record.
    named: Vec<ChannelId>,
    /// When an earlier process was last connected, or else this one first.
    last_connected: Mutex<Option<DateTime<Utc>>>,
    holding: Mutex<Holding<Message>>,
    /// Channels in which somebody spoke who is let in, and whether to the bot.
    served: Mutex<HashMap<ChannelId, bool>>,
    connected: watch::Sender<bool>,
    threads: Threads,
}

impl Missed {
    pub(super) fn new(rest: Rest, registry: Registry, config: &Config, threads: Threads) -> Self {
        let named = config.discord.allow.channels.ids.iter();
        files::sweep(&note(&registry));
        let last_connected = std::fs::read_to_string(note(&registry))
            .ok()
            .and_then(|text| DateTime::parse_from_rfc3339(text.trim()).ok())
            .map(|time| time.to_utc());
        Self {
            rest,
            registry,
            bounds: config.discord.catch_up.clone(),
            named: named.chain(config.channels.keys()).copied().collect(),
            last_connected: Mutex::new(last_connected),
            holding: Mutex::default(),
            served: Mutex::default(),
            connected: watch::Sender::new(false),
            threads,
        }
    }

    /// A live message: given back, with how it came, unless its channel is being caught up, or asked for because
    /// nobody knows it.
    pub(super) fn take(
        self: &Arc<Self>,
        message: Message,
        entrance: &Arc<Entrance>,
    ) -> Option<(Message, Via)> {
        let channel = ChannelId(message.channel_id.get());
        let id = MessageId(message.id.get());
        let mut holding = self.holding();
        if self.is_strange(channel, &message) && !holding.holds(channel) {
            let hold = holding.hold(channel);
            tokio::spawn(Arc::clone(self).look_up(channel, hold, Arc::clone(entrance)));
        }
        let message = holding.take(channel, id, message)?;
        Some((message, via(&holding, channel)))
    }

    /// Whether a message is from a channel of a guild that may be a thread or not: Discord tells of both when it tells
    /// of their guild, and of threads when the bot may see their channel, which may all be later than this.
    fn is_strange(&self, channel: ChannelId, message: &Message) -> bool {
        message.guild_id.is_some() && !self.threads.knows(channel)
    }

    /// Asks what a channel is, and lets go on what is held of it.
    async fn look_up(self: Arc<Self>, channel: ChannelId, hold: Hold, entrance: Arc<Entrance>) {
        self.know(channel).await;
        self.let_go(&mut self.holding(), channel, hold, &entrance);
    }

    /// Waits until it is known what a channel is, or Discord refuses to tell.
    async fn know(&self, channel: ChannelId) {
        let told = async {
            while !self.threads.knows(channel) {
                tokio::time::sleep(TOLD_EVERY).await;
            }
        };
        tokio::select! {
            biased;
            () = told => {}
            () = self.ask_what_is(channel) => {}
        }
    }

    async fn ask_what_is(&self, channel: ChannelId) {
        loop {
            let reason = match self.rest.channel(channel).await {
                Ok(found) => return convert::learn_any(&self.threads, &found),
                Err(failed) if failed.may_pass => failed.reason,
                Err(Failed { reason, .. }) => {
                    tracing::warn!(%channel, reason, "Discord does not tell what this channel is, so nothing is run there");
                    return;
                }
            };
            tracing::warn!(%channel, reason, "it cannot be found out what this channel is, so what is said there waits");
        }
    }

    /// Somebody spoke who is let in, `to_bot` or to others.
    pub(super) fn serves(&self, channel: ChannelId, to_bot: bool) {
        *self.served().entry(channel).or_default() |= to_bot;
    }

    /// A session begins. From now on live messages of the channels in question are held; what is returned asks for
    /// what was missed there, and releases them.
    pub(super) fn begin(self: &Arc<Self>) -> Round {
        let mut after = BTreeMap::new();
        let mut holding = self.holding();
        let view = self.registry.view();
        if self.bounds.max_messages > 0 {
            let mut last_connected = self
                .last_connected
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            // Before the very first connection nothing was missed.
            let now = self.rest.time();
            let since = (*last_connected.get_or_insert(now)).min(now) - SKEW;
            drop(last_connected);
            let named = self.named.iter();
            after.extend(named.map(|channel| (*channel, MessageId::at(since))));
            for (channel, record) in view.records() {
                if let Some(last) = record.claimed_up_to() {
                    after.insert(channel, last);
                }
            }
            // What this process has heard is with its channel, or was not meant for the bot.
            let served = self.served();
            let heard = holding.heard();
            after.extend(
                heard
                    .filter(|(channel, _)| {
                        after.contains_key(channel) || served.contains_key(channel)
                    })
                    .collect::<Vec<_>>(),
            );
        }
        let asks = after
            .into_iter()
            .map(|(channel, after)| (channel, holding.ask(channel, after)))
            .collect();
        drop(holding);
        Round {
            missed: Arc::clone(self),
            asks,
            before: view,
        }
    }

    /// The connection is there, or is not.
    pub(super) fn connected(&self, connected: bool) {
        self.connected.send_replace(connected);
    }

    /// Writes down now and then that the bot is connected, and when it no longer is, for as long as it is polled.
    pub(super) async fn note_time(&self) {
        let mut changes = self.connected.subscribe();
        let mut was_connected = false;
        loop {
            let waited = tokio::time::timeout(NOTED_EVERY, changes.changed()).await;
            if matches!(waited, Ok(Err(_))) {
                return;
            }
            let is_connected = *changes.borrow_and_update();
            if !std::mem::replace(&mut was_connected, is_connected) && !is_connected {
                continue;
            }
            let path = note(&self.registry);
            let text = format!("{}\n", self.rest.time().to_rfc3339());
            let written =
                tokio::task::spawn_blocking(move || files::replace(&path, text.as_bytes())).await;
            if let Ok(Err(error)) = written {
                tracing::warn!(%error, "the time of the connection could not be written down");
            }
        }
    }

    fn served(&self) -> MutexGuard<'_, HashMap<ChannelId, bool>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn holding(&self) -> MutexGuard<'_, Holding<Message>> {
        // Whoever panicked with it has left maps that are whole.
        self.holding.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn note(registry: &Registry) -> PathBuf {
    registry.folder().join(LAST_CONNECTED)
}

/// One asking of all channels.
pub(super) struct Round {
    missed: Arc<Missed>,
    /// After which message each channel is asked about, and its hold.
    asks: BTreeMap<ChannelId, (Hold, MessageId)>,
    /// The records as they were when the session began. What they come to claim later may have overtaken what was
    /// missed.
    before: Arc<Document>,
}

impl Round {
    /// Asks, and hands what was missed to `entrance`.
    pub(super) async fn run(self, entrance: Arc<Entrance>) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let mut asking = JoinSet::new();
        let asks = self.asks.iter();
        let holds: Vec<_> = asks.map(|(channel, (hold, _))| (*channel, *hold)).collect();
        for (channel, (hold, after)) in self.asks {
            let (missed, entrance) = (Arc::clone(&self.missed), Arc::clone(&entrance));
            let (places, before) = (Arc::clone(&places), Arc::clone(&self.before));
            asking.spawn(async move {
                let place = places.acquire().await;
                let asked = tokio::time::timeout(PATIENCE, missed.ask(channel, after)).await;
                drop(place);
                missed.know(channel).await;
                let record = before.get(channel);
                missed.hand_over((channel, hold), asked.ok(), record.as_ref(), &entrance);
            });
        }
        let hold = tokio::time::sleep(HOLD);
        tokio::pin!(hold);
        let mut is_held = true;
        loop {
            tokio::select! {
                ended = asking.join_next() => match ended {
                    None => break,
                    Some(Ok(())) => {}
                    Some(Err(error)) => tracing::error!(%error, "catching up failed"),
                },
                () = &mut hold, if is_held => {
                    is_held = false;
                    self.missed.let_through(&holds, &entrance);
                }
            }
        }
    }
}

impl Missed {
    /// What is held goes on: the asking takes too long.
    fn let_through(self: &Arc<Self>, holds: &[(ChannelId, Hold)], entrance: &Arc<Entrance>) {
        let mut holding = self.holding();
        for &(channel, hold) in holds {
            if holding
                .held(channel, hold)
                .any(|message| self.is_strange(channel, message))
            {
                tokio::spawn(Arc::clone(self).look_up(channel, hold, Arc::clone(entrance)));
                continue;
            }
            self.let_go(&mut holding, channel, hold, entrance);
        }
    }

    /// Lets go on what is held of a channel, without what was missed there.
    fn let_go(
        &self,
        holding: &mut Holding<Message>,
        channel: ChannelId,
        hold: Hold,
        entrance: &Entrance,
    ) {
        for (id, message) in holding.let_go(channel, hold) {
            self.heard(holding, channel, id, &message);
            if let Some(mut inbound) = entrance.admit(message) {
                inbound.item.via = via(holding, channel);
                entrance.pass_on(inbound);
            }
        }
    }

    /// A message that waited has been heard now, unless nobody knows where: then it is passed over, and is to be asked
    /// for once that is known.
    fn heard(
        &self,
        holding: &mut Holding<Message>,
        channel: ChannelId,
        id: MessageId,
        message: &Message,
    ) {
        if !self.is_strange(channel, message) {
            holding.hears(channel, id);
        }
    }

    /// Hands over what was found and what was held; `None` where the asking took too long. What `record` claims was
    /// dealt with before.
    fn hand_over(
        &self,
        (channel, hold): (ChannelId, Hold),
        asked: Option<Result<(Vec<Message>, bool), Failed>>,
        record: Option<&Record>,
        entrance: &Entrance,
    ) {
        let (found, is_known) = match asked {
            Some(Ok((found, is_all))) => {
                if !is_all {
                    tracing::warn!(%channel, "too much was said to read it all");
                }
                (found, is_all)
            }
            Some(Err(failed)) if matches!(failed.status, Some(403 | 404)) => {
                tracing::info!(%channel, reason = failed.reason, "what was missed may not be read");
                (Vec::new(), true)
            }
            Some(Err(failed)) => {
                tracing::error!(%channel, reason = failed.reason, "what was missed could not be read");
                (Vec::new(), false)
            }
            None => {
                tracing::error!(%channel, "what was missed could not be read in time");
                (Vec::new(), false)
            }
        };
        // What was claimed needs no plan.
        let is_claimed = |id| record.is_some_and(|record| record.has_claimed(id));
        let found = found
            .into_iter()
            .map(|message| (MessageId(message.id.get()), message))
            .filter(|(id, _)| !is_claimed(*id))
            .collect();
        // Under the lock, so that no live message comes in between.
        let mut holding = self.holding();
        let Some(all) = holding.release(channel, hold, found) else {
            tracing::debug!(%channel, "asked about again since");
            return;
        };
        let (mut missed, mut live) = (Vec::new(), Vec::new());
        for released in all {
            self.heard(&mut holding, channel, released.id, &released.message);
            if let Some(inbound) = entrance.admit(released.message) {
                let list = if released.is_live {
                    &mut live
                } else {
                    &mut missed
                };
                list.push((released.id, inbound));
            }
        }
        let plan = plan(missed, &self.bounds, self.rest.time());
        if let Some((_, last)) = plan.last_given_up {
            tracing::warn!(%channel, messages = plan.given_up, "messages missed and given up");
            entrance.pass_on(late(last, |_| Wish::GivenUp(plan.given_up)));
        }
        if !plan.answered.is_empty() {
            tracing::info!(%channel, messages = plan.answered.len(), "caught up");
        }
        let is_spoken_to = record.is_some()
            || self.named.contains(&channel)
            || self.served().get(&channel).is_some_and(|to_bot| *to_bot);
        if !is_known && is_spoken_to {
            entrance.say(channel, words::missed_unknown());
        }
        // What came live is answered whatever the bounds.
        let missed = plan.answered.into_iter();
        let mut all: Vec<_> = missed
            .map(|(id, inbound)| (id, late(inbound, |wish| wish)))
            .collect();
        all.append(&mut live);
        all.sort_by_key(|(id, _)| *id);
        for (_, inbound) in all {
            entrance.pass_on(inbound);
        }
        drop(holding);
    }
}

/// How a message of the channel comes that does not wait any more.
fn via(holding: &Holding<Message>, channel: ChannelId) -> Via {
    let asked = holding.asks_after(channel);
    asked.map_or(Via::Gateway, |after| Via::Ahead { after })
}

fn late(inbound: Inbound, wish: impl FnOnce(Wish) -> Wish) -> Inbound {
    let mut inbound = inbound;
    inbound.item.via = Via::CatchUp;
    inbound.item.wish = wish(inbound.item.wish);
    inbound
}
