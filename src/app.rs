//! The running bot: starts all modules, connects them, and shuts them down.

mod control;
mod desk;
mod error;
mod host;
mod notices;
mod orphans;
pub(crate) mod reload;
mod retention;
mod service_manager;
mod shutdown;

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::Utc;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinHandle,
};

use self::{
    control::{ControlSocket, Server},
    desk::{Opened, RunningDesk},
    error::failed,
    host::{host, workspaces},
    orphans::{reap_regularly, sweep_all},
    reload::{ReloadFrom, Reloader, confine},
    retention::Retention,
    service_manager::ServiceManager,
    shutdown::{TERMINATION_LIMIT, end_turns, log_hub},
};
pub(crate) use self::{desk::DashboardStart, error::Error};
use crate::{
    attachments::Transcriber,
    channel::{
        Admission, CliVersion, Hub, ListedModels, LiveSettings, Reloadable, Shared, ShutdownStage,
        UsageLimit, intake::Intake, messages, notices::Reporter,
    },
    chat::{Outbox, observer::Observers},
    claude::{
        self,
        pool::{Pool, pressure},
        process::{self, sweep},
        sandbox::{Confinement, Sandbox},
    },
    config::{Config, Environment, SandboxLevel, Token, locate},
    dashboard,
    discord::{self, Fatal, gateway::Gateway, login::Login},
    files,
    ledger::TurnLine,
    persona::Personas,
    recorder::Recorder,
    redact::Redactor,
    registry::{self, Lock, Registry},
    sandbox,
};

/// How many processes may be started ahead of a message.
const PREWARMS: usize = 2;

/// How many files that somebody asked for are made at a time.
const DOCUMENTS: usize = 2;

/// How long sending the last answers may take.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// How long the registry's last save may take.
const LAST_SAVES: Duration = Duration::from_secs(30);

/// What the bot is started with.
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) token: Token,
    pub(crate) personas: Personas,
    pub(crate) environment: Environment,
    pub(crate) redactor: Arc<Redactor>,
    /// The folder where all sessions are recorded.
    pub(crate) record: Option<PathBuf>,
    /// `None` for a bot without a configuration file.
    pub(crate) reload: Option<ReloadFrom>,
    pub(crate) dashboard: Option<DashboardStart>,
}

