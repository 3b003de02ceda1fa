//! All sessions and connections, and the switches that make the gateway misbehave.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Close, Intents, SessionStarts, session::Session};
use crate::Snowflake;

/// An instruction to the task that owns a socket.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Send these in one flush.
    Frames(Vec<String>),
    /// Send a close frame, then end.
    Close(Close),
    /// Drop the socket without a close frame.
    Drop,
}

/// An open socket.
#[derive(Debug)]
struct Connection {
    sender: mpsc::UnboundedSender<Outgoing>,
    /// Frames that wait for the next flush.
    pending: Vec<String>,
}

/// The gateway.
#[derive(Debug, Default)]
pub(crate) struct Gateway {
    pub(super) sessions: Vec<Session>,
    open: BTreeMap<u64, Connection>,
    /// How many sockets have been opened in total.
    pub(crate) connections: usize,
    pub(crate) identifies: usize,
    pub(crate) resumes: usize,
    /// The intents of the latest IDENTIFY.
    pub(crate) intents: Option<u64>,
    /// How many outages are in effect; any refuses new sockets.
    pub(crate) outages: usize,
    /// What new sockets get in place of HELLO.
    pub(crate) greeting: Option<Vec<Value>>,
    /// How many of the next READYs hold no user.
    pub(crate) readys_to_spoil: usize,
    /// Whether heartbeats get no acknowledgement.
    pub(crate) ignore_heartbeats: bool,
    /// Whether events are lost.
    pub(crate) mute: bool,
    /// Shards whose events are lost.
    pub(crate) muted: BTreeSet<u64>,
    /// How many of the next IDENTIFYs are answered with an invalid session.
    pub(crate) identifies_to_refuse: usize,
    pub(crate) starts: SessionStarts,
    /// How many IDENTIFYs came when no start was left: Discord resets the bot's token then.
    pub(crate) token_resets: usize,
    /// How many pairs of the next events are swapped.
    pub(crate) swaps: usize,
    /// The first event of such a pair: its name, and the payload for each session.
    held: Option<(String, Vec<Option<Value>>)>,
    /// How many of the next events are sent twice.
    pub(crate) duplicates: usize,
}

impl Gateway {
    /// Opens a connection and greets it; returns `None` during an outage.
    pub(super) fn open(&mut self, sender: mpsc::UnboundedSender<Outgoing>) -> Option<u64> {
        if self.outages > 0 {
            return None;
        }
        self.connections += 1;
        let id = self.connections as u64;
        let connection = Connection {
            sender,
            pending: Vec::new(),
        };
        self.open.insert(id, connection);
        // The interval seen in Discord's HELLO; the docs' example is 45 s.
        let hello =
            json!({ "op": 10, "s": null, "t": null, "d": { "heartbeat_interval": 41_250 } });
        for frame in self.greeting.clone().unwrap_or_else(|| vec![hello]) {
            self.send(id, frame.to_string());
        }
        Some(id)
    }

    /// Removes a connection that has ended; its session can be resumed.
    pub(super) fn closed(&mut self, connection: u64) {
        self.open.remove(&connection);
        for session in &mut self.sessions {
            if session.connection == Some(connection) {
                session.connection = None;
            }
        }
    }

    pub(super) fn send(&mut self, connection: u64, frame: String) {
        if let Some(connection) = self.open.get_mut(&connection) {
            connection.pending.push(frame);
        }
    }

    /// Numbers and sends an event to every session of the guild's shard for which `data` returns a payload. `None` stands
    /// for direct messages.
    pub(crate) fn dispatch(
        &mut self,
        name: &str,
        guild: Option<Snowflake>,
        data: impl Fn(Intents) -> Option<Value>,
    ) {
        if self.mute {
            return;
        }
        let sessions = self.sessions.iter();
        let payload = |session: &Session| {
            let receives = session.shard.receives(guild) && !self.muted.contains(&session.shard.id);
            receives.then(|| data(session.intents)).flatten()
        };
        let payloads: Vec<_> = sessions.map(payload).collect();
        let held = self.held.take();
        if held.is_none() && self.swaps > 0 {
            self.swaps -= 1;
            self.held = Some((name.to_owned(), payloads));
            return;
        }
        self.deliver(name, &payloads);
        if let Some((name, payloads)) = held {
            self.deliver(&name, &payloads);
        }
    }

