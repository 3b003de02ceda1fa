//! Known ways out of the workspace that a configuration opens, each with why.
//!
//! Pure, and no judge of intentions: an owner may well want what is named here. The claims about allow rules were
//! tried on the real CLI, 2.1.197 and 2.1.329, with a file or a folder outside the workspace as the mark; the tests
//! `real::ways_out` try them again. A program that is not listed is not thereby harmless.

mod programs;
#[cfg(test)]
mod tests;

use std::fmt;

use self::programs::{PROGRAMS, WRAPPERS, Wrapper, only_looks};
use claude_session::{SandboxLevel, launch::names_tool};

use super::Config;

/// What can be done by a way out, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Any program, as the bot's account.
    Runs,
    /// Files outside the workspace.
    Writes,
    /// Files outside the workspace.
    Reads,
    /// What Claude has read, to anywhere.
    Sends,
    /// What the configuration holds, to every account of this machine.
    Shows,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Runs => "can run any program",
            Self::Writes => "can write outside the workspace",
            Self::Reads => "can read outside the workspace",
            Self::Sends => "can send out what Claude has read",
            Self::Shows => "can be read by every account of this machine",
        })
    }
}

/// One way out, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The key of the configuration.
    pub key: String,
    /// The rule, or the argument's flag: its value may be a secret.
    pub opened_by: String,
    /// What can be done by it.
    pub way: Way,
    /// How.
    pub why: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            opened_by,
            way,
            why,
        } = self;
        write!(f, "{key}: {opened_by:?} {way}: {why}")
    }
}

/// All that is known of a configuration, in the order of its keys, where the CLI is confined as `sandbox` says (`None`
/// where that is not known yet).
///
/// `WebFetch` and `WebSearch` without a domain are not named: an address can carry what was read, and the built-in list
/// has them all the same. `docs/configuration.md` says so.
#[must_use]
pub fn lint(config: &Config, sandbox: Option<SandboxLevel>) -> Vec<Finding> {
    let own = config.channels.iter().filter_map(|(id, channel)| {
        let rules = channel.allowed_tools.as_deref()?;
        Some((format!("channels.{id}.allowed_tools"), rules))
    });
    let general = ("allowed_tools".to_owned(), config.allowed_tools.as_slice());
    let mut findings = Vec::new();
    let mut judge = |key: &str, text: &str, verdict: Option<(Way, &'static str)>| {
        findings.extend(verdict.map(|(way, why)| Finding {
            key: key.to_owned(),
            opened_by: text.to_owned(),
            way,
            why,
        }));
    };
    for (key, rules) in std::iter::once(general).chain(own) {
        for rule in rules {
            let opens_bash = sandbox == Some(SandboxLevel::Off) && names_tool(rule, "Bash");
            let verdicts = judge_rule(rule).into_iter();
            let verdicts = verdicts.chain(opens_bash.then_some(UNWALLED));
            judge(&key, rule, verdicts.min_by_key(|(way, _)| *way));
        }
    }
    let mut flag = "";
    for argument in &config.claude.extra_args {
        if argument.starts_with("--") {
            flag = flag_of(argument);
        }
        judge("claude.extra_args", flag, judge_argument(argument));
        let shown = inline_json(argument).map(|_| {
            let why = "a command line is no place for secrets; put the JSON in a file";
            (Way::Shows, why)
        });
        judge("claude.extra_args", flag, shown);
    }
    findings
}

/// What every Bash rule opens where there is no sandbox; without any, the bot takes Bash away there.
const UNWALLED: (Way, &str) = (
    Way::Reads,
    "without a sandbox it brings Bash back, and with it `diff --from-file=FILE` and others, which the CLI runs \
     without a rule: they read any file, the bot's token too",
);

/// The worst that a rule is known to open. `rule` is well-formed (see [`check_rule`](super::check_rule)).
#[must_use]
pub fn judge_rule(rule: &str) -> Option<(Way, &'static str)> {
    let (tool, content) = match rule.split_once('(') {
        Some((tool, rest)) => (tool, Some(rest.strip_suffix(')').unwrap_or(rest).trim())),
        None => (rule, None),
    };
    let content = content.filter(|content| !matches!(*content, "*" | ":*" | ""));
    match (tool, content) {
        ("Bash", None) => Some((Way::Runs, "it allows every command")),
        ("Bash", Some(command)) => judge_command(command),
        ("Glob", _) => Some((
            Way::Reads,
            "it lists names of files anywhere, on 2.1.197 whatever its path; `find` and `ls` need no rule",
        )),
        ("Read" | "Grep" | "LS", path) => judge_path(path).then_some((
            Way::Reads,
            "its path is not held below the workspace; write `./**`",
        )),
        ("Edit" | "Write" | "MultiEdit" | "NotebookEdit", path) => judge_path(path).then_some((
            Way::Writes,
            "its path is not held below the workspace; write `Edit(./**)`",
        )),
        ("EnterWorktree", _) => Some((
            Way::Runs,
            "git makes worktrees outside of the CLI's own sandbox, with the hooks of whatever repository it is",
        )),
        ("SendMessage", _) => Some((
            Way::Runs,
            "other sessions of the CLI on this machine, yours too, take what it sends for a request",
        )),
        ("ListAgents", _) => Some((
            Way::Reads,
            "it lists the other sessions of the CLI on this machine, yours too",
        )),
        ("PowerShell" | "REPL", _) => Some((Way::Runs, "it is a shell")),
        ("CronCreate" | "RemoteTrigger" | "ScheduleWakeup" | "Workflow", _) => Some((
            Way::Runs,
            "what it starts goes on when nobody in the channel asks for it",
        )),
        _ if tool.starts_with("mcp__") && is_whole_server(tool) => Some((
            Way::Runs,
            "it allows every tool of a server, also those that its next release brings; name the tools",
        )),
        _ => None,
    }
}

