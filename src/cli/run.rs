//! `switchboard run`.

use std::time::Duration;

use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use super::{Context, check::lint, exit::Exit, logs};
use crate::{
    app::{self, Setup},
    channel::hub::GoDown,
    config, persona,
};

/// How long tasks that are still there at the end are waited for.
const LAST_TASKS: Duration = Duration::from_secs(2);

pub(super) fn run(context: &Context) -> Result<(), Exit> {
    let log = logs::start(&context.args, &context.environment)?;
    let config = context.config()?;
    let token = config::read_token(&config.discord.token, &context.environment)
        .map_err(|problem| Exit::Config(problem.to_string()))?;
    let redactor = log.hide(&token.token, &config, &context.environment);
    for finding in lint(&config, config.claude.sandbox) {
        tracing::warn!("{finding}");
    }
    if let Some(warning) = &token.warning {
        tracing::warn!("{warning}");
    }
    let persona =
        persona::load(&config.personality_dir).map_err(|error| Exit::Config(error.to_string()))?;
    let environment = context.environment.clone();
    let setup = Setup {
        config,
        token: token.token,
        persona,
        environment,
        redactor,
    };
    let runtime = runtime()?;
    let ended = runtime.block_on(async { Ok(app::run(setup, signals()?).await?) });
    runtime.shutdown_timeout(LAST_TASKS);
    ended
}

/// The runtime of all but the gateway. Where it is, a file that may not grow is an error, not the program's end.
pub(super) fn runtime() -> Result<Runtime, Exit> {
    let failed = |error| Exit::Software(format!("failed to start the runtime: {error}"));
    let runtime = Runtime::new().map_err(failed)?;
    let entered = runtime.enter();
    // The handler outlives the listener. A write beyond the limit fails with EFBIG then.
    let too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    drop(signal(too_large).map_err(failed)?);
    drop(entered);
    Ok(runtime)
}

/// The first SIGTERM, SIGHUP or Ctrl-C asks to stop in order, the second to stop at once.
pub(super) fn signals() -> Result<watch::Receiver<GoDown>, Exit> {
    let failed = |error| Exit::Software(format!("failed to listen for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let (sender, receiver) = watch::channel(GoDown::No);
    tokio::spawn(async move {
        for stop in [GoDown::InOrder, GoDown::Now] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hangup.recv() => {}
            }
            sender.send_replace(stop);
        }
        // Further signals change nothing; the listeners must stay, or the next one would kill the bot.
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}
