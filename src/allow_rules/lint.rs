//! Warns about allow rules and extra arguments that are known to let Claude out of its workspace.
//!
//! Pure. Findings are warnings, because the owner may want what they describe. The claims in [`known`](super::known) were
//! tried on the real CLI (2.1.197, 2.1.329 and 2.1.332; the tests `real::ways_out` repeat them). Programs that are not
//! listed there may be unsafe too.

#[cfg(test)]
mod tests;

use std::fmt;

use claude_session::launch::names_tool;

use super::{
    known::{ARGUMENTS, INSPECTIONS, PROGRAMS, TOOLS, WRAPPERS, When, find, has_word, risks},
    risk::{Capability, Risk},
};
use crate::config::{Config, SandboxLevel, flag_name, inline_json};

/// A risk in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub key: String,
    /// The rule, or the argument's flag without its value, which may be a secret.
    pub subject: String,
    pub risk: Risk,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Risk { capability, reason } = self.risk;
        write!(f, "{}: {:?} {capability}: {reason}", self.key, self.subject)
    }
}

/// Without a sandbox, the bot disables Bash unless a rule names it.
const UNSANDBOXED_BASH: Risk = Risk {
    capability: Capability::Read,
    reason: "without a sandbox it enables Bash, and with it `diff --from-file=FILE` and other commands that the CLI \
             runs without a rule and that can read any file, even the bot's token",
};

const INLINE_JSON: Risk = Risk {
    capability: Capability::Disclose,
    reason: "command lines are not private; put the JSON into a file",
};

/// All known risks in `config`. `sandbox` is the level in effect, `None` if not known yet.
///
/// `WebFetch` and `WebSearch` without a domain are not reported, although a URL can carry data out, because the built-in
/// list has them (see `docs/configuration.md`).
pub fn lint(config: &Config, sandbox: Option<SandboxLevel>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut report = |key: &str, subject: &str, risk: Option<Risk>| {
        findings.extend(risk.map(|risk| Finding {
            key: key.to_owned(),
            subject: subject.to_owned(),
            risk,
        }));
    };
    let default = ("allowed_tools".to_owned(), config.allowed_tools.as_slice());
    let overrides = config.channels.iter().filter_map(|(id, channel)| {
        let rules = channel.allowed_tools.as_deref()?;
        Some((format!("channels.{id}.allowed_tools"), rules))
    });
    for (key, rules) in std::iter::once(default).chain(overrides) {
        for rule in rules {
            let reenables_bash = sandbox == Some(SandboxLevel::Off) && names_tool(rule, "Bash");
            let bash = reenables_bash.then_some(UNSANDBOXED_BASH);
            report(&key, rule, worst(lint_rule(rule).into_iter().chain(bash)));
        }
    }
    let general = (
        "claude".to_owned(),
        !config.claude.add_dirs.is_empty(),
        !config.claude.settings.is_empty(),
    );
    let overrides = config.channels.iter().map(|(id, channel)| {
        let has_folders = channel.add_dirs.as_ref().is_some_and(|it| !it.is_empty());
        let has_settings = channel.settings.as_ref().is_some_and(|it| !it.is_empty());
        (format!("channels.{id}"), has_folders, has_settings)
    });
    for (key, has_folders, has_settings) in std::iter::once(general).chain(overrides) {
        for (is_set, name, flag) in [
            (has_folders, "add_dirs", "--add-dir"),
            (has_settings, "settings", "--settings"),
        ] {
            let risk = worst(risks(ARGUMENTS, flag).map(|(_, risk)| risk));
            report(&format!("{key}.{name}"), name, risk.filter(|_| is_set));
        }
    }
    let mut flag = "";
    for argument in &config.claude.extra_args {
        let is_flag = argument.starts_with("--");
        if is_flag {
            flag = flag_name(argument);
        }
        let known = risks(ARGUMENTS, if is_flag { flag } else { "" });
        report(
            "claude.extra_args",
            flag,
            worst(known.map(|(_, risk)| risk)),
        );
        let has_json = inline_json(argument).is_some();
        report("claude.extra_args", flag, has_json.then_some(INLINE_JSON));
    }
    findings
}

/// The worst known risk of a rule that passed [`check_rule`](crate::config::check_rule).
pub fn lint_rule(rule: &str) -> Option<Risk> {
    let (tool, content) = match rule.split_once('(') {
        Some((tool, rest)) => (tool, Some(rest.strip_suffix(')').unwrap_or(rest).trim())),
        None => (rule, None),
    };
    let content = content.filter(|content| !matches!(*content, "*" | ":*" | ""));
    match (tool, content) {
        ("Bash", Some(commands)) => worst(
            commands
                .split(['|', ';', '&', '\n'])
                .filter_map(lint_command),
        ),
        _ if is_whole_server(tool) => Some(Risk {
            capability: Capability::Execute,
            reason: "it allows all tools of an MCP server, also future ones; name the tools",
        }),
        _ => {
            let applies = |when| when == When::Always || !is_confined(content);
            let known = risks(TOOLS, tool).filter(|(when, _)| applies(*when));
            worst(known.map(|(_, risk)| risk))
        }
    }
}

fn worst(risks: impl Iterator<Item = Risk>) -> Option<Risk> {
    risks.min_by_key(|risk| risk.capability)
}

