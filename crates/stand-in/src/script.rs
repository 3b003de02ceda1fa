//! Runs the directives of a person's message in order, and the CLI's `/compact`.

use std::fs;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::directives::{self, Directive};
use crate::emit::HALF_PAIR;
use crate::outcome::{ApiFailure, Ending, retry_error};
use crate::pricing::dollars_value;
use crate::responder::Piece;
use crate::session::{Session, Stop};
use crate::turn::{CallOutcome, LONG, Turn};

/// The pause of a retry, in multiples of the pace: 0.3 seconds by default.
const RETRY: u32 = 20;

/// The lines of `[[noise]]`.
const NOISE: &[&[u8]] = &[
    b"[SandboxDebug] this line is no JSON\n",
    b"\n",
    b"\r\n",
    b"{\"type\":\"stand_in_noise\",\"detail\":[1,2,3]}\n",
    b"{\"type\":\"system\",\"subtype\":\"stand_in_noise\"}\n",
    b"{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"stand_in_noise\"}]}}\n",
    b"{\"type\":\"system\",\"subtype\":\n",
    b"[1,2]\n",
    b"{\"no\":\"type\"}\n",
    b"bad UTF-8: \xff\xfe\xc3\n",
    b"{\"type\":\"stand_in_noise\",\"text\":\"bad UTF-8: \xff\"}\n",
];

/// The state of a script so far.
#[derive(Default)]
struct Script {
    answer: Vec<String>,
    empty: bool,
    silent: bool,
    tools: u32,
    /// The last tool's output.
    last_output: String,
}

