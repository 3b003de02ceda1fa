//! How the CLI is started: its arguments and its environment, as values.
//!
//! Pure. [`process`](crate::process) starts what is described here.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::Environment;

/// The longest system prompt that is passed as an argument, in bytes. Linux allows 131,072 for one argument
/// (`MAX_ARG_STRLEN`), the flag and the final NUL included.
pub const MAX_PROMPT_ARGUMENT_BYTES: usize = 120_000;

/// Variables of the host's own environment that are passed to the CLI, and why.
pub const PASSED: &[(&str, &str)] = &[
    ("PATH", "to find the programs that its tools run"),
    ("HOME", "to find its login and keep its transcripts"),
    ("USER", "programs that its tools run ask for it"),
    ("LOGNAME", "the same"),
    ("SHELL", "the shell of its Bash tool"),
    ("LANG", "the language and encoding of its tools"),
    ("LANGUAGE", "the same"),
    ("TZ", "the time zone of its tools"),
    ("TMPDIR", "where its tools put temporary files"),
    ("XDG_CONFIG_HOME", "where its tools look for settings"),
    ("XDG_CACHE_HOME", "where its tools keep caches"),
    ("XDG_DATA_HOME", "where the CLI itself may be installed"),
    ("XDG_STATE_HOME", "where the CLI keeps locks"),
    (
        "SSL_CERT_FILE",
        "to reach its API through a company's own certificates",
    ),
    ("SSL_CERT_DIR", "the same"),
    ("NODE_EXTRA_CA_CERTS", "the same"),
    ("HTTP_PROXY", "to reach its API through a proxy"),
    ("HTTPS_PROXY", "the same"),
    ("NO_PROXY", "the same"),
    ("http_proxy", "the same"),
    ("https_proxy", "the same"),
    ("no_proxy", "the same"),
    (
        "CLAUDE_CONFIG_DIR",
        "where its login and transcripts are, if not in the home directory",
    ),
    ("ANTHROPIC_API_KEY", "a login"),
    ("ANTHROPIC_AUTH_TOKEN", "a login"),
    ("CLAUDE_CODE_OAUTH_TOKEN", "a login"),
    ("ANTHROPIC_BASE_URL", "another address of the API"),
];

/// Variables that are set for the CLI, and why.
pub const SET: &[(&str, &str, &str)] = &[
    ("TERM", "dumb", "no colour codes in what its tools print"),
    (
        "CLAUDE_CODE_DISABLE_ATTACHMENTS",
        "1",
        "`@path` in a message must not read that file",
    ),
    (
        "CLAUDE_CODE_DISABLE_TERMINAL_TITLE",
        "1",
        "no extra billed request for a title",
    ),
    (
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
        "1",
        "no traffic but the API's",
    ),
    (
        "CLAUDE_CODE_DISABLE_CRON",
        "1",
        "nothing runs that nobody asked for",
    ),
    (
        "CLAUDE_CODE_DISABLE_AUTO_MEMORY",
        "1",
        "a conversation must not leave instructions for later ones",
    ),
    (
        "CLAUDE_CODE_DISABLE_CLAUDE_MDS",
        "1",
        "the same: a file that a conversation wrote is not an instruction",
    ),
    (
        "CLAUDE_CODE_HOST_PROMPT_SUPERSEDES_RECORD",
        "1",
        "a resumed session gets today's system prompt, not the one it began with (needed on 2.1.329)",
    ),
    (
        "DISABLE_AUTOUPDATER",
        "1",
        "the version changes when the owner says so",
    ),
];

/// The variable by which a process and all that it started are found again (see [`sweep`](crate::process::sweep)).
pub const TAG_VARIABLE: &str = "CLAUDE_SESSION_TAG";

/// The session that a process serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A new session with this id, a UUID.
    Fresh(String),
    /// A session that the CLI has a transcript of.
    Resume(String),
    /// A new session that begins with the conversation of another, which stays as it is.
    Fork {
        /// The other session.
        from: String,
        /// The new session's id, a UUID.
        new_id: String,
        /// The `uuid` of the last line of the other's that is taken over, best one of an `assistant` line; `None`
        /// takes all.
        at: Option<String>,
    },
}

impl Start {
    /// The id of the session served.
    #[must_use]
    pub fn session_id(&self) -> &str {
        match self {
            Self::Fresh(id) | Self::Resume(id) | Self::Fork { new_id: id, .. } => id,
        }
    }
}

/// What becomes of the CLI's own system prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SystemPromptMode {
    /// Ours takes its place.
    Replace,
    /// It is kept, and ours follows it.
    Append,
}

