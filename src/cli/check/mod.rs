//! `switchboard check`: would `run` start, and would Claude answer?

mod folders;
mod programs;

use std::{io, path::Path};

use self::folders::{sessions, writable};
use super::{
    access::{Accounts, Holds, open_file},
    args::Check,
    exit::{Code, ExitError},
    finding::{Finding, Severity, for_people},
    invocation::{Invocation, account, say},
    run,
};
use crate::{
    allow_rules::lint,
    claude::{
        process,
        sandbox::{Confinement, Sandbox},
        version,
    },
    config::{self, Allow, Config, DEFAULT_FILE, Limit, SandboxLevel, Token, locate},
    persona, sandbox,
};

pub(super) fn check(invocation: &Invocation, options: &Check) -> Result<(), ExitError> {
    let offline = offline(
        invocation,
        Asked {
            is_strict: options.strict,
            login: true,
            may_run: false,
        },
    )?;
    say(&for_people(&offline.findings))?;
    if offline.findings.iter().any(|it| it.is(Severity::Error)) {
        return Err(Code::Failed.exit(""));
    }
    Ok(())
}

/// What can be found without asking anybody, and what it takes to go on from there.
pub(super) struct Offline {
    pub(super) findings: Vec<Finding>,
    /// Everything that was read, if the configuration is valid.
    pub(super) setup: Option<Setup>,
}

pub(super) struct Setup {
    pub(super) config: Config,
    pub(super) token: Option<Token>,
    pub(super) confinement: Confinement,
    /// Whether the CLI is there and recent enough.
    pub(super) has_cli: bool,
}

/// How `check` and `doctor` differ.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Whether known risks are errors.
    pub(super) is_strict: bool,
    /// Whether the CLI is asked if it is logged in, which it answers without trying.
    pub(super) login: bool,
    /// Whether it is fine that a bot is running.
    pub(super) may_run: bool,
}

pub(super) fn offline(invocation: &Invocation, asked: Asked) -> Result<Offline, ExitError> {
    let config = match invocation.config() {
        Ok(config) => config,
        Err(exit) => {
            let finding = Finding::error("configuration", exit.message)
                .why("the bot does not start with an invalid configuration")
                .mend("correct the lines above; docs/configuration.md explains each key");
            return Ok(Offline {
                findings: vec![finding],
                setup: None,
            });
        }
    };
    let environment = &invocation.environment;
    let mut findings = vec![
        Finding::ok("configuration", config_source(invocation)),
        personality(&config),
    ];
    let claude = claude(invocation, &config, asked.login)?;
    let has_cli = !claude.is(Severity::Error);
    findings.push(claude);
    let (level, confinement, found) = confinement(invocation, &config)?;
    findings.extend(found);
    findings.extend(programs::transcriber(&config, level, environment));
    findings.extend(programs::mcp_servers(&config, environment));
    let (token, found) = token(invocation, &config);
    findings.push(found);
    findings.push(access(&config));
    findings.push(rules(&config, level, asked.is_strict));
    findings.extend(sessions(&config.sessions_dir, asked.may_run));
    findings.push(writable("workspaces", &config.workspace_dir));
    let setup = Setup {
        config,
        token,
        confinement,
        has_cli,
    };
    Ok(Offline {
        findings,
        setup: Some(setup),
    })
}

fn config_source(invocation: &Invocation) -> String {
    match &invocation.args.config {
        Some(path) => path.display().to_string(),
        None if Path::new(DEFAULT_FILE).exists() => DEFAULT_FILE.to_owned(),
        None => format!("no {DEFAULT_FILE}: using the defaults"),
    }
}

fn personality(config: &Config) -> Finding {
    match persona::load(&config.personality_dir, config.personas()) {
        Ok(personas) => Finding::ok(
            "personality",
            format!(
                "{}, a system prompt of {} bytes",
                config.personality_dir.display(),
                personas.get(persona::DEFAULT).system_prompt().len()
            ),
        ),
        Err(error) => Finding::error("personality", error.to_string())
            .why("the bot does not start without knowing who Claude is")
            .mend(
                "write IDENTITY.md into that folder, or name another folder in `personality_dir`",
            ),
    }
}

pub(super) fn claude(
    invocation: &Invocation,
    config: &Config,
    asks_login: bool,
) -> Result<Finding, ExitError> {
    const NEEDED: &str = "Claude answers through the CLI";
    const INSTALL: &str = "install the CLI again: `npm install -g @anthropic-ai/claude-code`";
    const NAME: &str = "claude";
    // `sandbox` reports problems with the account.
    let account = account(config);
    let own = &invocation.environment;
    let of_account = account.as_ref().map(|account| account.environment(own));
    let environment = of_account.unwrap_or_else(|| own.clone());
    let path = match locate::claude(config.claude.bin.as_os_str(), &environment) {
        Ok(path) => path,
        Err(missing) => {
            let what = format!("{missing} with `claude.bin` or the variable CLAUDE_BIN");
            return Ok(Finding::error(NAME, what).why(NEEDED).mend(INSTALL));
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
            let what = format!("{shown} --version failed: {output}");
            return Ok(Finding::error(NAME, what).why(NEEDED).mend(INSTALL));
        }
        if let Some(complaint) = version::too_old(output) {
            return Ok(Finding::error(NAME, format!("{shown}: {complaint}"))
                .why("the bot never starts it")
                .mend(version::UPDATE));
        }
        let known_bad = |finding: Finding| match version::known_bad(output) {
            Some(defect) => Finding::warning(NAME, finding.what)
                .why(defect)
                .mend(version::UPDATE),
            None => finding,
        };
        if !asks_login {
            return Ok(known_bad(Finding::ok(NAME, format!("{shown}, {output}"))));
        }
        Ok::<_, io::Error>(match ask(&["auth", "status"]).await {
            Ok(login) if login.succeeded => {
                known_bad(Finding::ok(NAME, format!("{shown}, {output}, logged in")))
            }
            Ok(_) => Finding::warning(NAME, format!("{shown}, {output}, but not logged in"))
                .why("Claude can't answer without a login")
                .mend("run `claude` and `/login`"),
            Err(error) => Finding::warning(
                NAME,
                format!("{shown}, {output}; failed to check the login: {error}"),
            )
            .why("Claude can't answer without a login")
            .mend(
                "run `claude auth status` as the account that runs the bot, and see what it says",
            ),
        })
    });
    Ok(asked.unwrap_or_else(|error| {
        Finding::error(NAME, format!("{shown}: {error}"))
            .why(NEEDED)
            .mend("run `claude --version` as the account that runs the bot, and see what it says")
    }))
}

