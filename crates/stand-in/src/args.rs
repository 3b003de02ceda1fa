//! The CLI's arguments for stream-json sessions.
//!
//! Pure. The error messages are the CLI's, measured on 2.1.197 and 2.1.329.

use uuid::Uuid;

/// The parsed arguments.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    /// `--version`.
    Version,
    /// Run a session.
    Run(Box<Options>),
}

/// A system prompt: a text, or the path of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Prompt {
    /// The text itself.
    Text(String),
    /// The path of a file.
    File(String),
}

/// The options of a session.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Options {
    /// `--session-id`: the id of a new session.
    pub(crate) session_id: Option<Uuid>,
    /// `--resume`: the session to continue.
    pub(crate) resume: Option<Uuid>,
    /// `--fork-session`: continue it in a new session.
    pub(crate) fork: bool,
    /// `--resume-session-at`: the `uuid` of the last message to continue from.
    pub(crate) resume_at: Option<String>,
    /// `--model`.
    pub(crate) model: Option<String>,
    /// `--system-prompt` or `--system-prompt-file`.
    pub(crate) system_prompt: Option<Prompt>,
    /// `--append-system-prompt` or `--append-system-prompt-file`.
    pub(crate) append_system_prompt: Option<Prompt>,
    /// `--allowedTools`, as given.
    pub(crate) allowed_tools: Vec<String>,
    /// `--disallowedTools`, as given.
    pub(crate) disallowed_tools: Vec<String>,
    /// `--permission-mode`.
    pub(crate) permission_mode: Option<String>,
    /// `--permission-prompt-tool stdio`: ask the host for permissions.
    pub(crate) asks_permission: bool,
    /// `--max-turns`.
    pub(crate) max_turns: Option<u32>,
    /// `--max-budget-usd`.
    pub(crate) max_budget_usd: Option<f64>,
    /// `--include-partial-messages`.
    pub(crate) partial_messages: bool,
    /// `--replay-user-messages`.
    pub(crate) replay_user_messages: bool,
}

/// How many values an option takes.
#[derive(Clone, Copy, PartialEq)]
enum Arity {
    None,
    One,
    /// Every argument up to the next one that starts with `-`.
    Many,
}

/// Every known option, including those without effect here.
const OPTIONS: &[(&str, Arity)] = &[
    ("--add-dir", Arity::Many),
    ("--allowed-tools", Arity::Many),
    ("--allowedTools", Arity::Many),
    ("--append-system-prompt", Arity::One),
    ("--append-system-prompt-file", Arity::One),
    ("--betas", Arity::Many),
    ("--disable-slash-commands", Arity::None),
    ("--disallowed-tools", Arity::Many),
    ("--disallowedTools", Arity::Many),
    ("--effort", Arity::One),
    ("--fallback-model", Arity::One),
    ("--include-hook-events", Arity::None),
    ("--include-partial-messages", Arity::None),
    ("--fork-session", Arity::None),
    ("--input-format", Arity::One),
    ("--max-budget-usd", Arity::One),
    ("--max-turns", Arity::One),
    ("--mcp-config", Arity::Many),
    ("--model", Arity::One),
    ("--output-format", Arity::One),
    ("--permission-mode", Arity::One),
    ("--permission-prompt-tool", Arity::One),
    ("--print", Arity::None),
    ("--replay-user-messages", Arity::None),
    ("--resume", Arity::One),
    ("--resume-session-at", Arity::One),
    ("--session-id", Arity::One),
    ("--setting-sources", Arity::One),
    ("--settings", Arity::One),
    ("--strict-mcp-config", Arity::None),
    ("--system-prompt", Arity::One),
    ("--system-prompt-file", Arity::One),
    ("--tools", Arity::Many),
    ("--verbose", Arity::None),
    ("--version", Arity::None),
    ("-p", Arity::None),
    ("-r", Arity::One),
    ("-v", Arity::None),
];

