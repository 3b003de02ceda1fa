//! All the texts that the bot itself writes in a channel.
//!
//! Pure. A text says what happened and what to do. It contains no secrets and nobody else's words.

mod answers;
pub(super) mod approvals;
pub(super) mod asking;
pub(super) mod branches;
mod budgets;
mod card;
mod context;
pub(super) mod earlier;
mod edits;
mod endings;
mod excerpts;
mod failures;
mod figures;
pub(super) mod files;
pub(super) mod host_tools;
mod limits;
pub(super) mod modes;
pub(crate) mod notices;
mod permissions;
pub(super) mod personas;
mod process;
pub(super) mod questions;
pub(super) mod queue;
pub(super) mod rebuilt;
mod registry;
mod reports;
pub(super) mod session;
pub(super) mod side_questions;
mod tasks;
mod tools;
mod welcome;

pub(super) use answers::{
    ANSWER_TOO_LONG, done_in, effort, effort_set, refused_meanwhile, stream_mode, stream_mode_set,
};
pub(super) use budgets::{
    budget_nearly_spent, budget_of_parent, budget_set, budget_too_high, budgets, over_budget,
};
pub(super) use card::{
    CARD_CUT_OFF, CardEnd, HIDE_STEPS_LABEL, SHOW_STEPS_LABEL, STOP_LABEL, TaskLine, details,
    pressed_by, summary, task_lines, verbose, working,
};
pub(super) use context::{NO_CONTEXT, context, context_counted, pong};
pub(super) use edits::{
    DELETED, EDIT_NOT_FETCHED, EDITED, NOT_REWOUND, REPEAT_LABEL, UNREADABLE, quote_lost, rewound,
};
pub(super) use endings::{
    RETRY_LABEL, cut_by_shutdown, cut_off, ending, retrying, timed_out, unresponsive,
    waited_too_long,
};
pub(super) use failures::{
    COMPACTING, COMPACTING_FIRST, LIMIT_RESET, PROGRAM_REPLACED, REPAIR_LABEL, REPAIRED_ANEW,
    STILL_DAMAGED, cli_too_old, config_broken, limit_resets, limited_not_kept, permission_missing,
    repaired, trying_again, usage_limited, use_model_label, waits_for_reset,
};
use figures::count;
use figures::plain;
pub(crate) use figures::{dollars, short};
pub(super) use limits::{MEDIA_REFUSED, files_left, limit_reached};
pub(crate) use permissions::files_left_out;
pub(super) use permissions::may_not_post;
pub(crate) use personas::{PERSONAS_NOT_RELOADED, PERSONAS_RELOADED, PERSONAS_UNCHANGED};
pub(super) use process::{backing_off, cli_missing, crashed, not_started, start_error};
pub(crate) use registry::registry_issues;
pub(super) use reports::{
    Readers, SESSIONS_PRIVATE, StatusReport, channel_name, person_name, sessions, status, usage,
};
pub(super) use tasks::{
    background_over_budget, report_failed, report_timed_out, task_ended, tasks_lost,
    tasks_lost_in_restart, tasks_stopped, tasks_timed_out,
};
pub(super) use tools::{ToolWords, output_line, refused_tools, task_note, todo_line, tool_words};

pub(crate) use welcome::welcome;

use crate::command::Command;

/// Is appended to the notice whose retry button was pressed.
pub(super) fn retried_by(name: &str) -> String {
    format!("\n-# Retried by {}.", plain(name, 40))
}

/// Somebody else pressed the retry button.
pub(super) const RETRY_NOT_YOURS: &str =
    "Only the author of that message or an admin of this bot can retry it.";
pub(super) const ALREADY_RETRIED: &str =
    "This message is already being retried, or has been retried.";
/// The message to retry was deleted.
pub(super) const MESSAGE_GONE: &str =
    "That message was deleted, so it can't be run again. Send it as a new message.";
/// The message to retry is not answered any more.
pub(super) const MESSAGE_REFUSED: &str = "I can't run that message again: its author may no longer talk to me here, or it no longer asks me for anything.";
/// The message to retry could not be loaded; another press may work.
pub(super) const MESSAGE_NOT_FETCHED: &str =
    "I couldn't load that message. Press the button again in a moment.";
/// The pressed control is not in the record.
pub(super) const CONTROL_EXPIRED: &str =
    "This button no longer works: it was already used, or it belongs to an older message.";
/// The button was pressed before Discord acknowledged its post.
pub(super) const PRESS_AGAIN: &str = "That was too early. Press the button again.";
/// What somebody who is not allowed reads.
pub(super) const NOT_LET_IN: &str =
    "You're not on this bot's allow list, so it doesn't answer you here.";
/// Reply to an interaction in a channel that the bot has no information about.
pub(crate) const PLACE_UNKNOWN: &str = "I don't know this channel yet. Try again in a moment.";
/// The message has no text, files or forwarded messages.
pub(super) const ONLY_TEXT: &str =
    "I found no text or files in this message. Say in words what you want.";
/// Saving failed, so the message was not run.
pub(super) const NOT_RECORDED: &str = "I couldn't save this message's state (is the disk full?), so I didn't run it. Send it again later; the owner \
    will find details in the bot's log.";
