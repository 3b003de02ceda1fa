//! How the CLI is started: its arguments and its environment, as values.
//!
//! Pure. `process` is the one place that starts what is described here.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::Environment;

/// The longest system prompt that is handed over as an argument, in bytes. Linux allows 131,072 for one argument
/// (`MAX_ARG_STRLEN`), the flag and the final NUL included.
pub const LONGEST_ARGUMENT: usize = 120_000;

/// Variables of the bot's own environment that the CLI may have, and why.
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

/// Variables that the bot sets for the CLI, and why.
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
        "nothing runs in a channel that nobody there asked for",
    ),
    (
        "CLAUDE_CODE_DISABLE_AUTO_MEMORY",
        "1",
        "a chat must not leave instructions for later sessions",
    ),
    (
        "CLAUDE_CODE_DISABLE_CLAUDE_MDS",
        "1",
        "the same: a file written by a chat is not an instruction",
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

/// The variable by which a process and all that it started are found again (see `process::sweep`).
pub const MARK: &str = "SWITCHBOARD_CHILD";

/// Which session the process is to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A session that does not exist yet, under this id.
    Fresh(String),
    /// A session that the CLI has a transcript of.
    Resume(String),
}

impl Start {
    /// The session's id.
    #[must_use]
    pub fn session_id(&self) -> &str {
        match self {
            Self::Fresh(id) | Self::Resume(id) => id,
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

/// All that shapes a process but the machine it runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// The session.
    pub start: Start,
    /// The model, by one of the names that the owner allows.
    pub model: String,
    /// The personality and the security rules.
    pub system_prompt: String,
    /// Whether they take the place of the CLI's own prompt or follow it.
    pub mode: SystemPromptMode,
    /// The CLI's allow rules.
    pub allowed_tools: Vec<String>,
    /// More arguments of the owner's, last.
    pub extra_args: Vec<String>,
    /// The folder that the process works in.
    pub workspace: PathBuf,
}

/// Whether an allow rule is about this tool.
#[must_use]
pub fn names_tool(rule: &str, tool: &str) -> bool {
    let rest = rule.strip_prefix(tool);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('('))
}

/// Whether the system prompt has to be handed over in a file.
#[must_use]
pub fn needs_prompt_file(system_prompt: &str) -> bool {
    system_prompt.len() > LONGEST_ARGUMENT
}

/// The arguments. `prompt_file` names the file that holds the system prompt where it does not fit one of them.
///
/// `--flag=value` throughout: with the value as an argument of its own, one that begins with `-` would be read as
/// another flag.
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
        // No settings files: a chat that gets one written must not have its hooks run at the next start.
        "--setting-sources=",
        // No MCP servers but those named in `claude.extra_args`.
        "--strict-mcp-config",
    ]
    .map(OsString::from)
    .to_vec();
    arguments.push(match &spec.start {
        Start::Fresh(id) => format!("--session-id={id}").into(),
        Start::Resume(id) => format!("--resume={id}").into(),
    });
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
    arguments.extend(spec.extra_args.iter().map(OsString::from));
    arguments
}

/// The environment, whole: what is not in the returned map does not reach the CLI.
///
/// `path` is the search path already extended by the owner's own folders; `mark` tells the process and its
/// descendants from all others.
#[must_use]
pub fn environment(
    own: &Environment,
    path: &OsStr,
    pass_env: &[String],
    workspace: &Path,
    mark: &str,
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
    environment.insert(MARK.into(), mark.into());
    environment
}

