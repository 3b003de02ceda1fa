//! What Claude does in a turn, for the card. Pure.
//!
//! It folds the session's events into steps, to-dos and what goes on meanwhile. Texts are bounded and harmless as soon as
//! they are in here.

mod todo;

use chrono::{DateTime, Utc};

use self::todo::{MOST_TODOS, todo_list, todo_state};
pub(crate) use self::todo::{Todo, TodoState};
use super::messages::{ToolWords, output_line, task_note, todo_line, tool_words};
use crate::claude::protocol::{
    ApiEvent, Assistant, Block, Json, SessionEvent, TaskEvent, ToolResult, ToolUse, User,
};

/// How many steps are kept; the oldest are forgotten, but counted.
const MOST_STEPS: usize = 60;

/// The longest id of a tool call that is tracked, in bytes.
const LONGEST_ID: usize = 200;

#[derive(Debug, Default)]
pub(crate) struct Progress {
    workspace: Option<String>,
    pub(crate) steps: Vec<Step>,
    /// All steps, those that are forgotten included.
    pub(crate) count: usize,
    pub(crate) failed: usize,
    pub(crate) refused: usize,
    /// Whether the turn is being stopped. What fails from then on has not failed by itself.
    is_interrupted: bool,
    pub(crate) todos: Vec<Todo>,
    /// What goes on while no step runs, and since when.
    pub(crate) activity: Option<(Activity, DateTime<Utc>)>,
}

/// A tool call, as the card shows it.
#[derive(Debug)]
pub(crate) struct Step {
    id: String,
    /// The call that started the subagent that made this one.
    pub(crate) parent: Option<String>,
    pub(crate) words: ToolWords,
    pub(crate) since: DateTime<Utc>,
    pub(crate) state: StepState,
    /// What a subagent has done so far, or the first line of an output, as Markdown.
    pub(crate) note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepState {
    Running,
    Done,
    Failed,
    /// No allow rule permits it.
    Refused,
    /// The turn was stopped, or ended early, while it ran.
    Interrupted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    /// For the API.
    Waiting,
    Thinking,
    /// Claude writes text.
    Writing,
    /// Claude writes the input of a tool.
    Preparing,
    Retrying {
        attempt: u64,
        of: u64,
        /// The HTTP status of the request that failed.
        status: Option<u16>,
    },
    Compacting,
    /// In seconds since 1970.
    LimitedUntil(i64),
}

impl Progress {
    /// A turn begins: Claude has still to answer.
    pub(crate) fn new(now: DateTime<Utc>) -> Self {
        Self {
            activity: Some((Activity::Waiting, now)),
            ..Self::default()
        }
    }

    /// Takes an event. Returns whether there is something new to show.
    pub(crate) fn apply(&mut self, event: &SessionEvent, now: DateTime<Utc>) -> bool {
        match event {
            SessionEvent::Init(init) => {
                self.workspace = init.cwd.clone().or(self.workspace.take());
                false
            }
            SessionEvent::Status(status) => match status.status.as_deref() {
                Some("compacting") => self.set_activity(Some(Activity::Compacting), now),
                Some("requesting") => self.set_activity(Some(Activity::Waiting), now),
                _ if self.is_compacting() => self.set_activity(None, now),
                _ => false,
            },
            SessionEvent::Compacted(_) if self.is_compacting() => self.set_activity(None, now),
            SessionEvent::ThinkingTokens { .. } => self.set_activity(Some(Activity::Thinking), now),
            SessionEvent::ApiRetry(retry) => {
                let retrying = Activity::Retrying {
                    attempt: retry.attempt,
                    of: retry.max_retries,
                    status: retry.status,
                };
                self.set_activity(Some(retrying), now)
            }
            SessionEvent::RateLimit(limit) if limit.status == "rejected" => {
                let until = limit.resets_at.and_then(|until| i64::try_from(until).ok());
                until.is_some_and(|until| {
                    self.set_activity(Some(Activity::LimitedUntil(until)), now)
                })
            }
            SessionEvent::Stream(stream) if !stream.is_subagent() => match &stream.event {
                ApiEvent::BlockStart { block, .. } => {
                    let block = block.get("type");
                    let activity = match () {
                        () if block.is("thinking") => Activity::Thinking,
                        () if block.is("tool_use") => Activity::Preparing,
                        () => Activity::Writing,
                    };
                    self.set_activity(Some(activity), now)
                }
                _ => false,
            },
            SessionEvent::Assistant(assistant) => self.assistant(assistant, now),
            SessionEvent::User(user) => {
                let mut changed = false;
                for result in user.tool_results() {
                    changed |= self.returned(result, user);
                }
                if changed && !user.is_subagent() {
                    self.set_activity(Some(Activity::Waiting), now);
                }
                changed
            }
            SessionEvent::Task(TaskEvent::Progress(task)) => {
                let step = task.tool_use_id.as_deref().and_then(|id| self.step(id));
                step.is_some_and(|step| {
                    step.note = task_note(task, &step.words.object);
                    true
                })
            }
            SessionEvent::PermissionDenied(denied) => self.refuse(&denied.tool_use_id),
            SessionEvent::Result(result) => {
                let mut changed = false;
                for denial in &result.permission_denials {
                    changed |= self.refuse(&denial.tool_use_id);
                }
                changed
            }
            _ => false,
        }
    }

