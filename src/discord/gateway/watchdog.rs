//! Whether the bot still hliveness: a process that is online but deaf is of no use to anybody.
//!
//! [`Liveness`] say what to look at and when to give up; [`Watchdog`] looks.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serenity::all::{Message, MessageType};

use super::liveness::{Duty, Held, Liveness};
use crate::{
    discord::{Fatal, rest::Rest},
    snowflake::{ChannelId, MessageId, UserId},
};

/// How many messages of a channel are looked at.
const MESSAGES: u8 = 5;

/// The liveness, shared by those who hear and the one who looks.
#[derive(Debug)]
pub(super) struct Watchdog {
    liveness: Mutex<Liveness>,
    bot: Arc<AtomicU64>,
}

impl Watchdog {
    pub(super) fn new(deaf_after: Duration, bot: Arc<AtomicU64>) -> Self {
        Self {
            liveness: Mutex::new(Liveness::new(deaf_after, Instant::now())),
            bot,
        }
    }

    fn liveness(&self) -> MutexGuard<'_, Liveness> {
        // Whoever panicked with it has left times and ids, none of them dangerous.
        self.liveness.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The gateway has delivered a message.
    pub(super) fn heard(&self, message: &Message) {
        let (channel, id) = (message.channel_id.get(), message.id.get());
        self.liveness()
            .heard(ChannelId(channel), MessageId(id), Instant::now());
    }

    /// A new session has begun.
    pub(super) fn began(&self) {
        self.liveness().began(Instant::now());
    }

    /// The session goes on.
    pub(super) fn resumed(&self) {
        self.liveness().resumed(Instant::now());
    }

    /// There will be no connection for so long, on purpose.
    pub(super) fn waits(&self, wait: Duration) {
        self.liveness().waits(wait, Instant::now());
    }

    /// The connection has ended.
    pub(super) fn ended(&self) {
        self.liveness().ended();
    }

    /// How the connection is.
    pub(super) fn pulse(&self, is_connected: bool, latency: Option<Duration>) {
        self.liveness().pulse(is_connected, latency, Instant::now());
    }

    /// Looks now and then; returns when the bot is deaf.
    pub(super) async fn watch(&self, rest: &Rest) -> Fatal {
        let often = self.liveness().looks_each();
        loop {
            tokio::time::sleep(often).await;
            let duty = self.liveness().duty(Instant::now());
            let deaf = match duty {
                Duty::Nothing => None,
                Duty::Rest => match rest.gateway().await {
                    Ok(_) => self.liveness().rest_answers(Instant::now()),
                    Err(failed) => {
                        tracing::debug!(reason = failed.reason, "Discord does not answer at all");
                        self.liveness().rest_is_silent(Instant::now());
                        None
                    }
                },
                Duty::Channels(channels) => self.look(channels, rest).await,
            };
            if let Some(deaf) = deaf {
                return deaf;
            }
        }
    }

    async fn look(
        &self,
        channels: Vec<(ChannelId, Option<MessageId>)>,
        rest: &Rest,
    ) -> Option<Fatal> {
        let bot = UserId(self.bot.load(Ordering::Relaxed));
        for (channel, last) in channels {
            match rest.look_after(channel, last, MESSAGES).await {
                Ok(messages) => {
                    let held: Vec<_> = messages
                        .iter()
                        .map(|message| Held {
                            id: MessageId(message.id.get()),
                            is_delivered: is_delivered(message, bot),
                        })
                        .collect();
                    let deaf = self.liveness().found(channel, &held, Instant::now());
                    if deaf.is_some() {
                        return deaf;
                    }
                }
                Err(failed) => {
                    tracing::debug!(%channel, reason = failed.reason, "not looked at");
                    if failed.status.is_some() {
                        self.liveness().forget(channel);
                    }
                }
            }
        }
        None
    }
}

/// Whether the gateway surely delivers it.
fn is_delivered(message: &Message, bot: UserId) -> bool {
    let is_said = matches!(
        message.kind,
        MessageType::Regular | MessageType::InlineReply
    );
    is_said && message.author.id.get() != bot.0
}
