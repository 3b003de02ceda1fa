//! The turn's side of the state machine.

use std::time::{Duration, Instant};

use super::{
    Effect, Now, State,
    background::Folded,
    cut::{Cut, INTERRUPT, Why},
    process::Proc,
    watch::Watch,
};
use crate::{
    channel::{item::Origin, words},
    claude::{
        process::Exit,
        protocol::{self, Event as Cli},
        turn::{Ending, Outcome, Signal, Turn},
    },
    external::{Context, Speaker},
};

/// How long the CLI may take to change its model.
pub(super) const SET_MODEL_PATIENCE: Duration = Duration::from_secs(5);

/// How long to keep silent between two notes that the API is asked again.
const RETRY_NOTE: Duration = Duration::from_secs(20);

/// How many bytes of answer may follow one message: a hundred messages of Discord's, which nobody reads.
const MOST_SAID: usize = 200_000;

/// How often one message may move to another session or process before that is an error.
const MOVES: u32 = 2;

/// The id of our request to change the model; one is under way at most.
pub(super) const SET_MODEL: &str = "switchboard-set-model";

/// The turn that runs.
pub(super) struct Running {
    pub(super) origin: Origin,
    pub(super) speaker: Speaker,
    /// Whether a button was pressed for it.
    pub(super) is_again: bool,
    /// The person's words; `None` asks the CLI to compact the conversation.
    words: Option<String>,
    /// What they go with.
    pub(super) context: Box<Context>,
    /// Whether its files are being fetched.
    pub(super) is_fetching: bool,
    pub(super) id: String,
    pub(super) begun: Instant,
    pub(super) until: Instant,
    /// When the CLI was given the message.
    pub(super) asked: Option<Instant>,
    /// When its first words came.
    pub(super) first_text: Option<Instant>,
    pub(super) phase: Phase,
    pub(super) fold: Turn,
    pub(super) cut: Option<Cut>,
    retry_noted: Option<Instant>,
    /// Whether the person knows that starts have to wait.
    pub(super) rest_noted: bool,
    /// The watch on the CLI that works on it.
    watch: Option<Watch>,
    /// A result that may be of this message too.
    pub(super) folded: Option<Folded>,
    /// How often the message has moved to another session or process.
    moves: u32,
}

/// How far the turn has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It is being recorded on disk.
    Recording,
    /// It waits for a process that is ready.
    Waiting,
    /// It waits for the process to change its model.
    ChangingModel { until: Instant },
    /// The message has been written: the CLI works.
    Asked,
}

impl Running {
    /// Whether it is being cut short.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// Whether the CLI works on it.
    pub(super) fn is_asked(&self) -> bool {
        self.phase == Phase::Asked
    }

    /// The message waits for another session or process; `false` where it has done so too often.
    pub(super) fn waits_again(&mut self) -> bool {
        let may = self.moves < MOVES;
        if may {
            self.moves += 1;
            self.phase = Phase::Waiting;
            self.watch = None;
            self.folded = None;
        }
        may
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let phase = match self.phase {
            Phase::ChangingModel { until } => Some(until),
            Phase::Recording | Phase::Waiting | Phase::Asked => None,
        };
        let folded = self.folded.as_ref().map(|folded| folded.until);
        let end = match &self.cut {
            Some(cut) => cut.until,
            None => Some(self.until),
        };
        [phase, folded, end, self.silent_from()]
            .into_iter()
            .flatten()
            .min()
    }

    /// When the CLI has been silent for too long.
    pub(super) fn silent_from(&self) -> Option<Instant> {
        let watch = self.watch.as_ref().filter(|_| !self.is_cut());
        watch.and_then(Watch::deadline)
    }

    /// What was heard so far was not about this message.
    pub(super) fn start_over(&mut self) {
        self.fold = Turn::new();
        if self.is_cut() {
            self.fold.interrupting();
        }
    }
}

impl State {
    /// Takes up a message: it is run once it is recorded.
    pub(super) fn begin(
        &mut self,
        origin: Origin,
        speaker: Speaker,
        words: Option<String>,
        now: Now,
    ) {
        let (message, author) = (origin.message(), speaker.id);
        self.last_speaker = Some(speaker.clone());
        self.said = 0;
        // The button is there until the claim is saved.
        let is_again = self.served.is_some();
        let record = self.record_mut(now);
        if let Some(message) = message {
            record.begin(message, now.wall);
            record.open_turn(message, author);
        }
        self.running = Some(Running {
            origin,
            speaker,
            is_again,
            words,
            context: Box::default(),
            is_fetching: false,
            id: (self.ids)(),
            begun: now.mono,
            until: now.mono + self.settings.turn_timeout,
            asked: None,
            first_text: None,
            phase: Phase::Recording,
            fold: Turn::new(),
            cut: None,
            retry_noted: None,
            rest_noted: false,
            watch: None,
            folded: None,
            moves: 0,
        });
        self.effects.push(Effect::Working(true));
        self.save(true);
    }

