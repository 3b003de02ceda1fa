//! `switchboard check`: would `run` start, and would Claude answer?

mod check_result;
mod programs;

use std::{fmt::Write as _, io, path::Path};

use self::check_result::CheckResult::{self, Fail, Note, Pass};
use super::{
    args::Check,
    exit::{Code, ExitError},
    invocation::{Invocation, account, say},
    run,
};
use crate::{
    allow_rules::lint,
    claude::{process, sandbox::Sandbox, version},
    config::{self, Allow, Config, DEFAULT_FILE, Limit, SandboxLevel, locate},
    files, persona,
    registry::{self, Lock, LockError},
    sandbox,
};

/// Outcomes by the name of the check.
type Outcomes = Vec<(&'static str, CheckResult)>;

pub(super) fn check(invocation: &Invocation, options: &Check) -> Result<(), ExitError> {
    let mut outcomes = Vec::new();
    match invocation.config() {
        Ok(config) => {
            outcomes.push(("configuration", Pass(config_source(invocation))));
            outcomes.push(("personality", personality(&config)));
            outcomes.push(("claude", claude(invocation, &config)?));
            let (level, confinement) = confinement(invocation, &config)?;
            outcomes.extend(confinement);
            let environment = &invocation.environment;
            let transcriber = programs::transcriber(&config, level, environment);
            outcomes.extend(transcriber.map(|it| ("transcribe", it)));
            let servers = programs::mcp_servers(&config, environment);
            outcomes.extend(servers.map(|it| ("mcp_servers", it)));
            outcomes.push(("token", token(invocation, &config)));
            outcomes.push(("access", access(&config)));
            outcomes.push(("rules", rules(&config, level, options.strict)));
            outcomes.push(("sessions", sessions(&config.sessions_dir)));
            outcomes.push(("workspaces", writable(&config.workspace_dir)));
        }
        Err(exit) => outcomes.push(("configuration", Fail(exit.message))),
    }
    let mut text = String::new();
    for (name, outcome) in &outcomes {
        let (label, message) = match outcome {
            Pass(message) => ("ok  ", message),
            Note(message) => ("note", message),
            Fail(message) => ("FAIL", message),
        };
        let message = message.replace('\n', "\n                     ");
        let _infallible = writeln!(text, "{label} {name:<15} {message}");
    }
    say(&text)?;
    if outcomes
        .iter()
        .any(|(_, outcome)| matches!(outcome, Fail(_)))
    {
        return Err(Code::Failed.exit(""));
    }
    Ok(())
}

fn config_source(invocation: &Invocation) -> String {
    match &invocation.args.config {
        Some(path) => path.display().to_string(),
        None if Path::new(DEFAULT_FILE).exists() => DEFAULT_FILE.to_owned(),
        None => format!("no {DEFAULT_FILE}: using the defaults"),
    }
}

fn personality(config: &Config) -> CheckResult {
    match persona::load(&config.personality_dir) {
        Ok(persona) => Pass(format!(
            "{}, a system prompt of {} bytes",
            config.personality_dir.display(),
            persona.system_prompt().len()
        )),
        Err(error) => Fail(error.to_string()),
    }
}

fn claude(invocation: &Invocation, config: &Config) -> Result<CheckResult, ExitError> {
    // `sandbox` reports problems with the account.
    let account = account(config);
    let own = &invocation.environment;
    let of_account = account.as_ref().map(|account| account.environment(own));
    let environment = of_account.unwrap_or_else(|| own.clone());
    let path = match locate::claude(config.claude.bin.as_os_str(), &environment) {
        Ok(path) => path,
        Err(missing) => {
            return Ok(Fail(format!(
                "{missing} with `claude.bin` or the variable CLAUDE_BIN"
            )));
        }
    };
    let shown = path.display();
    let asked = run::runtime()?.block_on(async {
        let ask = async |arguments: &[&str]| {
            let pass_env = &config.claude.pass_env;
            process::probe(&path, arguments, &environment, pass_env, account.as_ref()).await
        };
        let version = ask(&["--version"]).await?;
        let output = version.output.trim();
        if !version.succeeded {
            return Ok(Fail(format!("{shown} --version failed: {output}")));
        }
        if let Some(complaint) = version::too_old(output) {
            return Ok(Fail(format!("{shown}: {complaint}")));
        }
        Ok::<_, io::Error>(match ask(&["auth", "status"]).await {
            Ok(login) if login.succeeded => Pass(format!("{shown}, {output}, logged in")),
            Ok(_) => Note(format!(
                "{shown}, {output}, but not logged in: run `claude` and `/login`"
            )),
            Err(error) => Note(format!(
                "{shown}, {output}; failed to check the login: {error}"
            )),
        })
    });
    Ok(asked.unwrap_or_else(|error| Fail(format!("{shown}: {error}"))))
}

/// The sandbox level that would be in effect, and what it leaves exposed.
fn confinement(
    invocation: &Invocation,
    config: &Config,
) -> Result<(Option<SandboxLevel>, Outcomes), ExitError> {
    let tried = run::runtime()?.block_on(sandbox::set_up(config, &invocation.environment, None));
    let (confinement, message) = match tried {
        Ok(tried) => tried,
        Err(reason) => return Ok((config.claude.sandbox, vec![("sandbox", Fail(reason))])),
    };
    let level = confinement.sandbox.as_ref().map(Sandbox::level);
    let outcome = if level == Ok(SandboxLevel::Bwrap) {
        Pass(message)
    } else {
        Note(message)
    };
    let exposed = sandbox::exposures(config, &confinement).into_iter();
    let exposed = exposed.map(|message| ("secrets", Note(message)));
    let outcomes = [("sandbox", outcome)].into_iter().chain(exposed).collect();
    Ok((level.ok(), outcomes))
}

fn token(invocation: &Invocation, config: &Config) -> CheckResult {
    match config::read_token(
        config.discord.token_file.as_deref(),
        &invocation.environment,
    ) {
        Ok((_, None)) => Pass("found".into()),
        Ok((_, Some(warning))) => Note(warning),
        Err(error) => Fail(error.to_string()),
    }
}

fn access(config: &Config) -> CheckResult {
    if config.discord.allow.is_empty() {
        Pass("nobody is listed: only the application's owner (or team) gets answers".into())
    } else if let Some(condition) = open_to(&config.discord.allow) {
        let unlimited = if config.limits.user == Limit::default() {
            ", without limits (`limits.user`)"
        } else {
            ""
        };
        Note(format!(
            "anyone who {condition} may use the bot{unlimited}; see docs/configuration.md"
        ))
    } else {
        Pass("as listed under `discord.allow`".into())
    }
}

/// Who is allowed without being listed themselves or by role.
fn open_to(allow: &Allow) -> Option<&'static str> {
    let places = !allow.channels.is_empty() || !allow.guilds.is_empty();
    let people = !allow.users.is_empty() || !allow.roles.is_empty();
    if allow.users.everyone {
        Some("can reach it")
    } else if allow.roles.everyone {
        Some("is in one of its guilds")
    } else if places && !people {
        Some("is in one of the listed channels or guilds")
    } else {
        None
    }
}

