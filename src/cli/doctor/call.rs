//! A real call of one word, through the sandbox and the CLI as a channel's turn goes.

use std::{path::Path, time::Duration};

use super::Setup;
use crate::{
    channel::messages::dollars,
    claude::{
        launch::{Spec, Start, SystemPromptMode},
        pool::Pool,
        process::{self, Host, Report},
        protocol::{Ask, Control},
        sandbox::transcripts_of,
        turn::{Ending, Outcome, Signal, Turn},
    },
    cli::finding::Finding,
    money::Usd,
};

const NAME: &str = "call";

/// How long the CLI may take for it.
const TIMEOUT: Duration = Duration::from_mins(1);

const PROMPT: &str = "This is a test of the connection. Answer with one word.";
const QUESTION: &str = "Are you there?";

/// How the call ended.
enum Called {
    Ended(Box<Outcome>),
    /// The CLI could not be started, or ended before it answered.
    Failed(String),
}

pub(in crate::cli) async fn finding(setup: &Setup) -> Finding {
    judged(&call(setup).await, &setup.config.model)
}

async fn call(setup: &Setup) -> Called {
    let (config, confinement) = (&setup.config, &setup.confinement);
    let parent = match &config.workspace_dir {
        folder if folder.exists() => tempfile::tempdir_in(folder),
        _ => tempfile::tempdir(),
    };
    let parent = match parent.and_then(|parent| Ok((parent.path().canonicalize()?, parent))) {
        Ok(parent) => parent,
        Err(error) => return Called::Failed(format!("failed to make a folder for it: {error}")),
    };
    // The CLI's account gets the content of the workspaces' folder.
    let workspace = parent.0.clone();
    let above = workspace.parent().unwrap_or(Path::new("/")).to_owned();
    let host = Host {
        bin: config.claude.bin.clone().into(),
        pass_env: config.claude.pass_env.clone(),
        sandbox: confinement.sandbox.clone(),
        account: confinement.account.clone(),
        workspace_dir: above,
        ..Host::new(confinement.environment.clone())
    };
    let session = uuid::Uuid::new_v4().to_string();
    let spec = Spec {
        system_prompt: PROMPT.into(),
        mode: SystemPromptMode::Replace,
        // The CLI cleans up when it starts.
        settings: config.cli_settings(&config.claude.settings),
        // Without tools, the call costs next to nothing.
        extra_args: vec!["--tools=".into()],
        ..Spec::new(Start::Fresh(session), &*config.model, workspace.clone())
    };
    let called = tokio::time::timeout(TIMEOUT, converse(&host, &spec)).await;
    forget(setup, &workspace);
    called.unwrap_or_else(|_| Called::Failed(format!("no answer in {} s", TIMEOUT.as_secs())))
}

async fn converse(host: &Host, spec: &Spec) -> Called {
    let (permit, _lease) = Pool::new(1, 1).admit(0).await;
    let (process, mut reports) = match process::start(host, spec, permit) {
        Ok(started) => started,
        Err(error) => return Called::Failed(error.to_string()),
    };
    process.send(Control::initialize().line("init"));
    process.send(Ask::texts([QUESTION]).line());
    let mut turn = Turn::new();
    let mut ended = None;
    while let Some(report) = reports.recv().await {
        match report {
            Report::Heard(heard) => {
                for signal in turn.apply(&heard.event) {
                    if let Signal::Ended(outcome) = signal {
                        ended = Some(outcome);
                        process.stop();
                    }
                }
            }
            Report::Exited(exit) if ended.is_none() => {
                let said = exit.stderr.trim();
                let said = if said.is_empty() {
                    "it says nothing"
                } else {
                    said
                };
                return Called::Failed(format!("the CLI ended before it answered: {said}"));
            }
            Report::Exited(_) => break,
        }
    }
    match ended {
        Some(outcome) => Called::Ended(outcome),
        None => Called::Failed("the CLI ended before it answered".into()),
    }
}

/// Removes what the CLI has recorded of the call, which was the only one in that workspace.
fn forget(setup: &Setup, workspace: &Path) {
    let confinement = &setup.confinement;
    let Some(folder) = transcripts_of(&confinement.environment, workspace) else {
        return;
    };
    // What stays is small, and says nothing.
    let remove = || drop(std::fs::remove_dir_all(folder));
    match &confinement.account {
        Some(account) => account.with_its_rights(remove),
        None => remove(),
    }
}

fn judged(called: &Called, model: &str) -> Finding {
    const WHY: &str = "Claude can't answer";
    let outcome = match called {
        Called::Ended(outcome) => outcome,
        Called::Failed(reason) => {
            return Finding::error(NAME, format!("a call through the CLI failed: {reason}"))
                .why(WHY)
                .mend("run `claude` in a terminal, as the account that runs the bot, and see what it says");
        }
    };
    let cost = outcome.result.total_cost_usd.unwrap_or_default();
    let cost = dollars(Usd::from_dollars(cost));
    let (what, mend) = match &outcome.ending {
        Ending::Answered | Ending::Silent => {
            let model = outcome.model.as_deref().unwrap_or(model);
            return Finding::ok(NAME, format!("{model} answered; the call cost {cost}"));
        }
        Ending::LoginExpired => (
            "the CLI is not logged in, or its login has expired".to_owned(),
            "run `claude` and `/login` as the account that runs the bot, or renew ANTHROPIC_API_KEY",
        ),
        Ending::ModelUnknown => (
            format!("the API does not know the model {model:?}"),
            "set `model` to one that your login may use",
        ),
        Ending::Billing => (
            "the Anthropic account has no credit, or a problem with its billing".to_owned(),
            "see https://console.anthropic.com/settings/billing",
        ),
        Ending::UsageLimit { .. } => {
            return Finding::warning(NAME, "the plan's usage limit is reached")
                .why("messages wait until it resets")
                .mend("wait, or log in with another plan");
        }
        Ending::ApiDown { .. } => {
            return Finding::warning(NAME, "the API is busy or unreachable")
                .why("answers are late, or fail")
                .mend("see https://status.anthropic.com, and this machine's network");
        }
        other => {
            let told = outcome.result.result.as_deref().unwrap_or_default();
            (
                format!("a call failed ({}): {told}", other.name()),
                "run `claude` in a terminal, as the account that runs the bot, and see what it says",
            )
        }
    };
    Finding::error(NAME, what).why(WHY).mend(mend)
}

#[cfg(test)]
mod tests;
