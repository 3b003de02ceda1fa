//! A session that is served: the queue of messages, and the host's control requests.
//!
//! Owns the state of the process and the only place where input is taken: [`Session::wait`] and
//! its kin are called by whatever takes time, so that the host is heard in the middle of a turn.
//! Messages that come during a turn wait for their own turn (the real CLI may fold several into
//! one).

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
use crate::outcome::Ending;
use crate::permissions;
use crate::pricing::Books;
use crate::settings::{Environment, Settings};
use crate::start::{self, Opening};
use crate::transcript::{Store, Transcript};

/// How often a wait for something other than time looks again.
const GLANCE: Duration = Duration::from_millis(5);

/// Why a turn goes no further.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The turn ends early, in this way.
    Ended(Ending),
    /// The host interrupted it.
    Interrupted,
    /// The process ends with this code.
    Exit(i32),
}

impl From<io::Error> for Stop {
    /// A host that does not read any more, or a folder that cannot be written: nothing to go on
    /// with.
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
    /// The tools that it offers.
    pub(crate) tools: Vec<&'static str>,
    pub(crate) out: Emitter<'a>,
    pub(crate) err: &'a mut dyn Write,
    pub(crate) store: Store,
    pub(crate) transcript: Transcript,
    /// The model of the next turn, by its full name.
    pub(crate) model: String,
    pub(crate) mode: String,
    pub(crate) prompt: String,
    /// What `result` lines report: of this process, or of the session from 2.1.277 on.
    pub(crate) books: Books,
    /// What the books held at the start, in billionths of a US dollar.
    pub(crate) spent_before: u64,
    pub(crate) api_time: Duration,
    /// What runs in the background.
    pub(crate) tasks: Vec<Task>,
    /// The task that the turn which runs reports of.
    pub(crate) reporting: Option<String>,
    inbox: Receiver<Input>,
    input_ended: bool,
    queue: VecDeque<UserLine>,
    answers: BTreeMap<String, Value>,
    phase: Phase,
    /// Whether the last turn ended in an error.
    failed: bool,
}

/// Where the session stands.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// No turn runs.
    Idle,
    /// A turn runs.
    Busy,
    /// A turn runs, and the host wants it stopped.
    Interrupted,
}

impl<'a> Session<'a> {
    /// The session that was opened, talking to its host over these.
    pub(crate) fn new(
        opening: Opening,
        env: &'a Environment,
        inbox: Receiver<Input>,
        stdout: &'a mut dyn Write,
        stderr: &'a mut dyn Write,
    ) -> Self {
        let options = opening.options;
        let mode = options.permission_mode.as_deref().unwrap_or("default");
        Self {
            args: opening.args,
            env,
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            rules: permissions::split(&options.allowed_tools),
            tools: emit::tools_without(&permissions::split(&options.disallowed_tools)),
            out: Emitter::new(stdout, opening.transcript.session_id),
            err: stderr,
            store: opening.store,
            model: opening.transcript.model.clone(),
            mode: mode.to_owned(),
            prompt: opening.prompt,
            spent_before: opening.books.total_nanos(),
            books: opening.books,
            api_time: Duration::ZERO,
            tasks: Vec::new(),
            reporting: None,
            transcript: opening.transcript,
            settings: opening.settings,
            options,
            inbox,
            input_ended: false,
            queue: VecDeque::new(),
            answers: BTreeMap::new(),
            phase: Phase::Idle,
            failed: false,
        }
    }

