//! Folds the events of a turn, from a user message to its `result`, into what happened. Pure.

mod ending;
mod failure;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet, VecDeque};

pub use ending::{Damage, Ending};

use crate::{
    protocol::{
        ApiEvent, ApiRetry, Assistant, Block, RateLimit, SessionEvent, ToolUse, TurnResult, Usage,
    },
    shows_nothing,
};

/// How many text blocks [`Turn::last_words`] keeps.
const LAST_WORDS: usize = 3;

/// About how many bytes of text a token stands for.
const BYTES_PER_TOKEN: usize = 4;

/// The model of the texts that the CLI writes itself, such as `No response requested.`
const SYNTHETIC: &str = "<synthetic>";

/// Something worth acting on before the turn is over, or its end.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// A finished text block of the answer.
    Text(String),
    /// A tool call: the turn goes on after the text so far.
    Tool(ToolUse),
    /// A call to the API failed; the CLI repeats it by itself.
    Retrying(ApiRetry),
    /// The `result` arrived.
    Ended(Box<Outcome>),
}

/// A turn that ended with a `result`.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub ending: Ending,
    /// An answer that only the `result` contained, so that there was no [`Signal::Text`].
    pub unsaid: Option<String>,
    pub session_id: Option<String>,
    /// The full name of the model that answered.
    pub model: Option<String>,
    /// The CLI's version, if this turn's `init` was seen.
    pub version: Option<String>,
    /// Tokens of the turn's main thread.
    pub usage: Usage,
    /// Tokens in the context after the turn's last call; `None` if no call was seen.
    pub context_tokens: Option<u64>,
    /// Whether the conversation was compacted in the turn.
    pub compacted: bool,
    /// The API's last error, such as `invalid_request`. The CLI may have gone on: without a picture or document.
    pub api_error: Option<String>,
    /// Whether the turn ended before the model did anything, so that repeating it repeats nothing.
    pub is_untouched: bool,
    /// How often the CLI repeated a failed call to the API.
    pub retries: u64,
    pub result: TurnResult,
}

/// The state of one turn.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    said: usize,
    last_words: VecDeque<String>,
    call: Usage,
    call_id: Option<String>,
    finished_calls: Usage,
    /// By the full name of the model.
    subagents: BTreeMap<String, Usage>,
    subagent_calls: HashSet<String>,
    session_id: Option<String>,
    model: Option<String>,
    assistant_uuid: Option<String>,
    version: Option<String>,
    error: Option<String>,
    /// The plan's limits, as last reported.
    limit: Option<Box<RateLimit>>,
    /// The last text of the CLI's own.
    synthetic: Option<String>,
    /// Whether the model has written anything.
    is_touched: bool,
    retries: u64,
    interrupting: bool,
    unknown: u64,
    compacted: bool,
    compacted_to: Option<u64>,
}

impl Turn {
    /// A turn whose message has just been sent.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that the host has interrupted the turn. It then counts as interrupted whatever its result says.
    pub fn interrupting(&mut self) {
        self.interrupting = true;
    }

    /// How many unknown messages were ignored.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// How many text blocks were signalled.
    pub fn said(&self) -> usize {
        self.said
    }

    /// The session, once the CLI has named it.
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// The `uuid` of the last `assistant` line of the main thread, at which the session can be resumed or forked.
    pub fn assistant_uuid(&self) -> Option<&str> {
        self.assistant_uuid.as_deref()
    }

    /// The model that answers, once known.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Whether a successful result ends another turn than that of the message: the CLI has written only a text of its own,
    /// or nothing was heard at all.
    pub fn is_without_answer(&self, result: &TurnResult) -> bool {
        let is_unheard = self.session_id.is_none()
            && result.result.as_deref().is_none_or(shows_nothing)
            && result.num_turns == 0;
        let is_own = self.synthetic.is_some() && self.error.is_none();
        !result.is_error && self.said == 0 && !self.is_touched && (is_own || is_unheard)
    }

    /// The last three text blocks, for the report of an error without a message of its own.
    pub fn last_words(&self) -> Option<String> {
        let words: Vec<_> = self.last_words.iter().rev().map(String::as_str).collect();
        (!words.is_empty()).then(|| words.join("\n\n"))
    }

    /// Tokens of all calls so far, for a turn that ends without a `result`.
    pub fn seen_usage(&self) -> Usage {
        self.finished_calls.plus(&self.call)
    }

    /// Tokens of the subagents' calls so far, by model. Their output is counted from the text that was forwarded.
    pub fn subagent_usage(&self) -> impl Iterator<Item = (&str, &Usage)> {
        self.subagents
            .iter()
            .map(|(model, usage)| (model.as_str(), usage))
    }

