//! One channel as a synchronous state machine.
//!
//! Pure: it takes [events](Event) with the time and returns [effects](Effect), which the actor carries out in order.
//!
//! * A channel answers one message at a time; the others wait in its queue.
//! * A turn is saved to disk before it is run, so that no message is run twice.
//! * The process starts with the first message and stays for the next ones. It may exit at any time; the session
//!   outlives it.
//!
//! [`State`] owns the record, the queue and smaller machines: `process` (the CLI), `turn` (the running turn), `background`
//! (what the CLI does between turns), `delivery`, `pending_calls`, `pending_approvals`, `live_card`, `answer_progress`,
//! `message_status`, `hold_state` and `recovery_state`. These know neither each other's decisions nor the record. All other files extend
//! [`State`]: they decide what the results of the machines mean for the channel.

mod accounting;
mod activity;
mod answer;
mod answer_progress;
mod approvals;
mod attachments;
mod background;
mod backlog;
mod branches;
mod budget;
mod cancel;
mod card;
mod card_buttons;
mod collect;
mod commands;
mod context_post;
mod context_usage;
mod controls;
mod deadlines;
mod delivery;
mod documents;
mod earlier;
mod edits;
mod ending;
mod event;
mod exits;
mod failures;
mod grants;
mod hold;
mod hold_state;
mod host_calls;
mod live_card;
mod lookups;
mod message_status;
mod mode;
mod of_channel;
mod own_thread;
mod pending_approvals;
mod pending_calls;
mod persona;
mod posting;
mod prewarm;
mod process;
mod processes;
mod queue;
mod queue_list;
mod reactions;
mod rebuild;
mod recovery;
mod recovery_state;
mod report;
mod report_end;
mod reports;
mod rest;
mod restart_backoff;
mod revocation;
mod running;
mod saving;
mod shutdown;
mod side_question;
mod side_questions;
mod stall_detector;
mod takeover;
#[cfg(test)]
mod tests;
mod thread;
mod thread_title;
mod turn;

use std::{collections::VecDeque, sync::Arc, time::Instant};

use chrono::{DateTime, Utc};
pub(crate) use event::{
    Branch, Document, Edit, Effect, Event, LookupResult, OPTIONS_FIELD, Press, StartFailure,
    Unavailable, Wait,
};
pub(crate) use of_channel::OfChannel;
pub(crate) use report::{ReportKind, ReportTo};
pub use shutdown::ShutdownStage;

use self::{
    answer_progress::AnswerProgress, background::BackgroundMachine, context_post::ContextPost,
    delivery::Deliveries, hold_state::HoldState, live_card::Cards, message_status::Reactions,
    pending_approvals::PendingApprovals, pending_calls::PendingCalls, process::ProcessMachine,
    recovery_state::RecoveryState, side_question::SideQuestion, thread_title::Renames,
    turn::TurnMachine,
};
use super::{QueueItem, messages};
use crate::{
    chat::Place,
    claude::protocol::{Control, SessionRequest},
    config::Config,
    external::Speaker,
    ledger::{Entry, Replies, cost::Meter},
    registry::{Delay, Record, settings::Settings},
    snowflake::{ChannelId, MessageId},
};

/// The time of an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// For deadlines.
    pub(crate) mono: Instant,
    /// For records.
    pub(crate) wall: DateTime<Utc>,
}

/// Changes of the record that need not be saved at once, the least urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unsaved {
    Nothing,
    /// It names an own message. That waits for another save, or until the channel is idle.
    OwnMessage,
    /// Another change soon follows. A bot that is killed before that makes no use of this one.
    Passing,
}

