//! One round of backfill: fetches what was missed in all channels, and delivers it.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::{Arc, MutexGuard},
    time::Duration,
};

use serenity::all::Message;
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    Backfill, CHANNELS_AT_ONCE, SKEW,
    plan::{go_on, plan},
    reorder_buffer::{HoldId, Released, ReorderBuffer},
    schedule::{Ask, Schedule, Told},
};
use crate::{
    chat::{ChatEvent, ChatMessage, Delivery},
    discord::{
        convert,
        ingress::Ingress,
        rest::{Call, Class, Failed},
        shard::Shard,
    },
    registry::{Document, Record},
    snowflake::{ChannelId, GuildId, MessageId},
};

const CHANNEL_TIMEOUT: Duration = Duration::from_mins(10);
const MAX_PAGES: usize = 50;
const PAGE_SIZE: u8 = 100;

/// How long live messages wait for those that were missed. After that they are delivered, and what was missed comes
/// late.
pub(super) const LONGEST_HOLD: Duration = Duration::from_secs(30);

/// How long to wait for the description of all guilds. A guild may be down.
const DESCRIBED_WITHIN: Duration = Duration::from_secs(5);

/// The messages that were found in a channel, and whether these are all.
pub(super) type Fetched = (Vec<Message>, bool);

/// What came of asking a channel; `None` if it took too long.
pub(super) type Outcome = Option<Result<Fetched, Failed>>;

#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub(super) hold: HoldId,
    /// The message after which to fetch.
    pub(super) after: MessageId,
}

pub(crate) struct Round {
    pub(super) backfill: Arc<Backfill>,
    pub(super) requests: BTreeMap<ChannelId, Request>,
    pub(super) schedule: Schedule,
    /// What Discord tells meanwhile. It ends when another session of this shard begins.
    pub(super) told: mpsc::UnboundedReceiver<Told>,
    /// The records as they were when the session began. What they claim later may have overtaken what was missed.
    pub(super) before: Arc<Document>,
}

impl Round {
    /// Fetches what was missed, and gives it to `ingress`.
    pub(crate) async fn run(mut self, ingress: Arc<Ingress>) {
        // Each says whether it has fetched.
        let mut tasks: JoinSet<bool> = JoinSet::new();
        let (mut fetching, mut asked) = (0, 0);
        let longest_hold = tokio::time::sleep(LONGEST_HOLD);
        let described_within = tokio::time::sleep(DESCRIBED_WITHIN);
        tokio::pin!(longest_hold, described_within);
        let (mut is_held, mut is_told) = (true, true);
        loop {
            while fetching < CHANNELS_AT_ONCE
                && let Some(channel) = self.schedule.next()
            {
                tasks.spawn(self.settle(channel, true, &ingress));
                (fetching, asked) = (fetching + 1, asked + 1);
            }
            if self.schedule.is_empty() && tasks.is_empty() {
                break;
            }
            tokio::select! {
                Some(ended) = tasks.join_next() => match ended {
                    Ok(has_fetched) => fetching -= usize::from(has_fetched),
                    Err(error) => {
                        tracing::error!(%error, "backfill failed");
                        fetching = fetching.saturating_sub(1);
                    }
                },
                told = self.told.recv(), if is_told && !self.schedule.is_empty() => {
                    if let None | Some(Told::Begun { .. }) = told {
                        self.leave_to_newer_rounds();
                    }
                    is_told = told.is_some();
                    match told {
                        Some(told) => {
                            if let Some(channel) = self.schedule.told(told) {
                                tasks.spawn(self.settle(channel, false, &ingress));
                            }
                        }
                        None => {
                            self.schedule.all_described();
                            self.schedule.no_others();
                        }
                    }
                }
                () = &mut described_within, if self.schedule.waits() => self.schedule.all_described(),
                () = &mut longest_hold, if is_held => {
                    is_held = false;
                    self.backfill.release_all(&self.requests, &ingress);
                }
            }
        }
        let channels = self.requests.len();
        tracing::debug!(channels, asked, "looked for messages that were missed");
    }

    /// Forgets the channels that a newer round asks.
    fn leave_to_newer_rounds(&mut self) {
        let buffer = self.backfill.buffer();
        let requests = &self.requests;
        self.schedule.retain(|channel| {
            let request = requests.get(&channel);
            request.is_some_and(|request| buffer.is_fetched_for(channel, request.hold))
        });
    }

    /// Delivers what was missed in a channel: nothing, unless it is `asked`.
    fn settle(
        &self,
        channel: ChannelId,
        asked: bool,
        ingress: &Arc<Ingress>,
    ) -> impl Future<Output = bool> + use<> {
        let (backfill, ingress) = (Arc::clone(&self.backfill), Arc::clone(ingress));
        let (request, before) = (
            self.requests.get(&channel).copied(),
            Arc::clone(&self.before),
        );
        async move {
            let Some(Request { hold, after }) = request else {
                return asked;
            };
            let found = if asked {
                backfill.fetch(channel, after).await
            } else {
                Some(Ok((Vec::new(), true)))
            };
            let record = before.get(channel);
            let at = (channel, hold);
            backfill.settle(at, found, record.as_ref(), &ingress).await;
            asked
        }
    }
}