    pub(crate) fn is_compacting(&self) -> bool {
        matches!(self.activity, Some((Activity::Compacting, _)))
    }

    /// Whether it deserves a card at once, even if the turn should end soon.
    pub(crate) fn is_notable(&self) -> bool {
        let is_notable =
            |(activity, _)| matches!(activity, Activity::Retrying { .. } | Activity::Compacting);
        self.has_work() || self.activity.is_some_and(is_notable)
    }

    /// Whether Claude keeps the channel waiting.
    pub(crate) fn is_quiet(&self) -> bool {
        let writes = |(activity, _)| activity == Activity::Writing;
        self.activity.is_some_and(|activity| !writes(activity))
    }

    pub(crate) fn has_work(&self) -> bool {
        self.count > 0 || !self.todos.is_empty()
    }

    /// Whether the rules have refused every step.
    pub(crate) fn is_refused(&self) -> bool {
        self.count > 0 && self.refused == self.count
    }

    /// Whether the call with this id still runs.
    pub(crate) fn is_running(&self, call: &str) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| step.id == call && step.state == StepState::Running)
    }

    /// Whether a step belongs to a subagent that is shown.
    pub(crate) fn is_child(&self, step: &Step) -> bool {
        let is_parent = |other: &Step| Some(&other.id) == step.parent.as_ref();
        step.parent.is_some() && self.steps.iter().any(is_parent)
    }

    /// The turn is being stopped.
    pub(crate) fn interrupt(&mut self) {
        self.is_interrupted = true;
    }

    /// Ends the turn: what still runs has been cut off.
    pub(crate) fn close(&mut self) {
        self.activity = None;
        for step in &mut self.steps {
            if step.state == StepState::Running {
                step.state = StepState::Interrupted;
            }
        }
    }

    fn set_activity(&mut self, activity: Option<Activity>, now: DateTime<Utc>) -> bool {
        let is_new = self.activity.map(|(known, _)| known) != activity;
        if is_new {
            self.activity = activity.map(|activity| (activity, now));
        }
        is_new
    }

    fn step(&mut self, id: &str) -> Option<&mut Step> {
        self.steps.iter_mut().find(|step| step.id == id)
    }

    fn assistant(&mut self, assistant: &Assistant, now: DateTime<Utc>) -> bool {
        let mut changed = false;
        for block in &assistant.blocks {
            changed |= match block {
                Block::ToolUse(call) => {
                    let parent = assistant.parent_tool_use_id.clone();
                    self.called(call, parent, now)
                }
                Block::Text(_) if !assistant.is_subagent() => self.set_activity(None, now),
                _ => false,
            };
        }
        changed
    }

    fn called(&mut self, call: &ToolUse, parent: Option<String>, now: DateTime<Utc>) -> bool {
        if call.id.len() > LONGEST_ID || self.step(&call.id).is_some() {
            return false;
        }
        self.set_activity(None, now);
        let is_own = parent.is_none();
        match call.name.as_str() {
            "TodoWrite" if is_own => self.todos = todo_list(&call.input),
            "TaskCreate" if is_own => {
                let text = todo_line(&call.input.get("subject").read::<String>());
                if self.todos.len() < MOST_TODOS {
                    self.todos.push(Todo {
                        id: call.id.clone(),
                        text,
                        state: TodoState::Pending,
                    });
                }
            }
            "TaskUpdate" if is_own => self.update_todo(&call.input),
            "TodoWrite" | "TaskCreate" | "TaskUpdate" | "TaskList" | "TaskGet" => return false,
            name => {
                self.count += 1;
                let words = tool_words(name, &call.input, self.workspace.as_deref());
                self.add(Step {
                    id: call.id.clone(),
                    parent,
                    words,
                    since: now,
                    state: StepState::Running,
                    note: String::new(),
                });
            }
        }
        true
    }

    /// Adds a step below its subagent, or at the end.
    fn add(&mut self, step: Step) {
        if self.steps.len() >= MOST_STEPS {
            let mut steps = self.steps.iter();
            let oldest = steps.position(|step| step.state != StepState::Running);
            self.steps.remove(oldest.unwrap_or_default());
        }
        let is_family =
            |other: &Step| Some(&other.id) == step.parent.as_ref() || other.parent == step.parent;
        let last = step
            .parent
            .as_ref()
            .and(self.steps.iter().rposition(is_family));
        let at = last.map_or(self.steps.len(), |last| last + 1);
        self.steps.insert(at, step);
    }

    fn returned(&mut self, result: &ToolResult, user: &User) -> bool {
        let id = &result.tool_use_id;
        if let Some(at) = self.todos.iter().position(|todo| todo.id == *id) {
            let number = user.tool_use_result.get("task").get("id");
            match number.text().filter(|_| !result.is_error) {
                Some(number) => self.todos[at].id = number,
                None => drop(self.todos.remove(at)),
            }
            return true;
        }
        let mut line = first_line(&result.content);
        if let Some(folder) = &self.workspace {
            line = line.replace(&format!("{folder}/"), "");
        }
        let is_interrupted = self.is_interrupted;
        let Some(step) = self
            .step(id)
            .filter(|step| step.state == StepState::Running)
        else {
            return false;
        };
        step.state = match result.is_error {
            false => StepState::Done,
            true if is_interrupted => StepState::Interrupted,
            true => StepState::Failed,
        };
        let has_failed = step.state == StepState::Failed;
        // The output of one that was interrupted says only that.
        if has_failed || (step.state == StepState::Done && step.words.has_output()) {
            step.note = output_line(&line);
        }
        self.failed += usize::from(has_failed);
        true
    }

    fn refuse(&mut self, call: &str) -> bool {
        let Some(step) = self.step(call) else {
            return false;
        };
        let before = std::mem::replace(&mut step.state, StepState::Refused);
        step.note.clear();
        self.failed -= usize::from(before == StepState::Failed);
        self.refused += usize::from(before != StepState::Refused);
        before != StepState::Refused
    }

    fn update_todo(&mut self, input: &Json) {
        let id = input.get("taskId").read::<String>();
        let Some(at) = self.todos.iter().position(|todo| todo.id == id) else {
            return;
        };
        let status = input.get("status");
        if status.is("deleted") {
            self.todos.remove(at);
            return;
        }
        let todo = &mut self.todos[at];
        if let Some(subject) = input.get("subject").text() {
            todo.text = todo_line(&subject);
        }
        if !status.is_null() {
            todo.state = todo_state(&status);
        }
    }
}

/// The first line of a tool's output that is not blank.
fn first_line(content: &Json) -> String {
    let blocks = || content.entries().unwrap_or_default();
    let text = content
        .text()
        .or_else(|| blocks().iter().find_map(|block| block.get("text").text()))
        .unwrap_or_default();
    let line = text.lines().find(|line| !line.trim().is_empty());
    line.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
