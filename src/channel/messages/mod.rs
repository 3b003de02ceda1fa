//! All that a person reads in a channel that Claude did not write.
//!
//! Pure. Each text says what happened and what to do; none holds a secret or another person's words.

mod figures;
mod limits;
mod registry;
mod reports;
mod tasks;

use std::{fmt::Write as _, io, time::Duration};

use figures::count;
pub use figures::{dollars, short, tokens};
pub use limits::{files_left, limit_reached};
pub use registry::registry_issues;
pub use reports::{Status, sessions, status, usage, usage_unreadable};
pub use tasks::{
    report_over_limit, report_timed_out, tasks_lost, tasks_lost_in_restart, tasks_stopped,
    tasks_timed_out,
};

use crate::{
    claude::{
        process::{Exit, StartError},
        turn::Ending,
    },
    command::Command,
    registry::Record,
};

/// How many characters of the CLI's own error output are shown.
const SHOWN: usize = 500;

/// What to say about how a turn ended; `None` where the answer says it all.
#[must_use]
pub fn ending(ending: &Ending) -> Option<String> {
    Some(match ending {
        Ending::Answered => return None,
        Ending::Silent => "Claude returned no answer. Try rephrasing.".into(),
        Ending::Interrupted => "The turn was interrupted. The session is kept.".into(),
        Ending::SessionMissing => {
            "Claude lost this channel's session, and a new one could not be started. Send \
            your message again, or use `!clear`."
                .into()
        }
        Ending::LoginExpired => {
            "Claude isn't logged in. The owner of this bot needs to run `claude` on its machine \
            and log in (`/login`). Then send your message again; the session is kept."
                .into()
        }
        Ending::ModelUnknown => {
            "Claude doesn't know this channel's model. Choose another one with `!model`.".into()
        }
        Ending::ConversationTooLong => {
            "This conversation is too long for the model. Use `!compact` to summarize it \
            and continue, or `!clear` to start over."
                .into()
        }
        Ending::UsageLimit { detail } => format!(
            "Claude's usage limit is reached: {} Try again later; the session is kept.",
            sentence(detail)
        ),
        Ending::ApiDown { status } => format!(
            "Claude's API is unavailable right now{}. Send your message again in a few minutes. The session is kept.",
            status
                .map(|status| format!(" (status {status})"))
                .unwrap_or_default()
        ),
        Ending::ApiRefused { status, detail } => format!(
            "Claude's API rejected the request{}: {} Try rephrasing it; if that doesn't help, use `!clear` to start \
             over.",
            status
                .map(|status| format!(" (status {status})"))
                .unwrap_or_default(),
            sentence(detail)
        ),
        Ending::TooManySteps => {
            "Claude reached the limit of steps per turn and stopped. Say \"go on\" to continue."
                .into()
        }
        Ending::BudgetSpent => {
            "The budget of this process is used up. The owner can raise it; the session is kept."
                .into()
        }
        Ending::Failed { detail } => format!(
            "Claude failed: {} Send your message again; if that doesn't help, use `!clear` to start over.",
            sentence(detail)
        ),
    })
}

/// A turn that took too long. The time is the whole limit.
#[must_use]
pub fn timed_out(limit: Duration) -> String {
    format!(
        "Timed out after {} s. Try a smaller request, or say \"go on\".",
        limit.as_secs()
    )
}

/// The CLI gave no sign of life in the middle of a turn. The time is how long.
#[must_use]
pub fn unresponsive(silence: Duration) -> String {
    format!(
        "Claude stopped responding for {} s, so I ended this turn. The session is kept: send your message again if \
         you still need it.",
        silence.as_secs()
    )
}

/// A turn for which no process was ready in time.
#[must_use]
pub fn waited_too_long(limit: Duration) -> String {
    format!(
        "Timed out after {} s while waiting for a free process. Your message was not run: send it again later.",
        limit.as_secs()
    )
}

/// The API failed and is asked again.
#[must_use]
pub fn retrying(attempt: u64, of: u64, status: Option<u16>) -> String {
    let status = status
        .map(|status| format!(" (status {status})"))
        .unwrap_or_default();
    format!(
        "-# Claude's API didn't respond{status}. Retrying: attempt {attempt} of {of}. `!stop` cancels."
    )
}

/// The process ended in the middle of a turn.
#[must_use]
pub fn crashed(exit: &Exit, last_words: Option<&str>) -> String {
    let mut text = format!(
        "Claude crashed while working on this message ({}); restarting with context preserved. The message was \
         **not** run again: send it again if you still need it.",
        end_of(exit)
    );
    let shown = if exit.stderr.trim().is_empty() {
        None
    } else {
        Some(exit.stderr.as_str())
    };
    if let (None, Some(words)) = (shown, last_words) {
        let _infallible = write!(text, "\nLast output: {}", clip(words.trim()));
    }
    append_block(&mut text, shown);
    text
}

