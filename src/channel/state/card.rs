//! The card of a turn: posted when there is something to show, edited while the turn runs, one line at its end.
//!
//! The record has each card as a stored post, so that a restart can close it and its buttons never hang.

use std::time::Instant;

use super::{
    Now, State, Unsaved,
    controls::{ControlAction, actions, buttons, has_action},
    delivery::Purpose,
    live_card::LiveCard,
    messages::{self, CardEnd, TaskLine},
};
use crate::{
    chat::{Body, Card, ChatOp, Post, PostKey},
    claude::protocol::SessionEvent,
    config::Verbosity,
    money::Usd,
    registry::{
        Record,
        state::{StoredControl, StoredPost},
    },
};

/// How many finished cards keep their button: the record holds what each shows.
const MOST_FINISHED: usize = 20;

const BLUE: u32 = 0x0058_65F2;
pub(super) const GREEN: u32 = 0x0057_F287;
pub(super) const YELLOW: u32 = 0x00FE_E75C;
pub(super) const RED: u32 = 0x00ED_4245;
pub(super) const GRAY: u32 = 0x0099_AAB5;

impl State {
    pub(super) fn verbosity(&self) -> Verbosity {
        self.choices()
            .verbose
            .unwrap_or(self.config.discord.verbose)
    }

    /// A turn begins.
    pub(super) fn card_began(&mut self, now: Now) {
        if self.cards.report().is_none() {
            let began = self.turn.as_ref().map_or(now.mono, |turn| turn.began);
            self.begin_card(LiveCard::new(false, began, (now.mono, now.wall)), now);
        }
    }

    /// A report begins. It takes over what a message that waits has shown.
    pub(super) fn report_card_began(&mut self, now: Now) {
        let waiting = self.cards.live.take();
        let card = LiveCard {
            shown: waiting.and_then(|card| card.shown),
            ..LiveCard::new(true, now.mono, (now.mono, now.wall))
        };
        self.begin_card(card, now);
    }

    fn begin_card(&mut self, mut card: LiveCard, now: Now) {
        if self.verbosity() != Verbosity::Off {
            card.due = card.next_version(now.mono);
        }
        self.cards.live = Some(card);
    }

    pub(super) fn card_heard(&mut self, event: &SessionEvent, now: Now) {
        let is_asked = self.is_asked();
        let is_off = self.verbosity() == Verbosity::Off;
        let live = self.cards.live.as_mut();
        let Some(card) = live.filter(|card| is_asked || card.is_report) else {
            return;
        };
        let was_quiet = card.progress.is_quiet();
        if !card.progress.apply(event, now.wall) || is_off {
            return;
        }
        if !was_quiet {
            card.quiet_since = now.mono;
        }
        card.due = card.next_version(now.mono);
        self.card_tick(now);
    }

    pub(super) fn card_tick(&mut self, now: Now) {
        let due = self.cards.deadline();
        if due.is_some_and(|due| now.mono >= due) {
            self.put_live_card(now);
        }
    }

    fn put_live_card(&mut self, now: Now) {
        let (tasks, verbosity) = (self.task_lines(now), self.verbosity());
        let Some(card) = &mut self.cards.live else {
            return;
        };
        card.due = None;
        let text = messages::working(&card.progress, &tasks, verbosity);
        let key = match card.shown.take() {
            Some((key, _)) => key,
            None => {
                // The card shows that Claude works.
                self.typing(false);
                self.new_card()
            }
        };
        if let Some(card) = &mut self.cards.live {
            card.shown = Some((key.clone(), now.mono));
        }
        let state = self.record.as_ref().map(|record| &record.state);
        if let Some(stored) = state.and_then(|state| state.post(key.as_str())).cloned() {
            self.put_card(&stored, text, BLUE);
        }
    }

    /// Records a card that has not been posted yet.
    fn new_card(&mut self) -> PostKey {
        let key = self.new_key();
        let name = (self.ids)();
        if let Some(record) = &mut self.record {
            record.state.put_post(StoredPost {
                key: key.as_str().to_owned(),
                text: messages::CARD_CUT_OFF.into(),
                revision: 1,
                controls: vec![ControlAction::Stop.stored(name)],
                ..StoredPost::default()
            });
            self.unsaved = Unsaved::Passing;
        }
        key
    }

