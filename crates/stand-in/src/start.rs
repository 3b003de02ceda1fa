//! The start of a run: from the arguments and the environment to a session that can be served.
//!
//! Owns every way in which a run ends before it begins.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, Write};
use std::thread;

use uuid::Uuid;

use crate::args::{self, Command, Options, Prompt};
use crate::emit::Emitter;
use crate::input;
use crate::outcome;
use crate::pricing::Books;
use crate::session::Session;
use crate::settings::{Environment, Settings};
use crate::transcript::{Store, Transcript};

/// The system prompt of a session that was given none.
const OWN_PROMPT: &str = "You are the scripted stand-in for the claude CLI.";

/// A session as it stands at the start of the process.
pub(crate) struct Opening {
    /// The arguments as they came.
    pub(crate) args: Vec<String>,
    pub(crate) settings: Settings,
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) transcript: Transcript,
    /// What the first `result` goes on from.
    pub(crate) books: Books,
    /// The system prompt in force.
    pub(crate) prompt: String,
}

/// Why no session opens.
enum Refusal {
    /// Only the version was asked for.
    Version(String),
    /// For the reason said.
    Said(String),
    /// There is none of that name.
    NotFound(Uuid),
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self::Said(message)
    }
}

/// Runs from the arguments to the exit code.
pub(crate) fn run(
    args: impl Iterator<Item = OsString>,
    env: &Environment,
    stdin: impl BufRead + Send + 'static,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> i32 {
    let args = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    let opening = match open(args, env) {
        Ok(opening) => opening,
        Err(Refusal::Version(line)) => return i32::from(writeln!(stdout, "{line}").is_err()),
        Err(Refusal::Said(message)) => return refuse(stderr, &message),
        Err(Refusal::NotFound(id)) => {
            let line = outcome::not_found_result(id);
            return match Emitter::new(stdout, id).line(&line) {
                Ok(()) => refuse(stderr, &outcome::not_found(id)),
                Err(error) => refuse(stderr, &error.to_string()),
            };
        }
    };
    thread::sleep(opening.settings.start_delay);
    let inbox = input::spawn(stdin, opening.settings.version);
    Session::new(opening, env, inbox, stdout, stderr).serve()
}

/// Says why nothing runs; the exit code.
fn refuse(stderr: &mut dyn Write, message: &str) -> i32 {
    // With stderr gone there is nobody left to tell.
    drop(writeln!(stderr, "{message}"));
    1
}

fn open(args: Vec<String>, env: &Environment) -> Result<Opening, Refusal> {
    let settings = Settings::from_environment(env).map_err(|error| format!("stand-in: {error}"))?;
    let options = match args::parse(&args)? {
        Command::Version => {
            let line = format!("{} (Claude Code)", settings.version);
            return Err(Refusal::Version(line));
        }
        Command::Run(options) => *options,
    };
    if let Some(message) = &settings.fail_start {
        return Err(Refusal::Said(message.clone()));
    }
    let cwd = std::env::current_dir().unwrap_or_else(|_| "/".into());
    let store = Store::new(&settings.config_dir, &cwd);
    let base = load(options.system_prompt.as_ref())?;
    let more = load(options.append_system_prompt.as_ref())?;
    let keeps = settings.version.has(277);
    let mut prompt = join(base.as_deref().unwrap_or(OWN_PROMPT), more.as_deref());
    let mut books = Books::default();
    let transcript = match options.resume {
        None => {
            let id = options.session_id.unwrap_or_else(Uuid::new_v4);
            if store.has(id) {
                let message = format!("Error: Session ID {id} is already in use.");
                return Err(Refusal::Said(message));
            }
            let model = options.model.as_deref().unwrap_or("default");
            let model = settings.version.resolve_model(model);
            Transcript::new(id, model, prompt.clone())
        }
        Some(id) => {
            let mut transcript = store
                .load(id)
                .map_err(|error| format!("Error: session {id} cannot be read: {error}"))?
                .ok_or(Refusal::NotFound(id))?;
            if let Some(model) = &options.model {
                transcript.model = settings.version.resolve_model(model);
            }
            if keeps {
                books = transcript.books.clone();
                if base.is_none() && more.is_none() {
                    prompt.clone_from(&transcript.system_prompt);
                }
            }
            transcript
        }
    };
    Ok(Opening {
        args,
        settings,
        options,
        store,
        transcript,
        books,
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

/// A system prompt and what is appended to it.
pub(crate) fn join(base: &str, more: Option<&str>) -> String {
    match more {
        None => base.to_owned(),
        Some(more) if base.is_empty() => more.to_owned(),
        Some(more) => format!("{base}\n\n{more}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_joined_by_a_blank_line() {
        assert_eq!(join("a", Some("b")), "a\n\nb");
        assert_eq!(join("", Some("b")), "b");
        assert_eq!(join("a", None), "a");
    }

    #[test]
    fn a_prompt_file_that_is_missing_is_named() {
        let error = load(Some(&Prompt::File("/no/such/prompt.md".into()))).unwrap_err();
        assert!(error.contains("/no/such/prompt.md"), "{error}");
    }
}
