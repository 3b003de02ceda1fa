//! `switchboard run`: runs the bot.

use std::{
    io::{self, IsTerminal as _},
    net::SocketAddr,
    num::NonZero,
    thread::available_parallelism,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
};

use super::{
    args::Run,
    exit::{Code, ExitError},
    invocation::Invocation,
    logs,
};
use crate::{
    allow_rules::lint,
    app::{
        self, DashboardStart, Setup,
        reload::{Load, ReloadFrom},
    },
    channel::ShutdownStage,
    config,
    dashboard::Credentials,
    persona,
};

/// How long to wait for tasks that still run at the end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) fn run(invocation: &Invocation, options: Run) -> Result<(), ExitError> {
    let log = logs::start(&invocation.args, &invocation.environment)?;
    let mut config = invocation.config()?;
    config.dashboard.address = options.dashboard.or(config.dashboard.address);
    if let Some(problem) = config.dashboard.problem() {
        return Err(Code::Config.exit(problem));
    }
    let dashboard = config.dashboard.address.map(|_| Credentials::open(&config));
    let dashboard = dashboard
        .transpose()
        .map_err(|error| Code::Files.exit(error))?;
    let token_file = config.discord.token_file.as_deref();
    let (token, warning) = config::read_token(token_file, &invocation.environment)
        .map_err(|error| Code::Config.exit(error))?;
    let redactor = log.hide(&token, &config, &invocation.environment, dashboard.as_ref());
    for finding in lint(&config, config.claude.sandbox) {
        tracing::warn!("{finding}");
    }
    if let Some(warning) = warning {
        tracing::warn!("{warning}");
    }
    let personas = persona::load(&config.personality_dir, config.personas())
        .map_err(|error| Code::Config.exit(error))?;
    let environment = invocation.environment.clone();
    let (reload, signals_to_reload) = mpsc::unbounded_channel();
    let setup = Setup {
        config,
        token,
        personas,
        environment,
        redactor,
        record: options.record,
        reload: Some(ReloadFrom {
            load: loader(invocation, options.dashboard),
            signals: signals_to_reload,
        }),
        dashboard: dashboard.map(|credentials| DashboardStart {
            credentials,
            log: log.tail(),
            listener: None,
        }),
    };
    let runtime = runtime()?;
    let ended = runtime.block_on(async { Ok(app::run(setup, signals(Some(reload))?).await?) });
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    ended
}

/// Reads the configuration anew.
fn loader(invocation: &Invocation, dashboard: Option<SocketAddr>) -> Load {
    let file = invocation.args.config.clone();
    let (environment, machine) = (invocation.environment.clone(), invocation.machine);
    Box::new(move || {
        let config = config::load(file.as_deref(), &environment, &machine);
        let mut config = config.map_err(|error| error.to_string())?;
        config.dashboard.address = dashboard.or(config.dashboard.address);
        Ok(config)
    })
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

/// The first SIGTERM or Ctrl-C asks for a graceful shutdown, the second for an immediate one. So does SIGHUP, unless it
/// asks for a reload: if there is where to send that, and the terminal that the bot was started in is still there.
pub(super) fn signals(
    reload: Option<mpsc::UnboundedSender<()>>,
) -> Result<watch::Receiver<ShutdownStage>, ExitError> {
    let failed = |error| Code::Software.exit(format!("failed to listen for signals: {error}"));
    let listen = |kind| signal(kind).map_err(failed);
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut hangup = listen(SignalKind::hangup())?;
    let (sender, receiver) = watch::channel(ShutdownStage::Running);
    let had_terminal = io::stderr().is_terminal();
    tokio::spawn(async move {
        for stop in [ShutdownStage::Drain, ShutdownStage::Kill] {
            loop {
                tokio::select! {
                    _ = terminate.recv() => break,
                    _ = interrupt.recv() => break,
                    _ = hangup.recv() => match &reload {
                        Some(reload) if !had_terminal || io::stderr().is_terminal() => {
                            if reload.send(()).is_err() {
                                tracing::debug!("a bot that shuts down is not reloaded");
                            }
                        }
                        _ => break,
                    },
                }
            }
            sender.send_replace(stop);
        }
        // Keeps the listeners, so that more signals do not kill the bot.
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}
