//! `switchboard check`: would `run` start, and would Claude answer?

use std::{fmt::Write as _, path::Path};

use super::{Context, args::Check, exit::Exit, run, say};
use crate::{
    claude::{
        process,
        sandbox::{Account, Sandbox},
    },
    config::{self, Allow, Config, DEFAULT_FILE, Limit, SandboxLevel, locate},
    files, persona,
    registry::{self, Lock, LockError},
    sandbox,
};

/// What was found out about one thing.
enum Finding {
    Good(String),
    /// Worth knowing; the bot would start.
    Odd(String),
    /// The bot would not start, or could not answer.
    Bad(String),
}

use Finding::{Bad, Good, Odd};

/// Findings, by what they are about.
type Findings = Vec<(&'static str, Finding)>;

pub(super) fn check(context: &Context, options: &Check) -> Result<(), Exit> {
    let mut findings = Vec::new();
    match context.config() {
        Ok(config) => {
            findings.push(("configuration", Good(where_from(context))));
            findings.push(("personality", personality(&config)));
            findings.push(("claude", claude(context, &config)?));
            let (level, walls) = confinement(context, &config)?;
            findings.extend(walls);
            findings.push(("token", token(context, &config)));
            findings.push(("access", access(&config)));
            findings.push(("rules", ways_out(&config, level, options.strict)));
            findings.push(("sessions", sessions(&config.sessions_dir)));
            findings.push(("workspaces", writable(&config.workspace_dir)));
        }
        Err(exit) => findings.push(("configuration", Bad(exit.to_string()))),
    }
    let mut text = String::new();
    for (name, finding) in &findings {
        let (mark, words) = match finding {
            Good(words) => ("ok  ", words),
            Odd(words) => ("note", words),
            Bad(words) => ("FAIL", words),
        };
        let words = words.replace('\n', "\n                     ");
        let _infallible = writeln!(text, "{mark} {name:<15} {words}");
    }
    say(&text)?;
    if findings
        .iter()
        .any(|(_, finding)| matches!(finding, Bad(_)))
    {
        return Err(Exit::CheckFailed);
    }
    Ok(())
}

fn where_from(context: &Context) -> String {
    match &context.args.config {
        Some(path) => path.display().to_string(),
        None if Path::new(DEFAULT_FILE).exists() => DEFAULT_FILE.to_owned(),
        None => format!("no {DEFAULT_FILE}: defaults throughout"),
    }
}

fn personality(config: &Config) -> Finding {
    match persona::load(&config.personality_dir) {
        Ok(persona) => Good(format!(
            "{}, a system prompt of {} bytes",
            config.personality_dir.display(),
            persona.system_prompt().len()
        )),
        Err(error) => Bad(error.to_string()),
    }
}

fn claude(context: &Context, config: &Config) -> Result<Finding, Exit> {
    let wanted = config.claude.run_as.as_deref();
    // What is wrong with the account, `sandbox` says.
    let account = wanted.and_then(|wanted| Account::find(wanted).ok().flatten());
    let own = &context.environment;
    let environment = account
        .as_ref()
        .map_or_else(|| own.clone(), |account| account.environment(own));
    let path = match locate::claude(&config.claude.bin, &environment) {
        Ok(path) => path,
        Err(missing) => {
            return Ok(Bad(format!(
                "{missing} with `claude.bin` or the variable CLAUDE_BIN"
            )));
        }
    };
    let asked = run::runtime()?.block_on(async {
        let ask = async |arguments: &[&str]| {
            let pass_env = &config.claude.pass_env;
            process::ask(&path, arguments, &environment, pass_env, account.as_ref()).await
        };
        let version = ask(&["--version"]).await?;
        let login = ask(&["auth", "status"]).await;
        Ok::<_, std::io::Error>((version, login))
    });
    Ok(match asked {
        Err(error) => Bad(format!("{}: {error}", path.display())),
        Ok((version, _)) if !version.succeeded => Bad(format!(
            "{} --version failed: {}",
            path.display(),
            version.output.trim()
        )),
        Ok((version, login)) => {
            let found = format!("{}, {}", path.display(), version.output.trim());
            match login {
                Ok(login) if login.succeeded => Good(format!("{found}, logged in")),
                Ok(_) => Odd(format!(
                    "{found}, but not logged in: run `claude` and `/login`"
                )),
                Err(error) => Odd(format!(
                    "{found}; whether it is logged in could not be told: {error}"
                )),
            }
        }
    })
}

/// Which walls the CLI would have, and what is to be said of them.
fn confinement(
    context: &Context,
    config: &Config,
) -> Result<(Option<SandboxLevel>, Findings), Exit> {
    let tried = run::runtime()?.block_on(sandbox::try_out(config, &context.environment));
    let (walls, words) = match tried {
        Ok(tried) => tried,
        Err(reason) => return Ok((config.claude.sandbox, vec![("sandbox", Bad(reason))])),
    };
    let level = walls.sandbox.as_ref().map(Sandbox::level);
    let finding = if level == Ok(SandboxLevel::Bwrap) {
        Good(words)
    } else {
        Odd(words)
    };
    let exposed = sandbox::exposures(config, &walls).into_iter();
    let exposed = exposed.map(|words| ("secrets", Odd(words)));
    let findings = [("sandbox", finding)].into_iter().chain(exposed).collect();
    Ok((level.ok(), findings))
}

fn token(context: &Context, config: &Config) -> Finding {
    match config::read_token(&config.discord.token, &context.environment) {
        Ok(read) => match read.warning {
            None => Good("found".into()),
            Some(warning) => Odd(warning.to_string()),
        },
        Err(problem) => Bad(problem.to_string()),
    }
}

fn access(config: &Config) -> Finding {
    if config.discord.allow.is_empty() {
        Good("nobody listed: only the application's owner (or team) is answered".into())
    } else if let Some(what) = open_to(&config.discord.allow) {
        let unlimited = if config.limits.user == Limit::default() {
            ", without limits (`limits.user`)"
        } else {
            ""
        };
        Odd(format!(
            "whoever {what} may use the bot{unlimited}; see docs/configuration.md"
        ))
    } else {
        Good("as listed under `discord.allow`".into())
    }
}

/// How somebody may come to be let in without being named.
fn open_to(allow: &Allow) -> Option<&'static str> {
    let places = !allow.channels.is_empty() || !allow.guilds.is_empty();
    let people = !allow.users.is_empty() || !allow.roles.is_empty();
    if allow.users.everyone {
        Some("reaches it")
    } else if allow.roles.everyone {
        Some("is in one of its guilds")
    } else if places && !people {
        Some("is in one of the listed channels or guilds")
    } else {
        None
    }
}