/// Parses the arguments, without the program's name.
///
/// # Errors
///
/// The line that the CLI prints on stderr before it exits with code 1.
pub(crate) fn parse(args: &[String]) -> Result<Command, String> {
    let mut options = Options::default();
    let mut formats = Formats::default();
    let mut rest = args.iter().peekable();
    while let Some(arg) = rest.next() {
        if !arg.starts_with('-') {
            return Err(format!(
                "error: the stand-in takes messages from stdin only, found '{arg}'"
            ));
        }
        let (name, inline) = match arg.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (arg.as_str(), None),
        };
        let Some((_, arity)) = OPTIONS.iter().find(|(known, _)| *known == name) else {
            return Err(format!("error: unknown option '{name}'"));
        };
        let mut values: Vec<String> = inline.into_iter().collect();
        while *arity == Arity::Many && rest.peek().is_some_and(|next| !next.starts_with('-')) {
            values.extend(rest.next().cloned());
        }
        if *arity == Arity::One && values.is_empty() {
            values.extend(rest.next().cloned());
        }
        if *arity != Arity::None && values.is_empty() {
            return Err(format!("error: option '{name} <value>' argument missing"));
        }
        if matches!(name, "--version" | "-v") {
            return Ok(Command::Version);
        }
        set(&mut options, &mut formats, name, values)?;
    }
    formats.check()?;
    if options.session_id.is_some() && options.resume.is_some() && !options.fork {
        return Err(
            "Error: --session-id can only be used with --continue or --resume if \
             --fork-session is also specified."
                .to_owned(),
        );
    }
    Ok(Command::Run(Box::new(options)))
}

/// The options for the formats of input and output.
#[derive(Default)]
struct Formats {
    input: String,
    output: String,
    verbose: bool,
}

impl Formats {
    fn check(&self) -> Result<(), String> {
        if self.input != "stream-json" || self.output != "stream-json" {
            return Err(
                "Error: the stand-in needs --input-format stream-json and --output-format \
                 stream-json"
                    .to_owned(),
            );
        }
        if !self.verbose {
            return Err(
                "Error: When using --print, --output-format=stream-json requires --verbose"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

fn set(
    options: &mut Options,
    formats: &mut Formats,
    name: &str,
    mut values: Vec<String>,
) -> Result<(), String> {
    if matches!(name, "--allowedTools" | "--allowed-tools") {
        options.allowed_tools.append(&mut values);
        return Ok(());
    }
    if matches!(name, "--disallowedTools" | "--disallowed-tools") {
        options.disallowed_tools.append(&mut values);
        return Ok(());
    }
    let value = values.pop().unwrap_or_default();
    match name {
        "--input-format" => formats.input = value,
        "--output-format" => formats.output = value,
        "--verbose" => formats.verbose = true,
        "--include-partial-messages" => options.partial_messages = true,
        "--replay-user-messages" => options.replay_user_messages = true,
        "--session-id" => {
            let id = Uuid::try_parse(&value)
                .map_err(|_| "Error: Invalid session ID. Must be a valid UUID.".to_owned())?;
            options.session_id = Some(id);
        }
        "--resume" | "-r" => {
            let id = Uuid::try_parse(&value).map_err(|_| {
                format!(
                    "Error: --resume requires a valid session ID or session title when used with \
                     --print. Usage: claude -p --resume <session-id|title>. Provided value \
                     \"{value}\" is not a UUID and does not match any session title."
                )
            })?;
            options.resume = Some(id);
        }
        "--fork-session" => options.fork = true,
        "--resume-session-at" => options.resume_at = Some(value),
        "--model" => options.model = Some(value),
        "--system-prompt" => options.system_prompt = Some(Prompt::Text(value)),
        "--system-prompt-file" => options.system_prompt = Some(Prompt::File(value)),
        "--append-system-prompt" => options.append_system_prompt = Some(Prompt::Text(value)),
        "--append-system-prompt-file" => options.append_system_prompt = Some(Prompt::File(value)),
        "--permission-mode" => options.permission_mode = Some(value),
        "--permission-prompt-tool" => options.asks_permission = value == "stdio",
        "--max-turns" => options.max_turns = Some(number(name, &value)?),
        "--max-budget-usd" => options.max_budget_usd = Some(number(name, &value)?),
        _ => {}
    }
    Ok(())
}

fn number<N: std::str::FromStr>(name: &str, value: &str) -> Result<N, String> {
    value.parse().map_err(|_| {
        format!(
            "error: option '{name} <value>' argument '{value}' is invalid. It must be a number."
        )
    })
}

#[cfg(test)]
mod tests;
