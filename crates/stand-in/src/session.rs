//! A running session: the queue of messages, and the host's control requests.
//!
//! It owns the state of the process, and is the only place that receives input: everything that takes
//! time calls [`Session::wait`] or [`Session::poll_input`], so that input is also handled during a turn.
//! Messages that arrive during a turn are queued (the real CLI may merge several into one turn). One with the priority
//! `now` cuts the turn: at once, or after the running tool.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::args::Options;
use crate::background::Task;
use crate::control::{self, Change, State};
use crate::emit::{self, Emitter};
use crate::input::{Input, UserLine};
use crate::mcp::McpServer;
use crate::outcome::Ending;
use crate::permissions;
use crate::pricing::{Usage, UsageByModel, tokens};
use crate::settings::{Environment, Settings};
use crate::start::{self, SessionStart};
use crate::todo::TodoList;
use crate::transcript::{Store, Transcript};

/// How often a condition other than time is checked again.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Why a turn stops.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The turn ends early.
    Ended(Ending),
    /// The host interrupted it.
    Interrupted,
    /// A message with the priority `now` cut it.
    Cut,
    /// The process ends with this code.
    Exit(i32),
}

impl From<io::Error> for Stop {
    /// The host no longer reads, or a directory is not writable: the process cannot continue.
    fn from(_: io::Error) -> Self {
        Self::Exit(1)
    }
}

/// The process and its session.
pub(crate) struct Session<'a> {
    pub(crate) args: Vec<String>,
    pub(crate) env: &'a Environment,
    pub(crate) cwd: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) options: Options,
    pub(crate) rules: Vec<String>,
    /// The available tools.
    pub(crate) tools: Vec<&'static str>,
    /// The MCP servers of the host.
    pub(crate) mcp_servers: Vec<McpServer>,
    pub(crate) out: Emitter<'a>,
    pub(crate) err: &'a mut dyn Write,
    pub(crate) store: Store,
    pub(crate) transcript: Transcript,
    /// The full name of the model for the next turn.
    pub(crate) model: String,
    pub(crate) mode: String,
    pub(crate) prompt: String,
    /// The usage that `result` lines report: of this process, or from 2.1.277 on of the session.
    pub(crate) usage_by_model: UsageByModel,
    /// The cost of the session before this process, in billionths of a US dollar.
    pub(crate) spent_at_start: u64,
    pub(crate) api_time: Duration,
    /// The background commands.
    pub(crate) tasks: Vec<Task>,
    /// The list of things to do.
    pub(crate) todos: TodoList,
    /// The summary that the running turn reports, if a task's end started it.
    pub(crate) reporting: Option<String>,
    inbox: Receiver<Input>,
    input_ended: bool,
    queue: VecDeque<UserLine>,
    responses: BTreeMap<String, Value>,
    phase: Phase,
    /// Whether the last turn ended in an error.
    failed: bool,
}

/// The phase of a session.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// No turn runs.
    Idle,
    /// A turn runs.
    Busy,
    /// The same, and a tool of it.
    InTool,
    /// A turn runs, and the host has interrupted it.
    Interrupted,
    /// A turn runs, and a message with the priority `now` cuts it.
    Cut,
    /// The same, once the tool has ended.
    CutAfterTool,
}

impl<'a> Session<'a> {
    /// A session that talks to its host over these streams.
    pub(crate) fn new(
        start: SessionStart,
        env: &'a Environment,
        inbox: Receiver<Input>,
        stdout: &'a mut dyn Write,
        stderr: &'a mut dyn Write,
    ) -> Self {
        let options = start.options;
        let mode = options.permission_mode.as_deref().unwrap_or("default");
        let mut out = Emitter::new(stdout, start.transcript.session_id);
        out.leaf = start.store.leaf(start.transcript.session_id);
        Self {
            args: start.args,
            env,
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            rules: permissions::split(&options.allowed_tools),
            tools: emit::tools_without(
                &permissions::split(&options.disallowed_tools),
                options.asks_permission,
            ),
            mcp_servers: Vec::new(),
            out,
            err: stderr,
            store: start.store,
            model: start.transcript.model.clone(),
            mode: mode.to_owned(),
            prompt: start.prompt,
            spent_at_start: start.usage_by_model.total_nanos(),
            usage_by_model: start.usage_by_model,
            api_time: Duration::ZERO,
            tasks: Vec::new(),
            todos: TodoList::default(),
            reporting: None,
            transcript: start.transcript,
            settings: start.settings,
            options,
            inbox,
            input_ended: false,
            queue: VecDeque::new(),
            responses: BTreeMap::new(),
            phase: Phase::Idle,
            failed: false,
        }
    }

