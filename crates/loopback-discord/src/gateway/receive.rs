//! What a bot's frames do.

use serde_json::{Value, json};

use super::{Close, Gateway, Intents, session::Session};
use crate::{wire, world::World};

/// What a session has to prove, and what it is told.
pub(crate) struct Terms<'a> {
    pub(crate) token: &'a str,
    /// Where a resume goes.
    pub(crate) ws_url: &'a str,
}

impl Gateway {
    /// Obeys one frame of a link.
    pub(super) fn receive(&mut self, world: &World, terms: &Terms<'_>, link: u64, frame: &Value) {
        let data = &frame["d"];
        let known = self.sessions.iter().any(|found| found.link == Some(link));
        match frame["op"].as_u64() {
            Some(1) if self.deaf => {}
            Some(1) => self.send(link, json!({ "op": 11 }).to_string()),
            Some(2 | 6) if known => self.close(link, Close::code(4005)),
            Some(2) => self.identify(world, terms, link, data),
            Some(6) => self.resume(terms, link, data),
            // Presence, voice state, members: nothing here depends on them.
            Some(3 | 4 | 8) if known => {}
            Some(3 | 4 | 8) => self.close(link, Close::code(4003)),
            _ => self.close(link, Close::code(4001)),
        }
    }

    fn identify(&mut self, world: &World, terms: &Terms<'_>, link: u64, data: &Value) {
        self.identifies += 1;
        if !token_matches(data, terms) {
            return self.close(link, Close::code(4004));
        }
        let Some(intents) = data["intents"].as_u64().map(Intents) else {
            return self.close(link, Close::code(4013));
        };
        self.intents = Some(intents.0);
        if !intents.valid() {
            return self.close(link, Close::code(4013));
        }
        if intents.has(Intents::MESSAGE_CONTENT) && !world.application.message_content {
            return self.close(link, Close::code(4014));
        }
        if self.refusals > 0 {
            self.refusals -= 1;
            return self.send(link, json!({ "op": 9, "d": false }).to_string());
        }
        let id = uuid::Uuid::new_v4().simple().to_string();
        let mut session = Session::new(id, intents, link);
        let ready = wire::ready(world, &session.id, terms.ws_url, data.get("shard"));
        let mut frames = vec![session.number("READY", &ready)];
        if intents.has(Intents::GUILDS) {
            for guild in &world.guilds {
                frames.push(session.number("GUILD_CREATE", &wire::guild(world, guild)));
            }
        }
        self.sessions.push(session);
        for frame in frames {
            self.send(link, frame);
        }
    }

    fn resume(&mut self, terms: &Terms<'_>, link: u64, data: &Value) {
        self.resumes += 1;
        if !token_matches(data, terms) {
            return self.close(link, Close::code(4004));
        }
        let mut sessions = self.sessions.iter_mut();
        let found = sessions.find(|session| data["session_id"] == *session.id);
        let missed = found.and_then(|session| {
            let mut missed = session.after(data["seq"].as_u64()?)?;
            session.link = Some(link);
            missed.push(session.number("RESUMED", &json!({ "_trace": ["loopback"] })));
            Some(missed)
        });
        match missed {
            Some(frames) => {
                for frame in frames {
                    self.send(link, frame);
                }
            }
            None => self.send(link, json!({ "op": 9, "d": false }).to_string()),
        }
    }

    /// The bot closed a socket: 1000 and 1001 end its session, other codes leave it to be resumed
    /// (Discord developer docs, "Initiating a disconnect").
    pub(super) fn closed_by_bot(&mut self, link: u64, code: Option<u16>) {
        if matches!(code, Some(1000 | 1001)) {
            self.sessions.retain(|session| session.link != Some(link));
        }
    }
}

fn token_matches(data: &Value, terms: &Terms<'_>) -> bool {
    let sent = data["token"].as_str().unwrap_or_default();
    sent.strip_prefix("Bot ").unwrap_or(sent) == terms.token
}