pub(crate) struct State {
    channel: ChannelId,
    config: Arc<Config>,
    /// The model of a new session.
    default_model: String,
    /// The models that the CLI lists.
    listed_models: Arc<[String]>,
    /// The names of all personas.
    personas: Vec<String>,
    /// Generates ids of sessions, turns, posts and buttons.
    ids: Box<dyn FnMut() -> String + Send + Sync>,
    record: Option<Record>,
    /// What a thread has of its channel.
    of_channel: Option<OfChannel>,
    /// The settings that the channel's threads know of.
    shared_settings: Settings,
    renames: Renames,
    queue: VecDeque<QueueItem>,
    turn: Option<TurnMachine>,
    /// The messages that it answers as well, oldest first.
    collected: Vec<TurnMachine>,
    /// The turn of the message that cuts the running one and follows it.
    steering: Option<TurnMachine>,
    process: ProcessMachine,
    background: BackgroundMachine,
    deliveries: Deliveries,
    host_calls: PendingCalls,
    approvals: PendingApprovals,
    recovery: RecoveryState,
    hold: HoldState,
    cards: Cards,
    reactions: Reactions,
    meter: Meter,
    /// Whether what runs has cost something that is not booked.
    is_spending: bool,
    context_post: Option<ContextPost>,
    side_questions: Vec<SideQuestion>,
    /// From the last turn's `init`.
    cli_version: Option<String>,
    /// The author of the last turn.
    last_speaker: Option<Speaker>,
    // Of the last item, for the names in the record.
    place: Option<Place>,
    last_author_name: Option<String>,
    answer: AnswerProgress,
    shutting_down: bool,
    /// For the ledger, with the next save.
    unsaved_entries: Vec<Entry>,
    /// Turns with the messages of their answers, and those of them that are notices, which the ledger does not have yet.
    unsaved_replies: Vec<(String, Vec<MessageId>, Vec<MessageId>)>,
    /// Whether the record has changed since the last save.
    is_dirty: bool,
    /// What else of the record has changed since then.
    unsaved: Unsaved,
    effects: Vec<Effect>,
}

impl State {
    pub(crate) fn new(
        channel: ChannelId,
        config: Arc<Config>,
        default_model: String,
        record: Option<Record>,
        ids: Box<dyn FnMut() -> String + Send + Sync>,
    ) -> Self {
        let record = record.map(|mut record| {
            if record.model.is_empty() {
                record.model.clone_from(&default_model);
            }
            record
        });
        let mut state = Self {
            channel,
            config,
            default_model,
            listed_models: Arc::default(),
            personas: Vec::new(),
            ids,
            recovery: RecoveryState::new(record.as_ref()),
            shared_settings: record.as_ref().map(Settings::of).unwrap_or_default(),
            record,
            of_channel: None,
            renames: Renames::default(),
            queue: VecDeque::new(),
            turn: None,
            collected: Vec::new(),
            steering: None,
            process: ProcessMachine::default(),
            background: BackgroundMachine::default(),
            deliveries: Deliveries::default(),
            hold: HoldState::default(),
            host_calls: PendingCalls::default(),
            approvals: PendingApprovals::default(),
            cards: Cards::default(),
            reactions: Reactions::default(),
            meter: Meter::fresh(None),
            is_spending: false,
            context_post: None,
            side_questions: Vec::new(),
            cli_version: None,
            last_speaker: None,
            place: None,
            last_author_name: None,
            answer: AnswerProgress::default(),
            shutting_down: false,
            unsaved_entries: Vec::new(),
            unsaved_replies: Vec::new(),
            is_dirty: false,
            unsaved: Unsaved::Nothing,
            effects: Vec::new(),
        };
        state.drop_unlisted_model();
        state
    }

    /// Takes other settings. `default_model` is the model of a new session.
    pub(crate) fn reconfigure(&mut self, config: Arc<Config>, default_model: String) {
        self.config = config;
        self.default_model = default_model;
        self.drop_unlisted_model();
        // Others may decide now.
        self.approvals.directs = pending_approvals::Directs::Unknown;
    }

