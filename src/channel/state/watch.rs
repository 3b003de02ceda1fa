//! The watch on a CLI that works on a message: it says something now and then, or it runs a tool.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use crate::claude::protocol::{Block, Event as Cli, StreamEvent};

/// The most tools that are kept in view. What runs beyond that is not waited for.
const MOST_TOOLS: usize = 100;

/// The longest id of a tool call that is kept, in bytes.
const LONGEST_ID: usize = 200;

/// When the CLI was last heard, and which tools it runs.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    heard: Instant,
    patience: Duration,
    tools: BTreeSet<String>,
    is_compacting: bool,
}

impl Watch {
    /// A watch on a CLI that has just been given a message.
    pub(super) fn new(now: Instant, patience: Duration) -> Self {
        Self {
            heard: now,
            patience,
            tools: BTreeSet::new(),
            is_compacting: false,
        }
    }

    /// The CLI said something.
    pub(super) fn heard(&mut self, event: &Cli, now: Instant) {
        self.heard = now;
        self.is_compacting = matches!(event, Cli::Compacting);
        match event {
            Cli::Assistant(said) if !said.is_subagent => {
                for block in &said.blocks {
                    if let Block::ToolUse { id, .. } = block
                        && id.len() <= LONGEST_ID
                        && self.tools.len() < MOST_TOOLS
                    {
                        self.tools.insert(id.clone());
                    }
                }
            }
            Cli::ToolsDone(done) => self.tools.retain(|tool| !done.contains(tool)),
            // The API is asked again only when all results are there. Tools of the API's own have none.
            Cli::Stream(StreamEvent::MessageStart { .. }) => self.tools.clear(),
            _ => {}
        }
    }

    /// When its silence has lasted too long. Never while a tool runs or the conversation is summarised: the turn's own
    /// limit holds then.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (self.tools.is_empty() && !self.is_compacting).then_some(self.heard + self.patience)
    }
}
