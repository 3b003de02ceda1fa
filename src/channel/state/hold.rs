//! Messages that wait until Claude can be asked again: until a usage limit resets, or for a pause while the API is busy.
//!
//! They are on record, so that a restart of the bot finds them.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveTime, Utc};

use super::{
    Effect, Now, State, controls::ControlAction, hold_state::HoldState, messages, turn::TurnMachine,
};
use crate::{
    channel::{Origin, QueueItem, Request, Source, usage_limit::is_of_model},
    chat::{Delivery, OpId},
    claude::turn::Outcome,
    config::AfterReset,
    external::Wanted,
    snowflake::MessageId,
};

/// The pauses before a message is run again because the API was busy.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(10),
];

/// The shortest wait for a limit to reset, in case the machine's clock is ahead.
const SHORTEST_WAIT: i64 = 30;

/// The longest wait: the limits of plans are weekly at most.
const LONGEST_WAIT: i64 = 8 * 24 * 60 * 60;

/// Channels that a limit has stopped resume spread over this many seconds. If it is reached again, most learn that from
/// the first.
const SPREAD: u64 = 20;

impl State {
    /// When the usage limit resets that stops the channel, in seconds since 1970.
    fn limited_until(&self, now: Now) -> Option<i64> {
        let record = self.record.as_ref();
        let own = record.and_then(|record| record.state.limited_until);
        let until = own.max(self.hold.shared);
        until.filter(|until| *until > now.wall.timestamp())
    }

    /// Whether nothing may be asked now.
    pub(super) fn is_held(&mut self, now: Now) -> bool {
        if let (None, Some(until)) = (self.hold.until, self.limited_until(now)) {
            let mut wait = u64::try_from(until - now.wall.timestamp()).unwrap_or(0);
            if self.hold.shared == Some(until) {
                wait += self.channel.0 % SPREAD;
            }
            self.hold.until = Some(now.mono + Duration::from_secs(wait));
        }
        self.is_restoring() || self.hold.until.is_some_and(|until| now.mono < until)
    }

    /// Whether messages that waited in an earlier run of the bot are being fetched. They run in their order.
    fn is_restoring(&self) -> bool {
        let mut fetching = self.recovery.fetching.keys();
        fetching.any(|id| matches!(id, OpId::Held(_)))
    }

    /// Whether an item is on record as one that waits.
    pub(super) fn is_on_hold(&self, item: &QueueItem) -> bool {
        let held = self.record.as_ref().map(|record| &record.state.held);
        let message = item.origin.message();
        held.is_some_and(|held| message.is_some_and(|message| held.contains(&message)))
    }

    /// Accepts an item while nothing may be asked.
    pub(super) fn requested_while_held(&mut self, item: QueueItem, now: Now) {
        let origin = item.origin;
        let is_restored = self.is_on_hold(&item);
        let until = self.limited_until(now);
        let is_dropped = until.is_some() && self.config.limits.after_reset == AfterReset::Drop;
        if !is_restored && (is_dropped || self.queue.len() >= self.config.limits.queue) {
            let text = match until {
                Some(until) => messages::limited_not_kept(until),
                None => {
                    let is_retry = matches!(item.source, Source::Retry { .. });
                    messages::queue_full(self.config.limits.queue, is_retry)
                }
            };
            self.claim_ahead(origin, Some(item.speaker.id), now);
            self.say(Some(origin), text);
            self.finish(origin);
            return;
        }
        self.keep(item, now);
        if let Some(until) = until.filter(|_| !is_restored) {
            self.say(
                Some(origin),
                messages::waits_for_reset(until, self.config.limits.after_reset),
            );
        }
    }

    /// Puts an item into the queue and on record.
    pub(super) fn keep(&mut self, mut item: QueueItem, now: Now) {
        if let Origin::Message(message) = item.origin {
            let until = self.limited_until(now);
            let record = self.record_mut(now);
            let has_title = record.state.title.is_some();
            record.hold(message, item.speaker.id);
            record.state.limited_until = until.or(record.state.limited_until);
            let press = OpId::Held(message);
            item.source = Source::Retry { press };
            self.is_dirty = true;
            if has_title {
                // The thread's channel waits until the message is on record here.
                self.save();
            }
        }
        item.mode = None;
        let message = item.origin.message();
        let mut queue = self.queue.iter();
        let later = queue.position(|waiting| waiting.origin.message() > message);
        self.queue.insert(later.unwrap_or(self.queue.len()), item);
    }

