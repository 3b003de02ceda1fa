//! The sandbox and the CLI, both tried.

use std::time::Duration;

use serde_json::json;

use super::{dialogue, steps::Steps};
use crate::{
    claude::process,
    cli::{
        check, doctor,
        exit::{Code, ExitError},
        finding::{Finding, Severity, for_people},
        invocation::say,
        run,
    },
    config::locate,
};

const PACKAGE: &str = "@anthropic-ai/claude-code";

/// How long npm may take.
const INSTALLING: Duration = Duration::from_mins(9);

const AUTO: &str = "auto";

/// Asks for the level of the sandbox, and tries it.
pub(super) fn sandbox(steps: &mut Steps<'_>) -> Result<(), ExitError> {
    let mut level = steps.options.sandbox.clone();
    loop {
        if level.is_none() && steps.dialogue.is_person() {
            let options = [
                "auto: the strongest that works here",
                "bwrap: the whole CLI in bubblewrap, or nothing starts",
                "cli: only commands, in the CLI's own sandbox, or nothing starts",
                "off: none",
            ];
            let chosen = dialogue::choose("Which sandbox?", options.into(), 0)?;
            level = chosen.split(':').next().map(str::to_owned);
        }
        match level.as_deref() {
            None => {}
            Some(AUTO) => steps.draft.remove(&["claude", "sandbox"]),
            Some(level) => steps.draft.set(&["claude", "sandbox"], json!(level)),
        }
        let (_, _, findings) = check::confinement(steps.invocation, &steps.config()?)?;
        let Some(failed) = findings.iter().find(|it| it.is(Severity::Error)) else {
            return say(&for_people(&findings));
        };
        if !steps.dialogue.tries_again(failed.clone(), Code::Failed)? {
            return Ok(());
        }
        level = None;
    }
}

/// Finds the CLI or installs it, and has Claude answer with one word.
pub(super) fn cli(steps: &mut Steps<'_>) -> Result<(), ExitError> {
    if let Some(bin) = &steps.options.claude {
        steps.draft.set(&["claude", "bin"], json!(bin));
    }
    loop {
        let config = steps.config()?;
        let environment = &steps.invocation.environment;
        let is_missing = locate::claude(config.claude.bin.as_os_str(), environment).is_err();
        if is_missing && wants_install(steps)? {
            let installed = run::runtime()?.block_on(install(steps))?;
            say(&for_people(&[installed]))?;
        }
        let found = check::claude(steps.invocation, &config, false)?;
        let found = if found.is(Severity::Error) {
            found
        } else {
            say(&for_people(&[found]))?;
            if steps.options.no_call || !wants_call(steps)? {
                return Ok(());
            }
            doctor::call(steps.invocation, config)?
        };
        if !found.is(Severity::Error) {
            return say(&for_people(&[found]));
        }
        if !steps.dialogue.tries_again(found, Code::Failed)? {
            return Ok(());
        }
    }
}

fn wants_install(steps: &Steps<'_>) -> Result<bool, ExitError> {
    if steps.options.install_claude {
        return Ok(true);
    }
    let question = format!(
        "The Claude CLI is not installed. Install it for you with npm ({PACKAGE}, in ~/.local)?"
    );
    Ok(steps.dialogue.is_person() && dialogue::confirm(&question, true)?)
}

fn wants_call(steps: &Steps<'_>) -> Result<bool, ExitError> {
    let question = "Try the login by a call of one word? It costs a fraction of a cent.";
    Ok(!steps.dialogue.is_person() || dialogue::confirm(question, true)?)
}

async fn install(steps: &Steps<'_>) -> Result<Finding, ExitError> {
    const NAME: &str = "install";
    let environment = &steps.invocation.environment;
    let failed = |what: String| {
        Finding::error(NAME, what)
            .why("Claude answers through the CLI")
            .mend(format!("install it yourself: `npm install -g {PACKAGE}`"))
    };
    let Some(npm) = locate::program("npm", environment) else {
        return Ok(failed(
            "npm is not installed (package npm or nodejs)".into(),
        ));
    };
    let Some(home) = environment.home() else {
        return Ok(failed("HOME is not set".into()));
    };
    say("Installing; this takes a minute ...\n")?;
    let prefix = home.join(".local").display().to_string();
    let arguments = ["install", "--global", "--prefix", &prefix, PACKAGE];
    let ran = process::run_tool(INSTALLING, &npm, &arguments, environment, &[]).await;
    Ok(match ran {
        Ok(ran) if ran.succeeded => {
            Finding::ok(NAME, format!("{PACKAGE} is installed in {prefix}"))
        }
        Ok(ran) => {
            let lines: Vec<_> = ran.output.trim().lines().collect();
            let end = lines[lines.len().saturating_sub(5)..].join("\n");
            failed(format!("npm failed: {end}"))
        }
        Err(error) => failed(format!("npm failed: {error}")),
    })
}