/// `mcp__server` and `mcp__server__*`, rather than `mcp__server__tool`.
fn is_whole_server(tool: &str) -> bool {
    let rest = tool.trim_start_matches("mcp__");
    rest.ends_with('*') || !rest.contains("__")
}

/// Whether a path reaches outside the workspace: none at all, an absolute one (which begins with `//`; a single `/` is
/// the workspace), the home folder's, or one that climbs.
fn judge_path(path: Option<&str>) -> bool {
    let Some(path) = path else {
        return true;
    };
    path.starts_with("//")
        || path.starts_with(['~', '$'])
        || path.split('/').any(|part| part == "..")
}

fn judge_command(command: &str) -> Option<(Way, &'static str)> {
    command
        .split(['|', ';', '&', '\n'])
        .filter_map(judge_simple)
        .min_by_key(|(way, _)| *way)
}

/// One command of a rule, without operators.
fn judge_simple(command: &str) -> Option<(Way, &'static str)> {
    let command = command.trim();
    let (command, is_open) = match command.strip_suffix(":*") {
        Some(command) => (command, true),
        None => (command, command.contains('*')),
    };
    if !is_open && asks_for_words(command) {
        return None;
    }
    // The shell takes these away.
    let command = command.replace(['"', '\'', '\\'], "");
    let has_variables = command.split_whitespace().any(is_assignment);
    let mut words = command
        .split_whitespace()
        .skip_while(|word| is_assignment(word));
    let mut first = words.next()?;
    while let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.name == base(first)) {
        first = inner(wrapper, &mut words).unwrap_or("*");
        if first == "*" {
            return Some((Way::Runs, "it runs the program that it is given"));
        }
        if wrapper.name == "command" && matches!(first, "-v" | "-V") {
            return None;
        }
    }
    if first.contains(['*', '$', '`']) {
        return Some((Way::Runs, "what is no word stands for the program"));
    }
    let arguments: Vec<&str> = words.collect();
    if first.contains('/') && !first.starts_with('/') {
        return Some((
            Way::Runs,
            "the program lies in the workspace, where an edit can change it",
        ));
    }
    let name = base(first);
    let versioned = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !is_open && !has_variables && only_looks(first, &arguments) {
        return None;
    }
    let known = PROGRAMS.iter().filter(|program| {
        let named = |known: &&str| *known == name || *known == versioned;
        program.names.iter().any(named) && (is_open || program.when.holds(&arguments))
    });
    known
        .map(|program| (program.way, program.why))
        .min_by_key(|(way, _)| *way)
}

/// The program that a wrapper runs, behind its own options, times and variables.
fn inner<'a>(wrapper: &Wrapper, words: &mut impl Iterator<Item = &'a str>) -> Option<&'a str> {
    while let Some(word) = words.next() {
        let is_own = word.starts_with('-')
            || word
                .trim_start_matches('.')
                .starts_with(|c: char| c.is_ascii_digit())
            || is_assignment(word);
        if !is_own || (wrapper.name == "command" && matches!(word, "-v" | "-V")) {
            return Some(word);
        }
        if wrapper.has_value(word) {
            words.next();
        }
    }
    None
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Whether a command has a program of the search path say what it is, and no more. With a file before that, an
/// interpreter runs the file. To these programs the option is such a file, or nothing.
fn asks_for_words(command: &str) -> bool {
    let Some((program, argument)) = command.split_once(char::is_whitespace) else {
        return false;
    };
    !program.contains(['/', '='])
        && !matches!(program, "erl" | "expect" | "tclsh")
        && matches!(argument.trim(), "--version" | "--help")
}

fn flag_of(argument: &str) -> &str {
    argument.split_once('=').map_or(argument, |(flag, _)| flag)
}

/// The JSON that an argument of the CLI's is, or that its flag is set to.
#[must_use]
pub fn inline_json(argument: &str) -> Option<&str> {
    let value = match argument.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => value,
        _ => argument,
    };
    value.trim_start().starts_with(['{', '[']).then_some(value)
}

/// What an extra argument of the CLI's is known to open. Those that `claude.extra_args` refuses do not come here.
#[must_use]
pub fn judge_argument(argument: &str) -> Option<(Way, &'static str)> {
    Some(match flag_of(argument) {
        "--add-dir" => (
            Way::Writes,
            "what holds of the workspace holds of that folder too, in every channel",
        ),
        "--settings" => (
            Way::Runs,
            "settings bring hooks, allow rules and variables of their own; keep that file out of every workspace",
        ),
        "--managed-settings" | "--plugin-dir" | "--plugin-url" => (
            Way::Runs,
            "a plugin brings hooks and servers, which are programs",
        ),
        "--mcp-config" => (
            Way::Runs,
            "its servers are programs outside the CLI's bounds; keep that file out of every workspace",
        ),
        "--chrome" | "--ide" | "--remote-control" | "--cloud" | "--teleport" => (
            Way::Sends,
            "it ties a channel's session to something that others can see",
        ),
        "--debug" | "--debug-file" => (Way::Writes, "it writes what people say into a file"),
        _ => return None,
    })
}
