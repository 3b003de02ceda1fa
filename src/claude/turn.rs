//! A turn: the events between a message and its `result`, folded into what happened.
//!
//! Pure. Knows the protocol's values; knows nothing of processes, clocks or Discord. What the person reads about
//! an [`Ending`] is said in `channel::words`.

use super::protocol::{Assistant, Block, Event, StreamEvent, TurnResult, Usage};

/// Something worth acting on before the turn is over, or its end.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// A finished text block, for the chat.
    Text(String),
    /// A tool is running: the turn goes on after any text said so far.
    Tool {
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

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Claude answered; the words went out as they came, or stand in [`Outcome::unsaid`].
    Answered,
    /// The CLI ended the turn in order but said nothing.
    Silent,
    /// The turn was interrupted.
    Interrupted,
    /// The CLI has no such session (any more).
    SessionMissing,
    /// The login is missing, expired or refused (API status 401, 403).
    LoginExpired,
    /// The API does not know the model.
    ModelUnknown,
    /// The conversation no longer fits the model's context.
    ConversationTooLong,
    /// The plan's usage limit, or the API's rate limit.
    UsageLimit {
        /// The CLI's words, which say when the limit ends.
        detail: String,
    },
    /// The API is overloaded or broken (5xx, no connection), after all retries.
    ApiDown {
        /// HTTP status, where there was one.
        status: Option<u16>,
    },
    /// The API refused the request for another reason.
    ApiRefused {
        /// HTTP status, where there was one.
        status: Option<u16>,
        /// The CLI's words.
        detail: String,
    },
    /// The CLI's limit on calls in one turn (`--max-turns`).
    TooManySteps,
    /// The CLI's budget (`--max-budget-usd`) is spent.
    BudgetSpent,
    /// The CLI failed in a way of its own.
    Failed {
        /// Its words.
        detail: String,
    },
}

impl Ending {
    /// A short name for logs and the ledger.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Silent => "silent",
            Self::Interrupted => "interrupted",
            Self::SessionMissing => "session_missing",
            Self::LoginExpired => "login_expired",
            Self::ModelUnknown => "model_unknown",
            Self::ConversationTooLong => "conversation_too_long",
            Self::UsageLimit { .. } => "usage_limit",
            Self::ApiDown { .. } => "api_down",
            Self::ApiRefused { .. } => "api_refused",
            Self::TooManySteps => "too_many_steps",
            Self::BudgetSpent => "budget_spent",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether the turn counts as an error of the channel's.
    #[must_use]
    pub fn is_error(&self) -> bool {
        !matches!(self, Self::Answered | Self::Silent | Self::Interrupted)
    }
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
    /// The result itself, for the ledger.
    pub result: TurnResult,
}