/// Runs the bot until `stopping` says to stop, or it cannot go on. Leaves no child process behind.
///
/// At [`ShutdownStage::Drain`], running turns get 10 s more. [`ShutdownStage::Kill`] ends them at once.
pub(crate) async fn run(
    mut setup: Setup,
    mut stopping: watch::Receiver<ShutdownStage>,
) -> Result<(), Error> {
    process::keep_open_files_from_children();
    if let Err(error) = sweep::become_subreaper() {
        tracing::warn!(%error, "orphaned tools can only be found by their environment");
    }
    let lock = Lock::take_for_bot(&setup.config.sessions_dir).await?;
    let opened = desk::open(&setup.config, setup.dashboard.take()).await?;
    let config = &setup.config;
    let instance_id = lock.instance_id().to_owned();
    let mut loaded = registry::load(&config.sessions_dir)?;
    for issue in &loaded.issues {
        tracing::error!("{issue}");
    }
    sweep_all(&instance_id, "left over from an earlier run").await;
    files::create_folder(&config.workspace_dir).map_err(failed(&config.workspace_dir))?;
    let session_observers = claude::observer::Observers::default();
    let record = setup.record.as_deref();
    let recorder =
        record.map(|folder| Recorder::start(folder, &session_observers).map_err(failed(folder)));
    let recorder = recorder.transpose()?;
    let confinement = sandbox::build(config, &setup.environment, record).await;
    match locate::claude(config.claude.bin.as_os_str(), &setup.environment) {
        Ok(path) => tracing::info!(path = %path.display(), "Claude CLI found"),
        Err(missing) => tracing::error!("{missing} with `claude.bin` or the variable CLAUDE_BIN"),
    }

    let api_base = config.discord.api_base.as_ref();
    let login = discord::login::login(&setup.token, api_base, &setup.environment);
    let login = tokio::select! {
        login = login => login?,
        _ = stopping.wait_for(|stop| *stop > ShutdownStage::Running) => return Ok(()),
    };
    tracing::info!(owners = login.owners.len(), "logged in to Discord");

    let notice = messages::registry_issues(&loaded.issues);
    let booked = std::mem::take(&mut loaded.booked);
    let (registry, writer) =
        registry::open(&config.sessions_dir, loaded, lock).map_err(failed(&config.sessions_dir))?;
    let mut parts = assemble(
        setup,
        confinement,
        &login,
        registry,
        (notice, booked),
        (&instance_id, session_observers, opened),
    )?;
    let reaper = tokio::spawn(reap_regularly());
    let memory = tokio::spawn(pressure::watch(parts.pool.clone()));

    let result = tokio::select! {
        ended = parts.gateway.ended() => ended,
        fatal = login.history.rest.fatal() => Err(fatal),
        ended = &mut parts.hub => {
            log_hub(ended);
            Err(Fatal::Closed("the hub has ended".into()))
        }
        _ = stopping.wait_for(|stop| *stop > ShutdownStage::Running) => Ok(()),
    };
    service_manager::stopping();
    match &result {
        Ok(()) => tracing::info!("stopping: no new messages; running turns may end"),
        Err(_) => tracing::info!("stopping at once"),
    }
    if let Some(control) = parts.control {
        control.stop().await;
    }
    parts.gateway.close().await;
    if !parts.hub.is_finished() {
        end_turns(parts.hub, &parts.shutdown, &mut stopping, result.is_err()).await;
    }
    if tokio::time::timeout(TERMINATION_LIMIT, parts.pool.wait_until_empty())
        .await
        .is_err()
    {
        let processes = parts.pool.count().0;
        tracing::error!(processes, "some processes did not end in time");
    }
    let patience = result.as_ref().map_or(Duration::ZERO, |()| LAST_ANSWERS);
    if tokio::time::timeout(patience, parts.reconciler)
        .await
        .is_err()
    {
        tracing::error!("shutting down before everything was sent");
    }
    reaper.abort();
    memory.abort();
    parts.chores.iter().for_each(JoinHandle::abort);
    drop(parts.desk);
    sweep_all(&instance_id, "still there at the end").await;
    if let Some(recorder) = recorder {
        recorder.finish().await;
    }
    // The writer ends when nobody can ask for a save any more, unless the gateway hangs.
    let writer = tokio::task::spawn_blocking(move || writer.join());
    match tokio::time::timeout(LAST_SAVES, writer).await {
        Ok(Ok(Ok(()))) => {}
        Ok(_) => tracing::error!("the registry's writer failed at shutdown"),
        Err(_) => tracing::error!("the registry's writer did not end in time"),
    }
    tracing::info!("stopped");
    Ok(result?)
}

struct Parts {
    hub: JoinHandle<()>,
    shutdown: watch::Sender<ShutdownStage>,
    gateway: discord::gateway::Running,
    reconciler: JoinHandle<()>,
    pool: Pool,
    control: Option<ControlSocket>,
    desk: Option<RunningDesk>,
    /// What ends with the bot.
    chores: [JoinHandle<()>; 2],
}

