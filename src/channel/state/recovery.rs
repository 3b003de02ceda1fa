//! No message lost, none answered twice: what is claimed, what is open, and what an earlier process left.
//!
//! A message is claimed on disk before anything is done about it. Its turn is open until the chat service has taken the
//! answer; a turn that is open when the bot starts was cut off. The channel is told once, with a button that runs the
//! message again: by itself nothing is run twice.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Effect, Now, Press, State, delivery::Purpose, messages};
use crate::{
    channel::{Origin, QueueItem, Request, Source},
    chat::{
        Button, ButtonStyle, ChatOp, Control, ControlId, Interaction, InteractionReply, OpId, Post,
        PostKey,
    },
    claude::protocol::Task,
    registry::{
        Record,
        state::{CutOff, StoredControl, StoredPost},
    },
    snowflake::{MessageId, UserId},
};

/// How long a press waits until it is known which message its button stands in. It must be acknowledged after three
/// seconds.
const PRESS_TIMEOUT: Duration = Duration::from_millis(1_500);

/// What concerns restarts and retries.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    /// What was lost in the background, oldest first, until the channel knows of it. It stands on record.
    losses: Vec<String>,
    /// The message whose retry button was used, until its claim is on disk.
    retried: Option<MessageId>,
    /// Messages that are being fetched to be run again, by the press that asked for it.
    fetching: HashMap<OpId, MessageId>,
    /// Presses that came before it was known which message their button stands in.
    early: Vec<(Instant, Press)>,
}

/// What a press of a stored control does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ControlAction {
    /// Runs a message again whose turn was cut off.
    Retry { message: MessageId },
}

impl ControlAction {
    fn to_value(self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn from_value(value: &Value) -> Option<Self> {
        serde_json::from_value(value.clone()).ok()
    }
}

impl Recovery {
    pub(super) fn new(record: Option<&Record>) -> Self {
        Self {
            losses: record
                .map(|record| record.state.background.clone())
                .unwrap_or_default(),
            ..Self::default()
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.fetching.is_empty() && self.early.is_empty()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.early.iter().map(|(until, _)| *until).min()
    }

    /// Whether the turn that begins is a retry.
    pub(super) fn is_retrying(&self) -> bool {
        self.retried.is_some()
    }

    pub(super) fn lost(&mut self, tasks: &[Task]) {
        let descriptions = tasks.iter().map(|task| task.description.clone());
        self.losses.extend(descriptions);
    }

    pub(super) fn losses(&self) -> impl Iterator<Item = String> {
        self.losses.iter().cloned()
    }

    /// The channel knows of the oldest losses.
    pub(super) fn losses_told(&mut self, count: usize) {
        self.losses.drain(..count.min(self.losses.len()));
    }
}

impl State {
    /// Claims what is taken up from the queue, on disk. `false` for a retry of a message that is running again already.
    pub(super) fn claim(&mut self, item: &QueueItem, now: Now) -> bool {
        let Origin::Message(message) = item.origin else {
            return true;
        };
        if let Source::Retry { .. } = item.source {
            let is_cut_off = self.cut_off_record(message).is_some();
            self.recovery.retried = is_cut_off.then_some(message);
            if !is_cut_off {
                return false;
            }
        }
        let record = self.record_mut(now);
        match item.source {
            Source::Live | Source::Backfill => {
                record.claim(message);
                self.record_waiting();
            }
            Source::LiveAhead { after } => record.claim_past(message, after),
            // It was claimed when it was taken up first.
            Source::Retry { .. } => {}
        }
        // Prompts are claimed on disk by the same save that opens their turn.
        if !matches!(item.request, Request::Prompt { .. }) {
            self.record_mut(now).open_turn(message, item.speaker.id);
            self.save(false);
        }
        true
    }

    /// Records which messages wait although later ones were taken up. Gives whether there are any.
    pub(super) fn record_waiting(&mut self) -> bool {
        let is_retry = |item: &&QueueItem| matches!(item.source, Source::Retry { .. });
        let waiting = self.queue.iter().filter(|item| !is_retry(item));
        let waiting = waiting.filter_map(|item| item.origin.message());
        let record = self.record.as_mut();
        record.is_some_and(|record| record.set_waiting(waiting))
    }