    #[must_use = "the state machine waits for the outcome of the effects"]
    pub(crate) fn handle(&mut self, event: Event, now: Now) -> Vec<Effect> {
        let was_busy = self.is_busy();
        match event {
            Event::Requested(item) => self.requested(item, now),
            Event::Written => self.answer.separated(),
            Event::Overheard {
                message,
                speaker,
                text,
            } => self.overheard(message, &speaker, &text, now),
            Event::OwnMessage(message) => self.own_message(message),
            Event::Stop(origin) => self.stop_requested(origin, now),
            Event::StopAll { origin, speaker } => self.stop_all(origin, &speaker, now),
            Event::ReportRequested {
                report,
                interaction,
                speaker,
            } => self.effects.push(Effect::Report {
                report,
                to: ReportTo::Interaction(interaction),
                speaker,
            }),
            Event::Pressed(press) => self.pressed(press, now),
            Event::RetryUnavailable { press, why } => {
                self.retry_unavailable(press, why);
                self.run_queue(now);
            }
            Event::PostingAllowed => self.posting_allowed(),
            Event::ApproversReached(reached) => self.approvers_reached(reached, now),
            Event::Adopt { session, client } => self.adopt(session, client),
            Event::SessionCopied {
                copy,
                copied,
                client,
            } => self.session_copied(copy, copied, client, now),
            Event::Edited(edit) => self.edited(edit),
            Event::Deleted(messages) => self.deleted(&messages, now),
            Event::ChannelGone => self.channel_gone(now),
            Event::LookedUp { id, found } => self.looked_up(id, found, now),
            Event::HistoryFetched(history) => self.history_fetched(history, now),
            Event::Rebuilt { session, rebuilt } => self.rebuilt(&session, rebuilt, now),
            Event::Recover => self.recover(now),
            Event::Posted {
                key,
                messages,
                state,
            } => self.posted(&key, &messages, state, now),
            Event::Saved(saved) => self.saved(saved.is_ok(), now),
            Event::AttachmentsFetched { turn, files } => {
                self.attachments_fetched(&turn, files, now);
            }
            Event::FileRead { call, file } => self.file_read(&call, file),
            Event::Composed { key, post } => self.composed(key, post),
            Event::CallOpDone { id, result } => self.call_op_done(id, &result),
            Event::LimitChecked(checked) => self.limit_checked(checked, now),
            Event::TurnFound { branch, found } => self.turn_found(branch, found, now),
            Event::ThreadCreated { id, thread } => self.thread_created(id, &thread, now),
            Event::OwnThreadCreated { message, thread } => {
                self.own_thread_created(message, thread, now);
            }
            Event::HandedOver(message) => self.handed_over(message, now),
            Event::Forked(record) => self.forked(*record),
            Event::ChannelSettings(settings) => self.channel_settings_changed(*settings),
            Event::RevokedInChannel(rule) => self.revoked_in_channel(&rule),
            Event::ProgramReplaced => self.process_replaced(Some(messages::PROGRAM_REPLACED)),
            Event::SettingsReplaced => self.process_replaced(None),
            Event::UsageLimitReached(until) => self.usage_limit_reached(until, now),
            Event::BudgetReached(reached) => self.budget_reached(reached, now),
            Event::BudgetNearlySpent { text, message } => self.budget_nearly_spent(text, message),
            Event::Typing => self.typing_seen(now),
            Event::NoRoom => self.no_room(),
            Event::Started => self.started(now),
            Event::StartFailed(failure) => self.start_failed(failure, now),
            Event::Session(event) => self.heard(&event, now),
            Event::Exited(exit) => self.exited(&exit, now),
            Event::Recalled(why) => self.recalled(why),
            Event::Tick => self.tick(now),
            Event::Shutdown(stage) => self.shut_down(stage, now),
        }
        self.take_over(now);
        if self.process.is_outdated && !self.is_asked() {
            self.stop_process();
        }
        if !self.process.is_live() {
            self.approvals_lost(now);
        }
        if was_busy && !self.is_busy() {
            self.process.mark_idle(now.mono);
            if self.process.is_recalled {
                self.stop_process();
            }
        }
        self.follow_up(now);
        std::mem::take(&mut self.effects)
    }

    /// Shows and saves what an event has changed.
    fn follow_up(&mut self, now: Now) {
        self.record_background();
        self.report_card_tick(now);
        self.refresh_tasks(now);
        self.show_reactions(now);
        self.show_title(now);
        let unsaved = self.unsaved_replies.drain(..);
        let replies = unsaved.map(|(turn, reply_ids, notice_ids)| {
            Entry::Replies(Replies {
                time: now.wall,
                turn,
                reply_ids,
                notice_ids: Some(notice_ids),
            })
        });
        self.unsaved_entries.extend(replies);
        if self.is_dirty || (self.unsaved == Unsaved::OwnMessage && self.is_idle()) {
            self.save_for(Wait::Nobody(Delay::Short));
        } else if self.unsaved == Unsaved::Passing || !self.unsaved_entries.is_empty() {
            self.save_for(Wait::Nobody(Delay::Long));
        }
        self.share_settings();
        if !self.is_asked() && !self.background.is_busy() {
            self.spending_ended();
        }
    }

    pub(crate) fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    fn control(&mut self, request_id: &str, control: Control) {
        let request_id = request_id.to_owned();
        let request = SessionRequest::Control {
            request_id,
            control,
        };
        self.effects.push(Effect::Send(request));
    }
}
