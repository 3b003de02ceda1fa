//! The loop of one channel: it turns what happens into events for the state machine and carries out the effects.
//!
//! # Theory of operation
//!
//! One task. It waits for the first of: a letter from the hub, a report of the process, a place in the pool, a
//! recall by the pool, the state machine's deadline. Each becomes an event; the effects are carried out in order
//! before the next event is taken. Only saving to disk is waited for; answers go to the outbox and processes are
//! started and ended in tasks of their own.

use std::{future::pending, sync::Arc, time::Instant};

use chrono::Utc;
use tokio::sync::{mpsc, oneshot};

use super::{
    body::{Body, Happened, gone},
    gate::Gate,
    hub::GoDown,
    item::{Item, Mark, Origin, Utterance},
    notice::Notice,
    state::{Effect, Event, NotStarted, Now, Settings, Show, State},
    threads::Threads,
    words,
};
use crate::{
    attachments::Attachments,
    claude::{
        launch::{Spec, Start},
        pool::{Lease, Permit, Pool},
        process::{self, Host, Process, StartError},
        protocol,
    },
    config::Config,
    discord::outbox::Outbox,
    external::{self, Context, File, Speaker},
    ledger,
    registry::{Record, Registry},
    snowflake::{ChannelId, MessageId},
};

/// What every channel shares.
pub struct Shared {
    /// The configuration.
    pub config: Arc<Config>,
    /// The personality and the security rules, as the CLI gets them.
    pub system_prompt: String,
    /// What of the machine shapes a process.
    pub host: Host,
    /// The registry.
    pub registry: Registry,
    /// Who is alive.
    pub pool: Pool,
    /// Where answers go.
    pub outbox: Outbox,
    /// Which channel a thread belongs to.
    pub threads: Threads,
    /// What the first admin to write is to know.
    pub notice: Notice,
    /// Limits, for all channels together.
    pub gate: Gate,
    /// Where the files of messages are fetched.
    pub attachments: Attachments,
}

/// What the hub tells a channel.
#[derive(Debug)]
pub(super) enum Letter {
    /// Somebody wants something.
    Ask(Item),
    /// Somebody wants the running turn to stop.
    Stop(Origin),
    /// The bot has started, and the channel's record holds something of a bot that went down before.
    Recover,
    /// The outbox has come to a mark.
    Reached(Mark),
    /// The bot is going down.
    GoDown(GoDown),
}

/// Tells the hub that a channel is idle, and after how many letters.
#[derive(Debug)]
pub(super) struct Idle {
    pub(super) channel: ChannelId,
    pub(super) seen: u64,
}

/// The channel whose settings hold in this one.
fn settings_of(channel: ChannelId, shared: &Shared) -> ChannelId {
    shared
        .config
        .settings_of(channel, shared.threads.parent(channel))
}

struct Actor {
    channel: ChannelId,
    shared: Arc<Shared>,
    state: State,
    body: Body,
    /// What tasks of this channel report.
    reports: (mpsc::UnboundedSender<Event>, mpsc::UnboundedReceiver<Event>),
}

/// Runs a channel until the hub lets it go.
pub(super) async fn run(
    channel: ChannelId,
    shared: Arc<Shared>,
    mut letters: mpsc::UnboundedReceiver<Letter>,
    idle: mpsc::UnboundedSender<Idle>,
) {
    let config = &shared.config;
    let settings = Settings {
        model: config.model_for(settings_of(channel, &shared)).to_owned(),
        models: config.models.clone(),
        turn_timeout: config.claude.turn_timeout,
        idle: config.claude.idle,
        catches_up: config.discord.catch_up.max_messages > 0,
        silence: config.claude.silence,
        background: config.claude.background,
    };
    let record = shared.registry.view().get(channel);
    let ids = Box::new(|| uuid::Uuid::new_v4().to_string());
    let state = State::new(channel, settings, record, ids);
    let mut actor = Actor {
        channel,
        shared,
        state,
        body: Body::None,
        reports: mpsc::unbounded_channel(),
    };
    let mut seen = 0;
    loop {
        let event = tokio::select! {
            letter = letters.recv() => match letter {
                Some(letter) => {
                    seen += 1;
                    read(letter)
                }
                None => return,
            },
            happened = actor.body.happening() => match happened {
                Happened::Admitted(place) => actor.admitted(place),
                Happened::Event(event) => event,
            },
            Some(event) = actor.reports.1.recv() => event,
            () = until(actor.state.deadline()) => Event::Tick,
        };
        actor.handle(event).await;
        if actor.state.is_idle() && matches!(actor.body, Body::None) {
            // The hub may be gone already: the bot is going down.
            drop(idle.send(Idle { channel, seen }));
        }
    }
}