/// All that shapes one process; [`Host`](crate::process::Host) is what all have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// The session.
    pub start: Start,
    /// The model, by its name or an alias.
    pub model: String,
    /// The system prompt.
    pub system_prompt: String,
    /// Whether it replaces the CLI's own prompt or follows it.
    pub mode: SystemPromptMode,
    /// The CLI's allow rules. Without a sandbox, Bash is only there if a rule names it: some commands that the CLI
    /// takes for harmless read any file.
    pub allowed_tools: Vec<String>,
    /// Whether the CLI asks the host for each tool that no rule allows (see
    /// [`Query::Permission`](crate::protocol::Query::Permission)). If not, such tools are refused.
    pub permission_prompts: bool,
    /// Further arguments, last.
    pub extra_args: Vec<String>,
    /// The folder that the process works in; created if it is missing.
    pub workspace: PathBuf,
}

impl Spec {
    /// A process without a system prompt of its own, allow rules and further arguments.
    #[must_use]
    pub fn new(start: Start, model: impl Into<String>, workspace: impl Into<PathBuf>) -> Self {
        Self {
            start,
            model: model.into(),
            system_prompt: String::new(),
            mode: SystemPromptMode::Append,
            allowed_tools: Vec::new(),
            permission_prompts: false,
            extra_args: Vec::new(),
            workspace: workspace.into(),
        }
    }
}

/// Whether an allow rule is about this tool.
#[must_use]
pub fn names_tool(rule: &str, tool: &str) -> bool {
    let rest = rule.strip_prefix(tool);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('('))
}

/// Whether the system prompt has to be passed in a file.
#[must_use]
pub fn needs_prompt_file(system_prompt: &str) -> bool {
    system_prompt.len() > MAX_PROMPT_ARGUMENT_BYTES
}

/// The arguments. `prompt_file` names the file that holds the system prompt if it does not fit into an argument.
///
/// All have the form `--flag=value`: a value as an argument of its own would be read as another flag if it begins with
/// `-`.
#[must_use]
pub fn arguments(spec: &Spec, prompt_file: Option<&Path>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = [
        "-p",
        "--input-format=stream-json",
        "--output-format=stream-json",
        "--verbose",
        // The only place where the output tokens of each call are counted in full.
        "--include-partial-messages",
        "--permission-mode=default",
        // No settings files: a conversation that writes one must not have its hooks run at the next start.
        "--setting-sources=",
        // No MCP servers but those of the extra arguments.
        "--strict-mcp-config",
    ]
    .map(OsString::from)
    .to_vec();
    match &spec.start {
        Start::Fresh(id) => arguments.push(format!("--session-id={id}").into()),
        Start::Resume(id) => arguments.push(format!("--resume={id}").into()),
        Start::Fork { from, new_id, at } => {
            arguments.push(format!("--resume={from}").into());
            arguments.push("--fork-session".into());
            arguments.push(format!("--session-id={new_id}").into());
            let at = at.as_ref().map(|at| format!("--resume-session-at={at}"));
            arguments.extend(at.map(OsString::from));
        }
    }
    arguments.push(format!("--model={}", spec.model).into());
    let flag = match spec.mode {
        SystemPromptMode::Replace => "--system-prompt",
        SystemPromptMode::Append => "--append-system-prompt",
    };
    arguments.push(match prompt_file {
        Some(path) => {
            let mut argument = OsString::from(format!("{flag}-file="));
            argument.push(path);
            argument
        }
        None => format!("{flag}={}", spec.system_prompt).into(),
    });
    if !spec.allowed_tools.is_empty() {
        arguments.push(format!("--allowedTools={}", spec.allowed_tools.join(",")).into());
    }
    if spec.permission_prompts {
        arguments.push("--permission-prompt-tool=stdio".into());
    }
    arguments.extend(spec.extra_args.iter().map(OsString::from));
    arguments
}

/// The whole environment: what is not in the returned map does not reach the CLI.
///
/// `own` is the host's environment, `path` the search path, `tag` what tells the process and its descendants from all
/// others.
#[must_use]
pub fn environment(
    own: &Environment,
    path: &OsStr,
    pass_env: &[String],
    workspace: &Path,
    tag: &str,
) -> BTreeMap<OsString, OsString> {
    let listed = |name: &str| {
        PASSED.iter().any(|(passed, _)| *passed == name)
            || name.starts_with("LC_")
            || pass_env.iter().any(|passed| passed == name)
    };
    let mut environment: BTreeMap<OsString, OsString> = own
        .iter()
        .filter(|(name, _)| listed(name))
        .map(|(name, value)| (name.into(), value.to_owned()))
        .collect();
    if let Some(base) = own.get("ANTHROPIC_BASE_URL").and_then(OsStr::to_str) {
        environment.insert("ANTHROPIC_BASE_URL".into(), without_version(base).into());
    }
    environment.insert("PATH".into(), path.to_owned());
    environment.insert("PWD".into(), workspace.into());
    for (name, value, _) in SET {
        environment.insert(name.into(), value.into());
    }
    environment.insert(TAG_VARIABLE.into(), tag.into());
    environment
}

/// The CLI appends `/v1` itself; an address that ends in it would become `/v1/v1`.
fn without_version(base: &str) -> &str {
    let base = base.trim_end_matches('/');
    base.strip_suffix("/v1").unwrap_or(base)
}
