//! Policies, driven by hand: no process, no runtime, no clock.

mod background;
mod commands;
mod processes;
mod properties;
mod recovery;
mod turns;
mod watch;

use std::time::{Duration, Instant};

use super::*;
use crate::{
    channel::item::{Interaction, Mark},
    claude::{
        launch::Start,
        process::Exit,
        protocol::{
            self, Assistant, Block, ControlResponse, Event as Cli, Init, Task, TaskEvent,
            TurnResult, Usage,
        },
    },
    discord::command::{Command, Period},
    external::{Role, Speaker},
    ledger::Line,
    snowflake::{MessageId, UserId},
};

/// A channel under test with a clock that goes when told to.
struct Bench {
    state: State,
    now: Now,
    next_message: u64,
}

impl Bench {
    fn new() -> Self {
        Self::with(None)
    }

    fn with(record: Option<Record>) -> Self {
        let settings = Settings {
            model: "sonnet".into(),
            models: vec!["haiku".into(), "sonnet".into()],
            turn_timeout: Duration::from_mins(5),
            idle: Duration::from_mins(15),
            catches_up: true,
            silence: Duration::from_mins(2),
            background: Duration::from_hours(1),
        };
        let mut count = 0;
        let ids = Box::new(move || {
            count += 1;
            format!("id-{count}")
        });
        Self {
            state: State::new(ChannelId(1), settings, record, ids),
            now: Now {
                mono: Instant::now(),
                wall: DateTime::UNIX_EPOCH,
            },
            next_message: 100,
        }
    }

    /// What is to be done. Marks are reached at once, and what follows from that is not shown.
    fn event(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = self.state.handle(event, self.now);
        let marks: Vec<Mark> = effects
            .extract_if(.., |effect| matches!(effect, Effect::Mark(_)))
            .filter_map(|effect| match effect {
                Effect::Mark(mark) => Some(mark),
                _ => None,
            })
            .collect();
        for mark in marks {
            drop(self.state.handle(Event::Reached(mark), self.now));
        }
        effects
    }

    fn cli(&mut self, event: Cli) -> Vec<Effect> {
        self.event(Event::Cli(event))
    }

    fn after(&mut self, seconds: u64) -> Vec<Effect> {
        self.now.mono += Duration::from_secs(seconds);
        self.event(Event::Tick)
    }

    fn wish(&mut self, wish: Wish, role: Role) -> Vec<Effect> {
        self.next_message += 1;
        let origin = Origin::Message(MessageId(self.next_message));
        let speaker = Speaker {
            id: UserId(2),
            name: "Ada".into(),
            role,
        };
        self.event(Event::Asked(Item {
            origin,
            speaker,
            wish,
            via: Via::Gateway,
        }))
    }

    fn ask(&mut self, words: &str) -> Vec<Effect> {
        let wish = Wish::Words {
            words: words.into(),
            context: Box::default(),
        };
        self.wish(wish, Role::Member)
    }

    fn command(&mut self, command: Command) -> Vec<Effect> {
        self.wish(Wish::Command(command), Role::Owner)
    }

    fn stop(&mut self) -> Vec<Effect> {
        self.event(Event::Stop(Origin::Message(MessageId(1))))
    }

    fn answer(&mut self, request: &str) -> Vec<Effect> {
        self.control(request, None, None)
    }

    fn control(&mut self, id: &str, error: Option<&str>, cost: Option<f64>) -> Vec<Effect> {
        self.cli(Cli::ControlResponse(ControlResponse {
            request_id: id.into(),
            error: error.map(str::to_owned),
            session_cost_usd: cost,
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

fn says(effects: &[Effect]) -> Vec<&str> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Say { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn lines(effects: &[Effect]) -> Vec<&Line> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Save { line, .. } => line.as_deref(),
            _ => None,
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
            Effect::Ask { words, .. } => words.as_deref(),
            _ => None,
        })
        .collect()
}

fn init() -> Cli {
    Cli::Init(Init {
        session_id: Some("id-1".into()),
        ..Init::default()
    })
}

fn text(words: &str) -> Cli {
    Cli::Assistant(Assistant {
        message_id: "m".into(),
        model: "claude-sonnet-5".into(),
        blocks: vec![Block::Text(words.into())],
        usage: Usage {
            input_tokens: 10,
            output_tokens: 1,
            ..Usage::default()
        },
        ..Assistant::default()
    })
}

fn result() -> Cli {
    Cli::Result(Box::new(TurnResult {
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
fn report() -> Cli {
    Cli::Result(Box::new(TurnResult {
        subtype: "success".into(),
        result: Some("reported".into()),
        session_id: Some("id-1".into()),
        total_cost_usd: Some(0.75),
        origin: Some("task-notification".into()),
        ..TurnResult::default()
    }))
}

fn tool(id: &str) -> Cli {
    let block = Block::ToolUse {
        id: id.into(),
        name: "Bash".into(),
    };
    Cli::Assistant(Assistant {
        blocks: vec![block],
        ..Assistant::default()
    })
}

fn task_started(id: &str) -> Cli {
    Cli::Task(TaskEvent::Started(Task {
        id: id.into(),
        description: format!("sleep `{id}`"),
    }))
}

fn task_ended(id: &str, by_itself: bool) -> Cli {
    Cli::Task(TaskEvent::Ended {
        id: id.into(),
        by_itself,
    })
}

fn failed(detail: &str) -> Cli {
    Cli::Result(Box::new(TurnResult {
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