fn read(letter: Letter) -> Event {
    match letter {
        Letter::Ask(item) => Event::Asked(item),
        Letter::Stop(origin) => Event::Stop(origin),
        Letter::Recover => Event::Recover,
        Letter::Reached(mark) => Event::Reached(mark),
        Letter::GoDown(GoDown::No | GoDown::InOrder) => Event::GoingDown,
        Letter::GoDown(GoDown::Soon) => Event::GoDownSoon,
        Letter::GoDown(GoDown::Now) => Event::GoDownNow,
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => pending().await,
    }
}

impl Actor {
    async fn handle(&mut self, event: Event) {
        let mut next = vec![event];
        while let Some(event) = next.pop() {
            if matches!(event, Event::Exited(_)) {
                self.body = Body::None;
            }
            let now = Now {
                mono: Instant::now(),
                wall: Utc::now(),
            };
            for effect in self.state.handle(event, now) {
                // At most one effect of a batch answers with an event.
                next.extend(self.obey(effect).await);
            }
        }
        self.body.rests(self.state.is_resting());
    }

    async fn obey(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Save {
                record,
                mut line,
                confirm,
            } => {
                if let Some(line) = &mut line {
                    line.thread_of = self.shared.threads.parent(self.channel);
                    log_turn(line);
                    self.shared.gate.booked(line);
                }
                let saved = self
                    .shared
                    .registry
                    .save(self.channel, *record, line.map(|line| *line))
                    .await;
                // The writer has logged what went wrong.
                return confirm.then(|| Event::Saved(saved.map_err(|error| error.to_string())));
            }
            Effect::Start { start, model } => self.wait_for_place(start, model),
            Effect::Fetch {
                turn,
                message,
                files,
            } => self.fetch(turn, message, files),
            Effect::Ask {
                speaker,
                words,
                context,
            } => return self.ask(&speaker, words.as_deref(), &context),
            Effect::GoesOn(speaker) => {
                let gate = &self.shared.gate;
                let allowed = gate.may_spend(self.channel, &speaker, Utc::now());
                return allowed.is_err().then_some(Event::Overspent);
            }
            Effect::Write(line) => self.write(line),
            Effect::End => return self.end(Process::stop),
            Effect::Kill => return self.end(Process::kill),
            Effect::Say { to, text } => self.say(to, text),
            Effect::Offer {
                message,
                cuts,
                text,
            } => self.utter(Utterance::Offer {
                channel: self.channel,
                message,
                cuts,
                text,
            }),
            Effect::Unbutton(notice) => self.utter(Utterance::Unbutton {
                channel: self.channel,
                notice,
            }),
            Effect::Mark(mark) => self.utter(Utterance::Mark {
                channel: self.channel,
                mark,
            }),
            Effect::Ready => {
                if let Body::Living { lease, .. } = &self.body {
                    lease.ready();
                }
            }
            Effect::Working(on) => {
                self.utter(Utterance::Typing {
                    channel: self.channel,
                    on,
                });
            }
            Effect::Show { what, to, speaker } => {
                let text = self.show(what, &speaker).await;
                self.say(Some(to), text);
            }
        }
        None
    }

    fn wait_for_place(&mut self, start: Start, model: String) {
        let pool = self.shared.pool.clone();
        let (sender, admitted) = oneshot::channel();
        let admission = tokio::spawn(async move {
            // Whoever gave up waiting gives the place back by dropping it.
            drop(sender.send(pool.admit().await));
        });
        self.body = Body::Waiting {
            admission,
            admitted,
            start,
            model,
        };
    }

    /// The pool has a place, or is gone.
    fn admitted(&mut self, place: Option<(Permit, Lease)>) -> Event {
        let Body::Waiting { start, model, .. } = std::mem::replace(&mut self.body, Body::None)
        else {
            return Event::Tick;
        };
        let Some((permit, lease)) = place else {
            return Event::NotStarted(NotStarted::Failed("no place for a process".into()));
        };
        let config = &self.shared.config;
        let settings = settings_of(self.channel, &self.shared);
        let spec = Spec {
            start,
            model,
            system_prompt: self.shared.system_prompt.clone(),
            mode: config.claude.system_prompt,
            allowed_tools: config.allowed_tools_for(settings).to_vec(),
            extra_args: config.claude.extra_args.clone(),
            workspace: config.workspace_for(self.channel, settings),
        };
        match process::start(&self.shared.host, &spec, permit) {
            Ok((process, reports)) => {
                tracing::debug!(channel = %self.channel, pid = process.pid(), model = spec.model, "CLI started");
                self.body = Body::Living {
                    process,
                    reports,
                    lease,
                    is_resting: false,
                };
                Event::Started
            }
            Err(error) => {
                tracing::error!(channel = %self.channel, %error, "the CLI was not started");
                Event::NotStarted(match error {
                    StartError::NotFound(missing) => NotStarted::Missing(missing.to_string()),
                    StartError::Workspace { .. } => {
                        NotStarted::Failed("this channel's workspace cannot be used".into())
                    }
                    StartError::Prompt(_) => {
                        NotStarted::Failed("the system prompt could not be handed over".into())
                    }
                    StartError::Sandbox(_) => NotStarted::Failed(
                        "the sandbox that it must run in does not work on my machine".into(),
                    ),
                    StartError::Spawn { error, .. } => {
                        NotStarted::Failed(words::spawn_refused(&error))
                    }
                })
            }
        }
    }

    fn ask(&mut self, speaker: &Speaker, words: Option<&str>, context: &Context) -> Option<Event> {
        if let Err(refusal) = self
            .shared
            .gate
            .may_spend(self.channel, speaker, Utc::now())
        {
            return Some(Event::Refused(refusal));
        }
        self.write(match words {
            Some(words) => protocol::user_words(&external::wrap(speaker, context, words)),
            None => protocol::user_text("/compact"),
        });
        None
    }

    /// Fetches files in a task of its own, so that the channel hears a `!stop` meanwhile.
    fn fetch(&self, turn: String, message: MessageId, files: Vec<File>) {
        let settings = settings_of(self.channel, &self.shared);
        let workspace = self.shared.config.workspace_for(self.channel, settings);
        // Not all that is shared: the bot's end waits until nobody has the outbox or the registry any more.
        let attachments = self.shared.attachments.clone();
        let reports = self.reports.0.clone();
        tokio::spawn(async move {
            let files = attachments.fetch(&workspace, message, files).await;
            // The channel may be gone by now: nobody waits for them.
            drop(reports.send(Event::Fetched { turn, files }));
        });
    }

    fn write(&mut self, line: String) {
        match &self.body {
            Body::Living { process, .. } => process.send(line),
            Body::None | Body::Waiting { .. } => {
                tracing::error!(channel = %self.channel, "a line for a process that is not there");
            }
        }
    }

    fn end(&mut self, how: fn(&Process)) -> Option<Event> {
        match &self.body {
            Body::Living { process, .. } => {
                how(process);
                None
            }
            Body::Waiting { admission, .. } => {
                admission.abort();
                Some(Event::Exited(gone()))
            }
            Body::None => Some(Event::Exited(gone())),
        }
    }

    fn say(&self, to: Option<Origin>, text: String) {
        self.utter(Utterance::Say {
            channel: self.channel,
            to,
            text,
        });
    }

    fn utter(&self, utterance: Utterance) {
        self.shared.outbox.utter(utterance);
    }

    async fn show(&self, what: Show, speaker: &Speaker) -> String {
        match what {
            Show::Status => words::status(&self.status()),
            Show::Sessions => {
                let view = self.shared.registry.view();
                let records: Vec<(ChannelId, Record)> = view
                    .records()
                    .filter(|(_, record)| !record.is_empty())
                    .collect();
                words::sessions(&records)
            }
            Show::Usage(period) => {
                let folder = self.shared.registry.folder().join(ledger::FOLDER);
                let read = move || ledger::read(&folder, period, Utc::now());
                let report = match tokio::task::spawn_blocking(read).await {
                    Ok(Ok(report)) => report,
                    Ok(Err(error)) => {
                        tracing::error!(%error, "the ledger could not be read");
                        return words::usage_unreadable();
                    }
                    Err(error) => {
                        tracing::error!(%error, "reading the ledger failed");
                        return words::usage_unreadable();
                    }
                };
                words::usage(&report, self.channel, speaker.id, speaker.role.is_admin())
            }
        }
    }

    fn status(&self) -> words::Status {
        let pid = match &self.body {
            Body::Living { process, .. } => process.pid(),
            Body::None | Body::Waiting { .. } => None,
        };
        words::Status {
            record: self
                .state
                .record()
                .filter(|record| !record.is_empty())
                .cloned(),
            model: self.state.model().to_owned(),
            waiting: self.state.waiting(),
            process: pid.map(|pid| (pid, self.state.doing())),
            live: (
                self.shared.pool.count().0,
                self.shared.config.claude.max_live,
            ),
        }
    }
}

/// The one line a turn leaves in the log.
fn log_turn(line: &ledger::Line) {
    tracing::info!(
        channel = %line.channel,
        model = line.model_used.as_deref().unwrap_or(&line.model),
        duration_ms = line.duration_ms,
        waited_ms = line.waited_ms,
        first_text_ms = line.first_text_ms,
        tokens_in = line.usage().all_input(),
        tokens_out = line.output_tokens,
        cost_usd = line.cost_usd.dollars(),
        session = words::short(&line.session),
        outcome = line.outcome,
        "turn"
    );
}
