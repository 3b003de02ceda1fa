//! The transcript of one channel, as events with ids. Pure but for its listeners.

use std::{collections::VecDeque, sync::Arc};

use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::{
    chat::{SettledText, without_control_sequences},
    claude::protocol::{ApiEvent, Block, Delta, SessionEvent, ToolUse},
    redact::Redactor,
};

/// How many events are kept for those who connect again, and how many bytes of them.
const MOST_EVENTS: usize = 1_000;
const MOST_BYTES: usize = 256 * 1024;

/// How many events may wait for one listener.
const MOST_WAITING: usize = 256;

/// The longest input of a tool that is shown, in characters.
const LONGEST_INPUT: usize = 2_000;

/// What happened, in a vocabulary that stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FeedKind {
    /// A turn begins, or the process ends.
    Session,
    Text,
    Tool,
    /// A turn has ended.
    Result,
    Error,
}

impl FeedKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Text => "text",
            Self::Tool => "tool",
            Self::Result => "result",
            Self::Error => "error",
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct FeedEvent {
    pub(super) id: u64,
    pub(super) kind: FeedKind,
    /// A JSON object.
    pub(super) data: String,
}

/// What is shown, and how.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) shows_text: bool,
    pub(super) redactor: Arc<Redactor>,
}

#[derive(Debug)]
pub(super) struct Feed {
    next: u64,
    kept: VecDeque<Arc<FeedEvent>>,
    bytes: usize,
    listeners: broadcast::Sender<Arc<FeedEvent>>,
    /// What Claude is writing.
    text: SettledText,
    /// How many characters of it are new.
    new_characters: usize,
    /// Whether the text that is being written comes in pieces. It comes whole after them.
    is_streamed: bool,
}

impl Feed {
    /// `first` is the first event's id: later feeds of a channel must have greater ids.
    pub(super) fn new(first: u64) -> Self {
        Self {
            next: first,
            kept: VecDeque::new(),
            bytes: 0,
            listeners: broadcast::Sender::new(MOST_WAITING),
            text: SettledText::default(),
            new_characters: 0,
            is_streamed: false,
        }
    }

    pub(super) fn has_listeners(&self) -> bool {
        self.listeners.receiver_count() > 0
    }

    /// When it was last added to.
    pub(super) fn last(&self) -> u64 {
        self.next
    }

    /// The events after this id, or all that are kept, whether others are missing before them, and those to come.
    pub(super) fn listen(
        &self,
        after: Option<u64>,
    ) -> (
        Vec<Arc<FeedEvent>>,
        bool,
        broadcast::Receiver<Arc<FeedEvent>>,
    ) {
        let is_new = |event: &&Arc<FeedEvent>| after.is_none_or(|after| event.id > after);
        let kept = self.kept.iter().filter(is_new).cloned().collect();
        let oldest = self.kept.front().map_or(self.next, |event| event.id);
        let is_missing = after.is_some_and(|after| after.saturating_add(1) < oldest);
        (kept, is_missing, self.listeners.subscribe())
    }