    /// Claims what is answered though others before it wait. Without an author nothing is owed if the bot goes down
    /// before it is answered: a `!stop` has done its work then.
    pub(super) fn claim_ahead(&mut self, origin: Origin, author: Option<UserId>, now: Now) {
        if let Origin::Message(message) = origin {
            let record = self.record_mut(now);
            let is_new = record.claim_ahead(message);
            if let Some(author) = author {
                record.open_turn(message, author);
            }
            if is_new || author.is_some() {
                self.save(false);
            }
        }
    }

    fn cut_off_record(&self, message: MessageId) -> Option<&CutOff> {
        let record = self.record.as_ref()?;
        let mut cut_off = record.state.cut_off.iter();
        cut_off.find(|cut| cut.message == message)
    }

    /// The bot has started: what was open when it went down was cut off.
    pub(super) fn recover(&mut self) {
        self.tell_losses();
        let Some(record) = &mut self.record else {
            return;
        };
        let running = self.turn.as_ref().and_then(|turn| turn.origin.message());
        let open = record.state.open_turns.iter().map(|open| open.message);
        let open: Vec<MessageId> = open.collect();
        for message in open {
            if Some(message) != running {
                record.cut_turn(message);
            }
        }
        let is_untold = |cut: &CutOff| !cut.told;
        let cut_off = record.state.cut_off.iter().copied();
        let untold: Vec<CutOff> = cut_off.filter(is_untold).collect();
        self.save(false);
        for cut in untold {
            self.offer_retry(cut.message, cut.cuts, messages::cut_off(cut.booked));
        }
    }

    /// Tells what an earlier process lost in the background.
    fn tell_losses(&mut self) {
        let as_task = |description: String| Task {
            description,
            ..Task::default()
        };
        let tasks: Vec<_> = self.recovery.losses().map(as_task).collect();
        if !tasks.is_empty() {
            self.say_lost(tasks.len(), messages::tasks_lost_in_restart(&tasks));
        }
    }

    /// A message's turn is over without an answer, and may be run again.
    pub(super) fn cut_off(&mut self, message: MessageId, text: String) {
        let record = self.record.as_mut();
        let cuts = record.and_then(|record| record.cut_turn(message));
        self.is_dirty = true;
        self.offer_retry(message, cuts.unwrap_or(1), text);
    }

    /// Posts the notice that a message's turn was cut off, with the button that runs it again. The key is the same at
    /// each start, so that a bot that goes down before it knows that this was posted does not post it twice; and
    /// another one each time that the turn is cut off.
    fn offer_retry(&mut self, message: MessageId, cuts: u32, text: String) {
        let key = PostKey::cut_off(message, cuts);
        let name = (self.ids)();
        let Some(record) = &mut self.record else {
            return;
        };
        let stored = record.state.post(key.as_str()).cloned();
        let stored = stored.unwrap_or_else(|| StoredPost {
            key: key.as_str().to_owned(),
            text,
            messages: Vec::new(),
            revision: 1,
            controls: vec![StoredControl {
                id: name,
                action: ControlAction::Retry { message }.to_value(),
            }],
        });
        record.state.put_post(stored.clone());
        self.is_dirty = true;
        let buttons = stored.controls.iter().filter_map(|control| {
            Some(Control::Button(Button {
                id: ControlId::new(&control.id, stored.revision)?,
                label: messages::retry_label(),
                style: ButtonStyle::Primary,
                is_enabled: true,
            }))
        });
        let post = Post {
            controls: vec![buttons.collect()],
            is_final: false,
            ..Post::text(stored.text).replying_to(Some(message))
        };
        self.put(key, post, stored.messages, Purpose::CutOffNotice(message));
    }

    /// Takes the button off whose message has been claimed.
    pub(super) fn retire_pressed_button(&mut self) {
        if let Some(message) = self.recovery.retried.take() {
            self.retire_button(message);
        }
    }

