//! What a channel does about what happens to it: a synchronous state machine.
//!
//! Pure: it is told of events together with the time, and answers with effects for the actor to carry out in
//! order. It starts nothing, writes nothing, and waits for nothing.
//!
//! * A channel answers one message at a time; the rest waits in its queue.
//! * A turn is recorded on disk before it is run, so that no message is run twice.
//! * The process comes up on the first message and stays for the next ones. It may be gone at any time; the
//!   session is what lasts.

mod background;
mod book;
mod breaker;
mod commands;
mod cut;
mod effect;
mod fetch;
mod process;
mod recovery;
#[cfg(test)]
mod tests;
mod turn;
mod watch;

use std::{collections::VecDeque, time::Instant};

use chrono::{DateTime, Utc};
pub use effect::{Effect, Event, NotStarted, Settings, Show};

use self::{
    background::Background, breaker::Breaker, process::Proc, recovery::is_in_line, turn::Running,
};
use super::{
    item::{Item, Origin, Via, Wish},
    words,
};
use crate::{
    claude::protocol,
    external::Speaker,
    ledger::cost::Meter,
    registry::Record,
    snowflake::{ChannelId, MessageId},
};

/// How many messages may wait behind the one that runs.
pub const QUEUE_LIMIT: usize = 20;

/// The time, as the actor reads it: for deadlines and for records.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// For deadlines.
    pub mono: Instant,
    /// For records.
    pub wall: DateTime<Utc>,
}

/// One channel.
pub struct State {
    channel: ChannelId,
    settings: Settings,
    /// New session and turn ids; random in the program, counted in tests.
    ids: Box<dyn FnMut() -> String + Send + Sync>,
    record: Option<Record>,
    queue: VecDeque<Item>,
    running: Option<Running>,
    process: Proc,
    meter: Meter,
    /// The CLI's version, once a turn's `init` has named it.
    version: Option<String>,
    /// Whose turn was the last.
    last_speaker: Option<Speaker>,
    /// Failed starts in a row.
    failures: u32,
    /// When the next start may be, after failures.
    breaker: Breaker,
    /// What the process does beside people's turns.
    background: Background,
    /// What was lost in the background, oldest first, until the channel knows of it. It stands on record.
    lost: Vec<String>,
    /// How many bytes of answer went out since a message was taken up last.
    said: usize,
    /// Whether the process is to come up again though no message waits for it: it crashed.
    revive: bool,
    /// The pool wants the process's place back.
    recalled: bool,
    going_down: bool,
    /// How many marks have been sent that the outbox has not reached.
    unreached: usize,
    /// The message whose button has served, until its claim is on disk.
    served: Option<MessageId>,
    effects: Vec<Effect>,
}

impl State {
    /// A channel with what the registry holds of it.
    #[must_use]
    pub fn new(
        channel: ChannelId,
        settings: Settings,
        record: Option<Record>,
        ids: Box<dyn FnMut() -> String + Send + Sync>,
    ) -> Self {
        let lost = record
            .as_ref()
            .map(|record| record.state.background.clone());
        let lost = lost.unwrap_or_default();
        let record = record.map(|mut record| {
            if record.model.is_empty() {
                record.model.clone_from(&settings.model);
            }
            record
        });
        Self {
            channel,
            settings,
            ids,
            record,
            queue: VecDeque::new(),
            running: None,
            process: Proc::Absent,
            meter: Meter::fresh(None),
            version: None,
            last_speaker: None,
            failures: 0,
            breaker: Breaker::default(),
            background: Background::default(),
            lost,
            said: 0,
            revive: false,
            recalled: false,
            going_down: false,
            unreached: 0,
            served: None,
            effects: Vec::new(),
        }
    }

    /// Takes in an event and says what is to be done about it, in order.
    #[must_use = "what is not carried out leaves the state machine waiting for ever"]
    pub fn handle(&mut self, event: Event, now: Now) -> Vec<Effect> {
        let was_busy = self.is_busy();
        match event {
            Event::Asked(item) => self.asked(item, now),
            Event::Stop(origin) => self.stop_asked(&origin, now),
            Event::Recover => self.recover(),
            Event::Reached(mark) => self.reached(mark),
            Event::Saved(saved) => self.saved(saved.is_ok(), now),
            Event::Fetched { turn, files } => self.fetched(&turn, files, now),
            Event::Refused(text) => self.refused(text, now),
            Event::Overspent => self.overspent(now),
            Event::Started => self.started(now),
            Event::NotStarted(reason) => self.start_failed(reason, now),
            Event::Cli(event) => self.heard(&event, now),
            Event::Exited(exit) => self.exited(&exit, now),
            Event::Recalled => self.recall(),
            Event::Tick => self.tick(now),
            Event::GoingDown => self.go_down(now),
            Event::GoDownSoon => self.go_down_soon(now),
            Event::GoDownNow => self.go_down_now(now),
        }
        if was_busy && !self.is_busy() {
            self.process.idles(now.mono);
            if self.recalled {
                self.end_process();
            }
        }
        self.note_background();
        std::mem::take(&mut self.effects)
    }

    /// When [`Event::Tick`] is due, if at all.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let turn = self.running.as_ref().and_then(Running::deadline);
        let idle = self.process.deadline(self.settings.idle, self.is_busy());
        [turn, idle, self.background.deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether nothing is going on: no turn, no queue, no process, no answer on its way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.running.is_none()
            && self.queue.is_empty()
            && matches!(self.process, Proc::Absent)
            && self.unreached == 0
    }

    /// Whether the process has anything to do: a turn, or tasks in the background.
    fn is_busy(&self) -> bool {
        self.running.is_some() || self.background.is_busy()
    }

