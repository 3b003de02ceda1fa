//! Policies, driven by hand: no process, no runtime, no clock.

mod answers;
mod approvals;
mod background;
mod backlog;
mod budget;
mod cards;
mod collect;
mod commands;
mod cut_off;
mod earlier;
mod edits;
mod holds;
mod modes;
mod prewarm;
mod processes;
mod properties;
mod queue_list;
mod reactions;
mod rebuild;
mod recovery;
mod refusals;
mod repairs;
mod report_cards;
mod reports;
mod rest;
mod retries;
mod spending;
mod stalls;
mod takeover;
mod takeover_properties;
mod threads;
mod turns;
mod withdrawals;

use std::time::{Duration, Instant};

use super::*;
use crate::{
    channel::{Origin, Request, Source},
    chat::{ChatOp, Delivery, InteractionReply, OpId, Place, Post, PostKey, PostState},
    claude::{
        launch::Start,
        pool::Recall,
        process::Exit,
        protocol::{
            self, ApiEvent, Assistant, Block, CommandLifecycle, CompactBoundary, Control,
            ControlResponse, Delta, Init, Json, SessionEvent, SessionRequest, StreamEvent, Task,
            TaskEvent, TaskNotification, ToolUse, TurnResult, Usage,
        },
    },
    command::{Command, Period},
    config::{QueueMode, StreamMode, Verbosity},
    external::{Context, Role, Speaker},
    ledger::{Entry, TurnLine},
    snowflake::{MessageId, UserId},
};

/// The message that the channel's first post stands in; the next ones follow.
const FIRST_POST: u64 = 10_000;

/// How many messages may wait by default.
const QUEUE: usize = 20;

/// A channel under test with a clock that goes when told to.
struct Bench {
    state: State,
    now: Now,
    next_message: u64,
    next_post: u64,
}

impl Bench {
    fn new() -> Self {
        Self::with(None)
    }

    fn with(record: Option<Record>) -> Self {
        let mut config = Config::default();
        config.models = Some(vec!["haiku".into(), "sonnet".into()]);
        config.claude.silence = Duration::from_mins(2);
        config.discord.verbose = Verbosity::Off;
        config.discord.reactions.enabled = false;
        let mut count = 0;
        let ids = Box::new(move || {
            count += 1;
            format!("id-{count}")
        });
        Self {
            state: State::new(ChannelId(1), config.into(), "sonnet".into(), record, ids),
            now: Now {
                mono: Instant::now(),
                wall: DateTime::UNIX_EPOCH,
            },
            next_message: 100,
            next_post: FIRST_POST,
        }
    }

    /// What is to be done. No limit is reached, and posts are delivered at once; what follows from that is not shown.
    fn event(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.limited(event, &Ok(()));
        for key in keys(&effects) {
            self.deliver(key);
        }
        effects
    }

    /// What is to be done, where limits are checked with this result. What is spent, and what threads hear of, is not shown.
    fn limited(&mut self, event: Event, checked: &Result<(), String>) -> Vec<Effect> {
        let mut effects = self.state.handle(event, self.now);
        let is_shown = |effect: &Effect| {
            !matches!(
                effect,
                Effect::Spent { .. } | Effect::SpendingEnded | Effect::ShareSettings(_)
            )
        };
        effects.retain(is_shown);
        let before = effects.len();
        effects.retain(|effect| !matches!(effect, Effect::CheckLimit(_)));
        if effects.len() < before {
            let event = Event::LimitChecked(checked.clone());
            effects.extend(self.state.handle(event, self.now));
        }
        effects
    }

    /// A post stands in the channel.
    fn deliver(&mut self, key: PostKey) -> Vec<Effect> {
        let messages = vec![MessageId(self.next_post)];
        self.next_post += 1;
        let event = Event::Posted {
            key,
            messages,
            state: PostState::Whole,
        };
        self.state.handle(event, self.now)
    }

    fn cli(&mut self, event: SessionEvent) -> Vec<Effect> {
        self.event(Event::Session(event))
    }

    /// Claude says something in a message of its own.
    fn text(&mut self, words: &str) -> Vec<Effect> {
        assert_eq!(says(&self.cli(text(words))), [""; 0]);
        self.cli(stop("end_turn"))
    }

    fn after(&mut self, seconds: u64) -> Vec<Effect> {
        self.now.mono += Duration::from_secs(seconds);
        self.event(Event::Tick)
    }

    fn request(&mut self, request: Request, role: Role) -> Vec<Effect> {
        self.next_message += 1;
        let origin = Origin::Message(MessageId(self.next_message));
        self.event(Event::Requested(item(origin, role, request)))
    }