/// Connects the modules, from the outbox back to the gateway, which starts last.
#[expect(clippy::too_many_lines, reason = "a list of all modules, each once")]
fn assemble(
    setup: Setup,
    confinement: Confinement,
    login: &Login,
    registry: Registry,
    (notice, booked): (Option<String>, Vec<TurnLine>),
    (instance_id, session_observers, opened): (&str, claude::observer::Observers, Option<Opened>),
) -> Result<Parts, Error> {
    let Setup {
        mut config,
        token,
        personas,
        redactor,
        reload,
        record,
        ..
    } = setup;
    let level = confinement.sandbox.as_ref().map(Sandbox::level).ok();
    confine(&mut config, level);
    let config = Arc::new(config);
    let answered = booked
        .iter()
        .flat_map(|line| line.together.iter().copied().chain(line.message))
        .collect();
    let observers = Observers::default();
    let (outbox, ops) = Outbox::new(observers.clone());
    let (events, incoming) = mpsc::unbounded_channel();
    let reconciler = discord::reconciler::start(
        login,
        redactor.clone(),
        answer_limits(&config),
        ops,
        events.clone(),
    );
    let directory = &login.history.directory;
    let pool = Pool::new(config.claude.max_live, config.claude.max_starting);
    let account = confinement.account.as_ref();
    let (workspace_dir, attachments) = workspaces(&config, account)?;
    let (is_connected, connected) = watch::channel(false);
    let (service_manager, pings) = ServiceManager::start(connected.clone());
    let (desk, decisions) = desk::start(opened, &session_observers, |credentials, log| {
        dashboard::Parts {
            config: Arc::clone(&config),
            credentials,
            is_private: level == Some(SandboxLevel::Bwrap) || account.is_some(),
            redactor,
            directory: directory.clone(),
            connected,
            pool: pool.clone(),
            rest: login.history.rest.clone(),
            log,
            booked: booked.clone(),
        }
    });
    let places = retention::places(&config, &confinement, record)?;
    let host = host(
        &config,
        confinement,
        workspace_dir,
        (instance_id, session_observers),
    );
    let (settings, changed_settings) = LiveSettings::new(Reloadable {
        intake: Arc::new(Intake::new(Arc::clone(&config), login.owners.clone())),
        personas,
    });
    let (reporter, observed) = Reporter::new();
    let (notices, told) = mpsc::unbounded_channel();
    let retention = Retention {
        settings: settings.clone(),
        registry: registry.clone(),
        pool: pool.clone(),
        rest: login.history.rest.clone(),
        places: Arc::new(places),
    };
    let chores = [
        tokio::spawn(notices::watch(settings.clone(), observed, notices)),
        tokio::spawn(retention.run()),
    ];
    let (reloads, wanted) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared {
        reloads: reload.is_some().then_some(reloads),
        settings: settings.clone(),
        transcriber: Transcriber::new(&config.discord, &host),
        host,
        cli_version: CliVersion::new(reporter.clone()),
        listed_models: ListedModels::default(),
        usage_limit: UsageLimit::new(registry.view().records().map(|(_, record)| record)),
        registry: registry.clone(),
        pool: pool.clone(),
        prewarms: Arc::new(Semaphore::new(PREWARMS)),
        documents: Arc::new(Semaphore::new(DOCUMENTS)),
        outbox: outbox.clone(),
        admission: Admission::open(
            config.limits.clone(),
            directory,
            &booked,
            &registry,
            reporter.clone(),
            Utc::now(),
        ),
        reporter,
        directory: directory.clone(),
        attachments,
        observers,
        connected: is_connected,
        watcher: desk.as_ref().map(RunningDesk::watcher),
    });
    notices::check_cli(&shared);
    let (adopts, adoptions) = mpsc::channel(1);
    let control = reload.map(|ReloadFrom { load, signals }| {
        let reloader = Reloader {
            load,
            settings: changed_settings,
            shared: Arc::downgrade(&shared),
            sandbox: level,
            service_manager,
        };
        let registry = registry.clone();
        ControlSocket::start(
            &config.sessions_dir,
            Server {
                reloader,
                registry,
                adopts,
            },
            (signals, wanted),
        )
    });
    let (shutdown, shutting_down) = watch::channel(ShutdownStage::Running);
    let hub = Hub::new(shared, login.history.bot(), answered, notice);
    let hub = tokio::spawn(hub.run(incoming, decisions, adoptions, told, pings, shutting_down));
    let gateway = Gateway {
        token,
        api_base: config.discord.api_base.clone(),
        settings,
        events,
        outbox,
        registry,
    };
    let gateway = discord::gateway::start(gateway, login);
    Ok(Parts {
        hub,
        shutdown,
        gateway,
        reconciler,
        pool,
        control,
        desk,
        chores,
    })
}

fn answer_limits(config: &Config) -> discord::render::AnswerLimits {
    discord::render::AnswerLimits {
        page: discord::render::PageOptions {
            table_columns: config.discord.table_columns,
            ..Default::default()
        },
        answer_chars: config.discord.long_answer_chars,
        ..Default::default()
    }
}