    /// Notes a usage limit, here and for all channels. Returns when it resets, if that is known.
    pub(super) fn note_usage_limit(
        &mut self,
        (kind, resets_at, detail): (Option<&str>, Option<u64>, &str),
        now: Now,
    ) -> Option<i64> {
        let told = resets_at.and_then(|at| i64::try_from(at).ok());
        let until = told.or_else(|| reset_in_words(detail, now.wall))?;
        let time = now.wall.timestamp();
        let until = until.clamp(time + SHORTEST_WAIT, time + LONGEST_WAIT);
        let state = &mut self.record_mut(now).state;
        state.limited_until = Some(until);
        state.limit_kind = kind.map(str::to_owned);
        self.hold = HoldState::default();
        if !is_of_model(kind) {
            self.effects.push(Effect::UsageLimitReached(until));
        }
        Some(until)
    }

    /// Stops the channel until a usage limit resets. `false` if that time is unknown.
    pub(super) fn usage_limited(
        &mut self,
        turn: &TurnMachine,
        limit: (Option<&str>, Option<u64>, &str),
        now: Now,
    ) -> bool {
        let Some(until) = self.note_usage_limit(limit, now) else {
            return false;
        };
        let waiting = self.take_turns();
        let count = waiting.len();
        let after_reset = self.config.limits.after_reset;
        let text = messages::usage_limited(limit.0, until, count, after_reset);
        if after_reset == AfterReset::Drop {
            for item in waiting {
                self.claim_ahead(item.origin, Some(item.speaker.id), now);
                self.finish(item.origin);
            }
            self.fail(turn.origin, text);
            return true;
        }
        self.keep_turn(turn, now);
        for item in waiting {
            self.keep(item, now);
        }
        self.say(Some(turn.origin), text);
        true
    }

    /// Runs the message again after a pause, if the API is busy and the CLI has not tried again itself. `false` if that did
    /// not help.
    pub(super) fn retry_later(
        &mut self,
        turn: &TurnMachine,
        status: Option<u16>,
        outcome: &Outcome,
        now: Now,
    ) -> bool {
        let pause = PAUSES.get(self.hold.pauses).copied();
        // The CLI repeats calls to an API that is broken or overloaded itself, for minutes.
        let may_repeat = status == Some(429)
            && outcome.is_untouched
            && outcome.retries == 0
            && !self.shutting_down;
        let Some(pause) = pause.filter(|_| may_repeat) else {
            return false;
        };
        if self.hold.pauses == 0 {
            self.say(None, messages::trying_again(status, PAUSES.len()));
        }
        self.hold.pauses += 1;
        self.hold.until = Some(now.mono + pause);
        let paused = self.collected.iter().chain([turn]);
        let paused = paused.filter_map(|turn| turn.origin.message());
        self.hold.paused = paused.collect();
        self.keep_turn(turn, now);
        true
    }

    pub(super) fn keep_turn(&mut self, turn: &TurnMachine, now: Now) {
        if let Some(item) = self.item_of(turn) {
            self.mark_waiting(&item, now);
            self.keep(item, now);
        }
    }

    /// What asked for a turn; `None` for `/compact`.
    pub(super) fn item_of(&self, turn: &TurnMachine) -> Option<QueueItem> {
        let (text, place) = (turn.text.as_ref()?, self.place.as_ref()?);
        let mut context = turn.context.clone();
        if turn.is_looked_up() {
            context.wanted = Wanted::default();
        }
        Some(QueueItem {
            origin: turn.origin,
            place: place.clone(),
            speaker: turn.speaker.clone(),
            request: Request::Prompt {
                text: text.clone(),
                context,
            },
            source: Source::Chat(Delivery::Live),
            mode: None,
            thread: None,
        })
    }

    /// A usage limit of the login was reached, here or in another channel.
    pub(super) fn usage_limit_reached(&mut self, until: i64, now: Now) {
        if until <= now.wall.timestamp() || Some(until) <= self.limited_until(now) {
            return;
        }
        self.hold.shared = Some(until);
        self.hold.until = None;
        self.hold_queue(until, now);
    }

    /// Takes the items that begin turns out of the queue.
    fn take_turns(&mut self) -> Vec<QueueItem> {
        let queue = std::mem::take(&mut self.queue);
        let (turns, others): (Vec<_>, Vec<_>) = queue
            .into_iter()
            .partition(|item| item.request.begins_turn());
        self.queue = others.into();
        turns
    }

    /// Has what waits in the queue wait until a usage limit resets.
    pub(super) fn hold_queue(&mut self, until: i64, now: Now) {
        let mut turns = self.take_turns();
        if turns.len() <= 1 {
            if let Some(item) = turns.pop() {
                self.requested_while_held(item, now);
            }
            return;
        }
        // Who waits with others is not told each on their own.
        let first = turns.iter().find(|item| !self.is_on_hold(item));
        let (first, waiting) = (first.map(|item| item.origin), turns.len() - 1);
        let after_reset = self.config.limits.after_reset;
        for item in turns {
            if after_reset == AfterReset::Drop && !self.is_on_hold(&item) {
                self.claim_ahead(item.origin, Some(item.speaker.id), now);
                self.finish(item.origin);
            } else {
                self.keep(item, now);
            }
        }
        if first.is_some() {
            let text = messages::usage_limited(None, until, waiting, after_reset);
            self.say(first, text);
        }
    }