    /// Handles messages until the input ends or something ends the process. Returns the exit code.
    pub(crate) fn serve(&mut self) -> i32 {
        let code = self.serve_all();
        // A task that cannot be killed does not change the exit code.
        drop(self.end_tasks());
        code
    }

    fn serve_all(&mut self) -> i32 {
        loop {
            let step = if let Some(line) = self.queue.pop_front() {
                self.turn(line)
            } else if self.input_ended {
                return i32::from(self.failed);
            } else if self.tasks.is_empty() {
                self.wait_for_input()
            } else {
                self.poll_input().and_then(|()| self.report())
            };
            match step {
                Ok(()) => {}
                Err(Stop::Exit(code)) => return code,
                // These only end turns, which handle them.
                Err(Stop::Ended(_) | Stop::Interrupted | Stop::Cut) => return 1,
            }
        }
    }

    /// Writes the session to its files.
    pub(crate) fn save(&mut self) -> io::Result<()> {
        self.store.save(&self.transcript)?;
        let lines = std::mem::take(&mut self.out.unwritten);
        self.store.append(self.transcript.session_id, &lines)
    }

    /// Runs one turn and records whether it failed.
    pub(crate) fn turn(&mut self, line: UserLine) -> Result<(), Stop> {
        self.phase = Phase::Busy;
        let name = line.uuid.clone();
        let ending = self.run_turn(line)?;
        self.phase = Phase::Idle;
        self.failed = ending.is_error();
        let state = if self.failed || matches!(ending, Ending::Cut { .. }) {
            "cancelled"
        } else {
            "completed"
        };
        self.lifecycle(name.as_deref(), state)
    }

    fn lifecycle(&mut self, name: Option<&str>, state: &str) -> Result<(), Stop> {
        if let Some(name) = name.filter(|_| self.settings.version.has(206)) {
            self.out.lifecycle(name, state)?;
        }
        Ok(())
    }

    /// Waits for the next input.
    fn wait_for_input(&mut self) -> Result<(), Stop> {
        if let Ok(input) = self.inbox.recv() {
            self.handle_input(input)
        } else {
            self.input_ended = true;
            Ok(())
        }
    }

