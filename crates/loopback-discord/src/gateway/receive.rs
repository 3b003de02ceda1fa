//! Frames from a bot.

use serde_json::{Value, json};

use super::{Close, Gateway, Intents, Shard, session::Session};
use crate::{clock, wire, world::World};

/// How many guilds a shard can have.
const GUILDS_OF_A_SHARD: usize = 2_500;

/// What IDENTIFY and RESUME are checked against, and where to resume.
pub(crate) struct Credentials<'a> {
    pub(crate) token: &'a str,
    /// The URL for RESUME.
    pub(crate) ws_url: &'a str,
}

impl Gateway {
    /// Handles one frame of a connection.
    pub(super) fn receive(
        &mut self,
        world: &World,
        credentials: &Credentials<'_>,
        connection: u64,
        frame: &Value,
    ) {
        let data = &frame["d"];
        let known = self
            .sessions
            .iter()
            .any(|found| found.connection == Some(connection));
        match frame["op"].as_u64() {
            Some(1) if self.ignore_heartbeats => {}
            Some(1) => self.send(connection, json!({ "op": 11 }).to_string()),
            Some(2 | 6) if known => self.close(connection, Close::code(4005)),
            Some(2) => self.identify(world, credentials, connection, data),
            Some(6) => self.resume(credentials, connection, data),
            // Presence, voice state and member requests have no effect here.
            Some(3 | 4 | 8) if known => {}
            Some(3 | 4 | 8) => self.close(connection, Close::code(4003)),
            _ => self.close(connection, Close::code(4001)),
        }
    }

    fn identify(
        &mut self,
        world: &World,
        credentials: &Credentials<'_>,
        connection: u64,
        data: &Value,
    ) {
        self.identifies += 1;
        if !token_matches(data, credentials) {
            return self.close(connection, Close::code(4004));
        }
        if !self.starts.take(clock::unix_ms()) {
            self.token_resets += 1;
            return self.close_all(&Close::code(4004));
        }
        let Some(intents) = data["intents"].as_u64().map(Intents) else {
            return self.close(connection, Close::code(4013));
        };
        self.intents = Some(intents.0);
        if !intents.valid() {
            return self.close(connection, Close::code(4013));
        }
        if intents.has(Intents::MESSAGE_CONTENT) && !world.application.message_content {
            return self.close(connection, Close::code(4014));
        }
        if self.identifies_to_refuse > 0 {
            self.identifies_to_refuse -= 1;
            return self.send(connection, json!({ "op": 9, "d": false }).to_string());
        }
        let Some(shard) = Shard::of_identify(data) else {
            return self.close(connection, Close::code(4010));
        };
        let guilds = world.guilds.iter();
        let guilds: Vec<_> = guilds
            .filter(|guild| shard.receives(Some(guild.id)))
            .collect();
        if guilds.len() > GUILDS_OF_A_SHARD {
            return self.close(connection, Close::code(4011));
        }
        let id = uuid::Uuid::new_v4().simple().to_string();
        let mut session = Session::new(id, intents, shard, connection);
        let mut ready = wire::ready(
            world,
            &guilds,
            &session.id,
            credentials.ws_url,
            data.get("shard"),
        );
        if self.readys_to_spoil > 0 {
            self.readys_to_spoil -= 1;
            ready["user"] = Value::Null;
        }
        let mut frames = vec![session.number("READY", &ready)];
        if intents.has(Intents::GUILDS) {
            for guild in guilds {
                frames.push(session.number("GUILD_CREATE", &wire::guild(world, guild)));
            }
        }
        self.sessions.push(session);
        for frame in frames {
            self.send(connection, frame);
        }
    }

    fn resume(&mut self, credentials: &Credentials<'_>, connection: u64, data: &Value) {
        self.resumes += 1;
        if !token_matches(data, credentials) {
            return self.close(connection, Close::code(4004));
        }
        let mut sessions = self.sessions.iter_mut();
        let found = sessions.find(|session| data["session_id"] == *session.id);
        let missed = found.and_then(|session| {
            let mut missed = session.after(data["seq"].as_u64()?)?;
            session.connection = Some(connection);
            missed.push(session.number("RESUMED", &json!({ "_trace": ["loopback"] })));
            Some(missed)
        });
        match missed {
            Some(frames) => {
                for frame in frames {
                    self.send(connection, frame);
                }
            }
            None => self.send(connection, json!({ "op": 9, "d": false }).to_string()),
        }
    }

    /// The bot closed a socket: 1000 and 1001 end its session, with other codes it can be resumed
    /// (Discord developer docs, "Initiating a disconnect").
    pub(super) fn closed_by_bot(&mut self, connection: u64, code: Option<u16>) {
        if matches!(code, Some(1000 | 1001)) {
            self.sessions
                .retain(|session| session.connection != Some(connection));
        }
    }
}

fn token_matches(data: &Value, credentials: &Credentials<'_>) -> bool {
    let sent = data["token"].as_str().unwrap_or_default();
    sent.strip_prefix("Bot ").unwrap_or(sent) == credentials.token
}