impl Backfill {
    /// A session of a shard begins, in which Discord will describe these guilds. Live messages of the channels in question
    /// wait from now on; the returned round fetches what was missed there, and releases them. A channel that another shard
    /// may deliver is in question as well: it is asked again when that shard's session begins.
    pub(crate) fn begin(self: &Arc<Self>, shard: Shard, guilds: BTreeSet<GuildId>) -> Round {
        let mut asks = BTreeMap::new();
        let mut buffer = self.buffer();
        let view = self.registry.view();
        if self.bounds.max_messages > 0 {
            let now = self.history.rest.time();
            let since = *self.last_connected.get_or_init(|| now);
            let since = MessageId::at(since.min(now) - SKEW);
            let settings = self.settings.now();
            let config = settings.config();
            let named = config.discord.allow.channels.ids.iter();
            let named = named.chain(config.channels.keys());
            asks.extend(named.map(|channel| (*channel, (since, Ask::after(since)))));
            let records = view.records();
            asks.extend(records.filter_map(|(channel, record)| {
                let ask = Ask {
                    known: record.known_up_to()?,
                    is_waited_for: record.is_waited_for(),
                    is_direct: record.guild_name.is_none(),
                    may_be_elsewhere: false,
                };
                Some((channel, (record.claimed_up_to()?, ask)))
            }));
            // What this process has received is with its channel, or was not meant for the bot.
            let served = self.served();
            for (channel, last) in buffer.newest_delivered() {
                match asks.entry(channel) {
                    Entry::Occupied(mut known) => {
                        let (after, ask) = known.get_mut();
                        (*after, ask.known) = (last, last);
                    }
                    Entry::Vacant(new) if served.contains_key(&channel) => {
                        new.insert((last, Ask::after(last)));
                    }
                    Entry::Vacant(_) => {}
                }
            }
        }
        let is_last = self.begun(shard);
        let mut requests = BTreeMap::new();
        let mut schedule = Schedule::new(guilds, is_last);
        for (channel, (after, mut ask)) in asks {
            match self.history.directory.guild(channel) {
                Some(guild) if !shard.delivers(guild) => continue,
                None if ask.is_direct && !shard.delivers(None) => continue,
                guild => {
                    ask.may_be_elsewhere = shard.total > 1 && guild.is_none() && !ask.is_direct;
                }
            }
            ask.is_waited_for |= buffer.holds_messages(channel);
            let (hold, from) = buffer.begin_fetch(channel, after);
            // An earlier round has not fetched what comes after `from`.
            let known = if from < after { from } else { ask.known };
            schedule.add(channel, Ask { known, ..ask });
            let after = from;
            requests.insert(channel, Request { hold, after });
        }
        let (round, told) = mpsc::unbounded_channel();
        self.tell(Told::Begun { is_last });
        self.rounds().insert(shard.id, round);
        drop(buffer);
        Round {
            backfill: Arc::clone(self),
            requests,
            schedule,
            told,
            before: view,
        }
    }

    /// Fetches a channel's messages after one, oldest first, as the gateway would have delivered them.
    pub(super) async fn fetch(&self, channel: ChannelId, after: MessageId) -> Outcome {
        let fetch = self.fetch_all(channel, after);
        tokio::time::timeout(CHANNEL_TIMEOUT, fetch).await.ok()
    }

    async fn fetch_all(&self, channel: ChannelId, after: MessageId) -> Result<Fetched, Failed> {
        let rest = &self.history.rest;
        let mut messages = Vec::new();
        let mut last = after;
        let (mut is_last, mut is_all) = (false, true);
        for number in 1..=MAX_PAGES {
            let call = Call::messages(channel, Some(last), PAGE_SIZE).class(Class::Card);
            let page = rest.messages(&call).await?;
            is_last = page.len() < usize::from(PAGE_SIZE);
            last = page.last().map_or(last, |newest| newest.id.into());
            messages.extend(page);
            if is_last {
                break;
            }
            let is_skipping;
            (last, is_skipping) = go_on(number, last, &self.bounds, rest.time());
            is_all &= !is_skipping;
        }
        if !messages.is_empty() {
            self.history
                .complete(channel, &mut messages, Duration::MAX)
                .await?;
        }
        Ok((messages, is_all && is_last))
    }

    /// Releases the messages that wait, because fetching takes too long.
    fn release_all(&self, requests: &BTreeMap<ChannelId, Request>, ingress: &Arc<Ingress>) {
        for (&channel, &Request { hold, .. }) in requests {
            let is_unknown = self
                .buffer()
                .held(channel, hold)
                .any(|message| self.is_of_unknown_channel(channel, message));
            if is_unknown {
                ingress.spawn(Arc::clone(ingress).look_up(channel, hold));
            } else {
                ingress.release(channel, hold);
            }
        }
    }