/// The CLI adds `/v1` itself; an address that already ends in it would ask for `/v1/v1`.
fn without_version(base: &str) -> &str {
    let base = base.trim_end_matches('/');
    base.strip_suffix("/v1").unwrap_or(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            start: Start::Fresh("5f0c3c9e-5b6e-4b43-8a57-2f4f2f0d3a11".into()),
            model: "sonnet".into(),
            system_prompt: "Be kind.".into(),
            mode: SystemPromptMode::Replace,
            allowed_tools: vec!["Read".into(), "Bash(git status)".into()],
            extra_args: vec!["--effort=low".into()],
            workspace: "/w".into(),
        }
    }

    #[test]
    fn every_process_gets_prompt_rules_and_model() {
        let mut spec = spec();
        for start in [Start::Fresh("a".into()), Start::Resume("a".into())] {
            spec.start = start;
            let arguments = arguments(&spec, None);
            for wanted in [
                "--system-prompt=Be kind.",
                "--model=sonnet",
                "--allowedTools=Read,Bash(git status)",
            ] {
                assert!(
                    arguments.iter().any(|argument| argument == wanted),
                    "{wanted}"
                );
            }
        }
    }

    #[test]
    fn the_arguments_are_these() {
        insta::assert_debug_snapshot!(arguments(&spec(), None));
        spec().mode = SystemPromptMode::Append;
        let by_file = Spec {
            mode: SystemPromptMode::Append,
            start: Start::Resume("b".into()),
            allowed_tools: vec![],
            ..spec()
        };
        insta::assert_debug_snapshot!(arguments(&by_file, Some(Path::new("/tmp/prompt"))));
    }

    #[test]
    fn no_value_can_become_a_flag_of_its_own() {
        let nasty = "--dangerously-skip-permissions".to_owned();
        let spec = Spec {
            start: Start::Resume(nasty.clone()),
            model: nasty.clone(),
            system_prompt: nasty.clone(),
            extra_args: vec![],
            ..spec()
        };
        assert!(
            !arguments(&spec, None)
                .iter()
                .any(|argument| *argument == *nasty)
        );
    }

    #[test]
    fn a_long_prompt_goes_by_file() {
        assert!(!needs_prompt_file(&"x".repeat(LONGEST_ARGUMENT)));
        assert!(needs_prompt_file(&"x".repeat(LONGEST_ARGUMENT + 1)));
    }

    fn own(variables: &[(&str, &str)]) -> Environment {
        variables.iter().copied().collect()
    }

    #[test]
    fn only_listed_variables_reach_the_child() {
        let own = own(&[
            ("HOME", "/home/bot"),
            ("LC_ALL", "C.UTF-8"),
            ("DISCORD_TOKEN", "secret"),
            ("discord_token", "secret"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("CLAUDECODE", "1"),
            ("CLAUDE_CODE_ENTRYPOINT", "cli"),
            ("EXTRA", "wanted"),
            ("PATH", "/usr/bin"),
            ("TERM", "xterm"),
        ]);
        let found = environment(
            &own,
            OsStr::new("/usr/bin:/b"),
            &["EXTRA".into()],
            Path::new("/w"),
            "m",
        );
        let names: Vec<_> = found.keys().map(|name| name.to_str().unwrap()).collect();
        let mut expected = vec!["HOME", "LC_ALL", "EXTRA", "PATH", "PWD", MARK];
        expected.extend(SET.iter().map(|(name, ..)| *name));
        expected.sort_unstable();
        assert_eq!(names, expected);
        assert_eq!(found[OsStr::new("PATH")], "/usr/bin:/b");
        assert_eq!(found[OsStr::new("TERM")], "dumb");
        assert!(!found.values().any(|value| value == "secret"));
    }

    #[test]
    fn the_api_address_loses_its_version() {
        #[track_caller]
        fn check(base: &str, expected: &str) {
            let own = own(&[("ANTHROPIC_BASE_URL", base)]);
            let found = environment(&own, OsStr::new(""), &[], Path::new("/w"), "m");
            assert_eq!(found[OsStr::new("ANTHROPIC_BASE_URL")], expected);
        }
        check("http://127.0.0.1:1/v1", "http://127.0.0.1:1");
        check("http://127.0.0.1:1/v1/", "http://127.0.0.1:1");
        check("http://127.0.0.1:1", "http://127.0.0.1:1");
        check(
            "https://gateway.example/v1beta",
            "https://gateway.example/v1beta",
        );
    }
}