    fn put_card(&mut self, stored: &StoredPost, text: String, color: u32) {
        let post = Post {
            is_final: stored.revision > 1,
            ..card_post(stored, text, color)
        };
        self.put_stored(stored, post);
    }

    /// Posts what stands for a post on record.
    pub(super) fn put_stored(&mut self, stored: &StoredPost, post: Post) {
        let key = PostKey::new(&stored.key);
        let copy = stored.copy.as_ref();
        let channel = copy.map_or(self.channel, |copy| copy.channel);
        let known = stored.messages.clone();
        self.put_in(channel, key, post, known, Purpose::Other);
    }

    /// Notes what the turn cost and how it ended.
    pub(super) fn card_booked(&mut self, cost: Usd, is_error: bool, is_stopped: bool) {
        if let Some(card) = &mut self.cards.live {
            let end = match () {
                () if is_stopped => CardEnd::Stopped,
                () if is_error => CardEnd::Failed,
                () => CardEnd::Done,
            };
            card.booked = Some((cost, end));
        }
    }

    /// The turn is over: its card collapses, or goes if it showed no work.
    pub(super) fn card_ended(&mut self, now: Now) {
        if let Some(card) = self.cards.live.take_if(|card| !card.is_report) {
            self.collapse(card, now);
        }
    }

    /// The card of a report ends with it, however that ends. Then that of a message that waits begins.
    pub(super) fn report_card_tick(&mut self, now: Now) {
        let is_over = !self.background.is_reporting();
        let Some(card) = self.cards.live.take_if(|card| card.is_report && is_over) else {
            return;
        };
        let was_shown = card.shown.is_some();
        self.collapse(card, now);
        if self.turn.is_some() {
            self.card_began(now);
            if was_shown {
                self.typing(true);
            }
        }
    }

    fn collapse(&mut self, mut card: LiveCard, now: Now) {
        let tasks = self.task_lines(now);
        let Some((key, _)) = card.shown.take() else {
            return;
        };
        let Some(record) = &mut self.record else {
            return;
        };
        self.unsaved = Unsaved::Passing;
        let posts = &mut record.state.posts;
        let Some(at) = posts.iter().position(|post| post.key == key.as_str()) else {
            return;
        };
        if !card.progress.has_work() {
            let known = posts.remove(at).messages;
            self.deliveries.withdrawn(&key);
            let channel = self.channel;
            return self.chat(ChatOp::Remove {
                channel,
                key,
                known,
            });
        }
        card.progress.close();
        let (cost, end) = card.booked.unzip();
        let end = end.unwrap_or(CardEnd::Failed);
        let took = now.mono - card.began;
        let stored = &mut posts[at];
        stored.text = messages::summary(&card.progress, took, cost, end);
        stored.revision += 1;
        let steps = ControlAction::Steps {
            details: messages::details(&card.progress),
            is_open: false,
            color: match end {
                CardEnd::Done if card.progress.is_refused() => GRAY,
                CardEnd::Done => GREEN,
                CardEnd::Failed => RED,
                CardEnd::Stopped => GRAY,
            },
        };
        let name = (self.ids)();
        stored.controls.insert(0, steps.stored(name));
        if tasks.is_empty() {
            stored.controls.truncate(1);
        }
        let forgotten = forget_finished(record);
        let before = self.cards.background.take_if(|_| !tasks.is_empty());
        if !tasks.is_empty() {
            self.cards.background = Some(key.clone());
        }
        for key in before.iter().chain([&key]) {
            self.put_finished_card(key, now);
        }
        for mut card in forgotten {
            let color = steps_of(&card).map_or(GRAY, |(_, _, color)| color);
            card.controls.clear();
            card.revision += 1;
            let text = card.text.clone();
            self.put_card(&card, text, color);
        }
    }