    fn deliver(&mut self, name: &str, payloads: &[Option<Value>]) {
        let times = if self.duplicates > 0 { 2 } else { 1 };
        self.duplicates = self.duplicates.saturating_sub(1);
        for (session, data) in self.sessions.iter_mut().zip(payloads) {
            let Some(data) = data else {
                continue;
            };
            for _ in 0..times {
                let frame = session.number(name, data);
                let connection = session.connection.and_then(|id| self.open.get_mut(&id));
                if let Some(connection) = connection {
                    connection.pending.push(frame);
                }
            }
        }
    }

    /// Sends a frame without a sequence number to every connected session.
    pub(crate) fn send_to_all(&mut self, frame: &Value) {
        let on: Vec<_> = self
            .sessions
            .iter()
            .filter_map(|found| found.connection)
            .collect();
        for connection in on {
            self.send(connection, frame.to_string());
        }
    }

    /// Hands pending frames to the sockets, each in one flush.
    pub(crate) fn flush(&mut self) {
        for connection in self.open.values_mut() {
            if !connection.pending.is_empty() {
                let frames = std::mem::take(&mut connection.pending);
                connection.instruct(Outgoing::Frames(frames));
            }
        }
    }

    /// Closes one connection with a code and removes it.
    pub(super) fn close(&mut self, connection: u64, why: Close) {
        self.flush();
        if let Some(connection) = self.open.remove(&connection) {
            connection.instruct(Outgoing::Close(why));
        }
    }

    /// Closes every connection with a code; sessions can be resumed.
    pub(crate) fn close_all(&mut self, why: &Close) {
        self.flush();
        for connection in std::mem::take(&mut self.open).into_values() {
            connection.instruct(Outgoing::Close(why.clone()));
        }
    }

    /// Drops every connection without a close frame; sessions can be resumed.
    pub(crate) fn drop_all(&mut self) {
        self.flush();
        for connection in std::mem::take(&mut self.open).into_values() {
            connection.instruct(Outgoing::Drop);
        }
    }

    /// Drops the connection of a shard without a close frame; its session can be resumed.
    pub(crate) fn drop_shard(&mut self, shard: u64) {
        for connection in self.of_shard(shard) {
            if let Some(connection) = self.open.remove(&connection) {
                connection.instruct(Outgoing::Drop);
            }
        }
    }

    /// Declares a shard's session invalid and forgets it.
    pub(crate) fn invalidate_shard(&mut self, shard: u64) {
        for connection in self.of_shard(shard) {
            self.send(connection, json!({ "op": 9, "d": false }).to_string());
        }
        self.sessions.retain(|session| session.shard.id != shard);
    }

    /// The connections of a shard.
    fn of_shard(&self, shard: u64) -> Vec<u64> {
        let sessions = self.sessions.iter();
        let of_shard = sessions.filter(|session| session.shard.id == shard);
        of_shard.filter_map(|session| session.connection).collect()
    }

    /// Forgets every session, so that none can be resumed.
    pub(crate) fn forget_sessions(&mut self) {
        self.sessions.clear();
    }

    /// How many sessions are connected.
    pub(crate) fn connected(&self) -> usize {
        let on = |session: &&Session| {
            session
                .connection
                .is_some_and(|id| self.open.contains_key(&id))
        };
        self.sessions.iter().filter(on).count()
    }
}

impl Connection {
    /// Instructs the socket's task. An error means that the task has ended and will be removed.
    fn instruct(&self, what: Outgoing) {
        self.sender.send(what).ok();
    }
}
