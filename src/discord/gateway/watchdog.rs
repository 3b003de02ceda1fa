//! Detects that the process is online but receives nothing.
//!
//! [`Liveness`] decides what to check and when to give up; [`Watchdog`] checks it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::liveness::{Check, Held, Liveness};
use crate::{
    discord::{
        Fatal,
        history::History,
        history::is_said,
        rest::{Call, ONE_TRY},
    },
    snowflake::{ChannelId, MessageId},
};

const MESSAGES_PER_CHANNEL: u8 = 5;

pub(super) struct Watchdog {
    liveness: Mutex<Liveness>,
    pub(super) history: History,
}

impl Watchdog {
    pub(super) fn new(deaf_after: Duration, history: History) -> Self {
        Self {
            liveness: Mutex::new(Liveness::new(deaf_after, Instant::now())),
            history,
        }
    }

    pub(super) fn liveness(&self) -> MutexGuard<'_, Liveness> {
        // A panic while it was held leaves usable times and ids behind.
        self.liveness.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks from time to time; returns when the bot is deaf.
    pub(super) async fn watch(&self) -> Fatal {
        let interval = self.liveness().check_interval();
        loop {
            tokio::time::sleep(interval).await;
            let duty = self.liveness().duty(Instant::now());
            let deaf = match duty {
                Check::Nothing => None,
                Check::Rest => match self.history.rest.gateway().await {
                    Ok(_) => self.liveness().rest_answers(Instant::now()),
                    Err(failed) => {
                        tracing::debug!(reason = failed.reason, "Discord does not answer at all");
                        self.liveness().rest_is_silent(Instant::now());
                        None
                    }
                },
                Check::Channels(channels) => self.look(channels).await,
            };
            if let Some(deaf) = deaf {
                return deaf;
            }
        }
    }

    async fn look(&self, channels: Vec<(ChannelId, Option<MessageId>)>) -> Option<Fatal> {
        let bot = self.history.bot().0;
        for (channel, last) in channels {
            let call = Call::messages(channel, last, MESSAGES_PER_CHANNEL).once(ONE_TRY);
            match self.history.rest.messages(&call).await {
                Ok(messages) => {
                    let held = messages.iter().map(|message| Held {
                        id: message.id.into(),
                        is_delivered: is_said(message) && message.author.id.get() != bot,
                    });
                    let held: Vec<_> = held.collect();
                    let deaf = self.liveness().found(channel, &held, Instant::now());
                    if deaf.is_some() {
                        return deaf;
                    }
                }
                Err(failed) => {
                    tracing::debug!(%channel, reason = failed.reason, "failed to check a channel");
                    if failed.status.is_some() {
                        self.liveness().forget(channel);
                    }
                }
            }
        }
        None
    }
}