/// Whether an MCP rule covers a server (`mcp__server`, `mcp__server__*`) rather than one tool (`mcp__server__tool`).
fn is_whole_server(tool: &str) -> bool {
    tool.strip_prefix("mcp__")
        .is_some_and(|rest| rest.ends_with('*') || !rest.contains("__"))
}

/// Whether a path is in the workspace. `//` starts an absolute path, `/` one in the workspace.
fn is_confined(path: Option<&str>) -> bool {
    path.is_some_and(|path| {
        !path.starts_with("//")
            && !path.starts_with(['~', '$'])
            && path.split('/').all(|part| part != "..")
    })
}

/// The worst known risk of one command in a Bash rule, without shell operators.
fn lint_command(command: &str) -> Option<Risk> {
    let capability = Capability::Execute;
    let execute = |reason| Some(Risk { capability, reason });
    let command = command.trim();
    let (command, is_open) = match command.strip_suffix(":*") {
        Some(command) => (command, true),
        None => (command, command.contains('*')),
    };
    if !is_open && is_version_or_help(command) {
        return None;
    }
    // As the shell does.
    let command = command.replace(['"', '\'', '\\'], "");
    let has_variables = command.split_whitespace().any(is_assignment);
    let mut words = command
        .split_whitespace()
        .skip_while(|word| is_assignment(word));
    let mut program = words.next()?;
    while let Some(with_value) = find(WRAPPERS, file_name(program)).next() {
        let is_command = file_name(program) == "command";
        program = wrapped_program(is_command, with_value, &mut words).unwrap_or("*");
        if program == "*" {
            return execute("it runs the program it is given");
        }
        if is_command && matches!(program, "-v" | "-V") {
            return None;
        }
    }
    if program.contains(['*', '$', '`']) {
        return execute("the program's name is not fixed");
    }
    if program.contains('/') && !program.starts_with('/') {
        return execute("the program is a file in the workspace, which Claude can edit");
    }
    let arguments: Vec<&str> = words.collect();
    if !is_open && !has_variables && only_inspects(program, &arguments) {
        return None;
    }
    let name = file_name(program);
    let unversioned = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let applies = |when| match when {
        When::Always => true,
        When::Open => is_open,
        When::ScriptFile(letters) => {
            is_open || arguments.iter().any(|word| is_option(word, letters))
        }
    };
    let known = risks(PROGRAMS, name).chain(risks(PROGRAMS, unversioned));
    worst(
        known
            .filter(|(when, _)| applies(*when))
            .map(|(_, risk)| risk),
    )
}

/// The program that a wrapper runs: the first word that is not an option, value, number or variable of the wrapper itself.
fn wrapped_program<'a>(
    is_command: bool,
    with_value: &str,
    words: &mut impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    while let Some(word) = words.next() {
        let is_number = word
            .trim_start_matches('.')
            .starts_with(|c: char| c.is_ascii_digit());
        let is_own = word.starts_with('-') || is_number || is_assignment(word);
        if !is_own || (is_command && matches!(word, "-v" | "-V")) {
            return Some(word);
        }
        if takes_value(word, with_value) {
            words.next();
        }
    }
    None
}

/// Whether the word after `option` is its value. Long options may be abbreviated and short ones combined.
fn takes_value(option: &str, with_value: &str) -> bool {
    let mut names = with_value.split(' ');
    if option.starts_with("--") {
        return option.len() > 2 && names.any(|name| name.starts_with(option));
    }
    let Some(letters) = option.strip_prefix('-') else {
        return false;
    };
    let takes_one = |letter: char| {
        let mut short = names.clone().filter_map(|name| name.strip_prefix('-'));
        short.any(|name| name.strip_prefix(letter) == Some(""))
    };
    letters
        .find(takes_one)
        .is_some_and(|at| at + 1 == letters.len())
}

/// Whether an argument is an option with one of these letters: `-f`, `-nf`, `-fFILE`, `--file`. A value follows `-e`, `-F`
/// and `-v`.
fn is_option(argument: &str, letters: &str) -> bool {
    if let Some(long) = argument.strip_prefix("--") {
        return long.starts_with(|letter| letters.to_lowercase().contains(letter));
    }
    argument.strip_prefix('-').is_some_and(|short| {
        let mut options = short.chars().take_while(|letter| !"eFv".contains(*letter));
        options.any(|letter| letters.contains(letter))
    })
}

/// Whether a command only shows state, and none of its arguments names a file or a setting.
fn only_inspects(program: &str, arguments: &[&str]) -> bool {
    let Some((first, rest)) = arguments.split_first() else {
        return false;
    };
    find(INSPECTIONS, program).any(|subcommands| has_word(subcommands, first))
        && rest
            .iter()
            .all(|word| !word.contains(['/', '=', '@']) && !word.contains("config"))
}

/// Whether a command only asks a program in `PATH` for its version or help. An interpreter would run a file before the
/// option. The three excluded programs take the option for a file, or ignore it.
fn is_version_or_help(command: &str) -> bool {
    let Some((program, argument)) = command.split_once(char::is_whitespace) else {
        return false;
    };
    !program.contains(['/', '='])
        && !matches!(program, "erl" | "expect" | "tclsh")
        && matches!(argument.trim(), "--version" | "--help")
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let mut bytes = name.bytes();
        !name.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

fn file_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}
