//! A turn: the events between a message and its `result`, folded into what happened.
//!
//! Pure. Knows the protocol's values; knows nothing of processes, clocks or Discord. What the person reads about
//! an [`Ending`] is said in `channel::words`.

mod ending;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

pub use ending::Ending;

use super::protocol::{Assistant, Block, Event, StreamEvent, TurnResult, Usage};

/// How many text blocks are kept for an error that has nothing better to show.
const LAST_WORDS: usize = 3;

/// Something worth acting on before the turn is over, or its end.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// A finished text block, for the chat.
    Text(String),
    /// A tool is running: the turn goes on after any text said so far.
    Tool {
        /// The call's id.
        id: String,
        /// The tool's name.
        name: String,
    },
    /// The API failed; the CLI asks again by itself.
    Retrying {
        /// Which try this is, from 1.
        attempt: u64,
        /// How many there will be.
        of: u64,
        /// HTTP status that caused it.
        status: Option<u16>,
    },
    /// The `result` came.
    Ended(Box<Outcome>),
}

/// A turn that ended with a `result`.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What happened.
    pub ending: Ending,
    /// An answer that came in the `result` alone and was not yet handed on as a block.
    pub unsaid: Option<String>,
    /// The session, as the CLI names it now.
    pub session_id: Option<String>,
    /// The model that answered, in full.
    pub model: Option<String>,
    /// The CLI's version, where this turn's `init` was seen.
    pub version: Option<String>,
    /// Tokens of the turn's main thread.
    pub usage: Usage,
    /// Tokens in the context after the turn's last call; `None` where no call was seen.
    pub context_tokens: Option<u64>,
    /// Whether the conversation was summarised in the turn.
    pub compacted: bool,
    /// The result itself, for the ledger.
    pub result: TurnResult,
}

/// The fold. One value serves one turn.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    said: usize,
    /// The last three text blocks.
    last_words: VecDeque<String>,
    call: Usage,
    call_id: Option<String>,
    finished_calls: Usage,
    session_id: Option<String>,
    model: Option<String>,
    version: Option<String>,
    error: Option<String>,
    interrupting: bool,
    unknown: u64,
    compacted: bool,
    compacted_to: Option<u64>,
}

impl Turn {
    /// A turn whose message has just been written.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that we asked the CLI to interrupt: whatever its result says, that is why it ended.
    pub fn interrupting(&mut self) {
        self.interrupting = true;
    }

    /// How many messages of unknown kind were passed over.
    #[must_use]
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// How many text blocks were handed on.
    #[must_use]
    pub fn said(&self) -> usize {
        self.said
    }

    /// The session, once the CLI has named it.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// The model that answers, once known.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The last three text blocks, for an error that has nothing better to show.
    #[must_use]
    pub fn last_words(&self) -> Option<String> {
        let words: Vec<_> = self.last_words.iter().map(String::as_str).collect();
        (!words.is_empty()).then(|| words.join("\n\n"))
    }

    /// Tokens that the calls seen so far have used, for a turn that never gets its `result`.
    #[must_use]
    pub fn seen_usage(&self) -> Usage {
        self.finished_calls.plus(&self.call)
    }

    /// Takes in one event.
    #[must_use]
    pub fn apply(&mut self, event: &Event) -> Vec<Signal> {
        match event {
            Event::Init(init) => {
                self.session_id = init.session_id.clone().or(self.session_id.take());
                self.model = init.model.clone().or(self.model.take());
                self.version = init.version.clone().or(self.version.take());
                Vec::new()
            }
            Event::Assistant(said) => self.assistant(said),
            Event::Stream(StreamEvent::MessageStart { usage }) => {
                self.finished_calls = self.seen_usage();
                self.call = *usage;
                self.call_id = None;
                Vec::new()
            }
            Event::Stream(StreamEvent::MessageDelta { output_tokens }) => {
                self.call.output_tokens = self.call.output_tokens.max(*output_tokens);
                Vec::new()
            }
            Event::ApiRetry(retry) => vec![Signal::Retrying {
                attempt: retry.attempt,
                of: retry.max_retries,
                status: retry.status,
            }],
            // The end of a turn that was not a person's (a background task reported back).
            Event::Result(result) if result.origin.is_some() => Vec::new(),
            Event::Result(result) => vec![Signal::Ended(Box::new(self.end(result)))],
            Event::Other { .. } => {
                self.unknown += 1;
                Vec::new()
            }
            Event::Stream(StreamEvent::Other)
            | Event::Task(_)
            | Event::Compacting
            | Event::ToolsDone(_)
            | Event::ControlResponse(_)
            | Event::ControlRequest(_) => Vec::new(),
            Event::Compacted { post_tokens } => {
                self.compacted = true;
                self.finished_calls = self.seen_usage();
                self.call = Usage::default();
                self.compacted_to = *post_tokens;
                Vec::new()
            }
        }
    }

    fn assistant(&mut self, said: &Assistant) -> Vec<Signal> {
        if said.is_subagent {
            return Vec::new();
        }
        if let Some(error) = &said.error {
            self.error = Some(error.clone());
            return Vec::new();
        }
        // Without stream events the blocks themselves are all that tells of a call.
        if self.call.is_zero()
            || self
                .call_id
                .as_ref()
                .is_some_and(|id| *id != said.message_id)
        {
            self.finished_calls = self.seen_usage();
            self.call = said.usage;
        }
        self.call_id = Some(said.message_id.clone());
        if !said.model.is_empty() && said.model != "<synthetic>" {
            self.model = Some(said.model.clone());
        }
        let mut signals = Vec::new();
        for block in &said.blocks {
            match block {
                Block::Text(words) if !words.trim().is_empty() => {
                    self.said += 1;
                    if self.last_words.len() == LAST_WORDS {
                        self.last_words.pop_front();
                    }
                    self.last_words.push_back(words.clone());
                    signals.push(Signal::Text(words.clone()));
                }
                Block::ToolUse { id, name } => signals.push(Signal::Tool {
                    id: id.clone(),
                    name: name.clone(),
                }),
                Block::Text(_) | Block::Other => {}
            }
        }
        signals
    }

    fn end(&mut self, result: &TurnResult) -> Outcome {
        let seen = self.seen_usage();
        // Of an interrupted turn the result counts the calls that were finished; the API bills the last one too.
        let usage = seen.at_least(&result.usage);
        let ending = Ending::tell(
            result,
            self.error.as_deref(),
            self.said > 0,
            self.interrupting,
        );
        let unsaid = (self.said == 0 && ending == Ending::Answered)
            .then(|| result.result.clone())
            .flatten()
            .filter(|words| !words.trim().is_empty());
        Outcome {
            ending,
            unsaid,
            session_id: result
                .session_id
                .clone()
                .or_else(|| self.session_id.clone()),
            model: self.model.clone(),
            version: self.version.clone(),
            usage,
            context_tokens: self.context_tokens(result),
            compacted: self.compacted,
            result: result.clone(),
        }
    }

    /// What the context holds after the turn: the last main-thread call's input, cached and output.
    fn context_tokens(&self, result: &TurnResult) -> Option<u64> {
        if self.call.is_zero() && self.compacted {
            return self.compacted_to;
        }
        if self.call.is_zero() {
            return (!result.usage.is_zero()).then(|| result.usage.context());
        }
        // In a turn of one call the result counts its output; a call without stream events has only a
        // placeholder.
        let single = self.finished_calls.is_zero();
        let output = if single {
            result.usage.output_tokens
        } else {
            0
        };
        Some(
            self.call
                .all_input()
                .saturating_add(self.call.output_tokens.max(output)),
        )
    }
}