    /// `person` is who is answered.
    pub(super) fn hear(&mut self, event: &SessionEvent, person: Option<&str>, rules: &Rules) {
        match event {
            SessionEvent::Init(init) => {
                let data = json!({ "state": "working", "model": init.model, "person": person.map(|name| shown(name, rules)) });
                self.push(FeedKind::Session, &data);
            }
            SessionEvent::Stream(piece) if !piece.is_subagent() => {
                if let ApiEvent::Delta {
                    delta: Delta::Text(text),
                    ..
                } = &piece.event
                {
                    self.is_streamed = true;
                    self.write(&text.str().unwrap_or_default());
                }
            }
            SessionEvent::Assistant(message) if !message.is_subagent() => {
                let is_text = |block: &Block| matches!(block, Block::Text(_));
                let is_known = self.is_streamed && message.blocks.iter().any(is_text);
                self.is_streamed &= !is_known;
                for block in &message.blocks {
                    match block {
                        Block::Text(text) if !is_known => self.write(text),
                        Block::ToolUse(call) => self.tool(call, rules),
                        _ => {}
                    }
                }
                self.end_text(rules);
            }
            SessionEvent::User(user) if !user.is_subagent() => {
                for result in user.tool_results() {
                    let state = if result.is_error { "failed" } else { "done" };
                    let data = json!({ "id": result.tool_use_id, "state": state });
                    self.push(FeedKind::Tool, &data);
                }
            }
            SessionEvent::Result(result) => {
                self.end_text(rules);
                self.is_streamed = false;
                let data = json!({
                    "outcome": result.subtype,
                    "is_error": result.is_error,
                    "duration_ms": result.duration_ms,
                    "output_tokens": result.usage.output_tokens,
                });
                self.push(FeedKind::Result, &data);
            }
            SessionEvent::ApiRetry(retry) => {
                let data = json!({ "kind": retry.error, "attempt": retry.attempt, "status": retry.status });
                self.push(FeedKind::Error, &data);
            }
            _ => {}
        }
    }

    pub(super) fn ended(&mut self, code: Option<i32>, rules: &Rules) {
        self.end_text(rules);
        self.is_streamed = false;
        let data = json!({ "state": "ended", "code": code });
        self.push(FeedKind::Session, &data);
    }

    /// Events that could not be followed are missing.
    pub(super) fn lost(&mut self, count: u64) {
        self.push(FeedKind::Error, &json!({ "kind": "lost", "count": count }));
    }

    fn tool(&mut self, call: &ToolUse, rules: &Rules) {
        self.end_text(rules);
        let mut data =
            json!({ "id": call.id, "name": shown(&call.name, rules), "state": "running" });
        if rules.shows_text {
            let input = shown(call.input.as_str(), rules);
            data["input"] = input.chars().take(LONGEST_INPUT).collect::<String>().into();
        }
        self.push(FeedKind::Tool, &data);
    }

    fn write(&mut self, text: &str) {
        self.new_characters += text.chars().count();
        self.text.append(text);
    }

    /// Whether text waits to be shown.
    pub(super) fn has_text(&self) -> bool {
        self.new_characters > 0
    }

    /// Shows what Claude has written since.
    pub(super) fn show_text(&mut self, rules: &Rules) {
        let text = self.text.take(&rules.redactor);
        self.push_text(&text, rules);
    }

    fn end_text(&mut self, rules: &Rules) {
        let text = self.text.finish(&rules.redactor);
        self.push_text(&text, rules);
    }

    fn push_text(&mut self, text: &str, rules: &Rules) {
        let characters = std::mem::take(&mut self.new_characters);
        if rules.shows_text && !text.is_empty() {
            self.push(FeedKind::Text, &json!({ "text": text }));
        } else if !rules.shows_text && characters > 0 {
            self.push(FeedKind::Text, &json!({ "characters": characters }));
        }
    }

    fn push(&mut self, kind: FeedKind, data: &Value) {
        let event = Arc::new(FeedEvent {
            id: self.next,
            kind,
            data: data.to_string(),
        });
        self.next += 1;
        self.bytes += event.data.len();
        self.kept.push_back(Arc::clone(&event));
        while self.kept.len() > MOST_EVENTS || (self.bytes > MOST_BYTES && self.kept.len() > 1) {
            let oldest = self.kept.pop_front();
            self.bytes -= oldest.map_or(0, |oldest| oldest.data.len());
        }
        // Fails if nobody listens.
        drop(self.listeners.send(event));
    }
}

/// A text as a chat would show it.
pub(super) fn shown(text: &str, rules: &Rules) -> String {
    let text = without_control_sequences(text, false);
    rules.redactor.redact(&text).text.into_owned()
}

#[cfg(test)]
mod tests;
