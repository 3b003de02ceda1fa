//! Claude's calls of the bot's own tools that are not answered yet.

use std::time::Instant;

use super::messages::host_tools as texts;
use crate::{
    chat::{OpId, PostKey},
    claude::{mcp::ToolCall, protocol::Json},
};

/// How many calls one message may cause.
const MOST_CALLS: usize = 20;

#[derive(Debug, Default)]
pub(super) struct PendingCalls {
    pub(super) pending: Vec<PendingCall>,
    /// The turn or the report whose calls are counted, and how many there were.
    pub(super) counted: (String, usize),
    /// How many operations were begun.
    pub(super) ops: u64,
    /// The turn or the report that last put a file or a reaction into the channel.
    shown_by: String,
}

#[derive(Debug)]
pub(super) struct PendingCall {
    /// The id of the control request.
    pub(super) request: String,
    pub(super) call: ToolCall,
    pub(super) until: Instant,
    pub(super) awaited: Awaited,
}

#[derive(Debug, PartialEq)]
pub(super) enum Awaited {
    /// The file's content.
    File {
        caption: String,
    },
    /// The delivery of a file.
    Delivery {
        key: PostKey,
        sent: String,
    },
    /// The channel's messages.
    History(OpId),
    Reaction(OpId),
}

impl PendingCalls {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.pending.iter().map(|pending| pending.until).min()
    }

    /// The process is gone, and nobody waits for an answer.
    pub(super) fn process_ended(&mut self) {
        self.pending.clear();
    }

    /// The CLI has withdrawn a control request.
    pub(super) fn cancelled(&mut self, request: &str) {
        self.pending.retain(|pending| pending.request != request);
    }

    pub(super) fn cancelled_call(&mut self, id: &Json) {
        self.pending.retain(|pending| pending.call.id != *id);
    }

    /// Counts a call of a turn or a report; an error if there were too many.
    pub(super) fn count(&mut self, caller: String) -> Result<(), String> {
        if self.counted.0 != caller {
            self.counted = (caller, 0);
        }
        self.counted.1 += 1;
        let is_allowed = self.counted.1 <= MOST_CALLS;
        is_allowed
            .then_some(())
            .ok_or_else(|| texts::too_many(MOST_CALLS))
    }

    /// Whether a turn has put a file or a reaction into the channel, which may be all of its answer.
    pub(super) fn have_shown(&self, turn: &str) -> bool {
        self.shown_by == turn
    }

    /// A call has put something into the channel.
    pub(super) fn showed(&mut self) {
        self.shown_by.clone_from(&self.counted.0);
    }

    pub(super) fn next_op(&mut self) -> OpId {
        self.ops += 1;
        OpId::HostCall(self.ops)
    }

    pub(super) fn take(&mut self, which: impl Fn(&PendingCall) -> bool) -> Option<PendingCall> {
        let position = self.pending.iter().position(which)?;
        Some(self.pending.remove(position))
    }
}
