//! One turn: its messages in order, and its simulated API calls.
//!
//! The text comes from the script or the responder.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::content::person_text;
use crate::emit::{self, Init, Message};
use crate::input::UserLine;
use crate::mcp::McpServer;
use crate::outcome::{self, Ending, Process, Tally};
use crate::pricing::{self, content_tokens, tokens};
use crate::responder::{self, Piece, Question};
use crate::session::{Session, Stop};
use crate::tools::ToolOutput;
use crate::transcript::Role;

/// The pause before each piece of a slow answer, in multiples of the pace: 1.2 seconds by default.
const SLOW: u32 = 80;

/// A running turn.
pub(crate) struct Turn {
    /// The content of the user message.
    pub(crate) content: Value,
    /// The person's text in it.
    pub(crate) text: String,
    /// The person's earlier messages in this session.
    pub(crate) earlier: Vec<String>,
    pub(crate) tally: Tally,
    started: Instant,
    /// The pause before each token.
    pub(crate) pace: Duration,
    /// Tokens that the next API call is the first to send.
    input: u64,
    pub(crate) in_tool: bool,
}

impl Session<'_> {
    /// Runs a turn up to its `result`.
    pub(crate) fn run_turn(&mut self, line: UserLine) -> Result<Ending, Stop> {
        let mut text = person_text(&line.content);
        if let Some(directives) = &self.settings.directives {
            text.insert_str(0, directives);
        }
        let mut turn = Turn {
            input: content_tokens(&line.content),
            content: line.content,
            earlier: self.transcript.user_texts(),
            text,
            tally: Tally::default(),
            started: Instant::now(),
            pace: self.settings.pace,
            in_tool: false,
        };
        self.open_turn(&turn, line.uuid.as_deref())?;
        let ending = match self.run_script(&mut turn) {
            Ok(ending) | Err(Stop::Ended(ending)) => ending,
            Err(Stop::Interrupted) => {
                let marker = if turn.in_tool {
                    "[Request interrupted by user for tool use]"
                } else {
                    "[Request interrupted by user]"
                };
                self.out.interruption(marker)?;
                Ending::Interrupted {
                    in_tool: turn.in_tool,
                }
            }
            Err(Stop::Cut) => Ending::Cut {
                in_tool: turn.in_tool,
            },
            Err(exit) => return Err(exit),
        };
        if let Ending::ApiFailure(failure) = &ending {
            self.out.synthetic(&failure.text, Some(failure.error()))?;
        }
        self.transcript.model.clone_from(&self.model);
        self.save()?;
        let process = Process {
            session_id: self.transcript.session_id,
            version: self.settings.version,
            usage_by_model: &self.usage_by_model,
            api_time: self.api_time,
        };
        let took = turn.started.elapsed();
        if let Some(mut result) = outcome::result(&ending, &turn.tally, took, &process) {
            if self.reporting.is_some() {
                result["origin"] = json!({"kind": "task-notification"});
            }
            self.out.line(&result)?;
        }
        Ok(ending)
    }

    fn open_turn(&mut self, turn: &Turn, name: Option<&str>) -> Result<(), Stop> {
        let first = self.transcript.messages.is_empty();
        self.transcript.push(Role::User, &turn.text);
        let uuid = name.map_or_else(emit::uuid, str::to_owned);
        let message = json!({"role": "user", "content": turn.content});
        self.out.note("user", &uuid, &message);
        if first {
            self.save()?;
        }
        self.connect_servers()?;
        let version = self.settings.version;
        if let Some(name) = name.filter(|_| version.has(206)) {
            self.out.lifecycle(name, "started")?;
        }
        self.init()?;
        if self.options.replay_user_messages {
            self.out.replay(&turn.content, name)?;
        }
        Ok(())
    }

    /// Announces a turn.
    pub(crate) fn init(&mut self) -> Result<(), Stop> {
        let version = self.settings.version;
        let tools = self.tools.iter().copied().chain(self.mcp_tools());
        let tools: Vec<String> = tools.map(str::to_owned).collect();
        let servers: Vec<_> = self.mcp_servers.iter().map(McpServer::status).collect();
        self.out.init(&Init {
            cwd: &self.cwd.to_string_lossy(),
            model: &self.model,
            permission_mode: &self.mode,
            tools: &tools,
            mcp_servers: &servers,
            has_api_key: self.settings.has_api_key,
            version: version.to_string(),
            has_capabilities: version.has(205),
            config_dir: &self.settings.config_dir.to_string_lossy(),
        })?;
        Ok(())
    }

    /// Lets the responder answer, one tool call at a time.
    pub(crate) fn run_responder(&mut self, turn: &mut Turn) -> Result<Ending, Stop> {
        let mut results = Vec::new();
        loop {
            let reply = responder::respond(&Question {
                text: &turn.text,
                earlier: &turn.earlier,
                results: &results,
            });
            match self.call(turn, &reply.pieces, reply.slow)? {
                CallOutcome::Answered(text) => return Ok(Ending::Answered(text)),
                CallOutcome::Tool(output) => results.push(output),
            }
        }
    }

    /// Simulates an API call with this answer, and runs the tool at its end.
    pub(crate) fn call(
        &mut self,
        turn: &mut Turn,
        pieces: &[Piece],
        slow: bool,
    ) -> Result<CallOutcome, Stop> {
        self.check_budget()?;
        let output = pieces.iter().map(piece_tokens).sum();
        let (usage, context) = self.transcript.context.call(turn.input, output);
        let model = self.model.clone();
        let message = Message {
            id: emit::id("msg"),
            request_id: emit::id("req"),
            model: &model,
            usage,
        };
        let wants_tool = matches!(pieces.last(), Some(Piece::Tool { .. }));
        let called = Instant::now();
        let tool_use_id = emit::id("toolu");
        self.stream(turn, &message, pieces, &tool_use_id, slow)?;
        if self.options.partial_messages {
            let reason = if wants_tool { "tool_use" } else { "end_turn" };
            self.out.stream_event(&json!({
                "type": "message_delta",
                "delta": {"stop_reason": reason, "stop_sequence": null},
                "usage": {"output_tokens": output},
            }))?;
            self.out.stream_event(&json!({"type": "message_stop"}))?;
        }
        self.api_time += called.elapsed();
        self.transcript.context = context;
        self.transcript.usage_by_model.add(&model, &usage);
        self.usage_by_model.add(&model, &usage);
        turn.tally.calls += 1;
        turn.tally.usage.add(&usage);
        turn.tally.wants_tool = wants_tool;
        let mut last = String::new();
        for piece in pieces {
            if let Piece::Text(text) = piece {
                self.transcript.push(Role::Assistant, text);
                last.clone_from(text);
            }
        }
        let checkpoint = (self.out.last_uuid.clone(), self.transcript.messages.len());
        self.transcript.checkpoints.push(checkpoint);
        let Some(Piece::Tool { name, input }) = pieces.last() else {
            return Ok(CallOutcome::Answered(last));
        };
        self.check_budget()?;
        let output = self.use_tool(turn, &tool_use_id, name, input)?;
        turn.input = tokens(&output.content);
        if let Some(limit) = self.options.max_turns
            && turn.tally.calls >= limit
        {
            return Err(Stop::Ended(Ending::MaxTurns(limit)));
        }
        Ok(CallOutcome::Tool(output))
    }

    fn check_budget(&self) -> Result<(), Stop> {
        let spent = pricing::dollars(self.usage_by_model.total_nanos() - self.spent_at_start);
        match self.options.max_budget_usd {
            Some(limit) if spent > limit => Err(Stop::Ended(Ending::Budget(limit))),
            _ => Ok(()),
        }
    }

    /// Streams the pieces of an answer at the configured pace.
    fn stream(
        &mut self,
        turn: &mut Turn,
        message: &Message<'_>,
        pieces: &[Piece],
        tool_use_id: &str,
        slow: bool,
    ) -> Result<(), Stop> {
        let partial = self.options.partial_messages;
        if partial {
            self.out.status(Some("requesting"), None)?;
        }
        self.wait(turn.pace)?;
        let first = *turn
            .tally
            .first_piece
            .get_or_insert_with(|| turn.started.elapsed());
        if partial {
            let millis = u64::try_from(first.as_millis()).unwrap_or(u64::MAX);
            self.out.message_start(message, millis)?;
        }
        for (index, piece) in pieces.iter().enumerate() {
            if slow {
                self.wait(self.settings.pace * SLOW)?;
            }
            let (empty, block) = match piece {
                Piece::Text(text) => (
                    json!({"type": "text", "text": ""}),
                    json!({"type": "text", "text": text}),
                ),
                Piece::Tool { name, input } => (
                    json!({"type": "tool_use", "id": tool_use_id, "name": name, "input": {}}),
                    json!({"type": "tool_use", "id": tool_use_id, "name": name, "input": input}),
                ),
            };
            if partial {
                self.out.stream_event(&json!({
                    "type": "content_block_start",
                    "index": index,
                    "content_block": empty,
                }))?;
            }
            self.deltas(message, index, piece, turn.pace)?;
            self.out.assistant(message, &block)?;
            if partial {
                let stop = json!({"type": "content_block_stop", "index": index});
                self.out.stream_event(&stop)?;
            }
        }
        Ok(())
    }

    /// Streams one piece. On an interruption the text so far becomes a block.
    fn deltas(
        &mut self,
        message: &Message<'_>,
        index: usize,
        piece: &Piece,
        pace: Duration,
    ) -> Result<(), Stop> {
        let (whole, kind, key) = match piece {
            Piece::Text(text) => (text.clone(), "text_delta", "text"),
            Piece::Tool { input, .. } => (input.to_string(), "input_json_delta", "partial_json"),
        };
        let mut written = 0;
        for chunk in chunks(&whole) {
            if let Err(stop) = self.wait(pace) {
                if matches!(stop, Stop::Interrupted | Stop::Cut) && written > 0 && key == "text" {
                    let block = json!({"type": "text", "text": &whole[..written]});
                    self.out.assistant(message, &block)?;
                }
                return Err(stop);
            }
            if self.options.partial_messages {
                self.out.stream_event(&json!({
                    "type": "content_block_delta",
                    "index": index,
                    "delta": {"type": kind, key: chunk},
                }))?;
            }
            written += chunk.len();
        }
        Ok(())
    }
}

/// The outcome of an API call.
pub(crate) enum CallOutcome {
    /// An answer: its last text block.
    Answered(String),
    /// The result of the tool call that ended it.
    Tool(ToolOutput),
}

/// The number of tokens of a piece.
fn piece_tokens(piece: &Piece) -> u64 {
    match piece {
        Piece::Text(text) => tokens(text),
        Piece::Tool { input, .. } => tokens(&input.to_string()),
    }
}

/// Splits a text for streaming: about a token per chunk, at most about 400 chunks.
fn chunks(text: &str) -> impl Iterator<Item = &str> {
    let least = (text.len() / 400).max(4);
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .char_indices()
            .map(|(at, c)| (at + c.len_utf8(), c))
            .find(|(end, c)| *end >= 2 * least || (*end >= least && c.is_whitespace()))
            .map_or(rest.len(), |(end, _)| end);
        let (chunk, after) = rest.split_at(end);
        rest = after;
        Some(chunk)
    })
}

/// The interval at which a turn without an end waits.
pub(crate) const LONG: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests;