/// A message whose turn, or whose answer where `booked`, was cut off by the bot's own end.
#[must_use]
pub fn cut_off(booked: bool) -> String {
    if booked {
        "I was restarted while posting this answer, so it may be missing or incomplete. The message was **not** run \
         again. Ask for what is missing, or press the button to run the message again."
    } else {
        "I was restarted while working on this. It was **not** run again, because part of the work may be done. \
         Press the button to run it again."
    }
    .into()
}

/// A message whose button was pressed before.
#[must_use]
pub fn already_retried() -> String {
    "This message is already being retried, or has been retried.".into()
}

/// What stands on the button that runs a message again.
#[must_use]
pub fn retry_label() -> String {
    "Retry".into()
}

/// The button is somebody else's.
#[must_use]
pub fn retry_not_yours() -> String {
    "Only the author of that message or an admin of this bot can retry it.".into()
}

/// A button, menu or form that is not on record.
#[must_use]
pub fn control_expired() -> String {
    "This button no longer works: it was already used, or it belongs to an older message.".into()
}

/// A press that came before the post of its button was acknowledged.
#[must_use]
pub fn press_again() -> String {
    "That was too early. Press the button again.".into()
}

/// Somebody whom the bot does not answer used a slash command or pressed a button.
#[must_use]
pub fn not_let_in() -> String {
    "You're not on this bot's allow list, so it doesn't answer you here.".into()
}

/// A slash command or a press in a channel of which nothing is known yet.
#[must_use]
pub fn place_unknown() -> String {
    "I don't know this channel yet. Try again in a moment.".into()
}

/// A slash command was received.
#[must_use]
pub fn command_received(name: &str) -> String {
    format!("`/{name}` received. The answer follows in this channel.")
}

/// A message that can't be run again because it is gone.
#[must_use]
pub fn message_gone() -> String {
    "That message was deleted, so it can't be run again. Send it as a new message.".into()
}

/// A message that was to be run again and could not be read.
#[must_use]
pub fn message_not_fetched() -> String {
    "I couldn't load that message. Press the button again in a moment.".into()
}

/// A message that waits for the bot's next start.
#[must_use]
pub fn put_off() -> String {
    "I'm shutting down. Your message is saved and will be answered when I'm back.".into()
}

