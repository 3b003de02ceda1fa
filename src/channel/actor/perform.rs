//! Carrying out what the state machine decides.

use uuid::Uuid;

use super::{Actor, ActorMessage};
use crate::{
    channel::{
        messages,
        process_slot::ProcessSlot,
        prompt::prompt,
        state::{Effect, Event, Wait},
    },
    chat::ChatOp,
    claude::{
        process::{Exit, Process},
        protocol::{Ask, SessionRequest},
    },
    external::File,
    host_tools,
    ledger::Entry,
    registry::Record,
    snowflake::MessageId,
};

impl Actor {
    pub(super) async fn perform(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Save {
                record,
                entries,
                wait,
            } => return self.save(&record, entries, wait).await,
            Effect::Start { start, model } => self.wait_for_place(start, model, None),
            Effect::Prewarm { start, model } => return self.prewarm(start, model),
            Effect::FetchAttachments {
                turn,
                message,
                files,
            } => self.fetch_attachments(turn, message, files),
            Effect::ReadFile { call, path } => self.read_file(call, path),
            Effect::Compose {
                document,
                key,
                reply_to,
            } => self.compose(document, key, reply_to),
            Effect::Rebuild(order) => self.rebuild(order),
            Effect::CheckLimit(speaker) => {
                if let Some(outdated) = self.outdated() {
                    return Some(outdated);
                }
                let checked = self.may_spend(&speaker);
                let checked = checked.map_err(|reached| messages::limit_reached(&reached));
                return Some(Event::LimitChecked(checked));
            }
            Effect::CheckBackgroundLimit(speaker) => {
                return self.may_spend(&speaker).err().map(Event::BudgetReached);
            }
            Effect::Spent { speaker, usd } => return self.spent(&speaker, usd),
            Effect::SpendingEnded => self.shared.admission.spending_ended(self.channel),
            Effect::SetBudget(budget) => self.shared.admission.set_budget(self.channel, budget),
            Effect::FindTurn { message, branch } => {
                let found = self.turn_of(message).await;
                return Some(Event::TurnFound { branch, found });
            }
            Effect::CopySession {
                session,
                copy,
                client,
            } => return Some(self.copy_session(session, copy, client).await),
            Effect::AnswerClient { client, answer } => client.answer(answer),
            Effect::Fork { thread, record } => self.tell(ActorMessage::Forked { thread, record }),
            Effect::RevokeInThreads(rule) => {
                let channel = self.channel;
                self.tell(ActorMessage::Revoked { channel, rule });
            }
            Effect::HandOver(item) => self.tell(ActorMessage::HandOver(item)),
            Effect::Rename { title, words } => self.rename(title, &words),
            Effect::ShareSettings(settings) => {
                let channel = self.channel;
                self.tell(ActorMessage::Settings { channel, settings });
            }
            Effect::ReachApprovers => self.tell(ActorMessage::ReachApprovers(self.channel)),
            Effect::ModelsListed(models) => self.shared.listed_models.heard(models),
            Effect::UsageLimitReached(until) => self.shared.usage_limit.reached(until),
            Effect::Ask {
                id,
                before,
                speaker,
                text,
                context,
                steers,
            } => {
                let mut ask = match text {
                    Some(text) => prompt(&before, &speaker, &context, &text),
                    None => Ask::command("/compact"),
                };
                ask.uuid = Uuid::parse_str(&id).unwrap_or(ask.uuid);
                let ask = if steers { ask.steering() } else { ask };
                self.send(&SessionRequest::Ask(ask));
            }
            Effect::Send(request) => self.send(&request),
            Effect::Stop => return self.end(Process::stop),
            Effect::Kill => return self.end(Process::kill),
            Effect::Chat(op) => self.chat(op),
            Effect::Ready => self.slot.ready(),
            Effect::Report {
                report,
                to,
                speaker,
            } => self.report(report, to, &speaker).await,
        }
        None
    }

    async fn save(
        &mut self,
        record: &Record,
        mut entries: Vec<Entry>,
        wait: Wait,
    ) -> Option<Event> {
        self.note_turns(record, &mut entries);
        let (registry, channel) = (&self.shared.registry, self.channel);
        if let Wait::Nobody(delay) = wait {
            registry.save_later(channel, record, entries, delay);
            return None;
        }
        let saved = registry.save(channel, record, entries).await;
        if saved.is_ok() {
            self.tell_handed_over(record);
        }
        // The writer has logged the error.
        let saved = saved.map_err(|error| error.to_string());
        (wait == Wait::Confirmed).then_some(Event::Saved(saved))
    }

    /// Fetches files in a task of its own, so that the channel can handle a `!stop` meanwhile.
    fn fetch_attachments(&self, turn: String, message: MessageId, files: Vec<File>) {
        let workspace = self.workspace();
        // Not `shared`: at shutdown the bot waits until nobody holds the outbox or the registry.
        let attachments = self.shared.attachments.clone();
        let transcriber = self.shared.transcriber.clone();
        let reports = self.reports.0.clone();
        tokio::spawn(async move {
            let mut files = attachments.fetch(&workspace, message, files).await;
            if let Some(transcriber) = transcriber {
                transcriber.transcribe(&workspace, &mut files).await;
            }
            // The actor may be gone by now.
            drop(reports.send(Box::new(Event::AttachmentsFetched { turn, files })));
        });
    }

    /// Reads a file of the workspace on a thread that may block.
    fn read_file(&self, call: String, path: String) {
        let workspace = self.workspace();
        let limit = self.shared.directory.attachment_limit(self.channel);
        let reports = self.reports.0.clone();
        tokio::task::spawn_blocking(move || {
            let file = host_tools::read(&workspace, &path, limit);
            // The actor may be gone by now.
            drop(reports.send(Box::new(Event::FileRead { call, file })));
        });
    }

    fn chat(&self, op: ChatOp) {
        match (op, &self.shared.watcher) {
            (
                ChatOp::Reply {
                    interaction, reply, ..
                },
                Some(watcher),
            ) if interaction.is_at_the_dashboard() => watcher.replied(interaction.id, reply),
            (op, _) => self.shared.outbox.send(op),
        }
    }

    fn send(&mut self, request: &SessionRequest) {
        match self.slot.process() {
            Some(process) => process.send(request.line()),
            None => {
                tracing::error!(channel = %self.channel, "lost a request because there is no process");
            }
        }
    }

    fn end(&mut self, how: fn(&Process)) -> Option<Event> {
        match &self.slot {
            ProcessSlot::Live { process, .. } => {
                how(process);
                None
            }
            // It was never started.
            ProcessSlot::Waiting { admission, .. } => {
                admission.abort();
                Some(Event::Exited(Exit::default()))
            }
            ProcessSlot::Empty => Some(Event::Exited(Exit::default())),
        }
    }
}