/// The fold. One value serves one turn.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    said: usize,
    last_words: Option<String>,
    call: Usage,
    call_id: Option<String>,
    finished_calls: Usage,
    session_id: Option<String>,
    model: Option<String>,
    version: Option<String>,
    error: Option<String>,
    interrupting: bool,
    unknown: u64,
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

    /// The last text block, for an error that has nothing better to show.
    #[must_use]
    pub fn last_words(&self) -> Option<&str> {
        self.last_words.as_deref()
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
            | Event::ControlResponse(_)
            | Event::ControlRequest(_)
            | Event::Compacted => Vec::new(),
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
                    self.last_words = Some(words.clone());
                    signals.push(Signal::Text(words.clone()));
                }
                Block::ToolUse { name } => signals.push(Signal::Tool { name: name.clone() }),
                Block::Text(_) | Block::Other => {}
            }
        }
        signals
    }

    fn end(&mut self, result: &TurnResult) -> Outcome {
        let seen = self.seen_usage();
        let usage = if result.usage.is_zero() {
            seen
        } else {
            result.usage
        };
        let ending = self.ending(result);
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
            result: result.clone(),
        }
    }

    /// What the context holds after the turn: the last main-thread call's input, cached and output.
    fn context_tokens(&self, result: &TurnResult) -> Option<u64> {
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

    fn ending(&self, result: &TurnResult) -> Ending {
        let reason = result.terminal_reason.as_deref().unwrap_or_default();
        let detail = detail(result);
        let has = |needle: &str| detail.to_lowercase().contains(needle);
        if self.interrupting || matches!(reason, "aborted_streaming" | "aborted_tools") {
            return Ending::Interrupted;
        }
        if !result.is_error && matches!(result.subtype.as_str(), "success" | "") {
            let spoke = self.said > 0 || !detail.trim().is_empty();
            return if spoke {
                Ending::Answered
            } else {
                Ending::Silent
            };
        }
        match result.subtype.as_str() {
            "error_max_turns" => return Ending::TooManySteps,
            "error_max_budget_usd" => return Ending::BudgetSpent,
            _ => {}
        }
        if has("no conversation found") {
            return Ending::SessionMissing;
        }
        let status = result.api_error_status;
        let error = self.error.as_deref().unwrap_or_default();
        if reason == "prompt_too_long" || has("prompt is too long") {
            return Ending::ConversationTooLong;
        }
        if matches!(error, "authentication_failed" | "oauth_org_not_allowed")
            || matches!(status, Some(401 | 403))
            || has("please run /login")
            || has("invalid api key")
        {
            return Ending::LoginExpired;
        }
        if error == "model_not_found" || (status == Some(404) && has("model")) {
            return Ending::ModelUnknown;
        }
        if matches!(error, "rate_limit" | "billing_error") || status == Some(429) {
            return Ending::UsageLimit { detail };
        }
        if matches!(error, "overloaded" | "server_error") || status.is_some_and(|code| code >= 500)
        {
            return Ending::ApiDown { status };
        }
        if status.is_some() || reason == "api_error" {
            return Ending::ApiRefused { status, detail };
        }
        if has("connection error") || has("unable to connect") || has("connection refused") {
            return Ending::ApiDown { status };
        }
        Ending::Failed { detail }
    }
}