/// The message is left to the next start, which fetches it.
pub(super) const PUT_OFF: &str =
    "I'm shutting down. Your message is saved and will be answered when I'm back.";
/// The item was not run, and the next start does not fetch it.
pub(super) const SHUTTING_DOWN: &str =
    "I'm shutting down, so this message was not run. Send it again when I'm back.";
pub(super) const BACKFILL_FAILED: &str = "-# I was offline and couldn't load the messages sent here meanwhile. Send again what I didn't answer.";
/// The channel's task panicked and lost its queue.
pub(super) const CHANNEL_FAILED: &str =
    "-# Something went wrong in this channel. Send again what I didn't answer.";
/// All attempts to restart the process after a crash failed.
pub(super) const NOT_RESTARTED: &str =
    "Claude could not be restarted. The session is kept, and the next message tries again.";
/// `!stop` arrived before the CLI received the message.
pub(super) const STOPPED_EARLY: &str = "Stopped before Claude started: the message was not run.";
/// `!stop` was sent twice.
pub(super) const ALREADY_STOPPING: &str = "Already stopping.";
pub(super) const NOTHING_RUNS: &str = "Nothing is running here.";
pub(super) const NOTHING_TO_COMPACT: &str = "There is no conversation to summarize yet.";
/// The CLI ended a `/compact` turn without summarizing.
pub(super) const NOT_COMPACTED: &str = "There was nothing to summarize.";
pub(super) const COMPACTED: &str = "The conversation was summarized and continues from there.";
/// Reply to a slash command whose report is not there soon.
pub(super) const REPORT_TAKES_LONGER: &str = "This takes a moment…";
/// The ledger could not be read for `!usage`.
pub(super) const USAGE_UNREADABLE: &str =
    "The usage ledger could not be read; the owner will find details in the bot's log.";

/// Reply to a slash command.
pub(super) fn command_received(name: &str) -> String {
    let name = if name.contains(' ') {
        name.to_owned()
    } else {
        format!("`/{name}`")
    };
    format!("{name} received. The answer follows in this channel.")
}

/// Messages that were sent while the bot was offline and are not answered. A `count` of 0 means an unknown number.
pub(super) fn skipped(count: usize) -> String {
    let (messages, them) = match count {
        0 => ("Some messages".to_owned(), "them"),
        1 => ("One message".to_owned(), "it"),
        _ => (format!("{count} messages"), "them"),
    };
    let is = if count == 1 { "it is" } else { "they are" };
    format!(
        "-# {messages} sent here while I was offline won't be answered, because {is} too old or there were too many. \
         Send {them} again if you still need an answer."
    )
}

/// A retry keeps its button.
pub(super) fn queue_full(limit: usize, is_retry: bool) -> String {
    let again = if is_retry {
        "Press the button again later"
    } else {
        "Send it again later"
    };
    format!(
        "{limit} messages are already waiting here, so this one was not accepted. {again}; `!stop` ends the running one."
    )
}

/// The turn was stopped, by this person if it was the card's button. `waiting` is the number of messages in the queue.
pub(super) fn stopped(by: Option<&str>, waiting: usize) -> String {
    let by = by.map_or_else(String::new, |name| format!(" by {}", plain(name, 40)));
    match waiting {
        0 => format!("Stopped{by}. The session is kept."),
        1 => format!("Stopped{by}. The session is kept; 1 message is waiting and runs next."),
        _ => format!(
            "Stopped{by}. The session is kept; {waiting} messages are waiting and run next."
        ),
    }
}

/// A member used a command that only admins may use.
pub(super) fn admins_only(command: &Command) -> String {
    let may = match command {
        Command::Model(_) => "change the model (`!model` shows it)",
        Command::Persona(_) | Command::ReloadPersonas => {
            "change who Claude is (`!persona` shows it)"
        }
        Command::Verbose(_) => {
            "change how much of Claude's work is shown (`!verbose` shows the setting)"
        }
        Command::SetEffort(_) => "change how much Claude thinks (`!effort` shows the setting)",
        Command::Stream(_) => "change how answers are posted (`!stream` shows the setting)",
        Command::Budget(_) => "set the channel's budget (`!budget` shows it)",
        Command::QueueMode(_) => {
            "change what messages do that arrive while Claude works (`!queue` shows it)"
        }
        Command::Clear => "clear a session",
        Command::Rewind(_) => "take the conversation back",
        Command::Resume => "go back to an earlier session",
        Command::Revoke(_) => "take a granted rule back (`!tools` lists them)",
        Command::Sessions => "list the sessions of other channels",
        Command::Session => "see how a session is continued in a terminal",
        _ => "use this command",
    };
    format!("Only this bot's admins can {may}.")
}

/// The answer to `!model` without a name.
pub(super) fn model(current: &str, models: &[String]) -> String {
    let names: Vec<_> = models.iter().map(|name| format!("`{name}`")).collect();
    let names = names.join(", ");
    format!("This channel uses `{current}`. Available models: {names}.")
}

pub(super) fn model_set(model: &str, was: &str) -> String {
    if model == was {
        format!("This channel already uses `{model}`.")
    } else {
        format!("This channel uses `{model}` from the next message on (was `{was}`).")
    }
}

#[cfg(test)]
mod tests;
