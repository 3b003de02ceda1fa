//! `switchboard replay FILE`: plays a recorded session through a channel's state machine.
//!
//! Reads what `recorder` writes, and captures of other hosts in the same form. The recording supplies
//! what the CLI said and what people asked; the state machine decides what the channel shows. Everything else succeeds at
//! once: saves, starts, limits, posts. Pure.

mod recording;

use std::{
    collections::{HashMap, VecDeque},
    mem,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};

use self::recording::{Prompted, RecordedLine, asked};
use crate::{
    channel::{
        Origin, QueueItem, Request, Source,
        rebuild::Rebuilt,
        state::{Effect, Event, Now, ReportTo, State, Wait},
    },
    chat::{Body, ChatOp, Delivery, OpId, Place, Post, PostKey, PostState},
    claude::{
        process::Exit,
        protocol::{Control, ControlResponse, Json, Line, SessionEvent, SessionRequest, parse},
    },
    command::Command,
    config::Config,
    external::{Excerpt, Role, Speaker},
    snowflake::{ChannelId, MessageId, UserId},
};

/// The channel that the session is played in.
pub const CHANNEL: ChannelId = ChannelId(1);

/// How many events the effects of one line may cause.
const MOST_EVENTS: usize = 10_000;

/// A line of a recording that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line} is not a line of a recording: {error}")]
pub struct ReplayError {
    line: usize,
    #[source]
    error: serde_json::Error,
}

/// What the channel shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A person's message or command.
    Person(String),
    /// A post of the bot, in its last version.
    Bot(String),
    /// The recorder lost this many lines, so what follows may be wrong.
    Lost(u64),
}

/// Plays a recording. Returns what the channel shows, in the order in which it appears. Fails if a line is not JSON or
/// lacks what its `dir` requires.
pub fn replay(recording: &str, config: Config) -> Result<Vec<Shown>, ReplayError> {
    let lines = recording.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let entries: Vec<RecordedLine> = lines
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| ReplayError {
                line: index + 1,
                error,
            })
        })
        .collect::<Result<_, _>>()?;
    let mut player = Player::new(config, &entries);
    for entry in entries {
        player.play(entry);
    }
    Ok(player.shown)
}

struct Player {
    state: State,
    start: (Instant, DateTime<Utc>),
    now: Now,
    /// The CLI's answers to control requests, by request id, in order.
    responses: HashMap<String, VecDeque<ControlResponse>>,
    /// How many recorded exits are of processes that the state machine has ended already.
    exits_to_skip: usize,
    /// How many recorded interrupts are the state machine's own.
    interrupts_to_skip: usize,
    next_id: u64,
    shown: Vec<Shown>,
    /// Where each post stands in `shown`.
    posts: HashMap<PostKey, usize>,
}

impl Player {
    fn new(config: Config, entries: &[RecordedLine]) -> Self {
        let mut count = 0_u64;
        let ids = Box::new(move || {
            count += 1;
            format!("{count:08}")
        });
        let wall = entries
            .iter()
            .find_map(RecordedLine::time)
            .unwrap_or_default();
        let mono = Instant::now();
        let model = config.model_for(CHANNEL).to_owned();
        let mut responses: HashMap<String, VecDeque<_>> = HashMap::new();
        for entry in entries {
            if let RecordedLine::Out { line, .. } = entry
                && let Line::Event(SessionEvent::ControlResponse(response)) = parse_line(line)
            {
                let queue = responses.entry(response.request_id.clone()).or_default();
                queue.push_back(response);
            }
        }
        Self {
            state: State::new(CHANNEL, config.into(), model, None, ids),
            start: (mono, wall),
            now: Now { mono, wall },
            responses,
            exits_to_skip: 0,
            interrupts_to_skip: 0,
            next_id: 1,
            shown: Vec::new(),
            posts: HashMap::new(),
        }
    }

    fn play(&mut self, entry: RecordedLine) {
        if let Some(time) = entry.time() {
            self.wait_until(time);
        }
        match entry {
            RecordedLine::In { line, .. } => match asked(&line) {
                Some(Prompted::Words(text)) => {
                    let request = Request::Prompt {
                        text: text.clone(),
                        context: Box::default(),
                    };
                    self.request(text, request);
                }
                Some(Prompted::Compact) => {
                    self.request("!compact".into(), Request::Command(Command::Compact));
                }
                Some(Prompted::Interrupt) if self.interrupts_to_skip > 0 => {
                    self.interrupts_to_skip -= 1;
                }
                Some(Prompted::Interrupt) => {
                    self.shown.push(Shown::Person("!stop".into()));
                    let origin = Origin::Message(self.message());
                    self.handle(Event::Stop(origin));
                    // This is the one that it has sent.
                    self.interrupts_to_skip = 0;
                }
                None => {}
            },
            RecordedLine::Out { line, .. } => match parse_line(&line) {
                // They were sorted out: a request of the state machine's takes its answer from there.
                Line::Event(SessionEvent::ControlResponse(_)) | Line::Blank | Line::Noise => {}
                Line::Event(event) => self.handle(Event::Session(event)),
            },
            RecordedLine::Exit { .. } if self.exits_to_skip > 0 => self.exits_to_skip -= 1,
            RecordedLine::Exit {
                code,
                signal,
                stderr,
                ..
            } => self.handle(Event::Exited(Exit {
                code,
                signal,
                stderr,
            })),
            RecordedLine::Lost { count } => self.shown.push(Shown::Lost(count)),
            RecordedLine::Other => {}
        }
    }