impl Session<'_> {
    /// Runs the directives of the message. Without any, the responder answers.
    pub(crate) fn run_script(&mut self, turn: &mut Turn) -> Result<Ending, Stop> {
        // Only a whole line is a command; text between markers is never one.
        if turn.content == "/compact" || turn.content[0]["text"] == "/compact" {
            return self.compact();
        }
        if turn.earlier.iter().any(|text| text.contains("[[damage]]")) {
            return Ok(Ending::ApiFailure(ApiFailure::damaged()));
        }
        let (directives, rest) = directives::parse(self.reporting.as_ref().unwrap_or(&turn.text));
        match &self.reporting {
            Some(summary) if directives.is_empty() => {
                return self.run_report(turn, summary.clone());
            }
            None if directives.is_empty() => return self.run_responder(turn),
            _ => {}
        }
        let failure = directives.iter().find_map(|directive| match directive {
            Directive::Status(status, _) => Some(*status),
            _ => None,
        });
        let mut script = Script::default();
        for directive in directives {
            if let Directive::Retry(count) = directive {
                self.retry(count, failure.unwrap_or(529))?;
            } else {
                self.run_directive(turn, &mut script, directive)?;
            }
        }
        let mut pieces: Vec<Piece> = script.answer.into_iter().map(Piece::Text).collect();
        if pieces.is_empty() && !script.empty {
            let echo = format!("echo({}): {rest}", turn.earlier.len() + 1);
            pieces.push(Piece::Text(echo.trim_end().to_owned()));
        }
        let last = match pieces.last() {
            Some(Piece::Text(text)) => text.clone(),
            _ => String::new(),
        };
        self.call(turn, &pieces, false)?;
        Ok(if script.silent {
            Ending::Silent
        } else {
            Ending::Answered(last)
        })
    }

    /// Reports that the conversation was summarized. The messages are kept, since there are few.
    fn compact(&mut self) -> Result<Ending, Stop> {
        self.transcript.messages.pop();
        self.transcript.compacted = true;
        self.out.status(Some("compacting"), None)?;
        let held = self.transcript.context.held();
        self.out.compact_boundary(held)?;
        self.out.status(None, None)?;
        Ok(Ending::Answered(String::new()))
    }

    fn run_directive(
        &mut self,
        turn: &mut Turn,
        script: &mut Script,
        directive: Directive,
    ) -> Result<(), Stop> {
        match directive {
            Directive::Args => script.answer.push(json!(self.args).to_string()),
            Directive::AskControl(subtype) => {
                let response = self.ask_host(&json!({ "subtype": subtype }))?;
                script.answer.push(response.to_string());
            }
            Directive::Blocks(texts) => script.answer.extend(texts),
            Directive::Budget => {
                self.say_in_own_call(turn, "One more thing.")?;
                let limit = self.options.max_budget_usd.unwrap_or(0.0001);
                return Err(Stop::Ended(Ending::Budget(limit)));
            }
            Directive::Busy(times) => {
                if self.transcript.busy < times {
                    self.transcript.busy += 1;
                    let failure = ApiFailure::new(429, "Server is temporarily limiting requests");
                    return Err(Stop::Ended(Ending::ApiFailure(failure)));
                }
            }
            Directive::Context => script.answer.push(json!(turn.earlier).to_string()),
            Directive::Crash(code) => return Err(self.crash(turn, code)),
            Directive::CrashOnce(code) => {
                if !self.transcript.crashed {
                    self.transcript.crashed = true;
                    self.save()?;
                    return Err(self.crash(turn, code));
                }
            }
            Directive::Deaf => return Err(deaf()),
            Directive::DieSilently => return Err(Stop::Exit(0)),
            Directive::Empty => script.empty = true,
            Directive::Env => script.answer.push(self.environment()),
            Directive::CloseStdout => Self::close_stdout()?,
            Directive::Flood(bytes, content) => self.flood(bytes, content)?,
            Directive::HalfLine => return Err(self.half_line()),
            Directive::HalfPair => script.answer.push(format!("answer {HALF_PAIR} end")),
            Directive::Limited(seconds) => self.limited(seconds)?,
            Directive::Spray(lines) => self.spray(lines)?,
            Directive::Hang => loop {
                self.wait(LONG)?;
            },
            Directive::Long(length) => script.answer.push(directives::long_text(length)),
            Directive::MaxTurns => {
                self.say_in_own_call(turn, "One more step.")?;
                let limit = self.options.max_turns.unwrap_or(turn.tally.calls);
                return Err(Stop::Ended(Ending::MaxTurns(limit)));
            }
            Directive::NoResult => script.silent = true,
            Directive::Noise => {
                for line in NOISE {
                    self.out.raw(line)?;
                }
            }
            Directive::Once(name, once) => {
                if !self.transcript.done_once.contains(&name) {
                    self.transcript.done_once.push(name);
                    self.save()?;
                    return self.run_directive(turn, script, *once);
                }
            }
            Directive::Pace(millis) => turn.pace = Duration::from_millis(millis.into()),
            Directive::Prompt => script.answer.push(self.prompt.clone()),
            Directive::Raw => script.answer.push(turn.content.to_string()),
            Directive::SayFile(path) => {
                let text = fs::read_to_string(self.cwd.join(path));
                script
                    .answer
                    .push(text.unwrap_or_else(|error| error.to_string()));
            }
            // The caller runs the first, since it knows the status; the next turns obey the second.
            Directive::Retry(_) | Directive::Damage => {}
            Directive::Sleep(seconds) => self.wait(Duration::from_secs_f64(seconds))?,
            Directive::State(name, seconds) => self.state(&name, seconds)?,
            Directive::Status(status, message) => {
                let failure = ApiFailure::new(status, &message);
                return Err(Stop::Ended(Ending::ApiFailure(failure)));
            }
            Directive::Stderr(bytes) => {
                self.err.write_all(&vec![b'e'; bytes])?;
                writeln!(self.err)?;
            }
            Directive::Synthetic => self.own_turn()?,
            Directive::Told => script.answer.push(script.last_output.clone()),
            Directive::TooLongOnce if self.transcript.compacted => {}
            Directive::TooLong | Directive::TooLongOnce => {
                return Err(Stop::Ended(Ending::ApiFailure(ApiFailure::too_long())));
            }
            Directive::Tool(name, input) => {
                script.tools += 1;
                let lead = Piece::Text(format!("step {}", script.tools));
                let called = self.call(turn, &[lead, Piece::Tool { name, input }], false)?;
                if let CallOutcome::Tool(output) = called {
                    script.last_output = output.content;
                }
            }
        }
        Ok(())
    }

    /// Says something in a separate API call.
    fn say_in_own_call(&mut self, turn: &mut Turn, text: &str) -> Result<(), Stop> {
        self.call(turn, &[Piece::Text(text.to_owned())], false)?;
        turn.tally.wants_tool = true;
        Ok(())
    }

    /// Reaches a usage limit, unless an earlier one has reset by now.
    fn limited(&mut self, seconds: u64) -> Result<(), Stop> {
        let now = now();
        let resets_at = *self.transcript.resets_at.get_or_insert(now + seconds);
        if now < resets_at {
            self.out.rate_limit(resets_at)?;
            return Err(Stop::Ended(Ending::ApiFailure(ApiFailure::limited())));
        }
        Ok(())
    }

    /// A turn that nobody asked for, with a text that the model has not written. The person's turn follows.
    fn own_turn(&mut self) -> Result<(), Stop> {
        const TEXT: &str = "No response requested.";
        self.out.synthetic(TEXT, None)?;
        let total = dollars_value(self.usage_by_model.total_nanos());
        let result = json!({
            "type": "result",
            "subtype": "success",
            "is_error": false,
            "num_turns": 1,
            "result": TEXT,
            "session_id": self.transcript.session_id.to_string(),
            "total_cost_usd": total,
        });
        self.out.line(&result)?;
        self.init()
    }

    fn crash(&mut self, turn: &mut Turn, code: i32) -> Stop {
        if let Err(stop) = self.say_in_own_call(turn, "I have a bad feeling about") {
            return stop;
        }
        match writeln!(self.err, "stand-in: crashed with code {code}, as asked") {
            Ok(()) => Stop::Exit(code),
            Err(error) => error.into(),
        }
    }

    fn retry(&mut self, count: u32, status: u16) -> Result<(), Stop> {
        let most = self.settings.max_retries.max(count);
        for attempt in 1..=count {
            self.out
                .api_retry(attempt, most, status, retry_error(status))?;
            self.wait(self.settings.pace * RETRY)?;
        }
        Ok(())
    }

    /// Is in a state that it announces.
    fn state(&mut self, name: &str, seconds: f64) -> Result<(), Stop> {
        match name {
            "thinking" => self.out.thinking_tokens(50)?,
            "limited" => self.out.rate_limit(now() + 60)?,
            _ => self.out.status(Some(name), None)?,
        }
        self.out
            .line(&json!({"type": "system", "subtype": "hook_started"}))?;
        self.wait(Duration::from_secs_f64(seconds))?;
        if name == "compacting" {
            self.out.status(None, None)?;
        }
        Ok(())
    }

    fn environment(&self) -> String {
        let lines: Vec<String> = self
            .env
            .iter()
            .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
            .collect();
        lines.join("\n")
    }
}

/// In seconds since 1970.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

/// Ignores everything; only returns if the signals cannot be caught.
fn deaf() -> Stop {
    use signal_hook::consts::{SIGINT, SIGTERM};
    for signal in [SIGINT, SIGTERM] {
        // A handler that only sets a flag replaces the signal's default effect.
        if signal_hook::flag::register(signal, std::sync::Arc::default()).is_err() {
            return Stop::Exit(1);
        }
    }
    loop {
        thread::sleep(LONG);
    }
}