    /// Takes messages until the input ends or something ends the process; the exit code.
    pub(crate) fn serve(&mut self) -> i32 {
        let code = self.serve_all();
        // They have said so themselves if they could not be ended.
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
                self.listen()
            } else {
                self.glance().and_then(|()| self.report())
            };
            match step {
                Ok(()) => {}
                Err(Stop::Exit(code)) => return code,
                // Both end turns, and no turn lets them through.
                Err(Stop::Ended(_) | Stop::Interrupted) => return 1,
            }
        }
    }

    /// Runs one turn and remembers how it went.
    pub(crate) fn turn(&mut self, line: UserLine) -> Result<(), Stop> {
        self.phase = Phase::Busy;
        let name = line.uuid.clone();
        let ending = self.run_turn(line)?;
        self.phase = Phase::Idle;
        self.failed = ending.is_error();
        let state = if self.failed {
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

    /// Waits for input as long as it takes.
    fn listen(&mut self) -> Result<(), Stop> {
        if let Ok(input) = self.inbox.recv() {
            self.take(input)
        } else {
            self.input_ended = true;
            Ok(())
        }
    }

    /// Lets time pass and takes what the host sends meanwhile.
    pub(crate) fn wait(&mut self, time: Duration) -> Result<(), Stop> {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if self.input_ended {
                thread::sleep(left);
                return Ok(());
            }
            match self.inbox.recv_timeout(left) {
                Ok(input) => self.take(input)?,
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => self.input_ended = true,
            }
            if self.phase == Phase::Interrupted {
                return Err(Stop::Interrupted);
            }
        }
    }

    /// Lets a moment pass, for a wait that looks again and again.
    pub(crate) fn glance(&mut self) -> Result<(), Stop> {
        self.wait(GLANCE)
    }

    /// Sends the host a control request and waits for its answer: the nested `response`.
    pub(crate) fn ask_host(&mut self, request: &Value) -> Result<Value, Stop> {
        let id = Uuid::new_v4().to_string();
        self.out.line(&json!({
            "type": "control_request",
            "request_id": id,
            "request": request,
        }))?;
        loop {
            if let Some(answer) = self.answers.remove(&id) {
                return Ok(answer);
            }
            if self.input_ended {
                return Ok(json!({"subtype": "error", "request_id": id, "error": "Stream closed"}));
            }
            if let Err(stop) = self.glance() {
                if matches!(stop, Stop::Interrupted) {
                    let cancel = json!({"type": "control_cancel_request", "request_id": id});
                    self.out.line(&cancel)?;
                }
                return Err(stop);
            }
        }
    }

    fn take(&mut self, input: Input) -> Result<(), Stop> {
        match input {
            Input::User(line) => {
                self.lifecycle(line.uuid.as_deref(), "queued")?;
                self.queue.push_back(line);
            }
            Input::Control {
                request_id,
                request,
            } => self.obey(&request_id, &request)?,
            Input::Answer {
                request_id,
                response,
            } => {
                self.answers.insert(request_id, response);
            }
            Input::Fatal(message) => {
                writeln!(self.err, "{message}")?;
                return Err(Stop::Exit(1));
            }
            Input::Nothing => {}
        }
        Ok(())
    }

    fn obey(&mut self, request_id: &str, request: &Value) -> Result<(), Stop> {
        let default_model = self.options.model.as_deref().unwrap_or("default");
        let state = State {
            version: self.settings.version,
            model: &self.model,
            default_model,
            has_api_key: self.settings.has_api_key,
            books: &self.books,
            context_tokens: self.transcript.context.held(),
            queued: self
                .queue
                .iter()
                .filter_map(|line| line.uuid.clone())
                .collect(),
        };
        let (answer, change) = control::answer(request, &state);
        if let Change::Model { asked, full } = &change
            && !self.settings.version.has(277)
        {
            let name = if asked == full {
                asked.clone()
            } else {
                format!("{asked} ({full})")
            };
            let text = format!("<local-command-stdout>Set model to {name}</local-command-stdout>");
            self.out.replay(&text.into(), None)?;
        }
        // The CLI tells of the task's end before it answers.
        if let Change::StopTask(id) = &change {
            self.stop_task(id)?;
        }
        self.out.line(&response(request_id, answer))?;
        match change {
            Change::None | Change::StopTask(_) => {}
            Change::Interrupt if self.phase == Phase::Idle => {}
            Change::Interrupt => self.phase = Phase::Interrupted,
            Change::Model { full, .. } => self.model = full,
            Change::Mode(mode) => {
                self.out.status(None, Some(&mode))?;
                self.mode = mode;
            }
            Change::Prompt { text, append } => {
                let base = if append { self.prompt.as_str() } else { "" };
                self.prompt = start::join(base, Some(&text));
            }
        }
        Ok(())
    }
}

/// The line that carries an answer, with the id where the CLI puts it.
fn response(request_id: &str, answer: Value) -> Value {
    let mut response = Map::new();
    if let Value::Object(fields) = answer {
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
