//! Reports that need more than the channel's own state.

use std::{ffi::OsStr, pin::pin, time::Duration};

use chrono::Utc;
use tokio::time::timeout;

use super::Actor;
use crate::{
    channel::{
        chart::chart,
        messages::{self, Readers, approvals::rules_in_force, session as texts},
        state::{ReportKind, ReportTo},
    },
    chat::{ChatOp, Interaction, InteractionReply, Post, PostFile},
    claude::process::Process,
    external::Speaker,
    ledger::{self, Period, TurnLine},
    limits::Budget,
    registry::state::DayBudget,
    snowflake::{ChannelId, MessageId, UserId},
};

/// How long a report may take before the person is told to wait. Discord expects a first reply within three seconds.
const SOON: Duration = Duration::from_millis(1_500);

impl Actor {
    pub(super) async fn report(&self, report: ReportKind, to: ReportTo, speaker: &Speaker) {
        match to {
            ReportTo::Channel { key, reply_to } => {
                let readers = if self.is_direct() {
                    Readers::Asker
                } else {
                    Readers::Channel
                };
                let (text, files) = self.content(report, speaker, readers).await;
                let post = Post {
                    files,
                    ..Post::text(text).replying_to(reply_to)
                };
                self.shared.outbox.put(self.channel, key, post);
            }
            ReportTo::Interaction(interaction) => {
                let mut content = pin!(self.content(report, speaker, Readers::Asker));
                let (text, files) = match timeout(SOON, &mut content).await {
                    Ok(content) => content,
                    Err(_) => {
                        let reply = InteractionReply::Private(messages::REPORT_TAKES_LONGER.into());
                        self.reply(interaction.clone(), reply);
                        content.await
                    }
                };
                self.reply(interaction, InteractionReply::PrivateFiles { text, files });
            }
        }
    }

    /// Whether this is a direct message. A channel of a guild is known before anything runs there.
    fn is_direct(&self) -> bool {
        let place = self.shared.directory.place(self.channel);
        place.is_none_or(|place| place.guild.is_none())
    }

    fn reply(&self, interaction: Interaction, reply: InteractionReply) {
        self.shared.outbox.send(ChatOp::Reply {
            channel: self.channel,
            interaction,
            reply,
        });
    }

    /// The text of a report, and its files.
    async fn content(
        &self,
        report: ReportKind,
        speaker: &Speaker,
        readers: Readers,
    ) -> (String, Vec<PostFile>) {
        let text = self.text(report, speaker, readers).await;
        let chart = match report {
            ReportKind::Usage(_) => self.chart().await,
            _ => None,
        };
        (text, chart.into_iter().collect())
    }

    async fn text(&self, report: ReportKind, speaker: &Speaker, readers: Readers) -> String {
        match report {
            ReportKind::Status => messages::status(&self.status(speaker), readers),
            ReportKind::Budgets => {
                let budgets = self.budgets(speaker);
                messages::budgets(&budgets, self.set_budget().as_ref(), Utc::now())
            }
            ReportKind::Tools => {
                let rules = self
                    .settings
                    .config()
                    .allowed_tools_for(self.settings_from());
                let asks = self.state.asks_for_approval();
                let grants = self.state.grants();
                let of_channel = self.state.channel_grants().len();
                rules_in_force(rules, (&grants, of_channel), asks)
            }
            ReportKind::Session if readers == Readers::Channel => texts::SESSION_PRIVATE.into(),
            ReportKind::Session => self.terminal(),
            ReportKind::Sessions if readers == Readers::Channel => {
                messages::SESSIONS_PRIVATE.into()
            }
            ReportKind::Sessions => {
                let view = self.shared.registry.view();
                let records = view.records().filter(|(_, record)| !record.is_empty());
                let named = records.map(|(channel, record)| {
                    let place = self.shared.directory.place(channel);
                    let name = messages::channel_name(channel, place.as_ref(), Some(&record));
                    (name, record)
                });
                messages::sessions(&named.collect::<Vec<_>>())
            }
            ReportKind::Usage(period) => self.usage(period, speaker, readers).await,
        }
    }