    fn ask(&mut self, words: &str) -> Vec<Effect> {
        let request = Request::Prompt {
            text: words.into(),
            context: Box::default(),
        };
        self.request(request, Role::Member)
    }

    fn command(&mut self, command: Command) -> Vec<Effect> {
        self.request(Request::Command(command), Role::Owner)
    }

    fn stop(&mut self) -> Vec<Effect> {
        self.event(Event::Stop(Origin::Message(MessageId(1))))
    }

    fn answer(&mut self, request: &str) -> Vec<Effect> {
        self.control(request, None, None)
    }

    fn control(&mut self, id: &str, error: Option<&str>, cost: Option<f64>) -> Vec<Effect> {
        self.cli(SessionEvent::ControlResponse(ControlResponse {
            request_id: id.into(),
            error: error.map(str::to_owned),
            body: cost
                .and_then(|total| {
                    Json::of(&serde_json::json!({ "session": { "total_cost_usd": total } }))
                })
                .unwrap_or_default(),
        }))
    }

    /// From a first message to a CLI that works on it.
    fn working(&mut self) {
        drop(self.ask("hello"));
        drop(self.event(Event::Saved(Ok(()))));
        drop(self.event(Event::Started));
        let effects = self.answer("switchboard-initialize");
        assert!(
            matches!(effects.as_slice(), [Effect::Ready, Effect::Ask { .. }]),
            "{effects:?}"
        );
    }

    /// From a first message to a CLI that has answered it and waits.
    fn waiting(&mut self) {
        self.working();
        drop(self.cli(result()));
    }

    fn exit(&mut self, stderr: &str) -> Vec<Effect> {
        self.event(Event::Exited(Exit {
            code: Some(1),
            signal: None,
            stderr: stderr.into(),
        }))
    }
}

fn item(origin: Origin, role: Role, request: Request) -> QueueItem {
    QueueItem {
        origin,
        place: Place::channel(ChannelId(1)),
        speaker: Speaker {
            id: UserId(2),
            name: "Ada".into(),
            role,
        },
        request,
        source: Source::Chat(Delivery::Live),
        mode: None,
        thread: None,
    }
}

/// The posts that are put.
fn puts(effects: &[Effect]) -> impl Iterator<Item = (&PostKey, &Post)> {
    effects.iter().filter_map(|effect| match effect {
        Effect::Chat(ChatOp::Put { key, post, .. }) => Some((key, &**post)),
        _ => None,
    })
}

/// The keys of posts whose delivery is awaited.
fn keys(effects: &[Effect]) -> Vec<PostKey> {
    let keys = effects.iter().filter_map(|effect| match effect {
        Effect::Chat(ChatOp::Put { post, .. }) if grows(post) => None,
        Effect::Chat(ChatOp::Put { key, .. })
        | Effect::Report {
            to: ReportTo::Channel { key, .. },
            ..
        } => Some(key.clone()),
        _ => None,
    });
    keys.collect()
}

/// Whether more of an answer comes. Nothing depends on the delivery of such a version.
fn grows(post: &Post) -> bool {
    matches!(post.body, crate::chat::Body::Answer(_)) && !post.is_final
}

fn text_of(post: &Post) -> &str {
    match &post.body {
        crate::chat::Body::Text(text) | crate::chat::Body::Answer(text) => text,
        crate::chat::Body::Card(_) => "",
    }
}

/// How presses and slash commands are answered.
fn replies(effects: &[Effect]) -> Vec<&InteractionReply> {
    let replies = effects.iter().filter_map(|effect| match effect {
        Effect::Chat(ChatOp::Reply { reply, .. }) => Some(reply),
        _ => None,
    });
    replies.collect()
}

/// What is said, notices with a button and cards excepted.
fn says(effects: &[Effect]) -> Vec<&str> {
    let plain = texts(effects).filter(|(_, post)| post.controls.iter().all(Vec::is_empty));
    plain.map(|(_, post)| text_of(post)).collect()
}

fn texts(effects: &[Effect]) -> impl Iterator<Item = (&PostKey, &Post)> {
    puts(effects).filter(|(_, post)| !matches!(post.body, crate::chat::Body::Card(_)))
}

/// Notices with a retry button: the message that was cut off or failed, and what is said.
fn notices(effects: &[Effect]) -> Vec<(MessageId, &str)> {
    let offers = texts(effects).filter(|(_, post)| !post.controls.iter().all(Vec::is_empty));
    let offers = offers.map(|(_, post)| (post.reply_to.unwrap(), text_of(post)));
    offers.collect()
}

fn control(request_id: &str, control: Control) -> Effect {
    Effect::Send(SessionRequest::Control {
        request_id: request_id.into(),
        control,
    })
}