/// Known risks of allow rules and extra arguments. `--strict` fails on them.
fn rules(config: &Config, level: Option<SandboxLevel>, is_strict: bool) -> CheckResult {
    let findings: Vec<String> = lint(config, level)
        .iter()
        .map(ToString::to_string)
        .collect();
    if findings.is_empty() {
        Pass("no allow rule or extra argument has a known risk".into())
    } else if is_strict {
        Fail(findings.join("\n"))
    } else {
        Note(findings.join("\n"))
    }
}

fn sessions(folder: &Path) -> CheckResult {
    if !folder.exists() {
        return writable(folder);
    }
    let mut notes = Vec::new();
    match Lock::take(folder) {
        Ok(lock) => drop(lock),
        Err(held @ LockError::Held { .. }) => notes.push(held.to_string()),
        Err(error) => return Fail(error.to_string()),
    }
    let found = registry::inspect(folder);
    if !found.problems.is_empty() {
        return Fail(found.problems.join("\n"));
    }
    notes.extend(found.notes);
    match writable(folder) {
        Pass(_) if notes.is_empty() => Pass(format!(
            "{}, writable, {} sessions",
            folder.display(),
            found.sessions
        )),
        Pass(_) => Note(notes.join("\n")),
        other => other,
    }
}

/// Whether files can be written in a folder, or the folder can be created.
fn writable(folder: &Path) -> CheckResult {
    let existing = folder
        .ancestors()
        .find(|folder| folder.exists())
        .unwrap_or(Path::new("."));
    match files::try_write(existing) {
        Ok(()) if existing == folder => Pass(format!("{}, writable", folder.display())),
        Ok(()) => Pass(format!("{}, created when needed", folder.display())),
        Err(error) => Fail(format!("{}: {error}", folder.display())),
    }
}