/// What an owner may want to know of rules and arguments, and may want to be stopped by.
fn ways_out(config: &Config, level: Option<SandboxLevel>, is_strict: bool) -> Finding {
    let found = config::lint(config, level);
    if found.is_empty() {
        return Good("no allow rule and no extra argument opens one that is known".into());
    }
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    let lines = lines.join("\n");
    if is_strict { Bad(lines) } else { Odd(lines) }
}

fn sessions(folder: &Path) -> Finding {
    if !folder.exists() {
        return writable(folder);
    }
    let mut notes = Vec::new();
    match Lock::take(folder) {
        Ok(lock) => drop(lock),
        Err(held @ LockError::Held { .. }) => notes.push(held.to_string()),
        Err(error) => return Bad(error.to_string()),
    }
    let found = registry::inspect(folder);
    if let Some(problem) = found.problem {
        return Bad(problem);
    }
    notes.extend(found.notes);
    match writable(folder) {
        Good(_) if notes.is_empty() => Good(format!(
            "{}, writable, {} sessions",
            folder.display(),
            found.sessions
        )),
        Good(_) => Odd(notes.join("\n")),
        other => other,
    }
}

/// Whether files can be written in a folder, or the folder be made.
fn writable(folder: &Path) -> Finding {
    let there = folder
        .ancestors()
        .find(|folder| folder.exists())
        .unwrap_or(Path::new("."));
    match files::try_write(there) {
        Ok(()) if there == folder => Good(format!("{}, writable", folder.display())),
        Ok(()) => Good(format!("{}, made when needed", folder.display())),
        Err(error) => Bad(format!("{}: {error}", folder.display())),
    }
}