    /// How to continue the session in a terminal.
    fn terminal(&self) -> String {
        let record = self.state.record().filter(|record| !record.is_at_start());
        let Some(record) = record else {
            return texts::NO_SESSION.into();
        };
        let host = &self.shared.host;
        let folder = self.workspace();
        // Before its first turn, a branch is the session that it branches off from.
        let fork = record.state.fork.as_ref();
        texts::session(&texts::Terminal {
            folder: &folder.canonicalize().unwrap_or(folder),
            program: &host.bin.to_string_lossy(),
            config_dir: host
                .environment
                .get("CLAUDE_CONFIG_DIR")
                .and_then(OsStr::to_str),
            account: host.account.as_ref().map(|account| account.name.as_str()),
            session: fork.map_or(&record.session_id, |fork| &fork.from),
        })
    }

    async fn usage(&self, period: Period, speaker: &Speaker, readers: Readers) -> String {
        let folder = self.shared.registry.folder().join(ledger::FOLDER);
        let zone = self.settings.config().limits.timezone.clone();
        let read = move || ledger::read(&folder, period, Utc::now(), zone);
        let read = tokio::task::spawn_blocking(read).await;
        let report = match read.unwrap_or_else(|error| Err(error.into())) {
            Ok(report) => report,
            Err(error) => {
                tracing::error!(%error, "failed to read the ledger");
                return messages::USAGE_UNREADABLE.to_owned();
            }
        };
        let (directory, view) = (&self.shared.directory, self.shared.registry.view());
        let channel_name = |channel: ChannelId| {
            let (place, record) = (directory.place(channel), view.get(channel));
            messages::channel_name(channel, place.as_ref(), record.as_ref())
        };
        let person_name =
            |person: UserId| messages::person_name(person, directory.person(person).as_deref());
        messages::usage(
            (&report, &self.shared.usage_limit.plan()),
            self.channel,
            (speaker.id, speaker.role.is_admin()),
            readers,
            (channel_name, person_name),
        )
    }

    /// What the channel has cost on the days of this month, as a picture.
    async fn chart(&self) -> Option<PostFile> {
        let folder = self.shared.registry.folder().join(ledger::FOLDER);
        let (zone, channel, now) = (
            self.settings.config().limits.timezone.clone(),
            self.channel,
            Utc::now(),
        );
        let draw = move || {
            // `usage` has told of a ledger that cannot be read.
            let month = ledger::read(&folder, Period::Month, now, zone).ok()?;
            let today = month.zone.date(now);
            let title = format!("Cost by day, {} ({})", today.format("%B %Y"), month.zone);
            chart(&month.days(channel, today), &title)
        };
        let drawn = tokio::task::spawn_blocking(draw).await;
        drawn.unwrap_or_else(|error| {
            tracing::error!(%error, "failed to draw a chart");
            None
        })
    }

    /// The turn to which a message belongs, according to the ledger. The error is for the person.
    pub(super) async fn turn_of(
        &self,
        message: MessageId,
    ) -> Result<Option<Box<TurnLine>>, String> {
        let folder = self.shared.registry.folder().join(ledger::FOLDER);
        let channel = self.channel;
        let find = move || ledger::turn_of(&folder, channel, message);
        let found = tokio::task::spawn_blocking(find).await;
        let found = found.unwrap_or_else(|error| Err(error.into()));
        found.map(|line| line.map(Box::new)).map_err(|error| {
            tracing::error!(%error, "failed to read the ledger");
            messages::USAGE_UNREADABLE.to_owned()
        })
    }

    fn budgets(&self, speaker: &Speaker) -> Vec<Budget> {
        let admission = &self.shared.admission;
        admission.budgets(self.channel, speaker, Utc::now())
    }

    /// What an admin has set for the channel today.
    fn set_budget(&self) -> Option<DayBudget> {
        let channel = self.shared.directory.parent(self.channel);
        let record = self
            .shared
            .registry
            .view()
            .get(channel.unwrap_or(self.channel))?;
        record
            .state
            .budget
            .filter(|budget| budget.until > Utc::now())
    }

    fn status(&self, speaker: &Speaker) -> messages::StatusReport {
        let record = self.state.record().filter(|record| !record.is_empty());
        let pid = self.slot.process().map(Process::pid);
        messages::StatusReport {
            record: record.cloned(),
            model: self.state.model().to_owned(),
            budgets: self.budgets(speaker),
            mode: self.state.mode(),
            persona: self.state.persona(),
            waiting: self.state.waiting(),
            queue_mode: self.state.queue_mode(),
            process: pid.map(|pid| (pid, self.state.activity())),
            live: (
                self.shared.pool.count().0,
                self.settings.config().claude.max_live,
            ),
        }
    }
}
