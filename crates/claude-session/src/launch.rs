//! The CLI's arguments and environment, as functions of values. [`process`](crate::process) starts it with them.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Environment, protocol::PermissionMode};

/// The longest system prompt that is passed as an argument, in bytes. Linux allows 131,072 for one argument
/// (`MAX_ARG_STRLEN`), including the flag and the final NUL.
pub(crate) const MAX_PROMPT_ARGUMENT_BYTES: usize = 120_000;

/// Variables of the host's own environment that are passed to the CLI, and why.
pub const PASSED: &[(&str, &str)] = &[
    ("PATH", "to find the programs that its tools run"),
    ("HOME", "to find its login and keep its transcripts"),
    ("USER", "for programs that its tools run"),
    ("LOGNAME", "for programs that its tools run"),
    ("SHELL", "the shell of its Bash tool"),
    ("LANG", "the language and encoding of its tools"),
    ("LANGUAGE", "the language of its tools"),
    ("TZ", "the time zone of its tools"),
    ("TMPDIR", "where its tools put temporary files"),
    ("XDG_CONFIG_HOME", "where its tools look for settings"),
    ("XDG_CACHE_HOME", "where its tools keep caches"),
    ("XDG_DATA_HOME", "where the CLI itself may be installed"),
    ("XDG_STATE_HOME", "where the CLI keeps locks"),
    ("SSL_CERT_FILE", "for a company's own certificates"),
    ("SSL_CERT_DIR", "for a company's own certificates"),
    ("NODE_EXTRA_CA_CERTS", "for a company's own certificates"),
    ("HTTP_PROXY", "to reach the API through a proxy"),
    ("HTTPS_PROXY", "to reach the API through a proxy"),
    ("NO_PROXY", "to reach the API through a proxy"),
    ("http_proxy", "to reach the API through a proxy"),
    ("https_proxy", "to reach the API through a proxy"),
    ("no_proxy", "to reach the API through a proxy"),
    (
        "CLAUDE_CONFIG_DIR",
        "another place for login and transcripts",
    ),
    ("ANTHROPIC_API_KEY", "a login"),
    ("ANTHROPIC_AUTH_TOKEN", "a login"),
    ("CLAUDE_CODE_OAUTH_TOKEN", "a login"),
    ("ANTHROPIC_BASE_URL", "another address of the API"),
];

/// Those of [`PASSED`] that are a login, which no other program needs.
pub(crate) const LOGINS: [&str; 3] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
];

/// Variables that are set for the CLI.
pub const SET: &[(&str, &str)] = &[
    // No colour codes in what its tools print.
    ("TERM", "dumb"),
    // Every tool stands in the request, those of MCP servers too. Otherwise 2.1.329 and later hide most of them behind a
    // search. The CLI's attachments stay on: they tell the model of plan mode and of the servers' instructions. `@path` in
    // a person's words brings no file because of the order of the blocks, and `client_composed`.
    ("ENABLE_TOOL_SEARCH", "false"),
    // The first request waits for the tools of MCP servers that are slow to start: 2.1.197 some five seconds, not two.
    ("MCP_CONNECTION_NONBLOCKING", "0"),
    // No extra billed request for a title.
    ("CLAUDE_CODE_DISABLE_TERMINAL_TITLE", "1"),
    // No traffic but to the API.
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    // Nothing runs that nobody asked for.
    ("CLAUDE_CODE_DISABLE_CRON", "1"),
    // A conversation leaves no instructions for later ones: neither memories nor files.
    ("CLAUDE_CODE_DISABLE_AUTO_MEMORY", "1"),
    ("CLAUDE_CODE_DISABLE_CLAUDE_MDS", "1"),
    // A resumed session gets today's system prompt, not the one that it began with (needed on 2.1.329).
    ("CLAUDE_CODE_HOST_PROMPT_SUPERSEDES_RECORD", "1"),
    // The version changes only when the owner wants it.
    ("DISABLE_AUTOUPDATER", "1"),
];

/// The variable by which [`sweep`](crate::process::sweep) finds a process and its descendants.
pub const TAG_VARIABLE: &str = "CLAUDE_SESSION_TAG";

/// The session that a process serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A new session with this id, a UUID.
    Fresh(String),
    /// A session of which the CLI has a transcript.
    Resume(String),
    /// A new session that begins with the conversation of another, which does not change.
    Fork {
        /// The id of the other session.
        from: String,
        /// The new session's id, a UUID.
        new_id: String,
        /// The `uuid` of the last line to copy, preferably of an `assistant` line; `None` copies everything.
        at: Option<String>,
    },
}

impl Start {
    /// The id of the session that the process serves.
    pub fn session_id(&self) -> &str {
        match self {
            Self::Fresh(id) | Self::Resume(id) | Self::Fork { new_id: id, .. } => id,
        }
    }
}

/// What happens to the CLI's own system prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SystemPromptMode {
    /// The given prompt replaces it.
    Replace,
    /// The given prompt follows it.
    Append,
}

