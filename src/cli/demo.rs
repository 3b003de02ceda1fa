//! `switchboard demo`: runs the bot, with its dashboard, against a simulated Discord on this machine.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use loopback_discord::Loopback;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    args::{Demo, Which},
    exit::{Code, ExitError},
    invocation::{Invocation, say},
    logs, run,
};
use crate::{
    app::{self, DashboardStart, Setup},
    claude::process,
    config::{Config, Environment, Machine, Token, locate},
    dashboard::{self, Credentials},
    persona::Personas,
};

/// What the page says at the start of each channel.
const WELCOME: &str = "Write something. The bot answers Olivia and Milan in every channel, even without a mention. \
                       Sasha may not use it and is told so once; choose who you are in the sidebar.";

/// Started under this name, the program is the stand-in.
const STAND_IN: &str = "claude-stand-in";

pub(super) fn demo(invocation: &Invocation, options: &Demo) -> Result<(), ExitError> {
    if invocation.args.config.is_some() {
        return Err(
            Code::Config.exit("the demo has a configuration of its own, so it takes no `--config`")
        );
    }
    let log = logs::start(&invocation.args, &invocation.environment)?;
    let home = tempfile::Builder::new()
        .prefix("switchboard-demo-")
        .tempdir()
        .map_err(|error| {
            Code::Files.exit(format!("failed to create the demo's folder: {error}"))
        })?;
    run::runtime()?.block_on(play(invocation, options, &home, &log))
}

async fn play(
    invocation: &Invocation,
    options: &Demo,
    home: &TempDir,
    log: &logs::Log,
) -> Result<(), ExitError> {
    let signals = run::signals(None)?;
    let (bin, is_real, banner) = choose(invocation, options.claude, home).await?;
    let discord = Loopback::builder()
        .port(options.port)
        .banner(&banner)
        .welcome(WELCOME)
        .start()
        .await
        .map_err(|error| {
            Code::Software.exit(format!(
                "failed to listen on port {}: {error}; choose another with `--port`, or 0 for a free one",
                options.port
            ))
        })?;
    let token = Token::parse(discord.token())
        .map_err(|error| Code::Software.exit(format!("invalid token of the demo: {error}")))?;
    let environment = environment(&invocation.environment, home, is_real);
    let mut config = config(&discord, &bin, home, &environment)?;
    let (dashboard, link) = open_dashboard(&mut config, log).await?;
    say(&format!(
        "{banner}\n\nOpen {}\n\nThe dashboard: {link}\n\nPress Ctrl-C to end the demo and remove its files.\n",
        discord.url()
    ))?;
    let credentials = Some(&dashboard.credentials);
    let redactor = log.hide(&token, &config, &environment, credentials);
    let setup = Setup {
        config,
        token,
        personas: Personas::builtin(),
        environment,
        redactor,
        record: None,
        reload: None,
        dashboard: Some(dashboard),
    };
    app::run(setup, signals).await?;
    Ok(())
}

/// Takes a free port for the dashboard. Also returns the address that opens all of it.
async fn open_dashboard(
    config: &mut Config,
    log: &logs::Log,
) -> Result<(DashboardStart, String), ExitError> {
    let failed = |error: &dyn std::fmt::Display| {
        Code::Software.exit(format!("failed to start the dashboard: {error}"))
    };
    let credentials = Credentials::open(config).map_err(|error| failed(&error))?;
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = dashboard::bind(free, &config.sessions_dir)
        .await
        .map_err(|error| failed(&error))?;
    config.dashboard.address = Some(listener.local_addr().map_err(|error| failed(&error))?);
    let links = dashboard::links(config).map_err(|error| failed(&error))?;
    let link = links.and_then(|links| links.admin);
    let wanted = DashboardStart {
        credentials,
        log: log.tail(),
        listener: Some(listener),
    };
    Ok((wanted, link.unwrap_or_default()))
}

/// The program that answers, whether it is the real CLI, and a notice for the page.
type ChosenProgram = (PathBuf, bool, String);

