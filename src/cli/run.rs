//! `switchboard run`: runs the bot.

use std::{num::NonZero, thread::available_parallelism, time::Duration};

use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use super::{
    args::Run,
    exit::{Code, ExitError},
    invocation::Invocation,
    logs,
};
use crate::{
    allow_rules::lint,
    app::{self, Setup},
    channel::ShutdownStage,
    config, persona,
};

/// How long to wait for tasks that still run at the end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) fn run(invocation: &Invocation, options: Run) -> Result<(), ExitError> {
    let log = logs::start(&invocation.args, &invocation.environment)?;
    let config = invocation.config()?;
    let token_file = config.discord.token_file.as_deref();
    let (token, warning) = config::read_token(token_file, &invocation.environment)
        .map_err(|error| Code::Config.exit(error))?;
    let redactor = log.hide(&token, &config, &invocation.environment);
    for finding in lint(&config, config.claude.sandbox) {
        tracing::warn!("{finding}");
    }
    if let Some(warning) = warning {
        tracing::warn!("{warning}");
    }
    let persona =
        persona::load(&config.personality_dir).map_err(|error| Code::Config.exit(error))?;
    let environment = invocation.environment.clone();
    let setup = Setup {
        config,
        token,
        persona,
        environment,
        redactor,
        record: options.record,
    };
    let runtime = runtime()?;
    let ended = runtime.block_on(async { Ok(app::run(setup, signals()?).await?) });
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    ended
}

/// How many threads run tasks at most. The bot computes little, and each takes memory.
const WORKERS: usize = 4;

/// The runtime of everything except the gateway. Also handles SIGXFSZ, so that a write beyond the file size limit fails
/// with EFBIG instead of ending the program.
pub(super) fn runtime() -> Result<Runtime, ExitError> {
    let failed = |error| Code::Software.exit(format!("failed to start the runtime: {error}"));
    let cores = available_parallelism().map_or(1, NonZero::get);
    let runtime = Builder::new_multi_thread()
        .worker_threads(cores.min(WORKERS))
        .enable_all()
        .build()
        .map_err(failed)?;
    let entered = runtime.enter();
    // The signal handler stays installed when the listener is dropped.
    let too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    drop(signal(too_large).map_err(failed)?);
    drop(entered);
    Ok(runtime)
}

/// The first SIGTERM, SIGHUP or Ctrl-C asks for a graceful shutdown, the second for an immediate one.
pub(super) fn signals() -> Result<watch::Receiver<ShutdownStage>, ExitError> {
    let failed = |error| Code::Software.exit(format!("failed to listen for signals: {error}"));
    let listen = |kind| signal(kind).map_err(failed);
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut hangup = listen(SignalKind::hangup())?;
    let (sender, receiver) = watch::channel(ShutdownStage::Running);
    tokio::spawn(async move {
        for stop in [ShutdownStage::Drain, ShutdownStage::Kill] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hangup.recv() => {}
            }
            sender.send_replace(stop);
        }
        // Keeps the listeners, so that more signals do not kill the bot.
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}