    /// Has the turn wait, which is about to be asked, if a usage limit was reached meanwhile. `false` if it need not.
    pub(super) fn holds_turn(&mut self, now: Now) -> bool {
        let is_limited = self.limited_until(now).is_some();
        if is_limited && self.steering.is_some() {
            self.unsteer(None);
            return true;
        }
        let turn = self.turn.as_ref().filter(|_| is_limited);
        let Some(item) = turn.and_then(|turn| self.item_of(turn)) else {
            return false;
        };
        let before = self.collected.iter();
        let before = before.filter_map(|turn| self.item_of(turn));
        let items: Vec<_> = before.chain([item]).collect();
        self.turn = None;
        self.collected.clear();
        for item in items {
            self.finish(item.origin);
            self.mark_waiting(&item, now);
            self.requested_while_held(item, now);
        }
        self.drop_turn(now);
        true
    }

    pub(super) fn hold_tick(&mut self, now: Now) {
        if self.hold.until.is_none_or(|until| now.mono < until) {
            return;
        }
        self.hold.until = None;
        if self.limited_until(now).is_some() {
            // The wall clock has been changed.
            self.is_held(now);
            return;
        }
        let state = self.record.as_mut().map(|record| &mut record.state);
        let was_limited = state.is_some_and(|state| {
            state.limit_kind = None;
            state.limited_until.take().is_some()
        });
        if was_limited {
            self.is_dirty = true;
            if self.config.limits.after_reset == AfterReset::Ask {
                self.offer_held();
            }
        }
        self.run_queue(now);
    }

    /// Posts a button for each message that has waited.
    fn offer_held(&mut self) {
        for message in self.release_all() {
            let text = messages::LIMIT_RESET.to_owned();
            self.offer(message, text, &[ControlAction::Retry { message }]);
        }
    }

    /// Takes the waiting messages out of the queue and the record.
    pub(super) fn release_all(&mut self) -> Vec<MessageId> {
        let state = self.record.as_mut().map(|record| &mut record.state);
        let held = state.map(|state| std::mem::take(&mut state.held));
        let held = held.unwrap_or_default();
        self.is_dirty |= !held.is_empty();
        let is_held = |item: &QueueItem| {
            let message = item.origin.message();
            message.is_some_and(|message| held.contains(&message))
        };
        self.queue.retain(|item| !is_held(item));
        held
    }

    /// Forgets a message that waited and asks for nothing any more.
    pub(super) fn forget_held(&mut self, message: MessageId) {
        if let Some(record) = &mut self.record {
            record.release(message);
            let cut_off = &mut record.state.cut_off;
            cut_off.retain(|cut| cut.message != message);
            self.is_dirty = true;
        }
        self.finish(Origin::Message(message));
    }

    /// Has the messages fetched that waited when an earlier run of the bot ended.
    pub(super) fn restore_held(&mut self, now: Now) {
        let held = self.record.as_ref().map(|record| record.state.held.clone());
        let is_limited = self.is_held(now);
        if !is_limited && self.config.limits.after_reset == AfterReset::Ask {
            return self.offer_held();
        }
        for message in held.unwrap_or_default() {
            self.fetch_for_retry(OpId::Held(message), message);
        }
    }
}

/// The time in the CLI's own message, such as `resets 12:54pm (UTC)`, for CLIs that report it nowhere else.
fn reset_in_words(detail: &str, now: DateTime<Utc>) -> Option<i64> {
    let (_, time) = detail.split_once("resets ")?;
    let (time, _) = time.split_once(" (UTC)")?;
    let (digits, half) = time.split_at_checked(time.len().checked_sub(2)?)?;
    let (hour, minute) = digits.split_once(':').unwrap_or((digits, "0"));
    let hour: u32 = hour.parse().ok().filter(|hour| (1..=12).contains(hour))?;
    let afternoon = match half {
        "am" => 0,
        "pm" => 12,
        _ => return None,
    };
    let time = NaiveTime::from_hms_opt(hour % 12 + afternoon, minute.parse().ok()?, 0)?;
    let today = now.date_naive().and_time(time).and_utc();
    let is_over = today <= now;
    let next = if is_over {
        today.checked_add_days(Days::new(1))?
    } else {
        today
    };
    Some(next.timestamp())
}

#[cfg(test)]
mod tests;
