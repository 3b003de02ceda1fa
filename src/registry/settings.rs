//! What people have set in a channel. It holds in the channel's threads too, where they have nothing of their own.

use super::{
    record::Record,
    state::{Grant, MachineState},
};
use crate::{
    claude::protocol::{Effort, PermissionMode},
    config::{QueueMode, StreamMode, Verbosity},
};

/// A channel's settings, and the rules that were granted there for longer than a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `None` if the channel has no record.
    pub model: Option<String>,
    pub choices: Choices,
    pub grants: Vec<Grant>,
}

/// The settings that are chosen among few values; `None` stands for the default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    pub verbose: Option<Verbosity>,
    pub stream: Option<StreamMode>,
    pub effort: Option<Effort>,
    pub mode: Option<PermissionMode>,
    pub queue_mode: Option<QueueMode>,
    pub persona: Option<String>,
}

impl Settings {
    pub fn of(record: &Record) -> Self {
        Self {
            model: Some(record.model.clone()),
            choices: Choices::for_threads(&record.state),
            grants: permanent(&record.state).cloned().collect(),
        }
    }

    /// Whether these are the record's. A record that is missing has none.
    pub fn are_of(&self, record: Option<&Record>) -> bool {
        record.map_or_else(
            || *self == Self::default(),
            |record| {
                self.model.as_ref() == Some(&record.model)
                    && self.choices == Choices::for_threads(&record.state)
                    && self.grants.iter().eq(permanent(&record.state))
            },
        )
    }
}

impl Choices {
    pub fn of(state: &MachineState) -> Self {
        Self {
            verbose: state.verbose,
            stream: state.stream,
            effort: state.effort,
            mode: state.mode,
            queue_mode: state.queue_mode,
            persona: state.persona.clone(),
        }
    }

    /// That Claude has begun to plan concerns only the channel.
    fn for_threads(state: &MachineState) -> Self {
        Self {
            mode: state.mode.filter(|_| !state.plans_by_itself),
            ..Self::of(state)
        }
    }

    /// These, or else the others.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            verbose: self.verbose.or(others.verbose),
            stream: self.stream.or(others.stream),
            effort: self.effort.or(others.effort),
            mode: self.mode.or(others.mode),
            queue_mode: self.queue_mode.or(others.queue_mode),
            persona: self.persona.or(others.persona),
        }
    }
}

fn permanent(state: &MachineState) -> impl Iterator<Item = &Grant> {
    state.grants.iter().filter(|grant| grant.is_permanent)
}
