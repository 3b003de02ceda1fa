//! The start of a run: from arguments and environment to a session, or to an error before there is
//! one.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, Write};
use std::thread;

use uuid::Uuid;

use crate::args::{self, Command, Options, Prompt};
use crate::emit::Emitter;
use crate::input;
use crate::outcome;
use crate::pricing::UsageByModel;
use crate::session::Session;
use crate::settings::{Environment, Settings};
use crate::transcript::{Store, Transcript};

/// The default system prompt.
const DEFAULT_PROMPT: &str = "You are the scripted stand-in for the claude CLI.";

/// The state of a session at the start of the process.
pub(crate) struct SessionStart {
    /// The arguments as received.
    pub(crate) args: Vec<String>,
    pub(crate) settings: Settings,
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) transcript: Transcript,
    /// The usage from which the first `result` continues.
    pub(crate) usage_by_model: UsageByModel,
    /// The system prompt in effect.
    pub(crate) prompt: String,
}

/// Why there is no session.
enum NoSession {
    /// Only the version was requested: the line to print.
    Version(String),
    /// An error with this message.
    Error(String),
    /// There is no session with this id.
    NotFound(Uuid),
}

impl From<String> for NoSession {
    fn from(message: String) -> Self {
        Self::Error(message)
    }
}

/// Runs the stand-in. Returns the exit code.
pub(crate) fn run(
    args: impl Iterator<Item = OsString>,
    env: &Environment,
    stdin: impl BufRead + Send + 'static,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> i32 {
    let args = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    let start = match open(args, env) {
        Ok(start) => start,
        Err(NoSession::Version(line)) => return i32::from(writeln!(stdout, "{line}").is_err()),
        Err(NoSession::Error(message)) => return fail(stderr, &message),
        Err(NoSession::NotFound(id)) => {
            let line = outcome::not_found_result(id);
            return match Emitter::new(stdout, id).line(&line) {
                Ok(()) => fail(stderr, &outcome::not_found(id)),
                Err(error) => fail(stderr, &error.to_string()),
            };
        }
    };
    thread::sleep(start.settings.start_delay);
    let inbox = input::spawn(stdin, start.settings.version);
    Session::new(start, env, inbox, stdout, stderr).serve()
}

/// Prints an error. Returns the exit code.
fn fail(stderr: &mut dyn Write, message: &str) -> i32 {
    // A closed stderr leaves no way to report anything.
    drop(writeln!(stderr, "{message}"));
    1
}

fn open(args: Vec<String>, env: &Environment) -> Result<SessionStart, NoSession> {
    let settings = Settings::from_environment(env).map_err(|error| format!("stand-in: {error}"))?;
    let options = match args::parse(&args)? {
        Command::Version => {
            let line = format!("{} (Claude Code)", settings.version);
            return Err(NoSession::Version(line));
        }
        Command::Run(options) => *options,
    };
    if let Some(message) = &settings.fail_start {
        return Err(NoSession::Error(message.clone()));
    }
    let cwd = std::env::current_dir().unwrap_or_else(|_| "/".into());
    let store = Store::new(&settings.config_dir, &cwd);
    let base = load(options.system_prompt.as_ref())?;
    let more = load(options.append_system_prompt.as_ref())?;
    let keeps = settings.version.has(277);
    let mut prompt = join(base.as_deref().unwrap_or(DEFAULT_PROMPT), more.as_deref());
    let mut usage_by_model = UsageByModel::default();
    let transcript = match options.resume {
        None => {
            let id = options.session_id.unwrap_or_else(Uuid::new_v4);
            if store.has(id) {
                let message = format!("Error: Session ID {id} is already in use.");
                return Err(NoSession::Error(message));
            }
            let model = options.model.as_deref().unwrap_or("default");
            let model = settings.version.resolve_model(model);
            Transcript::new(id, model, prompt.clone())
        }
        Some(id) => {
            let mut transcript = store
                .load(id)
                .map_err(|error| format!("Error: session {id} cannot be read: {error}"))?
                .ok_or(NoSession::NotFound(id))?;
            if options.fork {
                let new = options.session_id.unwrap_or_else(Uuid::new_v4);
                let at = options.resume_at.as_deref();
                if !transcript.fork(new, at) {
                    let at = at.unwrap_or_default();
                    return Err(NoSession::Error(format!(
                        "No message found with message.uuid of: {at}"
                    )));
                }
                store
                    .fork(id, new, at)
                    .map_err(|error| format!("Error: session {id} cannot be copied: {error}"))?;
            }
            if let Some(model) = &options.model {
                transcript.model = settings.version.resolve_model(model);
            }
            if keeps {
                usage_by_model = transcript.usage_by_model.clone();
                if base.is_none() && more.is_none() {
                    prompt.clone_from(&transcript.system_prompt);
                }
            }
            transcript
        }
    };
    Ok(SessionStart {
        args,
        settings,
        options,
        store,
        transcript,
        usage_by_model,
        prompt,
    })
}

fn load(prompt: Option<&Prompt>) -> Result<Option<String>, String> {
    match prompt {
        None => Ok(None),
        Some(Prompt::Text(text)) => Ok(Some(text.clone())),
        Some(Prompt::File(path)) => fs::read_to_string(path)
            .map(Some)
            .map_err(|error| format!("Error: system prompt file {path} cannot be read: {error}")),
    }
}

/// Joins a system prompt and what is appended to it.
pub(crate) fn join(base: &str, more: Option<&str>) -> String {
    match more {
        None => base.to_owned(),
        Some(more) if base.is_empty() => more.to_owned(),
        Some(more) => format!("{base}\n\n{more}"),
    }
}

#[cfg(test)]
mod tests;