    /// Whether the process lives and could make room for another channel's.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        matches!(self.process, Proc::Live { .. }) && !self.is_busy()
    }

    /// The channel's record.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// The model of the next turn.
    #[must_use]
    pub fn model(&self) -> &str {
        self.record
            .as_ref()
            .map_or(&self.settings.model, |record| &record.model)
    }

    /// How many messages wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// What the process does, in a word or two.
    #[must_use]
    pub fn doing(&self) -> &'static str {
        match (&self.process, &self.running) {
            (Proc::Live { .. }, Some(_)) => "working",
            (Proc::Live { .. }, None) if self.is_busy() => "working in the background",
            (Proc::Live { .. }, None) => "idle",
            (Proc::Ending, _) => "ending",
            (
                Proc::Absent
                | Proc::Admitting { .. }
                | Proc::Greeting { .. }
                | Proc::Resting { .. },
                _,
            ) => "starting",
        }
    }

    fn asked(&mut self, item: Item, now: Now) {
        if self.going_down {
            self.put_off(item);
        } else if self.running.is_none() {
            self.queue.push_back(item);
            self.next(now);
        } else if self.queue.len() < QUEUE_LIMIT || item.via == Via::CatchUp {
            let is_in_line = is_in_line(&item);
            self.queue.push_back(item);
            if is_in_line && self.note_waiting() {
                self.save(false);
            }
        } else if let Via::Again { .. } = item.via {
            // It stays on record as cut off, with its button.
            self.say(Some(item.origin), words::queue_full(QUEUE_LIMIT));
        } else {
            self.claim_ahead(&item.origin, Some(item.speaker.id), now);
            self.say(Some(item.origin.clone()), words::queue_full(QUEUE_LIMIT));
            self.answered(&item.origin);
        }
    }

    /// The bot goes down before this is taken up. A message is left to the next start, which asks Discord for it;
    /// a slash command or a press can't wait.
    fn put_off(&mut self, item: Item) {
        let text = match (&item.origin, item.via) {
            (Origin::Message(_), Via::Gateway | Via::Ahead { .. } | Via::CatchUp)
                if self.settings.catches_up =>
            {
                words::put_off()
            }
            _ => words::going_down(),
        };
        self.say(Some(item.origin), text);
    }

    /// Takes up what waits, until a turn runs.
    fn next(&mut self, now: Now) {
        if !self.is_busy() && self.recalled {
            // Others wait for the place; what waits here queues up behind them.
            self.end_process();
        }
        while self.running.is_none() {
            let Some(item) = self.queue.pop_front() else {
                break;
            };
            if let (Via::Again { .. }, Wish::Hint(hint)) = (item.via, &item.wish) {
                // It stays on record as cut off, with its button.
                self.say(Some(item.origin), hint.clone());
                continue;
            }
            if !self.claim(&item, now) {
                self.say(Some(item.origin), words::already_again());
                continue;
            }
            match item.wish {
                Wish::Words { words, context } => {
                    self.begin(item.origin, item.speaker, Some(words), now);
                    self.goes_with(context);
                }
                Wish::Command(command) => {
                    let origin = item.origin.clone();
                    self.command(command, item.origin, item.speaker, now);
                    if self.running.is_none() {
                        self.answered(&origin);
                    }
                }
                Wish::Hint(hint) => {
                    self.say(Some(item.origin.clone()), hint);
                    self.answered(&item.origin);
                }
                Wish::GivenUp(count) => {
                    self.say(None, words::given_up(count));
                    self.answered(&item.origin);
                }
            }
        }
        if self.running.is_none() && ((self.recalled && !self.is_busy()) || self.going_down) {
            self.end_process();
        }
    }

    fn go_down(&mut self, now: Now) {
        self.going_down = true;
        self.revive = false;
        for item in std::mem::take(&mut self.queue) {
            self.put_off(item);
        }
        if self.running.is_none() {
            self.next(now);
        }
    }

    /// Interrupts the turn, so that the CLI can write down how far it came, and ends the process in order.
    fn go_down_soon(&mut self, now: Now) {
        self.go_down(now);
        if self.running.as_ref().is_some_and(Running::is_asked) {
            self.write(protocol::interrupt(cut::INTERRUPT));
        }
        self.cut_by_shutdown(now);
        self.end_process();
    }

    fn go_down_now(&mut self, now: Now) {
        self.go_down(now);
        self.cut_by_shutdown(now);
        if !matches!(self.process, Proc::Absent) {
            self.background_lost();
            self.effects.push(Effect::Kill);
            self.process = Proc::Ending;
        }
    }

    fn cut_by_shutdown(&mut self, now: Now) {
        if let Some(running) = self.running.take() {
            match &running.cut {
                Some(cut) => self.say_cut(&running, cut.why.clone()),
                None => self.cut_turn(&running),
            }
            self.book_cut_off(&running, "cut_by_shutdown", now);
            if running.is_cut() {
                self.answered(&running.origin);
            }
            self.effects.push(Effect::Working(false));
        }
    }

    fn say(&mut self, to: Option<Origin>, text: String) {
        self.effects.push(Effect::Say { to, text });
    }

    fn write(&mut self, line: String) {
        self.effects.push(Effect::Write(line));
    }

    /// The record, made where there is none yet.
    fn record_mut(&mut self, now: Now) -> &mut Record {
        let Self {
            record,
            ids,
            settings,
            ..
        } = self;
        record.get_or_insert_with(|| Record::new(ids(), settings.model.clone(), now.wall))
    }

    fn save(&mut self, confirm: bool) {
        if let Some(record) = self.record.clone() {
            self.effects.push(Effect::Save {
                record: Box::new(record),
                line: None,
                confirm,
            });
            self.unbutton();
        }
    }
}
