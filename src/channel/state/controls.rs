//! The buttons of a channel's posts and what a press does. The record keeps it, so that a button outlives a restart. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Now, Press, State,
    messages::{self, approvals as texts, earlier, questions, queue},
    pending_approvals::{ApprovalChoice, MenuChoice},
};
use crate::{
    chat::{
        Button, ButtonStyle, ChatOp, Control, ControlId, Interaction, InteractionReply, Menu,
        MenuOption,
    },
    registry::state::{StoredControl, StoredPost},
    snowflake::MessageId,
};

/// How many buttons Discord puts in a row.
const BUTTONS_IN_ROW: usize = 5;

/// The longest label of a button, and text of an option, in characters.
const LONGEST_LABEL: usize = 80;
const LONGEST_OPTION: usize = 100;

/// How long a press waits for the delivery of its post. Discord expects a reply within three seconds.
const PRESS_TIMEOUT: Duration = Duration::from_millis(1_500);

/// What a press of a stored control does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ControlAction {
    Retry {
        message: MessageId,
    },
    /// The same for a message that was edited after its turn.
    Repeat {
        message: MessageId,
    },
    /// Sets the channel's model, then retries.
    SwitchModel {
        message: MessageId,
        model: String,
    },
    /// Leaves out the end of the conversation, if it still is this session's, then retries.
    Repair {
        message: MessageId,
        #[serde(default)]
        session: String,
    },
    /// Decides about tool calls, by the ids of their control requests.
    Decide {
        requests: Vec<String>,
        choice: ApprovalChoice,
    },
    /// Drops a waiting message, or what else waits, by its id.
    Drop {
        item: u64,
        number: usize,
    },
    /// Moves it to the front.
    Front {
        item: u64,
        number: usize,
    },
    /// Stops what runs.
    Stop,
    /// Goes back to the session that a `!clear` has left, until then, in seconds since 1970.
    Undo {
        session: String,
        until: i64,
    },
    /// Goes on with the chosen session.
    Resume,
    /// Stops this turn, by its id.
    StopTurn {
        turn: String,
    },
    /// Takes a granted rule back.
    Revoke {
        rule: String,
    },
    /// Shows the steps of a finished card, or hides them.
    Steps {
        details: String,
        is_open: bool,
        color: u32,
    },
}

impl ControlAction {
    /// `None` if another version wrote it.
    pub(super) fn of(control: &StoredControl) -> Option<Self> {
        Self::deserialize(&control.action).ok()
    }

    pub(super) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// As a control of a stored post, with an opaque `id`.
    pub(super) fn stored(&self, id: String) -> StoredControl {
        StoredControl {
            id,
            action: self.to_value(),
        }
    }

    /// The message that it runs again.
    pub(super) fn message(&self) -> Option<MessageId> {
        match self {
            Self::Retry { message }
            | Self::Repeat { message }
            | Self::SwitchModel { message, .. }
            | Self::Repair { message, .. } => Some(*message),
            Self::Decide { .. }
            | Self::Stop
            | Self::Undo { .. }
            | Self::Resume
            | Self::StopTurn { .. }
            | Self::Revoke { .. }
            | Self::Drop { .. }
            | Self::Front { .. }
            | Self::Steps { .. } => None,
        }
    }

    fn label(&self) -> String {
        match self {
            Self::Retry { .. } => messages::RETRY_LABEL.into(),
            Self::Repeat { .. } => messages::REPEAT_LABEL.into(),
            Self::SwitchModel { model, .. } => messages::use_model_label(model),
            Self::Repair { .. } => messages::REPAIR_LABEL.into(),
            Self::Decide { requests, choice } => match choice {
                ApprovalChoice::AllowOnce => texts::allow_once_label(requests.len()),
                ApprovalChoice::Grant { rule, is_permanent } => {
                    texts::grant_label(*is_permanent, rule)
                }
                ApprovalChoice::Deny => texts::deny_label(requests.len()),
                ApprovalChoice::DenyWithReason => texts::DENY_WITH_REASON_LABEL.into(),
                ApprovalChoice::Answer { label } => questions::short_label(label, LONGEST_LABEL),
                ApprovalChoice::Choose { is_multiple, .. } => if *is_multiple {
                    questions::CHOOSE_SEVERAL
                } else {
                    questions::CHOOSE_ONE
                }
                .into(),
                ApprovalChoice::AnswerFreely => questions::OTHER_LABEL.into(),
                ApprovalChoice::ApprovePlan { accepts_edits } => {
                    questions::approve_label(*accepts_edits).into()
                }
                ApprovalChoice::ChangePlan => questions::CHANGE_LABEL.into(),
            },
            Self::Drop { number, .. } => queue::drop_label(*number),
            Self::Front { number, .. } => queue::front_label(*number),
            Self::Stop => messages::STOP_LABEL.into(),
            Self::Undo { .. } => earlier::UNDO_LABEL.into(),
            Self::Resume => earlier::RESUME_LABEL.into(),
            Self::StopTurn { .. } => texts::STOP_TURN_LABEL.into(),
            Self::Revoke { rule } => texts::revoke_label(rule),
            Self::Steps { is_open, .. } if *is_open => messages::HIDE_STEPS_LABEL.into(),
            Self::Steps { .. } => messages::SHOW_STEPS_LABEL.into(),
        }
    }