    /// Waits, and handles input in the meantime.
    pub(crate) fn wait(&mut self, time: Duration) -> Result<(), Stop> {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if self.input_ended {
                thread::sleep(left);
                return Ok(());
            }
            match self.inbox.recv_timeout(left) {
                Ok(input) => self.handle_input(input)?,
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => self.input_ended = true,
            }
            if self.phase == Phase::Interrupted {
                return Err(Stop::Interrupted);
            }
            if self.phase == Phase::Cut {
                return Err(Stop::Cut);
            }
        }
    }

    pub(crate) fn enter_tool(&mut self) {
        if self.phase == Phase::Busy {
            self.phase = Phase::InTool;
        }
    }

    /// Ends the turn after a tool if a message waited for that.
    pub(crate) fn leave_tool(&mut self) -> Result<(), Stop> {
        match self.phase {
            Phase::InTool => self.phase = Phase::Busy,
            Phase::CutAfterTool => return Err(Stop::Cut),
            _ => {}
        }
        Ok(())
    }

    /// Waits briefly, between two checks of a condition.
    pub(crate) fn poll_input(&mut self) -> Result<(), Stop> {
        self.wait(POLL_INTERVAL)
    }

    /// Sends the host a control request and waits for the nested `response`.
    pub(crate) fn ask_host(&mut self, request: &Value) -> Result<Value, Stop> {
        let id = Uuid::new_v4().to_string();
        self.out.line(&json!({
            "type": "control_request",
            "request_id": id,
            "request": request,
        }))?;
        loop {
            if let Some(response) = self.responses.remove(&id) {
                return Ok(response);
            }
            if self.input_ended {
                return Ok(json!({"subtype": "error", "request_id": id, "error": "Stream closed"}));
            }
            if let Err(stop) = self.poll_input() {
                if matches!(stop, Stop::Interrupted | Stop::Cut) {
                    let cancel = json!({"type": "control_cancel_request", "request_id": id});
                    self.out.line(&cancel)?;
                }
                return Err(stop);
            }
        }
    }

    fn handle_input(&mut self, input: Input) -> Result<(), Stop> {
        match input {
            Input::User(line) => {
                self.lifecycle(line.uuid.as_deref(), "queued")?;
                if line.is_now {
                    self.phase = match self.phase {
                        Phase::Busy => Phase::Cut,
                        Phase::InTool => Phase::CutAfterTool,
                        other => other,
                    };
                    self.queue.push_front(line);
                } else {
                    self.queue.push_back(line);
                }
            }
            Input::Control {
                request_id,
                request,
            } => self.handle_control(&request_id, &request)?,
            Input::Response {
                request_id,
                response,
            } => {
                self.responses.insert(request_id, response);
            }
            Input::Fatal(message) => {
                writeln!(self.err, "{message}")?;
                return Err(Stop::Exit(1));
            }
            Input::Ignored => {}
        }
        Ok(())
    }

    fn handle_control(&mut self, request_id: &str, request: &Value) -> Result<(), Stop> {
        let default_model = self.options.model.as_deref().unwrap_or("default");
        let state = State {
            version: self.settings.version,
            model: &self.model,
            default_model,
            has_api_key: self.settings.has_api_key,
            usage_by_model: &self.usage_by_model,
            context_tokens: self.transcript.context.held(),
            queued: self
                .queue
                .iter()
                .filter_map(|line| line.uuid.clone())
                .collect(),
        };
        let (fields, change) = control::respond(request, &state);
        if let Change::Model { requested, full } = &change
            && !self.settings.version.has(277)
        {
            let name = if requested == full {
                requested.clone()
            } else {
                format!("{requested} ({full})")
            };
            let text = format!("<local-command-stdout>Set model to {name}</local-command-stdout>");
            self.out.replay(&text.into(), None)?;
        }
        // The CLI reports the task's end before it responds.
        if let Change::StopTask(id) = &change {
            self.stop_task(id)?;
        }
        self.out.line(&response(request_id, fields))?;
        if request["subtype"] == "initialize" {
            self.mcp_servers = McpServer::named_in(request);
            if self.settings.version.has(277) {
                self.connect_servers()?;
            }
        }
        match change {
            Change::None | Change::StopTask(_) => {}
            Change::Interrupt if self.phase == Phase::Idle => {}
            Change::Interrupt => self.phase = Phase::Interrupted,
            Change::Model { full, .. } => self.model = full,
            Change::Billed(question) => {
                let usage = Usage {
                    input: tokens(&question),
                    output: 10,
                    ..Usage::default()
                };
                self.transcript.usage_by_model.add(&self.model, &usage);
                self.usage_by_model.add(&self.model, &usage);
            }
            Change::Mode(mode) => self.set_mode(&mode)?,
            Change::Prompt { text, append } => {
                let base = if append { self.prompt.as_str() } else { "" };
                self.prompt = start::join(base, Some(&text));
            }
        }
        Ok(())
    }

    /// Changes the permission mode, and says so.
    pub(crate) fn set_mode(&mut self, mode: &str) -> Result<(), Stop> {
        self.out.status(None, Some(mode))?;
        mode.clone_into(&mut self.mode);
        Ok(())
    }
}

/// The `control_response` line, with the id where the CLI puts it.
fn response(request_id: &str, fields: Value) -> Value {
    let mut response = Map::new();
    if let Value::Object(fields) = fields {
        for (key, value) in fields {
            let is_subtype = key == "subtype";
            response.insert(key, value);
            if is_subtype {
                response.insert("request_id".to_owned(), request_id.into());
            }
        }
    }
    json!({"type": "control_response", "response": response})
}