    /// Processes one event.
    #[must_use]
    pub fn apply(&mut self, event: &SessionEvent) -> Vec<Signal> {
        match event {
            SessionEvent::Init(init) => {
                self.session_id = init.session_id.clone().or(self.session_id.take());
                self.model = init.model.clone().or(self.model.take());
                self.version = init.version.clone().or(self.version.take());
            }
            SessionEvent::Assistant(said) if !said.is_subagent() => return self.assistant(said),
            SessionEvent::Assistant(said) => self.subagent(said),
            SessionEvent::Stream(stream) if !stream.is_subagent() => self.stream(&stream.event),
            SessionEvent::ApiRetry(retry) => {
                self.retries += 1;
                return vec![Signal::Retrying(retry.clone())];
            }
            SessionEvent::RateLimit(limit) => self.limit = Some(limit.clone()),
            // With an origin, no user message started the turn that ends: a background task has ended.
            SessionEvent::Result(result) if result.origin.is_none() => {
                return vec![Signal::Ended(Box::new(self.outcome(result)))];
            }
            SessionEvent::Compacted(boundary) => {
                self.compacted = true;
                self.begin_call(Usage::default());
                self.compacted_to = boundary.post_tokens;
            }
            other => self.unknown += u64::from(other.is_unknown()),
        }
        Vec::new()
    }

    fn begin_call(&mut self, usage: Usage) {
        self.finished_calls = self.seen_usage();
        self.call = usage;
    }

    fn stream(&mut self, event: &ApiEvent) {
        match event {
            ApiEvent::MessageStart { usage, .. } => {
                self.begin_call(*usage);
                self.call_id = None;
            }
            ApiEvent::MessageDelta { output_tokens, .. } => {
                self.call.output_tokens = self.call.output_tokens.max(*output_tokens);
            }
            _ => {}
        }
    }

    fn subagent(&mut self, said: &Assistant) {
        if said.error.is_some() || said.model == SYNTHETIC {
            return;
        }
        let usage = self.subagents.entry(said.model.clone()).or_default();
        if self.subagent_calls.insert(said.message_id.clone()) {
            *usage = usage.plus(&said.usage);
        }
        let written: usize = said.blocks.iter().map(Block::written).sum();
        let written = u64::try_from(written / BYTES_PER_TOKEN).unwrap_or(u64::MAX);
        usage.output_tokens = usage.output_tokens.saturating_add(written);
    }

    fn assistant(&mut self, said: &Assistant) -> Vec<Signal> {
        if let Some(error) = &said.error {
            self.error = Some(error.clone());
        }
        if said.error.is_some() || said.model == SYNTHETIC {
            self.synthetic = said.blocks.iter().find_map(|block| match block {
                Block::Text(words) => Some(words.clone()),
                _ => None,
            });
            return Vec::new();
        }
        self.is_touched = true;
        if said.uuid.is_some() {
            self.assistant_uuid.clone_from(&said.uuid);
        }
        // Without stream events only the blocks show that there was a call.
        let id = self.call_id.replace(said.message_id.clone());
        if self.call.is_zero() || id.is_some_and(|id| id != said.message_id) {
            self.begin_call(said.usage);
        }
        if !said.model.is_empty() {
            self.model = Some(said.model.clone());
        }
        let mut signals = Vec::new();
        for block in &said.blocks {
            match block {
                Block::Text(words) if !shows_nothing(words) => {
                    self.said += 1;
                    self.last_words.truncate(LAST_WORDS - 1);
                    self.last_words.push_front(words.clone());
                    signals.push(Signal::Text(words.clone()));
                }
                Block::ToolUse(call) => signals.push(Signal::Tool(call.clone())),
                _ => {}
            }
        }
        signals
    }

    /// What this result makes of the turn, also of one that no user message started.
    pub fn outcome(&self, result: &TurnResult) -> Outcome {
        let seen = self.seen_usage();
        // The result of an interrupted turn counts finished calls only; the API bills the last one too.
        let usage = seen.at_least(&result.usage);
        let spoke = self.said > 0;
        let error = self.error.as_deref();
        // The result repeats the last text, also one of the CLI's own.
        let is_unsaid = |words: &String| {
            !spoke && !shows_nothing(words) && self.synthetic.as_ref() != Some(words)
        };
        let unsaid = result.result.clone().filter(is_unsaid);
        let limit = self.limit.as_deref();
        let spoke = spoke || unsaid.is_some();
        let ending = Ending::classify(result, error, limit, spoke, self.interrupting);
        Outcome {
            unsaid: unsaid.filter(|_| ending == Ending::Answered),
            ending,
            session_id: result.session_id.clone().or(self.session_id.clone()),
            model: self.model.clone(),
            version: self.version.clone(),
            usage,
            context_tokens: self.context_tokens(result),
            compacted: self.compacted,
            api_error: self.error.clone(),
            is_untouched: !self.is_touched,
            retries: self.retries,
            result: result.clone(),
        }
    }

    /// What the context holds after the turn: the last main-thread call's input, cached tokens and output.
    fn context_tokens(&self, result: &TurnResult) -> Option<u64> {
        if self.call.is_zero() && self.compacted {
            return self.compacted_to;
        }
        if self.call.is_zero() {
            return (!result.usage.is_zero()).then(|| result.usage.context());
        }
        let mut call = self.call;
        if self.finished_calls.is_zero() {
            // The result counts the output of a turn's only call. Without stream events the call has a placeholder.
            call.output_tokens = call.output_tokens.max(result.usage.output_tokens);
        }
        Some(call.context())
    }
}