    fn style(&self) -> ButtonStyle {
        match self {
            Self::Stop | Self::StopTurn { .. } => ButtonStyle::Danger,
            Self::Decide { choice, .. } => match choice {
                ApprovalChoice::AllowOnce
                | ApprovalChoice::ApprovePlan {
                    accepts_edits: false,
                } => ButtonStyle::Success,
                ApprovalChoice::Deny => ButtonStyle::Danger,
                ApprovalChoice::Answer { .. } => ButtonStyle::Primary,
                ApprovalChoice::Grant { .. }
                | ApprovalChoice::DenyWithReason
                | ApprovalChoice::Choose { .. }
                | ApprovalChoice::AnswerFreely
                | ApprovalChoice::ApprovePlan { .. }
                | ApprovalChoice::ChangePlan => ButtonStyle::Secondary,
            },
            Self::Undo { .. }
            | Self::Resume
            | Self::Revoke { .. }
            | Self::Drop { .. }
            | Self::Front { .. }
            | Self::Steps { .. } => ButtonStyle::Secondary,
            Self::Retry { .. }
            | Self::Repeat { .. }
            | Self::SwitchModel { .. }
            | Self::Repair { .. } => ButtonStyle::Primary,
        }
    }

    fn shown(&self, id: ControlId) -> Control {
        match self {
            Self::Decide {
                choice:
                    ApprovalChoice::Choose {
                        options,
                        is_multiple,
                    },
                ..
            } => Control::Menu(Menu {
                id,
                placeholder: self.label(),
                options: options.iter().enumerate().map(menu_option).collect(),
                min: 1,
                max: u8::try_from(options.len())
                    .ok()
                    .filter(|_| *is_multiple)
                    .unwrap_or(1),
            }),
            _ => Control::Button(Button {
                id,
                label: self.label(),
                style: self.style(),
                is_enabled: true,
            }),
        }
    }
}

/// Its value is its place in the list.
fn menu_option((index, choice): (usize, &MenuChoice)) -> MenuOption {
    MenuOption {
        value: index.to_string(),
        label: questions::short_label(&choice.label, LONGEST_OPTION),
        description: questions::short_label(&choice.description, LONGEST_OPTION),
    }
}

impl State {
    /// Handles a press, which counts only if message, revision and person match the record.
    pub(super) fn pressed(&mut self, press: Press, now: Now) {
        let stored = ControlId::parse(&press.custom_id).and_then(|id| {
            let posts = self.record.as_ref()?.state.posts.iter();
            let mut posts = posts.filter(|post| post.revision == id.revision);
            posts.find_map(|post| {
                let is_it = |control: &&StoredControl| control.id == id.name;
                let control = post.controls.iter().find(is_it)?;
                Some((
                    ControlAction::of(control)?,
                    id.name.clone(),
                    post.messages.clone(),
                ))
            })
        });
        let Some((action, control, messages)) = stored else {
            return self.reply(press.interaction, messages::CONTROL_EXPIRED);
        };
        if messages.is_empty() {
            let until = now.mono + PRESS_TIMEOUT;
            self.recovery.early.push((until, press));
            return;
        }
        if !messages.contains(&press.message) {
            return self.reply(press.interaction, messages::CONTROL_EXPIRED);
        }
        match action {
            ControlAction::Decide { requests, choice } => {
                self.decision_pressed(press, &requests, &choice, now);
            }
            // It opens no form.
            _ if press.entered.is_some() => {
                self.reply(press.interaction, messages::CONTROL_EXPIRED);
            }
            ControlAction::Stop => self.stop_pressed(press, now),
            ControlAction::Undo { session, until } => {
                self.undo_pressed(press, &control, (&session, until), now);
            }
            ControlAction::Resume => self.resume_chosen(press, &control),
            ControlAction::StopTurn { turn } => self.stop_turn_pressed(press, &turn, now),
            ControlAction::Revoke { rule } => self.revoke_pressed(press, &rule),
            ControlAction::Drop { .. } | ControlAction::Front { .. } => {
                self.queue_pressed(press, &action, now);
            }
            ControlAction::Steps { .. } => self.steps_pressed(press, &control, now),
            action => self.retry_pressed(press, action, now),
        }
    }

    pub(super) fn press_tick(&mut self, now: Now) {
        self.undo_tick(now);
        let early = &mut self.recovery.early;
        let overdue: Vec<_> = early
            .extract_if(.., |(until, _)| now.mono >= *until)
            .collect();
        for (_, press) in overdue {
            self.reply(press.interaction, messages::PRESS_AGAIN);
        }
    }

    pub(super) fn reply(&mut self, interaction: Interaction, text: &str) {
        self.reply_with(interaction, InteractionReply::Private(text.to_owned()));
    }

    pub(super) fn acknowledge(&mut self, interaction: Interaction) {
        self.reply_with(interaction, InteractionReply::Acknowledge);
    }

    pub(super) fn reply_with(&mut self, interaction: Interaction, reply: InteractionReply) {
        self.chat(ChatOp::Reply {
            channel: self.channel,
            interaction,
            reply,
        });
    }
}

/// The actions of a stored post's controls.
pub(super) fn actions(post: &StoredPost) -> impl Iterator<Item = ControlAction> {
    post.controls.iter().filter_map(ControlAction::of)
}

pub(super) fn has_action(post: &StoredPost, is_it: impl FnMut(ControlAction) -> bool) -> bool {
    actions(post).any(is_it)
}

/// The rows of buttons of a stored post. A menu has one of its own.
pub(super) fn buttons(post: &StoredPost) -> Vec<Vec<Control>> {
    let shown = post.controls.iter().filter_map(|control| {
        let id = ControlId::new(&control.id, post.revision)?;
        Some(ControlAction::of(control)?.shown(id))
    });
    let is_menu = |control: &Control| matches!(control, Control::Menu(_));
    let mut rows: Vec<Vec<Control>> = Vec::new();
    for control in shown {
        match rows.last_mut() {
            Some(row) if row.len() < BUTTONS_IN_ROW && !is_menu(&control) && !is_menu(&row[0]) => {
                row.push(control);
            }
            _ => rows.push(vec![control]),
        }
    }
    rows
}
