//! All sessions and sockets, and the switches that make the gateway misbehave.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Close, Intents, session::Session};

/// What a socket is told to do.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Send these in one flush.
    Frames(Vec<String>),
    /// Send a close frame, then end.
    Close(Close),
    /// End without a word.
    Drop,
}

/// An open socket.
#[derive(Debug)]
struct Link {
    outlet: mpsc::UnboundedSender<Outgoing>,
    /// Frames that wait for the flush.
    pending: Vec<String>,
}

/// The gateway.
#[derive(Debug, Default)]
pub(crate) struct Gateway {
    pub(super) sessions: Vec<Session>,
    links: BTreeMap<u64, Link>,
    /// Sockets ever opened.
    pub(crate) connections: usize,
    pub(crate) identifies: usize,
    pub(crate) resumes: usize,
    /// The intents of the latest IDENTIFY.
    pub(crate) intents: Option<u64>,
    /// While this is not zero, sockets are refused.
    pub(crate) outages: usize,
    /// Whether heartbeats go without an answer.
    pub(crate) deaf: bool,
    /// Whether no session is told of any event.
    pub(crate) mute: bool,
    /// How many IDENTIFYs to come are answered with an invalid session.
    pub(crate) refusals: usize,
    /// What Discord says of the starts that are left, and of the time until there are all of them again.
    pub(crate) starts: Option<(u64, u64)>,
    /// How many pairs of the events to come change places.
    pub(crate) swaps: usize,
    /// The first of such a pair: its name, and what each session gets.
    held: Option<(String, Vec<Option<Value>>)>,
    /// How many of the events to come are sent twice.
    pub(crate) duplicates: usize,
}

impl Gateway {
    /// Opens a link and greets it; in an outage there is none.
    pub(super) fn open(&mut self, outlet: mpsc::UnboundedSender<Outgoing>) -> Option<u64> {
        if self.outages > 0 {
            return None;
        }
        self.connections += 1;
        let id = self.connections as u64;
        let link = Link {
            outlet,
            pending: Vec::new(),
        };
        self.links.insert(id, link);
        // The interval that Discord gives (seen in its answers; the docs' example is 45 s).
        let hello =
            json!({ "op": 10, "s": null, "t": null, "d": { "heartbeat_interval": 41_250 } });
        self.send(id, hello.to_string());
        Some(id)
    }

    /// Forgets a link that has ended; its session stays, to be resumed.
    pub(super) fn closed(&mut self, link: u64) {
        self.links.remove(&link);
        for session in &mut self.sessions {
            if session.link == Some(link) {
                session.link = None;
            }
        }
    }

    pub(super) fn send(&mut self, link: u64, frame: String) {
        if let Some(link) = self.links.get_mut(&link) {
            link.pending.push(frame);
        }
    }

    /// Numbers and sends an event to every session that `data` gives a payload for.
    pub(crate) fn dispatch(&mut self, name: &str, data: impl Fn(Intents) -> Option<Value>) {
        if self.mute {
            return;
        }
        let told = self.sessions.iter().map(|session| data(session.intents));
        let told: Vec<_> = told.collect();
        let held = self.held.take();
        if held.is_none() && self.swaps > 0 {
            self.swaps -= 1;
            self.held = Some((name.to_owned(), told));
            return;
        }
        self.deliver(name, &told);
        if let Some((name, told)) = held {
            self.deliver(&name, &told);
        }
    }

    fn deliver(&mut self, name: &str, told: &[Option<Value>]) {
        let times = if self.duplicates > 0 { 2 } else { 1 };
        self.duplicates = self.duplicates.saturating_sub(1);
        for (session, data) in self.sessions.iter_mut().zip(told) {
            let Some(data) = data else {
                continue;
            };
            for _ in 0..times {
                let frame = session.number(name, data);
                if let Some(link) = session.link.and_then(|id| self.links.get_mut(&id)) {
                    link.pending.push(frame);
                }
            }
        }
    }

    /// Sends a frame that is not an event to every socket with a session.
    pub(crate) fn tell_all(&mut self, frame: &Value) {
        let on: Vec<_> = self
            .sessions
            .iter()
            .filter_map(|found| found.link)
            .collect();
        for link in on {
            self.send(link, frame.to_string());
        }
    }

    /// Hands what waits to the sockets, each in one flush.
    pub(crate) fn flush(&mut self) {
        for link in self.links.values_mut() {
            if !link.pending.is_empty() {
                let frames = std::mem::take(&mut link.pending);
                link.tell(Outgoing::Frames(frames));
            }
        }
    }

    /// Closes one socket with a code. Its link is gone from here on.
    pub(super) fn close(&mut self, link: u64, why: Close) {
        self.flush();
        if let Some(link) = self.links.remove(&link) {
            link.tell(Outgoing::Close(why));
        }
    }

    /// Closes every socket with a code; sessions stay, to be resumed.
    pub(crate) fn close_all(&mut self, why: &Close) {
        self.flush();
        for link in std::mem::take(&mut self.links).into_values() {
            link.tell(Outgoing::Close(why.clone()));
        }
    }

    /// Drops every socket without a word; sessions stay, to be resumed.
    pub(crate) fn drop_all(&mut self) {
        self.flush();
        for link in std::mem::take(&mut self.links).into_values() {
            link.tell(Outgoing::Drop);
        }
    }

    /// Forgets every session, so that none can be resumed.
    pub(crate) fn forget_sessions(&mut self) {
        self.sessions.clear();
    }

    /// How many sessions are on a socket.
    pub(crate) fn connected(&self) -> usize {
        let on = |session: &&Session| {
            session
                .link
                .is_some_and(|link| self.links.contains_key(&link))
        };
        self.sessions.iter().filter(on).count()
    }
}

impl Link {
    /// Tells the socket. One whose task has ended is about to be forgotten, and needs nothing.
    fn tell(&self, what: Outgoing) {
        self.outlet.send(what).ok();
    }
}