    /// Delivers what was found and what waited, once the channel is known. Where there is neither, that does not matter.
    pub(super) async fn settle(
        &self,
        (channel, hold): (ChannelId, HoldId),
        found: Outcome,
        record: Option<&Record>,
        ingress: &Ingress,
    ) {
        if matches!(&found, Some(Ok((found, true))) if found.is_empty()) {
            let buffer = self.buffer();
            let must_be_known = buffer
                .held(channel, hold)
                .any(|message| self.is_of_unknown_channel(channel, message));
            if !must_be_known {
                return self.deliver(buffer, (channel, hold), found, record, ingress);
            }
        }
        self.wait_until_known(channel).await;
        self.deliver(self.buffer(), (channel, hold), found, record, ingress);
    }

    /// Delivers what was found and what waited. What `record` claims has been handled before. The lock keeps live
    /// messages from being delivered in between.
    fn deliver(
        &self,
        mut buffer: MutexGuard<'_, ReorderBuffer<Message>>,
        (channel, hold): (ChannelId, HoldId),
        found: Outcome,
        record: Option<&Record>,
        ingress: &Ingress,
    ) {
        let is_all_read = matches!(found, Some(Ok((_, true))));
        let (found, is_complete) = evaluate(channel, found);
        let is_claimed = |id| record.is_some_and(|record| record.has_claimed(id));
        let found = found
            .into_iter()
            .map(|message| (MessageId::from(message.id), message))
            .filter(|(id, _)| !is_claimed(*id))
            .collect();
        let Some(released) = buffer.finish_fetch(channel, hold, found) else {
            tracing::debug!(%channel, "a newer round fetches this channel again");
            return;
        };
        if !is_all_read {
            buffer.mark_incomplete(channel);
        }
        let (mut missed, mut deliveries) = (Vec::new(), Vec::new());
        for Released {
            id,
            message,
            is_live,
        } in released
        {
            if !self.is_of_unknown_channel(channel, &message) {
                buffer.mark_delivered(channel, id);
            }
            match ingress.receive(message) {
                Some((message, _)) if is_live => deliveries.push((message, Delivery::Live)),
                Some((message, true)) => missed.push((id, message)),
                Some((_, false)) | None => {}
            }
        }
        let plan = plan(missed, &self.bounds, self.history.rest.time());
        if let Some((_, last)) = plan.last_skipped {
            let (last, count) = (Box::new(last), plan.skipped);
            tracing::warn!(%channel, count, "skipped messages that were sent while the bot was away");
            ingress.send(ChatEvent::MessagesSkipped { last, count });
        }
        if !plan.answered.is_empty() {
            tracing::info!(%channel, messages = plan.answered.len(), "caught up");
        }
        if !is_complete && self.is_spoken_to(channel, record) {
            let place = convert::place(&self.history.directory, channel, None);
            ingress.send(ChatEvent::BackfillFailed { place });
        }
        // Live messages are answered whatever the bounds.
        let answered = plan.answered.into_iter();
        deliveries.extend(answered.map(|(_, message)| (message, Delivery::Backfill)));
        deliveries.sort_by_key(|(message, _): &(ChatMessage, _)| message.id);
        for (message, delivery) in deliveries {
            let message = Box::new(message);
            ingress.send(ChatEvent::Message { message, delivery });
        }
        drop(buffer);
    }

    /// Whether the configuration names the channel.
    fn is_named(&self, channel: ChannelId) -> bool {
        let settings = self.settings.now();
        let config = settings.config();
        config.discord.allow.channels.ids.contains(&channel)
            || config.channels.contains_key(&channel)
    }

    fn is_spoken_to(&self, channel: ChannelId, record: Option<&Record>) -> bool {
        record.is_some()
            || self.is_named(channel)
            || self.served().get(&channel).is_some_and(|to_bot| *to_bot)
    }
}

/// The messages that were found, and whether the bot has read all that it may read. Logs what went wrong.
fn evaluate(channel: ChannelId, found: Outcome) -> Fetched {
    match found {
        Some(Ok((found, is_all))) => {
            if !is_all {
                tracing::warn!(%channel, "too many messages were missed to read them all");
            }
            (found, is_all)
        }
        Some(Err(failed)) if matches!(failed.status, Some(403 | 404)) => {
            tracing::info!(%channel, reason = failed.reason, "messages that were missed may not be read");
            (Vec::new(), true)
        }
        Some(Err(failed)) => {
            tracing::error!(%channel, reason = failed.reason, "failed to read messages that were missed");
            (Vec::new(), false)
        }
        None => {
            tracing::error!(%channel, "failed to read messages that were missed in time");
            (Vec::new(), false)
        }
    }
}