    /// Lets the deadlines pass that the recording's clock passed.
    fn wait_until(&mut self, time: DateTime<Utc>) {
        let elapsed = time.signed_duration_since(self.start.1);
        let elapsed = elapsed.max(TimeDelta::zero()).to_std();
        let until = self.start.0 + elapsed.unwrap_or(Duration::ZERO);
        for _ in 0..MOST_EVENTS {
            match self.state.deadline() {
                Some(due) if due <= until => {
                    self.now.mono = self.now.mono.max(due);
                    self.handle(Event::Tick);
                }
                _ => break,
            }
        }
        self.now = Now {
            mono: self.now.mono.max(until),
            wall: time,
        };
    }

    fn message(&mut self) -> MessageId {
        self.next_id += 1;
        MessageId(self.next_id)
    }

    fn request(&mut self, shown: String, request: Request) {
        self.shown.push(Shown::Person(shown));
        let message = self.message();
        self.handle(Event::Requested(QueueItem {
            origin: Origin::Message(message),
            place: Place::channel(CHANNEL),
            speaker: Speaker {
                id: UserId(1),
                name: "person".into(),
                role: Role::Owner,
            },
            request,
            source: Source::Chat(Delivery::Live),
            mode: None,
            thread: None,
        }));
    }

    /// Gives the state machine an event, and the ones that its effects cause.
    fn handle(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        for _ in 0..MOST_EVENTS {
            let Some(event) = events.pop_front() else {
                break;
            };
            for effect in self.state.handle(event, self.now) {
                events.extend(self.perform(effect));
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Save {
                wait: Wait::Confirmed,
                ..
            } => Some(Event::Saved(Ok(()))),
            Effect::Start { .. } | Effect::Prewarm { .. } => Some(Event::Started),
            // There is no ledger.
            Effect::FindTurn { branch, .. } => Some(Event::TurnFound {
                branch,
                found: Ok(None),
            }),
            Effect::FetchAttachments { turn, files, .. } => {
                Some(Event::AttachmentsFetched { turn, files })
            }
            Effect::ReachApprovers => Some(Event::ApproversReached(Vec::new())),
            Effect::CheckLimit(_) => Some(Event::LimitChecked(Ok(()))),
            Effect::Send(SessionRequest::Control {
                request_id,
                control,
            }) => {
                self.interrupts_to_skip += usize::from(matches!(control, Control::Interrupt));
                let recorded = self.responses.get_mut(&request_id);
                let response = recorded.and_then(VecDeque::pop_front);
                let response = response.unwrap_or_else(|| ControlResponse {
                    request_id,
                    error: None,
                    body: Json::default(),
                });
                Some(Event::Session(SessionEvent::ControlResponse(response)))
            }
            Effect::Stop | Effect::Kill => {
                self.exits_to_skip += 1;
                Some(Event::Exited(Exit {
                    code: Some(0),
                    ..Exit::default()
                }))
            }
            Effect::Chat(ChatOp::Put { key, post, .. }) => Some(self.put(key, &post)),
            Effect::Chat(ChatOp::Append { key, text, .. }) => {
                let index = self.posts.get(&key);
                let shown = index.and_then(|index| self.shown.get_mut(*index));
                if let Some(Shown::Bot(shown)) = shown {
                    shown.push_str(&text);
                }
                None
            }
            Effect::Chat(ChatOp::Remove { key, .. }) => {
                if let Some(index) = self.posts.remove(&key) {
                    self.shown[index] = Shown::Bot(String::new());
                }
                None
            }
            Effect::Report {
                to: ReportTo::Channel { key, .. },
                ..
            }
            | Effect::Compose { key, .. } => {
                Some(self.put(key, &Post::text("(a report of the running bot)")))
            }
            // Nor is there a channel with messages.
            Effect::Chat(ChatOp::FetchHistory {
                id: OpId::Rebuild, ..
            }) => Some(Event::HistoryFetched(Ok(Excerpt::default()))),
            Effect::Rebuild(order) => Some(Event::Rebuilt {
                session: order.session,
                rebuilt: Rebuilt::Nothing,
            }),
            Effect::Save { .. }
            | Effect::CheckBackgroundLimit(_)
            | Effect::Spent { .. }
            | Effect::SpendingEnded
            | Effect::SetBudget(_)
            | Effect::RevokeInThreads(_)
            | Effect::ShareSettings(_)
            | Effect::HandOver(_)
            | Effect::Rename { .. }
            | Effect::ModelsListed(_)
            | Effect::UsageLimitReached(_)
            | Effect::Ask { .. }
            | Effect::ReadFile { .. }
            | Effect::Send(_)
            | Effect::Fork { .. }
            | Effect::CopySession { .. }
            | Effect::AnswerClient { .. }
            | Effect::Ready
            | Effect::Report { .. }
            | Effect::Chat(_) => None,
        }
    }

    fn put(&mut self, key: PostKey, post: &Post) -> Event {
        let shown = Shown::Bot(match &post.body {
            Body::Text(text) | Body::Answer(text) => text.clone(),
            Body::Card(card) => format!("{}\n{}", card.title, card.text),
        });
        let index = *self.posts.entry(key.clone()).or_insert(self.shown.len());
        match self.shown.get_mut(index) {
            Some(standing) => drop(mem::replace(standing, shown)),
            None => self.shown.push(shown),
        }
        let messages = vec![self.message()];
        let state = PostState::Whole;
        Event::Posted {
            key,
            messages,
            state,
        }
    }
}

fn parse_line(line: &str) -> Line {
    parse(&line.to_owned().into())
}

#[cfg(test)]
mod tests;