/// The words of a result, in the order in which they are worth showing.
fn detail(result: &TurnResult) -> String {
    if !result.errors.is_empty() {
        return result.errors.join("\n");
    }
    result.result.clone().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claude::protocol::{Line, parse};

    /// Runs the recorded stdout lines of a capture; one outcome for each result.
    fn outcomes(capture: &str) -> (Vec<Outcome>, Vec<Signal>) {
        let mut outcomes = Vec::new();
        let mut signals = Vec::new();
        let mut turn = Turn::new();
        for line in capture.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            if record["dir"] == "in" && record["line"].as_str().unwrap().contains("\"interrupt\"") {
                turn.interrupting();
            }
            if record["dir"] != "out" {
                continue;
            }
            let Line::Event(event) = parse(record["line"].as_str().unwrap()) else {
                continue;
            };
            for signal in turn.apply(&event) {
                if let Signal::Ended(outcome) = signal {
                    outcomes.push(*outcome);
                    turn = Turn::new();
                } else {
                    signals.push(signal);
                }
            }
        }
        (outcomes, signals)
    }

    macro_rules! capture {
        ($name:literal) => {
            outcomes(include_str!(concat!(
                "../../tests/captures/",
                $name,
                ".jsonl"
            )))
        };
    }

    #[track_caller]
    fn endings(outcomes: &[Outcome], expected: &[Ending]) {
        let found: Vec<_> = outcomes
            .iter()
            .map(|outcome| outcome.ending.clone())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn two_turns_answer_and_count_their_own_tokens() {
        let (outcomes, signals) = capture!("two-turns");
        endings(&outcomes, &[Ending::Answered, Ending::Answered]);
        assert_eq!(
            signals,
            [
                Signal::Text("echo(1): hello".into()),
                Signal::Text("echo(2): again".into())
            ]
        );
        for outcome in &outcomes {
            assert_eq!(outcome.usage.input_tokens, 100);
            assert_eq!(outcome.usage.output_tokens, 20);
            assert_eq!(outcome.context_tokens, Some(100 + 7 + 50 + 20));
            assert_eq!(outcome.model.as_deref(), Some("claude-sonnet-5"));
            assert_eq!(outcome.version.as_deref(), Some("2.1.197"));
            assert_eq!(outcome.unsaid, None);
        }
    }

    #[test]
    fn a_tool_loop_counts_the_last_call_as_the_context() {
        let (outcomes, signals) = capture!("tools-allowed");
        endings(&outcomes, &[Ending::Answered]);
        assert_eq!(outcomes[0].usage.input_tokens, 300);
        // The last call's output is known only as a placeholder there: no stream events were asked for.
        assert_eq!(outcomes[0].context_tokens, Some(100 + 7 + 50 + 1));
        assert!(signals.contains(&Signal::Tool {
            name: "Bash".into()
        }));
    }

    #[test]
    fn stream_events_give_the_last_call_whole() {
        let (outcomes, _) = capture!("partial");
        assert_eq!(outcomes[0].context_tokens, Some(177));
        assert_eq!(outcomes[0].usage.output_tokens, 20);
    }

    #[test]
    fn each_failure_is_told_apart() {
        let retry = |attempt, of, status| Signal::Retrying {
            attempt,
            of,
            status: Some(status),
        };
        let (found, signals) = capture!("api-529");
        endings(&found, &[Ending::ApiDown { status: Some(529) }]);
        assert_eq!(signals, [retry(1, 2, 529), retry(2, 2, 529)]);
        let (found, _) = capture!("api-401");
        endings(&found, &[Ending::LoginExpired, Ending::Answered]);
        let (found, _) = capture!("api-400");
        let detail = "API Error: 400 scripted status 400".to_owned();
        endings(
            &found,
            &[Ending::ApiRefused {
                status: Some(400),
                detail,
            }],
        );
        let (found, _) = capture!("resume-missing");
        endings(&found, &[Ending::SessionMissing]);
        let (found, _) = capture!("max-turns");
        endings(&found, &[Ending::TooManySteps]);
        let (found, _) = capture!("budget");
        endings(&found, &[Ending::BudgetSpent, Ending::BudgetSpent]);
        let (found, _) = capture!("interrupt");
        endings(&found, &[Ending::Interrupted, Ending::Answered]);
    }

    #[test]
    fn a_refused_tool_is_named() {
        let (outcomes, _) = capture!("tool-denied");
        endings(&outcomes, &[Ending::Answered]);
        assert_eq!(outcomes[0].result.denied_tools, ["Bash"]);
    }

    fn result(line: &str) -> Outcome {
        let Line::Event(event) = parse(line) else {
            panic!("not an event")
        };
        let mut signals = Turn::new().apply(&event);
        let Some(Signal::Ended(outcome)) = signals.pop() else {
            panic!("not an end: {signals:?}")
        };
        *outcome
    }

    #[test]
    fn an_answer_that_came_in_the_result_alone_is_still_said() {
        let outcome = result(r#"{"type":"result","subtype":"success","result":"only here"}"#);
        assert_eq!(outcome.ending, Ending::Answered);
        assert_eq!(outcome.unsaid.as_deref(), Some("only here"));
        assert_eq!(
            result(r#"{"type":"result","subtype":"success","result":""}"#).ending,
            Ending::Silent
        );
    }

    #[test]
    fn words_of_the_cli_decide_where_no_field_does() {
        #[track_caller]
        fn check(fields: &str, expected: &Ending) {
            let line = format!(r#"{{"type":"result","is_error":true,{fields}}}"#);
            assert_eq!(result(&line).ending, *expected, "{line}");
        }
        let refused = r#""subtype":"success","result":"#;
        check(
            &format!(r#"{refused}"Not logged in · Please run /login""#),
            &Ending::LoginExpired,
        );
        check(
            &format!(r#"{refused}"Prompt is too long""#),
            &Ending::ConversationTooLong,
        );
        check(
            r#""subtype":"success","terminal_reason":"prompt_too_long""#,
            &Ending::ConversationTooLong,
        );
        check(
            &format!(r#"{refused}"API Error: 404 model: nonsense","api_error_status":404"#),
            &Ending::ModelUnknown,
        );
        check(
            &format!(r#"{refused}"limit reached, resets 3pm","api_error_status":429"#),
            &Ending::UsageLimit {
                detail: "limit reached, resets 3pm".into(),
            },
        );
        check(
            r#""subtype":"error_during_execution","errors":["boom","bang"]"#,
            &Ending::Failed {
                detail: "boom\nbang".into(),
            },
        );
        check(r#""terminal_reason":"aborted_tools""#, &Ending::Interrupted);
    }

    #[test]
    fn the_result_of_another_turn_ends_nothing() {
        let line = r#"{"type":"result","subtype":"success","result":"bg","origin":{"kind":"task-notification"}}"#;
        let Line::Event(event) = parse(line) else {
            panic!("not an event")
        };
        assert!(Turn::new().apply(&event).is_empty());
    }
}
