//! A session that the CLI has lost: the next one begins with the channel's own messages.
//!
//! The record says that a session is to begin so until the CLI has it, so that a crash in between changes nothing: the
//! next turn rebuilds it again. No process is started meanwhile.

use std::time::Duration;

use super::{
    Effect, Now, State,
    messages::rebuilt as texts,
    turn::{Loss, TurnPhase},
};
use crate::{
    channel::{
        Origin,
        rebuild::{MESSAGES, Rebuild, Rebuilt},
    },
    chat::{ChatOp, OpError, OpId},
    external::{Excerpt, Meanwhile},
    snowflake::MessageId,
};

/// How long a turn waits for the channel's messages.
const WITHIN: Duration = Duration::from_secs(30);

impl State {
    /// Whether the session is still to begin with the channel's messages.
    pub(super) fn is_lost(&self) -> bool {
        let record = self.record.as_ref();
        self.config.discord.rebuild_sessions && record.is_some_and(|record| record.state.is_lost)
    }

    /// Looks up what the turn needs: the conversation, if it is lost, and then what its message came without.
    pub(super) fn rebuild_or_look_up(&mut self, now: Now) {
        // A message that steers goes to a session that the CLI has.
        if !self.is_lost() || self.steering.is_some() {
            return self.look_up(now);
        }
        let channel = self.channel;
        let record = self.record.as_ref();
        let claimed = record.and_then(|record| record.state.last_message_id);
        let Some(turn) = &mut self.turn else { return };
        // It is looked up once the turn is recorded.
        if matches!(turn.phase, TurnPhase::Recording) {
            return;
        }
        turn.phase = TurnPhase::Rebuilding {
            until: now.mono + WITHIN,
            is_fetched: false,
        };
        let newest = claimed.map_or(0, |claimed| claimed.0).max(turn.origin.id());
        self.chat(ChatOp::FetchHistory {
            id: OpId::Rebuild,
            channel,
            holder: channel,
            before: Some(MessageId(newest.saturating_add(1))),
            limit: MESSAGES,
        });
    }

    pub(super) fn history_fetched(&mut self, history: Result<Excerpt, OpError>, now: Now) {
        let Some(turn) = &mut self.turn else { return };
        let TurnPhase::Rebuilding { is_fetched, .. } = &mut turn.phase else {
            return;
        };
        if std::mem::replace(is_fetched, true) {
            return;
        }
        let is_quoted = turn.loss == Loss::Transcript;
        let mut history = match history {
            Ok(history) => history,
            Err(error) => return self.not_rebuilt(texts::not_rebuilt(Some(error)), now),
        };
        let waiting = self.to_be_asked();
        // An attempt that was cut off may have used the last one.
        let session = (self.ids)();
        let Some(record) = &mut self.record else {
            return;
        };
        record.session_id.clone_from(&session);
        let began_after = record.began_after();
        history
            .messages
            .retain(|it| Some(it.id) > began_after && !waiting.contains(&it.id));
        self.effects.push(Effect::Rebuild(Rebuild {
            session,
            history,
            earlier: record.rebuilt_earlier(),
            is_quoted,
        }));
    }

    /// The messages that Claude is asked now or later, so that they are no part of what was said before.
    fn to_be_asked(&self) -> Vec<MessageId> {
        let turns = self.turn.iter().chain(&self.collected);
        let origins = turns.map(|turn| turn.origin);
        let queued = self.queue.iter().map(|item| item.origin);
        let asked = origins.chain(queued).filter_map(Origin::message);
        let state = self.record.as_ref().map(|record| &record.state);
        let waiting = state
            .into_iter()
            .flat_map(|state| state.waiting_behind.iter().chain(&state.held));
        asked.chain(waiting.copied()).collect()
    }

    pub(super) fn rebuilt(&mut self, session: &str, rebuilt: Rebuilt, now: Now) {
        let channel = self.channel;
        let Some((turn, record)) = self.turn.as_mut().zip(self.record.as_mut()) else {
            return;
        };
        if !matches!(turn.phase, TurnPhase::Rebuilding { .. }) || record.session_id != session {
            return;
        }
        let (loss, messages) = match rebuilt {
            Rebuilt::Nothing => return self.not_rebuilt(texts::session_gone(), now),
            Rebuilt::Transcript {
                session,
                fingerprint,
                messages,
            } => {
                record.rebuild(&session, fingerprint);
                turn.context.meanwhile = Meanwhile::default();
                (Loss::Transcript, messages)
            }
            Rebuilt::Quoted {
                conversation,
                messages,
            } => {
                turn.context.meanwhile = conversation;
                turn.context.is_rebuilt = true;
                (Loss::Told, messages)
            }
        };
        // What was said meanwhile is a part of the conversation.
        turn.context.wanted.meanwhile = false;
        let is_quoted = record.state.is_lost;
        tracing::info!(%channel, messages, is_quoted, "a lost conversation was rebuilt");
        self.go_on_rebuilt(loss, texts::rebuilt(messages), now);
    }

    pub(super) fn rebuild_overdue(&mut self, now: Now) {
        self.not_rebuilt(texts::not_rebuilt(None), now);
    }

    fn not_rebuilt(&mut self, text: String, now: Now) {
        tracing::warn!(channel = %self.channel, "a lost conversation could not be rebuilt");
        self.record_mut(now).state.is_lost = false;
        self.go_on_rebuilt(Loss::Told, text, now);
    }

    fn go_on_rebuilt(&mut self, loss: Loss, text: String, now: Now) {
        let Some(turn) = &mut self.turn else { return };
        turn.phase = TurnPhase::Waiting { is_fetching: false };
        let origin = turn.origin;
        if std::mem::replace(&mut turn.loss, loss) == Loss::Untold {
            self.say_quietly(Some(origin), text);
        }
        self.save();
        self.stop_process();
        self.look_up(now);
        self.proceed(now);
    }
}