    /// Takes the button off that runs a message again. What it stood for is off the record from now on.
    fn retire_button(&mut self, message: MessageId) {
        let Some(record) = &mut self.record else {
            return;
        };
        let action = ControlAction::Retry { message }.to_value();
        let is_it = |post: &mut StoredPost| {
            let mut controls = post.controls.iter();
            controls.any(|control| control.action == action)
        };
        let retired: Vec<StoredPost> = record.state.posts.extract_if(.., is_it).collect();
        for stored in retired {
            self.is_dirty = true;
            let post = Post::text(stored.text).replying_to(Some(message));
            let key = PostKey::new(&stored.key);
            self.put(key, post, stored.messages, Purpose::Other);
        }
    }

    /// A post stands in the channel: its buttons may be pressed from now on.
    pub(super) fn note_posted(&mut self, key: &PostKey, messages: &[MessageId], now: Now) {
        let state = self.record.as_mut().map(|record| &mut record.state);
        let posts = state.map(|state| state.posts.iter_mut());
        let stored = posts.and_then(|mut posts| posts.find(|post| post.key == key.as_str()));
        if let Some(stored) = stored.filter(|stored| stored.messages != messages) {
            stored.messages = messages.to_vec();
            self.is_dirty = true;
            for (_, press) in std::mem::take(&mut self.recovery.early) {
                self.pressed(press, now);
            }
        }
    }

    /// Somebody pressed a button. It counts only if message, revision and person are right.
    pub(super) fn pressed(&mut self, press: Press, now: Now) {
        let stored = ControlId::parse(&press.custom_id).and_then(|id| {
            let posts = &self.record.as_ref()?.state.posts;
            posts
                .iter()
                .filter(|post| post.revision == id.revision)
                .find_map(|post| {
                    let is_it = |control: &&StoredControl| control.id == id.name;
                    let control = post.controls.iter().find(is_it)?;
                    let action = ControlAction::from_value(&control.action)?;
                    Some((action, post.messages.clone()))
                })
        });
        let Some((ControlAction::Retry { message }, messages)) = stored else {
            return self.reply(press.interaction, messages::control_expired());
        };
        if messages.is_empty() {
            let until = now.mono + PRESS_TIMEOUT;
            self.recovery.early.push((until, press));
            return;
        }
        if !messages.contains(&press.message) {
            return self.reply(press.interaction, messages::control_expired());
        }
        let author = self.cut_off_record(message).map(|cut| cut.author);
        match author {
            None => self.reply(press.interaction, messages::already_retried()),
            Some(author) if author != press.speaker.id && !press.speaker.role.is_admin() => {
                self.reply(press.interaction, messages::retry_not_yours());
            }
            Some(_) => {
                let id = OpId(press.interaction.id);
                self.chat(ChatOp::Reply {
                    channel: self.channel,
                    interaction: press.interaction,
                    reply: InteractionReply::Acknowledge,
                });
                self.recovery.fetching.insert(id, message);
                self.chat(ChatOp::FetchMessage {
                    id,
                    channel: self.channel,
                    message,
                });
            }
        }
    }

    /// Presses whose post was not acknowledged in time are told to try again.
    pub(super) fn press_tick(&mut self, now: Now) {
        let overdue: Vec<_> = self
            .recovery
            .early
            .extract_if(.., |(until, _)| now.mono >= *until)
            .collect();
        for (_, press) in overdue {
            self.reply(press.interaction, messages::press_again());
        }
    }

    /// The message that a press runs again has been fetched, and waits in the queue or runs.
    pub(super) fn retry_fetched(&mut self, press: OpId) {
        self.recovery.fetching.remove(&press);
    }

    /// The message that was to be run again could not be fetched, or is not to be run.
    pub(super) fn retry_unavailable(&mut self, press: OpId, is_gone: bool) {
        let Some(message) = self.recovery.fetching.remove(&press) else {
            return;
        };
        if is_gone {
            self.say(None, messages::message_gone());
            self.retire_button(message);
        } else {
            self.say(None, messages::message_not_fetched());
        }
    }

    fn reply(&mut self, interaction: Interaction, text: String) {
        self.chat(ChatOp::Reply {
            channel: self.channel,
            interaction,
            reply: InteractionReply::Private(text),
        });
    }

    fn chat(&mut self, op: ChatOp) {
        self.effects.push(Effect::Chat(op));
    }
}