    pub(super) fn saved(&mut self, is_saved: bool, now: Now) {
        let Some(running) = &mut self.running else {
            return;
        };
        if running.phase != Phase::Recording {
            return;
        }
        if is_saved {
            running.phase = Phase::Waiting;
            self.fetch();
            self.proceed(now);
        } else {
            let origin = running.origin.clone();
            self.say(Some(origin), words::not_recorded());
            self.over(now);
        }
    }

    /// Brings the waiting turn one step further: a process, the right model, the message.
    pub(super) fn proceed(&mut self, now: Now) {
        let model = self.model().to_owned();
        let Some(running) = &mut self.running else {
            return;
        };
        // A message would be taken into a report that runs.
        if running.phase != Phase::Waiting || self.background.reports() {
            return;
        }
        match &self.process {
            Proc::Absent => {
                self.start_or_rest(now);
                self.note_rest(now);
            }
            Proc::Live { .. } if running.is_fetching => {}
            Proc::Live { model: current, .. } if *current != model => {
                running.phase = Phase::ChangingModel {
                    until: now.mono + SET_MODEL_PATIENCE,
                };
                self.write(protocol::set_model(SET_MODEL, &model));
            }
            Proc::Live { .. } => {
                running.phase = Phase::Asked;
                running.asked = Some(now.mono);
                running.fold = Turn::new();
                running.watch = Some(Watch::new(now.mono, self.settings.silence));
                self.effects.push(Effect::Ask {
                    speaker: running.speaker.clone(),
                    words: running.words.clone(),
                    context: running.context.clone(),
                });
            }
            Proc::Resting { .. } => self.note_rest(now),
            Proc::Admitting { .. } | Proc::Greeting { .. } | Proc::Ending => {}
        }
    }

    /// Whether the CLI works on a person's message.
    pub(super) fn is_asked(&self) -> bool {
        self.running.as_ref().is_some_and(Running::is_asked)
    }

    /// The CLI has answered `set_model`.
    pub(super) fn model_changed(&mut self, refused: Option<&str>, now: Now) {
        let Some(running) = &mut self.running else {
            return;
        };
        if !matches!(running.phase, Phase::ChangingModel { .. }) {
            return;
        }
        running.phase = Phase::Waiting;
        let Proc::Live { model, .. } = &mut self.process else {
            return;
        };
        if let Some(error) = refused {
            // A start with the model as an argument is the other way.
            tracing::warn!(channel = %self.channel, error, "the CLI refused to change its model");
            self.end_process();
        } else {
            self.record
                .as_ref()
                .map_or(&self.settings.model, |record| &record.model)
                .clone_into(model);
            self.proceed(now);
        }
    }

    /// An event of a turn that the CLI works on.
    pub(super) fn turn_heard(&mut self, event: &Cli, now: Now) {
        match event {
            _ if !self.is_asked() => return self.heard_unasked(event, now),
            Cli::Init(_) => self.unfold(now),
            Cli::Result(result) if result.origin.is_some() => return self.fold(result, now),
            _ => {}
        }
        let Some(running) = &mut self.running else {
            return;
        };
        if let Some(watch) = &mut running.watch {
            watch.heard(event, now.mono);
        }
        if let (Cli::Init(_), Some(cut)) = (event, &running.cut)
            && cut.until.is_some()
        {
            // 2.1.329 forgets an interrupt that came before the turn's `init`.
            self.effects
                .push(Effect::Write(protocol::interrupt(INTERRUPT)));
        }
        for signal in running.fold.apply(event) {
            let Some(running) = &mut self.running else {
                return;
            };
            match signal {
                Signal::Text(text) => {
                    running.first_text.get_or_insert(now.mono);
                    let to = (running.fold.said() <= 1).then(|| running.origin.clone());
                    self.say_answer(to, text);
                }
                // The CLI would try for minutes, which cannot help.
                Signal::Retrying {
                    status: Some(401), ..
                } => {
                    if running.cut.is_none() {
                        self.interrupt(Why::LoginExpired, now);
                    }
                }
                Signal::Retrying {
                    attempt,
                    of,
                    status,
                } => {
                    let noted = running.retry_noted;
                    if noted.is_none_or(|noted| now.mono >= noted + RETRY_NOTE) {
                        running.retry_noted = Some(now.mono);
                        self.say(None, words::retrying(attempt, of, status));
                    }
                }
                Signal::Tool { name, .. } => {
                    tracing::debug!(channel = %self.channel, tool = name, "tool use");
                }
                Signal::Ended(outcome) => self.ended(&outcome, now),
            }
        }
    }

    /// Something is said while no message is under way: a background task reports, or a start fails.
    fn heard_unasked(&mut self, event: &Cli, now: Now) {
        self.report_heard(event, now);
        for signal in Turn::new().apply(event) {
            match signal {
                Signal::Text(text) => self.say_answer(None, text),
                Signal::Ended(outcome) if outcome.ending == Ending::SessionMissing => {
                    self.session_missing(now);
                }
                Signal::Ended(_) | Signal::Retrying { .. } | Signal::Tool { .. } => {}
            }
        }
    }

