//! Channels on demand: an actor is made on a channel's first message and let go when it is idle.
//!
//! One task owns the map of actors, so that a message never reaches an actor that is on its way out: an idle actor
//! says so together with how many letters it has read, and is let go only if none is under way to it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::Utc;
use tokio::{
    sync::mpsc,
    task::{Id, JoinError, JoinSet},
};

use super::{
    actor::{self, Idle, Letter, Shared},
    claims::Claims,
    item::{Item, Mark, Utterance, Wish},
    words,
};
use crate::{
    discord::command::Command,
    snowflake::{ChannelId, MessageId},
};

/// A channel whose task fails again within this time is not recovered again.
const RECOVERY_PAUSE: Duration = Duration::from_mins(10);

/// What the gateway hands over, in the order in which Discord gave it.
#[derive(Debug)]
pub struct Inbound {
    /// Where.
    pub channel: ChannelId,
    /// Who wants what.
    pub item: Item,
}

/// What the bot tells the hub when it goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GoDown {
    /// Not yet.
    No,
    /// No new turns; those that run may end.
    InOrder,
    /// Running turns are interrupted, and processes ended in order.
    Soon,
    /// At once.
    Now,
}

/// The map of actors.
pub struct Hub {
    shared: Arc<Shared>,
    actors: HashMap<ChannelId, Mailbox>,
    tasks: JoinSet<()>,
    names: HashMap<Id, ChannelId>,
    idle: mpsc::UnboundedSender<Idle>,
    idling: mpsc::UnboundedReceiver<Idle>,
    claims: Claims,
    /// When a channel's task failed last: another failure soon after may be the recovery's own.
    failed: HashMap<ChannelId, Instant>,
}

struct Mailbox {
    letters: mpsc::UnboundedSender<Letter>,
    sent: u64,
}

impl Hub {
    /// A hub without channels. `booked` are the messages whose turns the ledger has.
    #[must_use]
    pub fn new(shared: Arc<Shared>, booked: HashSet<MessageId>) -> Self {
        let (idle, idling) = mpsc::unbounded_channel();
        let claims = Claims::new(shared.registry.view().records(), booked);
        Self {
            shared,
            actors: HashMap::new(),
            tasks: JoinSet::new(),
            names: HashMap::new(),
            idle,
            idling,
            claims,
            failed: HashMap::new(),
        }
    }

    /// Passes on what comes in until the bot has gone down and every channel is done. `reached` are the marks that
    /// the outbox reports.
    pub async fn run(
        mut self,
        mut inbound: mpsc::UnboundedReceiver<Inbound>,
        mut reached: mpsc::UnboundedReceiver<(ChannelId, Mark)>,
        mut going: tokio::sync::watch::Receiver<GoDown>,
    ) {
        let mut down = GoDown::No;
        self.recover();
        loop {
            tokio::select! {
                biased;
                Ok(()) = going.changed(), if down < GoDown::Now => {
                    down = *going.borrow_and_update();
                    self.go_down(down);
                }
                Some(idle) = self.idling.recv() => self.let_go(&idle),
                Some(ended) = self.tasks.join_next_with_id(), if !self.tasks.is_empty() => {
                    self.ended(ended, down);
                }
                Some((channel, mark)) = reached.recv() => self.tell(channel, Letter::Reached(mark)),
                Some(incoming) = inbound.recv(), if down == GoDown::No => self.pass_on(incoming),
            }
            if down > GoDown::No && self.tasks.is_empty() {
                return;
            }
        }
    }

    /// A channel's task has ended. One that panicked has lost what waited in it; what was cut off is on record.
    fn ended(&mut self, ended: Result<(Id, ()), JoinError>, down: GoDown) {
        let (id, failed) = match ended {
            Ok((id, ())) => (id, None),
            Err(error) => (error.id(), Some(error)),
        };
        let Some(channel) = self.names.remove(&id) else {
            return;
        };
        let mailbox = self.actors.get(&channel);
        if mailbox.is_some_and(|mailbox| mailbox.letters.is_closed()) {
            self.actors.remove(&channel);
        }
        if let Some(error) = failed {
            tracing::error!(%channel, %error, "a channel's task failed");
            self.shared
                .outbox
                .utter(Utterance::Typing { channel, on: false });
            if down > GoDown::No {
                return;
            }
            let before = self.failed.insert(channel, Instant::now());
            if before.is_none_or(|before| before.elapsed() > RECOVERY_PAUSE) {
                self.send(channel, Letter::Recover);
            }
            self.shared.outbox.utter(Utterance::Say {
                channel,
                to: None,
                text: words::channel_failed(),
            });
        }
    }

    fn pass_on(&mut self, Inbound { channel, item }: Inbound) {
        if !self.claims.take(channel, &item) {
            let id = item.origin.snowflake();
            tracing::debug!(%channel, id, "delivered before; dropped");
            return;
        }
        let Some(item) = self.shared.gate.admit(channel, item, Utc::now()) else {
            tracing::info!(%channel, "a bot has had enough answers; a person has to speak first");
            return;
        };
        if let Some(text) = self.shared.notice.for_reader(item.speaker.role) {
            let to = None;
            self.shared
                .outbox
                .utter(Utterance::Say { channel, to, text });
        }
        let letter = match item {
            Item {
                origin,
                wish: Wish::Command(Command::Stop),
                ..
            } => Letter::Stop(origin),
            item => Letter::Ask(item),
        };
        self.send(channel, letter);
    }

    fn send(&mut self, channel: ChannelId, letter: Letter) {
        let letter = match self.actors.get_mut(&channel) {
            Some(mailbox) => match mailbox.letters.send(letter) {
                Ok(()) => {
                    mailbox.sent += 1;
                    return;
                }
                Err(error) => error.0,
            },
            None => letter,
        };
        let (letters, receiver) = mpsc::unbounded_channel();
        if letters.send(letter).is_err() {
            tracing::error!(%channel, "a letter was lost");
        }
        let task = actor::run(
            channel,
            Arc::clone(&self.shared),
            receiver,
            self.idle.clone(),
        );
        let handle = self.tasks.spawn(task);
        self.names.insert(handle.id(), channel);
        self.actors.insert(channel, Mailbox { letters, sent: 1 });
    }

    fn let_go(&mut self, idle: &Idle) {
        // Dropping the sender ends the actor: nothing is under way to it.
        if self
            .actors
            .get(&idle.channel)
            .is_some_and(|mailbox| mailbox.sent == idle.seen)
        {
            self.actors.remove(&idle.channel);
        }
    }

    /// Wakes the channels in which a bot that went down has left something over.
    fn recover(&mut self) {
        let view = self.shared.registry.view();
        let unsettled: Vec<ChannelId> = view
            .records()
            .filter(|(_, record)| record.is_unsettled())
            .map(|(channel, _)| channel)
            .collect();
        for channel in unsettled {
            tracing::warn!(%channel, "a turn was cut off when the bot went down");
            self.send(channel, Letter::Recover);
        }
    }

    /// Tells a channel, if it is there.
    fn tell(&mut self, channel: ChannelId, letter: Letter) {
        if let Some(mailbox) = self.actors.get_mut(&channel)
            && mailbox.letters.send(letter).is_ok()
        {
            mailbox.sent += 1;
        }
    }

    fn go_down(&mut self, how: GoDown) {
        let channels: Vec<ChannelId> = self.actors.keys().copied().collect();
        for channel in channels {
            self.tell(channel, Letter::GoDown(how));
        }
    }
}