/// The sandbox level that would be in effect, and what it leaves exposed.
pub(super) fn confinement(
    invocation: &Invocation,
    config: &Config,
) -> Result<(Option<SandboxLevel>, Confinement, Vec<Finding>), ExitError> {
    const STRONGER: &str = "install the package bubblewrap, and allow user namespaces: \
        `sysctl -w kernel.unprivileged_userns_clone=1` on Debian, \
        `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` on Ubuntu";
    let own = &invocation.environment;
    let tried = run::runtime()?.block_on(sandbox::set_up(config, own, None));
    let (confinement, message) = match tried {
        Ok(tried) => tried,
        Err(sandbox::Refused {
            reason,
            is_unavailable,
        }) => {
            let refused = Confinement::refused(reason.clone(), own);
            let mend = if is_unavailable {
                format!("{STRONGER}; or choose another level in `claude.sandbox`")
            } else {
                "correct that key of the configuration".to_owned()
            };
            let finding = Finding::error("sandbox", reason)
                .why("nothing starts without the sandbox that was asked for")
                .mend(mend);
            return Ok((config.claude.sandbox, refused, vec![finding]));
        }
    };
    let level = confinement.sandbox.as_ref().map(Sandbox::level).ok();
    let finding = if level == Some(SandboxLevel::Bwrap) {
        Finding::ok("sandbox", message)
    } else {
        let mend = if config.claude.sandbox.is_some() {
            "set `claude.sandbox` to \"bwrap\", or leave it out"
        } else {
            STRONGER
        };
        Finding::warning("sandbox", message)
            .why("Claude's tools can reach files of the bot and of other channels")
            .mend(mend)
    };
    let exposed = sandbox::exposures(config, &confinement).into_iter();
    let exposed = exposed.map(|message| {
        Finding::warning("secrets", message)
            .why("people in the channels could have Claude read or change what is the bot's own")
            .mend(
                "move or close what is named, as docs/configuration.md says for each sandbox level",
            )
    });
    let findings = [finding].into_iter().chain(exposed).collect();
    Ok((level, confinement, findings))
}

fn token(invocation: &Invocation, config: &Config) -> (Option<Token>, Finding) {
    const NAME: &str = "token";
    let file = config.discord.token_file.as_deref();
    match config::read_token(file, &invocation.environment) {
        Ok((token, _)) => {
            let accounts = Accounts::of(&config.sessions_dir);
            let open = file.and_then(|file| open_file(NAME, file, Holds::Token, accounts));
            let found = open.unwrap_or_else(|| Finding::ok(NAME, "found"));
            (Some(token), found)
        }
        Err(error) => {
            let finding = Finding::error(NAME, error.to_string())
                .why("the bot logs in to Discord with it")
                .mend("`switchboard init` asks for the token and stores it");
            (None, finding)
        }
    }
}

fn access(config: &Config) -> Finding {
    const NAME: &str = "access";
    if config.discord.allow.is_empty() {
        Finding::ok(
            NAME,
            "nobody is listed: only the application's owner (or team) gets answers",
        )
    } else if let Some(condition) = open_to(&config.discord.allow) {
        let unlimited = if config.limits.user == Limit::default() {
            ", without limits (`limits.user`)"
        } else {
            ""
        };
        Finding::warning(
            NAME,
            format!("anyone who {condition} may use the bot{unlimited}; see docs/configuration.md"),
        )
        .why("they spend your money, and have Claude do whatever its rules allow")
        .mend("name people or roles in `discord.allow`, and set `limits.user`")
    } else {
        Finding::ok(NAME, "as listed under `discord.allow`")
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
fn rules(config: &Config, level: Option<SandboxLevel>, is_strict: bool) -> Finding {
    let findings: Vec<String> = lint(config, level)
        .iter()
        .map(ToString::to_string)
        .collect();
    if findings.is_empty() {
        return Finding::ok("rules", "no allow rule or extra argument has a known risk");
    }
    let finding = if is_strict {
        Finding::error("rules", findings.join("\n"))
    } else {
        Finding::warning("rules", findings.join("\n"))
    };
    finding
        .why("people in the channels could have Claude do more than the rule says, unasked")
        .mend("narrow these, or remove them: docs/configuration.md says what each rule also allows")
}
