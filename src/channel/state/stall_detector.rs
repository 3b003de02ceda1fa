//! Detects that a CLI has stalled in a turn: it neither prints anything nor runs a tool.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use crate::claude::protocol::{ApiEvent, SessionEvent};

/// How many running tools are tracked.
const MOST_TOOLS: usize = 100;

/// The longest id of a tool call that is tracked, in bytes.
const LONGEST_ID: usize = 200;

#[derive(Debug, Clone)]
pub(super) struct StallDetector {
    heard: Instant,
    timeout: Duration,
    tools: BTreeSet<String>,
    is_compacting: bool,
}

impl StallDetector {
    pub(super) fn new(now: Instant, timeout: Duration) -> Self {
        Self {
            heard: now,
            timeout,
            tools: BTreeSet::new(),
            is_compacting: false,
        }
    }

    pub(super) fn heard(&mut self, event: &SessionEvent, now: Instant) {
        self.heard = now;
        match event {
            SessionEvent::Status(status) => self.is_compacting = status.is_compacting(),
            SessionEvent::Compacted(_) => self.is_compacting = false,
            SessionEvent::Assistant(assistant) if !assistant.is_subagent() => {
                for call in assistant.tool_uses() {
                    if call.id.len() <= LONGEST_ID && self.tools.len() < MOST_TOOLS {
                        self.tools.insert(call.id.clone());
                    }
                }
            }
            SessionEvent::User(user) if !user.is_subagent() => {
                for result in user.tool_results() {
                    self.tools.remove(&result.tool_use_id);
                }
            }
            // The API is called again only after all results. Tools that the API runs itself have none.
            SessionEvent::Stream(stream)
                if matches!(stream.event, ApiEvent::MessageStart { .. })
                    && !stream.is_subagent() =>
            {
                self.tools.clear();
            }
            _ => {}
        }
    }

    /// What kept the CLI waiting is over.
    pub(super) fn woken(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Whether the CLI has announced that it compacts the conversation, and not yet that it is done.
    pub(super) fn is_compacting(&self) -> bool {
        self.is_compacting
    }

    /// When the CLI counts as stalled. While a tool runs or the conversation is compacted, only the turn's time limit
    /// applies.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let may_be_silent = !self.tools.is_empty() || self.is_compacting;
        (!may_be_silent).then_some(self.heard + self.timeout)
    }
}