/// Messages sent while the bot was away that are not answered.
#[must_use]
pub fn skipped(count: usize) -> String {
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

/// The bot was away and could not find out what it missed.
#[must_use]
pub fn backfill_failed() -> String {
    "-# I was offline and couldn't load the messages sent here meanwhile. Resend what I didn't answer.".into()
}

/// The process did not come up, after all tries.
#[must_use]
pub fn not_started(reason: &str) -> String {
    let mut text =
        "Claude could not be started. The session is kept. Send your message again to retry; the owner will find \
         details in the bot's log."
            .to_owned();
    append_block(&mut text, Some(reason));
    text
}

/// The process did not come up again after a crash.
#[must_use]
pub fn not_restarted() -> String {
    "Claude could not be restarted. The session is kept, and the next message retries.".into()
}

/// The process keeps failing, and the next start has to wait.
#[must_use]
pub fn backing_off(wait: Duration) -> String {
    format!(
        "-# Claude failed several times within a minute. Retrying in {} s; `!stop` cancels.",
        wait.as_secs().max(1)
    )
}

/// Why the CLI was not started.
#[must_use]
pub fn start_error(error: &StartError) -> String {
    match error {
        StartError::NotFound(missing) => missing.to_string(),
        StartError::Workspace { .. } => "this channel's workspace can't be used".into(),
        StartError::Prompt(_) => "the system prompt could not be passed to the CLI".into(),
        StartError::Sandbox(_) => "the sandbox doesn't work on the bot's machine".into(),
        StartError::Spawn { error, .. } => spawn_refused(error),
    }
}

/// Why the system refused to start the CLI.
fn spawn_refused(error: &io::Error) -> String {
    use io::ErrorKind::{ArgumentListTooLong, NotFound, OutOfMemory, PermissionDenied, WouldBlock};
    let why = match error.kind() {
        NotFound => "the CLI, or the program that runs it (Node.js?), is missing",
        PermissionDenied => "the bot's user may not execute it",
        WouldBlock => "the bot's user has reached its process limit",
        OutOfMemory => "there isn't enough memory",
        ArgumentListTooLong => "the argument list is too long",
        _ if matches!(error.raw_os_error(), Some(EMFILE | ENFILE)) => {
            "too many files are open on the bot's machine"
        }
        _ => "the reason is unknown",
    };
    format!("the system could not start the CLI: {why}")
}

/// Too many open files, in the process and on the machine (errno(3), the same on every Linux).
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

/// The CLI is not installed.
#[must_use]
pub fn cli_missing(reason: &str) -> String {
    format!("{reason}\nYour message was not run: send it again once Claude is installed.")
}

/// The session is gone from the CLI; the message is answered in a new one.
#[must_use]
pub fn session_gone() -> String {
    "-# Claude no longer has this channel's session (it keeps sessions for about 30 days). I started a new one, \
     which doesn't know the earlier conversation."
        .into()
}

/// The message could not be recorded, so it was not run.
#[must_use]
pub fn not_recorded() -> String {
    "I couldn't save this message's state (is the disk full?), so I didn't run it. Send it again later; the owner \
     will find details in the bot's log."
        .into()
}

/// The channel's own task has failed, and what waited there is gone.
#[must_use]
pub fn channel_failed() -> String {
    "-# Something went wrong in this channel. Resend what I didn't answer.".into()
}

/// The queue is full.
#[must_use]
pub fn queue_full(limit: usize) -> String {
    format!(
        "{limit} messages are already waiting here, so this one was not accepted. Send it again later; `!stop` ends \
         the running one."
    )
}

/// An answer to `!stop`.
#[must_use]
pub fn stopped(waiting: usize) -> String {
    match waiting {
        0 => "Stopped. The session is kept.".into(),
        1 => "Stopped. The session is kept; 1 message is waiting and runs next.".into(),
        _ => format!("Stopped. The session is kept; {waiting} messages are waiting and run next."),
    }
}

/// `!stop` before the turn had begun.
#[must_use]
pub fn stopped_early() -> String {
    "Stopped before Claude started: the message was not run.".into()
}

/// `!stop` twice.
#[must_use]
pub fn already_stopping() -> String {
    "Already stopping.".into()
}

/// `!stop` with nothing to stop.
#[must_use]
pub fn nothing_runs() -> String {
    "Nothing is running here.".into()
}

/// The answer is longer than a channel should bear.
#[must_use]
pub fn answer_too_long() -> String {
    "-# The rest of this answer was cut: it is longer than a hundred messages. Ask for it as a file, or in parts."
        .into()
}

/// The bot is going down and the message was not begun.
#[must_use]
pub fn shutting_down() -> String {
    "I'm shutting down, so this message was not run. Send it again when I'm back.".into()
}

/// The bot went down in the middle of the turn.
#[must_use]
pub fn cut_by_shutdown() -> String {
    "I had to shut down before this was done. The session is kept: say \"go on\" when I'm back."
        .into()
}

/// A command of an admin's, by somebody who is none.
#[must_use]
pub fn admins_only(command: &Command) -> String {
    let may = match command {
        Command::Model(_) => "change the model (`!model` shows it)",
        Command::Clear => "clear a session",
        _ => "list the sessions of other channels",
    };
    format!("Only this bot's admins can {may}.")
}

/// The current model.
#[must_use]
pub fn model(current: &str, models: &[String]) -> String {
    let names: Vec<_> = models.iter().map(|name| format!("`{name}`")).collect();
    format!(
        "This channel uses `{current}`. Available models: {}.",
        names.join(", ")
    )
}

/// The model has been changed.
#[must_use]
pub fn model_set(model: &str, was: &str) -> String {
    if model == was {
        format!("This channel already uses `{model}`.")
    } else {
        format!("This channel uses `{model}` from the next message on (was `{was}`).")
    }
}

/// The session was dropped.
#[must_use]
pub fn cleared(old: &Record) -> String {
    format!(
        "Cleared: {} with `{}`, {}, {} in context. The next message starts a new session.\n\
         -# To resume the old one, run this in the channel's workspace on the bot's machine: `claude --resume {}`",
        count(old.message_count, "turn", "turns"),
        old.model,
        dollars(old.total_cost_usd),
        tokens(old.context_tokens),
        old.session_id
    )
}

/// There was nothing to drop.
#[must_use]
pub fn nothing_to_clear() -> String {
    "There is no session here yet. The next message starts one.".into()
}

/// There is nothing to make a summary of.
#[must_use]
pub fn nothing_to_compact() -> String {
    "There is no conversation to summarize yet.".into()
}

/// The CLI ended the turn that was to summarise without doing so.
#[must_use]
pub fn not_compacted() -> String {
    "There was nothing to summarize.".into()
}

/// The conversation was summarised.
#[must_use]
pub fn compacted() -> String {
    "The conversation was summarized and continues from there.".into()
}

/// A message without text, files or a forwarded message.
#[must_use]
pub fn only_text() -> String {
    "I found no text or files in this message. Say in words what you want.".into()
}

fn end_of(exit: &Exit) -> String {
    match (exit.code, exit.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown reason".into(),
    }
}

/// The CLI's words as one sentence, short enough for a chat.
fn sentence(words: &str) -> String {
    let words = clip(words.trim());
    match words.chars().last() {
        None => "no reason was given.".into(),
        Some('.' | '!' | '?' | '…') => words,
        Some(_) => format!("{words}."),
    }
}

/// The words, or their beginning, short enough for a chat.
fn clip(words: &str) -> String {
    match words.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

/// Appends the CLI's error output as a code block which it cannot close.
fn append_block(text: &mut String, output: Option<&str>) {
    let Some(output) = output.map(str::trim).filter(|output| !output.is_empty()) else {
        return;
    };
    let output = clip(output).replace("```", "'''");
    let _infallible = write!(text, "\n```\n{output}\n```");
}

#[cfg(test)]
mod tests;