fn typing(on: bool) -> Effect {
    let channel = ChannelId(1);
    Effect::Chat(ChatOp::Typing { channel, on })
}

fn lines(effects: &[Effect]) -> Vec<&TurnLine> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Save { entries, .. } => Some(entries),
            _ => None,
        })
        .flatten()
        .filter_map(|entry| match entry {
            Entry::Turn(line) => Some(&**line),
            Entry::Replies(_) => None,
        })
        .collect()
}

fn starts(effects: &[Effect]) -> Vec<&Start> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Start { start, .. } => Some(start),
            _ => None,
        })
        .collect()
}

fn asks(effects: &[Effect]) -> Vec<&str> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ask { text, .. } => text.as_deref(),
            _ => None,
        })
        .collect()
}

/// The ids of the messages that are sent to the CLI.
fn ids(effects: &[Effect]) -> Vec<&str> {
    let ids = effects.iter().filter_map(|effect| match effect {
        Effect::Ask { id, .. } => Some(id.as_str()),
        _ => None,
    });
    ids.collect()
}

fn init() -> SessionEvent {
    SessionEvent::Init(Box::new(Init {
        session_id: Some("id-1".into()),
        ..Init::default()
    }))
}

fn text(words: &str) -> SessionEvent {
    SessionEvent::Assistant(Box::new(Assistant {
        message_id: "m".into(),
        model: "claude-sonnet-5".into(),
        blocks: vec![Block::Text(words.into())],
        usage: Usage {
            input_tokens: 10,
            output_tokens: 1,
            ..Usage::default()
        },
        ..Assistant::default()
    }))
}

fn json(text: &str) -> Json {
    Json::of(&text).unwrap()
}

fn stream(event: ApiEvent) -> SessionEvent {
    SessionEvent::Stream(StreamEvent {
        event,
        ..StreamEvent::default()
    })
}

/// More of a text.
fn delta(text: &str) -> SessionEvent {
    stream(ApiEvent::Delta {
        index: 0,
        delta: Delta::Text(json(text)),
    })
}

/// A message of Claude's ends.
fn stop(reason: &str) -> SessionEvent {
    stream(ApiEvent::MessageDelta {
        output_tokens: 0,
        stop_reason: json(reason),
    })
}

fn result() -> SessionEvent {
    SessionEvent::Result(Box::new(TurnResult {
        subtype: "success".into(),
        result: Some("done".into()),
        session_id: Some("id-1".into()),
        total_cost_usd: Some(0.5),
        usage: Usage {
            input_tokens: 10,
            output_tokens: 5,
            ..Usage::default()
        },
        ..TurnResult::default()
    }))
}

/// The result of a turn in which Claude reports of a task.
fn report() -> SessionEvent {
    SessionEvent::Result(Box::new(TurnResult {
        subtype: "success".into(),
        result: Some("reported".into()),
        session_id: Some("id-1".into()),
        total_cost_usd: Some(0.75),
        origin: Some("task-notification".into()),
        ..TurnResult::default()
    }))
}

fn tool(id: &str) -> SessionEvent {
    let block = Block::ToolUse(ToolUse {
        id: id.into(),
        name: "Bash".into(),
        ..ToolUse::default()
    });
    SessionEvent::Assistant(Box::new(Assistant {
        blocks: vec![block],
        ..Assistant::default()
    }))
}

fn task_started(id: &str) -> SessionEvent {
    SessionEvent::Task(TaskEvent::Started(Task {
        id: id.into(),
        description: format!("sleep `{id}`"),
        ..Task::default()
    }))
}

fn task_ended(id: &str, by_itself: bool) -> SessionEvent {
    let status = if by_itself { "completed" } else { "stopped" };
    SessionEvent::Task(TaskEvent::Notification(TaskNotification {
        id: id.into(),
        status: status.into(),
        ..TaskNotification::default()
    }))
}

/// A turn that the API refused before Claude wrote anything.
fn refused(status: u16) -> SessionEvent {
    SessionEvent::Result(Box::new(TurnResult {
        subtype: "success".into(),
        is_error: true,
        api_error_status: Some(status),
        session_id: Some("id-1".into()),
        ..TurnResult::default()
    }))
}

fn failed(detail: &str) -> SessionEvent {
    SessionEvent::Result(Box::new(TurnResult {
        subtype: "error_during_execution".into(),
        is_error: true,
        errors: vec![detail.into()],
        ..TurnResult::default()
    }))
}

fn seasoned() -> Record {
    let mut record = Record::new("old".into(), "haiku".into(), DateTime::UNIX_EPOCH);
    record.message_count = 3;
    record.state.resumable = Some(true);
    record.state.cli_total_cost_usd = 2.0;
    record
}
