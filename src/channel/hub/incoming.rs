//! What was written, on its way to its channel.

use std::time::Instant;

use super::Hub;
use crate::{
    channel::{
        request::{QueueItem, Request, Source},
        state::Event,
    },
    chat::{ChatMessage, Delivery},
    command::Command,
};

impl Hub {
    pub(super) fn message(&mut self, message: &ChatMessage, delivery: Delivery) {
        if message.author.id != self.bot {
            self.tell(message.place.channel, Event::Written);
        }
        match self.intake().message(message, delivery, self.bot) {
            Ok(item) => self.pass_on(item),
            Err(ignored) => {
                let (channel, id) = (message.place.channel, message.id);
                tracing::debug!(%channel, %id, ?ignored, "message ignored");
                self.tell_stranger(message, delivery, ignored);
                self.offer_as_answer(message, ignored);
                self.overhear(message, ignored);
            }
        }
    }

    pub(super) fn skipped(&mut self, last: &ChatMessage, count: usize) {
        if let Ok(item) = self.intake().message(last, Delivery::Backfill, self.bot) {
            self.pass_on(QueueItem {
                request: Request::Skipped(count),
                ..item
            });
        }
    }

    pub(super) fn pass_on(&mut self, item: QueueItem) {
        if self.dedup.admit(&item) {
            self.pass_on_admitted(item);
        } else {
            let (channel, origin) = (item.place.channel, item.origin);
            tracing::debug!(%channel, ?origin, "dropped a duplicate");
        }
    }

    pub(super) fn pass_on_admitted(&mut self, item: QueueItem) {
        if let Some(item) = self.admit(item).and_then(|item| self.postable(item)) {
            self.queue(item);
        }
    }

    pub(super) fn queue(&mut self, mut item: QueueItem) {
        let channel = item.place.channel;
        if matches!(item.source, Source::Chat(_)) {
            self.add_overheard(&mut item);
        }
        self.shared
            .directory
            .learn_person(item.speaker.id, &item.speaker.name);
        if item.request.begins_turn() {
            let person = item.speaker.id;
            self.recent_turns.note(channel, person, Instant::now());
        }
        let event = match item.request {
            Request::Command(Command::Stop) => Event::Stop(item.origin),
            Request::Command(Command::StopAll) => Event::StopAll {
                origin: item.origin,
                speaker: item.speaker,
            },
            _ => Event::Requested(item),
        };
        self.send(channel, event);
    }
}