    /// Says a part of Claude's answer, unless there has been too much of it already.
    fn say_answer(&mut self, to: Option<Origin>, text: String) {
        let left = MOST_SAID.checked_sub(self.said);
        self.said = self.said.saturating_add(text.len());
        match left {
            None => {}
            Some(left) if text.len() <= left => self.say(to, text),
            Some(left) => {
                self.say(to, text[..text.floor_char_boundary(left)].to_owned());
                self.say(None, words::too_much_said());
            }
        }
    }

    pub(super) fn ended(&mut self, outcome: &Outcome, now: Now) {
        self.version = outcome.version.clone().or(self.version.take());
        self.breaker.calm();
        if outcome.ending == Ending::SessionMissing && self.session_missing(now) {
            return;
        }
        let Some(running) = self.running.take() else {
            return;
        };
        if !outcome.result.denied_tools.is_empty() {
            let tools = outcome.result.denied_tools.join(", ");
            tracing::info!(channel = %self.channel, tools, "no allow rule: refused");
        }
        if running.fold.unknown() > 0 {
            let messages = running.fold.unknown();
            tracing::debug!(channel = %self.channel, messages, "messages of unknown kind");
        }
        let cost = self.meter.result(
            &outcome.result,
            &outcome.usage,
            self.version.as_deref(),
            outcome.model.as_deref(),
        );
        if let (Some(record), Some(id)) = (&mut self.record, &outcome.session_id) {
            record.seen(id);
        }
        let name = running
            .cut
            .as_ref()
            .map_or(outcome.ending.name(), |cut| cut.why.name());
        match &running.cut {
            Some(cut) => self.say_cut(&running, cut.why.clone()),
            None => {
                let text = match (&outcome.ending, outcome.unsaid.clone()) {
                    (Ending::Answered | Ending::Silent, unsaid) if running.words.is_none() => {
                        let said = unsaid.or_else(|| Some(words::not_compacted()));
                        if outcome.compacted {
                            Some(words::compacted())
                        } else {
                            said
                        }
                    }
                    (_, Some(unsaid)) => Some(unsaid),
                    (ending, None) => words::ending(ending),
                };
                if let Some(text) = text {
                    self.say(Some(running.origin.clone()), text);
                }
            }
        }
        self.book(&running, cost, Some(outcome), name, now);
        self.answered(&running.origin);
        self.effects.push(Effect::Working(false));
        if name == Ending::LoginExpired.name() && !self.background.is_busy() {
            // Inside bubblewrap the next process alone sees a login that was renewed outside.
            self.end_process();
        }
        self.next(now);
    }

    /// The CLI has lost the session: the channel moves to a new one, and the message with it. `false` where it
    /// has moved too often already, or nobody waits for its answer any more.
    pub(super) fn session_missing(&mut self, now: Now) -> bool {
        let id = (self.ids)();
        let origin = match &mut self.running {
            Some(running) => {
                if running.is_cut() || !running.waits_again() {
                    return false;
                }
                Some(running.origin.clone())
            }
            None => None,
        };
        self.record_mut(now).replace_session(id);
        self.save(false);
        self.say(origin, words::session_gone());
        self.end_process();
        true
    }

    /// The process is gone, and with it the turn that it worked on.
    pub(super) fn turn_lost(&mut self, exit: &Exit, now: Now) {
        let Some(running) = self.running.take() else {
            return;
        };
        let outcome = match &running.cut {
            Some(cut) => {
                self.say_cut(&running, cut.why.clone());
                cut.why.name()
            }
            None => {
                let text = words::crashed(exit, running.fold.last_words().as_deref());
                self.say(Some(running.origin.clone()), text);
                "crashed"
            }
        };
        self.book_cut_off(&running, outcome, now);
        self.answered(&running.origin);
        self.effects.push(Effect::Working(false));
        self.next(now);
    }

    /// The turn cannot be run. Says why and goes on.
    pub(super) fn give_up(&mut self, text: String, outcome: &str, now: Now) {
        let Some(running) = self.running.take() else {
            return;
        };
        self.say(Some(running.origin.clone()), text);
        self.book_cut_off(&running, outcome, now);
        self.answered(&running.origin);
        self.effects.push(Effect::Working(false));
        self.next(now);
    }

    /// The turn is over without a line in the ledger: it was never run.
    pub(super) fn over(&mut self, now: Now) {
        if let Some(running) = self.running.take() {
            self.answered(&running.origin);
        }
        self.revive = false;
        self.effects.push(Effect::Working(false));
        self.next(now);
    }
}

/// Whether a failed start says that the session is not there.
pub(super) fn says_missing(exit: &Exit) -> bool {
    exit.stderr.contains("No conversation found")
}

/// Whether a failed start says that the session is there already.
pub(super) fn says_exists(exit: &Exit) -> bool {
    exit.stderr.contains("already in use")
}