/// How to start one process. [`Host`](crate::process::Host) holds what all processes share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub start: Start,
    pub model: String,
    pub system_prompt: String,
    /// Whether it replaces the CLI's own prompt.
    pub mode: SystemPromptMode,
    /// The CLI's allow rules. Without a sandbox, the model has Bash only if a rule names it: the CLI runs some commands
    /// unasked that can read any file.
    pub allowed_tools: Vec<String>,
    /// More allow rules, which people have granted. They do not bring back a tool that is removed because no rule of
    /// `allowed_tools` names it.
    pub granted_tools: Vec<String>,
    /// Tools that the model does not have.
    pub disallowed_tools: Vec<String>,
    /// Whether the CLI asks the host about each tool call that no rule allows (see
    /// [`Query::Permission`](crate::protocol::Query::Permission)), instead of denying it.
    pub permission_prompts: bool,
    /// In which permission mode the process starts.
    pub permission_mode: PermissionMode,
    /// MCP servers, in the JSON of the CLI's `--mcp-config`. It may hold secrets, so it is passed in a private file.
    pub mcp_config: Option<String>,
    /// The agent that answers, by name.
    pub agent: Option<String>,
    /// Folders that the session works in beside its workspace.
    pub add_dirs: Vec<PathBuf>,
    /// How many calls of the model a turn may have.
    pub max_turns: Option<u32>,
    /// The CLI's settings, as in a settings file. They may hold secrets, so they are passed in a private file.
    pub settings: Map<String, Value>,
    /// The model that answers while `model` is overloaded.
    pub fallback_model: Option<String>,
    /// Further arguments, which come last.
    pub extra_args: Vec<String>,
    /// The working directory, created if it is missing.
    pub workspace: PathBuf,
}

impl Spec {
    /// A process without a system prompt, allow rules and further arguments.
    pub fn new(start: Start, model: impl Into<String>, workspace: impl Into<PathBuf>) -> Self {
        Self {
            start,
            model: model.into(),
            system_prompt: String::new(),
            mode: SystemPromptMode::Append,
            allowed_tools: Vec::new(),
            granted_tools: Vec::new(),
            disallowed_tools: Vec::new(),
            permission_prompts: false,
            permission_mode: PermissionMode::Default,
            mcp_config: None,
            agent: None,
            add_dirs: Vec::new(),
            max_turns: None,
            settings: Map::new(),
            fallback_model: None,
            extra_args: Vec::new(),
            workspace: workspace.into(),
        }
    }
}

/// Whether an allow rule names this tool.
pub fn names_tool(rule: &str, tool: &str) -> bool {
    let rest = rule.strip_prefix(tool);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('('))
}

pub(crate) fn needs_prompt_file(system_prompt: &str) -> bool {
    system_prompt.len() > MAX_PROMPT_ARGUMENT_BYTES
}

/// The CLI's arguments. `prompt_file` holds the system prompt if that does not fit into an argument, `mcp_file` the MCP
/// servers if there are any.
///
/// All have the form `--flag=value`: the CLI would take a separate value that begins with `-` for another flag.
pub fn arguments(
    spec: &Spec,
    prompt_file: Option<&Path>,
    mcp_file: Option<&Path>,
) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = [
        "-p",
        "--input-format=stream-json",
        "--output-format=stream-json",
        "--verbose",
        // Only these count the output tokens of each call in full.
        "--include-partial-messages",
        // No settings files: a conversation could write one whose hooks would run at the next start.
        "--setting-sources=",
        // No MCP servers except the given ones.
        "--strict-mcp-config",
    ]
    .map(OsString::from)
    .to_vec();
    let mut add = |flag: &str, value: &dyn AsRef<OsStr>| {
        let mut argument = OsString::from(flag);
        argument.push(value);
        arguments.push(argument);
    };
    match &spec.start {
        Start::Fresh(id) => add("--session-id=", id),
        Start::Resume(id) => add("--resume=", id),
        Start::Fork { from, new_id, at } => {
            add("--resume=", from);
            add("--fork-session", &"");
            add("--session-id=", new_id);
            if let Some(at) = at {
                add("--resume-session-at=", at);
            }
        }
    }
    add("--permission-mode=", &spec.permission_mode.to_string());
    add("--model=", &spec.model);
    match (spec.mode, prompt_file) {
        (SystemPromptMode::Replace, None) => add("--system-prompt=", &spec.system_prompt),
        (SystemPromptMode::Append, None) => add("--append-system-prompt=", &spec.system_prompt),
        (SystemPromptMode::Replace, Some(path)) => add("--system-prompt-file=", &path),
        (SystemPromptMode::Append, Some(path)) => add("--append-system-prompt-file=", &path),
    }
    let rules = [&spec.allowed_tools[..], &spec.granted_tools].concat();
    if !rules.is_empty() {
        add("--allowedTools=", &rules.join(","));
    }
    if let Some(path) = mcp_file {
        add("--mcp-config=", &path);
    }
    if let Some(agent) = &spec.agent {
        add("--agent=", agent);
    }
    for folder in &spec.add_dirs {
        add("--add-dir=", folder);
    }
    if let Some(calls) = spec.max_turns {
        add("--max-turns=", &calls.to_string());
    }
    if let Some(model) = &spec.fallback_model {
        add("--fallback-model=", model);
    }
    if spec.permission_prompts {
        arguments.push("--permission-prompt-tool=stdio".into());
    }
    arguments.extend(spec.extra_args.iter().map(OsString::from));
    arguments
}

/// The CLI's whole environment.
///
/// `own` is the host's environment, `path` the search path, `tag` the mark by which the process and its descendants are
/// recognized.
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
    environment.extend(SET.iter().map(|(name, value)| (name.into(), value.into())));
    environment.insert(TAG_VARIABLE.into(), tag.into());
    environment
}

/// The CLI appends `/v1` itself, even to an address that ends with it.
fn without_version(base: &str) -> &str {
    let base = base.trim_end_matches('/');
    base.strip_suffix("/v1").unwrap_or(base)
}