async fn choose(
    invocation: &Invocation,
    which: Which,
    home: &TempDir,
) -> Result<ChosenProgram, ExitError> {
    let environment = &invocation.environment;
    let bin = environment.get("CLAUDE_BIN").unwrap_or("claude".as_ref());
    let real = locate::claude(bin, environment);
    if which == Which::Real
        && let Err(missing) = &real
    {
        return Err(Code::Failed.exit(missing));
    }
    if which != Which::StandIn
        && let Ok(path) = &real
    {
        let login = login(path, environment).await;
        if which == Which::Real || login.is_some() {
            let banner = format!(
                "Using the real Claude CLI, {}{}",
                path.display(),
                cost(login)
            );
            return Ok((path.clone(), true, banner));
        }
    }
    let stand_in = link(home)
        .map_err(|error| Code::Files.exit(format!("failed to set up the stand-in: {error}")))?;
    let reason = match (which, real) {
        (Which::StandIn, _) => "as requested",
        (_, Ok(_)) => "because the claude CLI is not logged in",
        (_, Err(_)) => "because the claude CLI is not installed",
    };
    let banner = format!(
        "You are talking to a stand-in, {reason}. It speaks the CLI's protocol but is not Claude."
    );
    Ok((stand_in, false, banner))
}

/// What pays for the real CLI's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Billing {
    Plan,
    ApiKey,
}

async fn login(path: &Path, environment: &Environment) -> Option<Billing> {
    let status = process::probe(path, &["auth", "status"], environment, &[], None).await;
    let status = status.ok().filter(|answer| answer.succeeded)?;
    Some(parse_login(&status.output))
}

/// Reads the JSON that `claude auth status` prints.
fn parse_login(status: &str) -> Billing {
    // Warnings may follow it.
    let mut values = serde_json::Deserializer::from_str(status).into_iter::<Value>();
    let status = values.next().and_then(Result::ok).unwrap_or_default();
    let is_key = status["authMethod"] == "api_key";
    if is_key {
        Billing::ApiKey
    } else {
        Billing::Plan
    }
}

/// What follows the name of the real CLI in the notice.
fn cost(login: Option<Billing>) -> &'static str {
    match login {
        Some(Billing::Plan) => ": answers count against your plan.",
        Some(Billing::ApiKey) => ": answers are billed to your API key.",
        None => ". It is not logged in.",
    }
}

/// Links this program under the name of the stand-in.
fn link(home: &TempDir) -> io::Result<PathBuf> {
    let link = home.path().join(STAND_IN);
    std::os::unix::fs::symlink(std::env::current_exe()?, &link)?;
    Ok(link)
}

/// Puts the stand-in's transcripts into the demo's folder. The real CLI keeps its own folder, with its login.
fn environment(own: &Environment, home: &TempDir, is_real: bool) -> Environment {
    let transcripts = home.path().join("stand-in").into_os_string();
    let transcripts = (!is_real).then(|| ("CLAUDE_CONFIG_DIR".to_owned(), transcripts));
    own.iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .filter(|(name, _)| name != "CLAUDE_BIN")
        .chain(transcripts)
        .collect()
}

fn config(
    discord: &Loopback,
    bin: &Path,
    home: &TempDir,
    environment: &Environment,
) -> Result<Config, ExitError> {
    let workspace = home.path().join("workspaces");
    let text = json!({
        "sessions_dir": "sessions",
        "workspace_dir": workspace,
        "claude": { "bin": bin },
        "dashboard": { "show_text": true, "admin": true },
        "discord": { "api_base": discord.url(), "respond": "all", "allow": { "users": [discord.owner().to_string(), discord.member().to_string()] } },
    });
    Config::from_json(
        &text.to_string(),
        home.path(),
        environment,
        &Machine::capture(),
    )
    .map_err(|problems| {
        Code::Software.exit(format!("invalid configuration of the demo: {problems}"))
    })
}

/// Whether the program was started as the stand-in.
pub fn is_stand_in(name: Option<std::ffi::OsString>) -> bool {
    name.is_some_and(|name| Path::new(&name).file_name() == Some(STAND_IN.as_ref()))
}

#[cfg(test)]
mod tests;