    pub(super) fn put_finished_card(&mut self, key: &PostKey, now: Now) {
        let is_background = self.cards.background.as_ref() == Some(key);
        let tasks = if is_background {
            self.task_lines(now)
        } else {
            Vec::new()
        };
        let state = self.record.as_mut().map(|record| &mut record.state);
        let Some(stored) = state.and_then(|state| state.post_mut(key.as_str())) else {
            return;
        };
        if tasks.is_empty() {
            let before = stored.controls.len();
            let is_stop = |it: &StoredControl| ControlAction::of(it) == Some(ControlAction::Stop);
            stored.controls.retain(|control| !is_stop(control));
            self.is_dirty |= before != stored.controls.len();
        }
        let stored = stored.clone();
        let mut lines = vec![stored.text.clone()];
        let mut color = RED;
        if let Some((details, is_open, own)) = steps_of(&stored) {
            color = own;
            lines.extend(is_open.then_some(details));
        }
        lines.extend(messages::task_lines(&tasks));
        self.put_card(&stored, lines.join("\n"), color);
    }

    /// The tasks that run in the background now. Tools that the turn waits for do not count.
    fn task_lines(&self, now: Now) -> Vec<TaskLine> {
        let lines = self.background_tasks().map(|(task, since)| {
            let age = chrono::TimeDelta::from_std(now.mono.saturating_duration_since(since));
            (task.description.clone(), now.wall - age.unwrap_or_default())
        });
        lines.collect()
    }

    fn background_tasks(&self) -> impl Iterator<Item = (&crate::claude::protocol::Task, Instant)> {
        let live = self.cards.live.as_ref();
        self.background.running().filter(move |(task, _)| {
            let call = task.tool_use_id.as_deref();
            !live
                .zip(call)
                .is_some_and(|(card, call)| card.progress.is_running(call))
        })
    }

    /// Shows that tasks in the background have begun or ended.
    pub(super) fn refresh_tasks(&mut self, now: Now) {
        let tasks = self.background_tasks().map(|(task, _)| task.id.clone());
        let tasks: Vec<_> = tasks.collect();
        if tasks == self.cards.tasks {
            return;
        }
        let is_over = tasks.is_empty();
        self.cards.tasks = tasks;
        if let Some(card) = self.cards.live.as_mut().filter(|card| card.shown.is_some()) {
            card.due = card.due.or(card.next_version(now.mono));
        }
        if let Some(key) = self.cards.background.clone() {
            if is_over {
                self.cards.background = None;
            }
            self.put_finished_card(&key, now);
        }
    }

    /// Closes the cards that an earlier run of the bot left open.
    pub(super) fn close_cards(&mut self) {
        let Some(record) = &mut self.record else {
            return;
        };
        let live = self.cards.live.as_ref();
        let live = live.and_then(|card| card.shown.as_ref());
        let live = live.map(|(key, _)| key.as_str().to_owned());
        let is_open = |post: &mut StoredPost| {
            has_action(post, |action| action == ControlAction::Stop)
                && Some(&post.key) != live.as_ref()
        };
        let open: Vec<_> = record.state.posts.extract_if(.., is_open).collect();
        for mut stored in open {
            self.is_dirty = true;
            stored.controls.clear();
            stored.revision += 1;
            if !stored.messages.is_empty() {
                let text = stored.text.clone();
                self.put_card(&stored, text, RED);
            }
        }
    }
}

/// Forgets the oldest finished cards and returns them, because their buttons must go.
fn forget_finished(record: &mut Record) -> Vec<StoredPost> {
    let posts = &mut record.state.posts;
    let is_finished = |post: &StoredPost| {
        has_action(post, |action| matches!(action, ControlAction::Steps { .. }))
    };
    let finished = posts.iter().filter(|post| is_finished(post)).count();
    let mut surplus = finished.saturating_sub(MOST_FINISHED);
    let goes = |post: &mut StoredPost| {
        let goes = surplus > 0 && is_finished(post);
        surplus -= usize::from(goes);
        goes
    };
    posts.extract_if(.., goes).collect()
}

/// What the button of a finished card shows, whether it shows it now, and the card's color.
fn steps_of(card: &StoredPost) -> Option<(String, bool, u32)> {
    actions(card).find_map(|action| match action {
        ControlAction::Steps {
            details,
            is_open,
            color,
        } => Some((details, is_open, color)),
        _ => None,
    })
}

/// A card with the buttons of a post on record.
pub(super) fn card_post(stored: &StoredPost, text: String, color: u32) -> Post {
    Post {
        body: Body::Card(Card {
            text,
            color: Some(color),
            ..Card::default()
        }),
        controls: buttons(stored),
        ..Post::default()
    }
}
