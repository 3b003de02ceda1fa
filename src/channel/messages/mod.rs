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
        Ending::Silent => "Claude ended the turn without a word. Ask again, or differently.".into(),
        Ending::Interrupted => "The turn was interrupted. The session is kept.".into(),
        Ending::SessionMissing => "Claude no longer has this channel's session, and a new one could not be \
            started. Send the message again, or `!clear`."
            .into(),
        Ending::LoginExpired => "Claude is not logged in any more. The owner of this bot has to run \
            `claude` on its machine and log in (`/login`); then send the message again. The session is kept."
            .into(),
        Ending::ModelUnknown => "Claude does not know the model that this channel asks for. Choose another \
            with `!model`."
            .into(),
        Ending::ConversationTooLong => "This conversation has become too long for the model. `!compact` \
            makes a summary and goes on from there; `!clear` starts anew."
            .into(),
        Ending::UsageLimit { detail } => format!(
            "The usage limit is reached: {} Try again later; the session is kept.",
            sentence(detail)
        ),
        Ending::ApiDown { status } => format!(
            "Claude's API cannot answer now{}. That is usually over soon: send the message again in a few \
             minutes. The session is kept.",
            status.map(|status| format!(" (status {status})")).unwrap_or_default()
        ),
        Ending::ApiRefused { status, detail } => format!(
            "Claude's API refused the request{}: {} Put it differently; if that does not help, `!clear` \
             starts anew.",
            status.map(|status| format!(" (status {status})")).unwrap_or_default(),
            sentence(detail)
        ),
        Ending::TooManySteps => "Claude took as many steps as it may in one turn and stopped. Say \
            \"go on\" to let it go on."
            .into(),
        Ending::BudgetSpent => "The budget of this process is spent. The owner can raise it; the session is \
            kept."
            .into(),
        Ending::Failed { detail } => format!(
            "Claude failed: {} Send the message again; if that does not help, `!clear` starts anew.",
            sentence(detail)
        ),
    })
}

/// A turn that took too long. The time is the whole limit.
#[must_use]
pub fn timed_out(limit: Duration) -> String {
    format!(
        "timed out after {}s. The session is kept: ask for less at once, or say \"go on\".",
        limit.as_secs()
    )
}

/// The CLI gave no sign of life in the middle of a turn. The time is how long.
#[must_use]
pub fn unresponsive(silence: Duration) -> String {
    format!(
        "Claude gave no sign of life for {}s, so I ended this turn. The session is kept: send the message again \
         if you still want it.",
        silence.as_secs()
    )
}

/// A turn for which no process was ready in time.
#[must_use]
pub fn waited_too_long(limit: Duration) -> String {
    format!(
        "timed out after {}s, before Claude had begun: too much is going on elsewhere. Your message was not run; \
         send it again later.",
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
        "-# Claude's API did not answer{status}; retrying now: attempt {attempt} of {of}. `!stop` gives up."
    )
}

/// The process ended in the middle of a turn.
#[must_use]
pub fn crashed(exit: &Exit, last_words: Option<&str>) -> String {
    let mut text = format!(
        "Claude stopped in the middle of this message ({}); restarting with context \
        preserved. The message was **not** run again: send it again if you still want it.",
        end_of(exit)
    );
    let shown = if exit.stderr.trim().is_empty() {
        None
    } else {
        Some(exit.stderr.as_str())
    };
    if let (None, Some(words)) = (shown, last_words) {
        let _infallible = write!(text, "\nIts last words: {}", clip(words.trim()));
    }
    append_block(&mut text, shown);
    text
}

/// A message whose turn, or whose answer where `booked`, was cut off by the bot's own end.
#[must_use]
pub fn cut_off(booked: bool) -> String {
    if booked {
        "I went down while this was being answered: the answer may be missing or incomplete. It was **not** run \
         again. Ask for what is missing, or press the button to run the whole message again."
    } else {
        "I went down in the middle of this message. It was **not** run again, because part of it may be done. Press \
         the button to run it again."
    }
    .into()
}

/// A message whose button was pressed before.
#[must_use]
pub fn already_retried() -> String {
    "This message is being run again already, or has been.".into()
}

/// What stands on the button that runs a message again.
#[must_use]
pub fn retry_label() -> String {
    "Run it again".into()
}

/// The button is somebody else's.
#[must_use]
pub fn retry_not_yours() -> String {
    "Only the author of that message, or an admin of this bot, can run it again.".into()
}

/// A button, menu or form that is not on record.
#[must_use]
pub fn control_expired() -> String {
    "This button no longer works: it has been used, or it belongs to an earlier message.".into()
}

/// A press that came before the post of its button was acknowledged.
#[must_use]
pub fn press_again() -> String {
    "That was too soon. Please press the button again.".into()
}

/// Somebody whom the bot does not answer used a slash command or pressed a button.
#[must_use]
pub fn not_let_in() -> String {
    "You are not on this bot's list, so it does not answer you here.".into()
}

/// A slash command or a press in a channel of which nothing is known yet.
#[must_use]
pub fn place_unknown() -> String {
    "I don't know yet what kind of channel this is. Please try again in a moment.".into()
}

/// A slash command was received.
#[must_use]
pub fn command_received(name: &str) -> String {
    format!("`/{name}` received. The reply follows in this channel.")
}

/// A message that can't be run again because it is gone.
#[must_use]
pub fn message_gone() -> String {
    "That message is no longer there, so it can't be run again. Send it anew.".into()
}

/// A message that was to be run again and could not be read.
#[must_use]
pub fn message_not_fetched() -> String {
    "I could not read that message again just now. Press the button once more in a while.".into()
}

/// A message that waits for the bot's next start.
#[must_use]
pub fn put_off() -> String {
    "I am going down for a moment. Your message waits, and is answered when I am back.".into()
}

/// Messages sent while the bot was away that are not answered.
#[must_use]
pub fn skipped(count: usize) -> String {
    let (what, them) = match count {
        1 => ("One message that was", "it"),
        _ => ("Messages that were", "them"),
    };
    let number = if count > 1 {
        format!(" ({count})")
    } else {
        String::new()
    };
    format!(
        "-# {what} sent here while I was away{number} will not be answered: there were too many, or they are too old. \
         Send {them} again if you still want an answer."
    )
}

/// The bot was away and could not find out what it missed.
#[must_use]
pub fn backfill_failed() -> String {
    "-# I was away and could not find out what was sent here meanwhile. Send again what I did not answer.".into()
}

/// The process did not come up, after all tries.
#[must_use]
pub fn not_started(reason: &str) -> String {
    let mut text =
        "Claude could not be started. The session is kept; send the message again to try \
        again. The owner finds more in the bot's log."
            .to_owned();
    append_block(&mut text, Some(reason));
    text
}

/// The process did not come up again after a crash.
#[must_use]
pub fn not_restarted() -> String {
    "Claude could not be restarted. The session is kept; the next message tries again.".into()
}

/// The process keeps failing, and the next start has to wait.
#[must_use]
pub fn backing_off(wait: Duration) -> String {
    format!(
        "-# Claude has failed several times within a minute. I try again in {}s; `!stop` gives up.",
        wait.as_secs().max(1)
    )
}

/// Why the CLI was not started.
#[must_use]
pub fn start_error(error: &StartError) -> String {
    match error {
        StartError::NotFound(missing) => missing.to_string(),
        StartError::Workspace { .. } => "this channel's workspace cannot be used".into(),
        StartError::Prompt(_) => "the system prompt could not be handed over".into(),
        StartError::Sandbox(_) => {
            "the sandbox that it must run in does not work on my machine".into()
        }
        StartError::Spawn { error, .. } => spawn_refused(error),
    }
}

/// Why the system refused to start the CLI.
fn spawn_refused(error: &io::Error) -> String {
    use io::ErrorKind::{ArgumentListTooLong, NotFound, OutOfMemory, PermissionDenied, WouldBlock};
    let why = match error.kind() {
        NotFound => "its file, or the program that it runs with (Node.js?), is not there",
        PermissionDenied => "its file must not be run by the bot's user",
        WouldBlock => "the bot's user has as many processes as it may have",
        OutOfMemory => "there is not enough memory",
        ArgumentListTooLong => "its arguments are too long",
        _ if matches!(error.raw_os_error(), Some(EMFILE | ENFILE)) => {
            "too many files are open on the bot's machine"
        }
        _ => "it gave no common reason",
    };
    format!("the system refused to start the CLI: {why}")
}

/// Too many open files, in the process and on the machine (errno(3), the same on every Linux).
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

/// The CLI is not installed.
#[must_use]
pub fn cli_missing(reason: &str) -> String {
    format!("{reason}\nYour message was not run: send it again once Claude is there.")
}

/// The session is gone from the CLI; the message is answered in a new one.
#[must_use]
pub fn session_gone() -> String {
    "-# Claude no longer has this channel's session (it keeps them for some 30 days). A new one has been \
     started: what was said before is not known to it."
        .into()
}

/// The message could not be recorded, so it was not run.
#[must_use]
pub fn not_recorded() -> String {
    "I could not write down that I took up this message (is the disk full?), so I did not run it. Send it \
     again later; the owner finds the reason in the bot's log."
        .into()
}

/// The channel's own task has failed, and what waited there is gone.
#[must_use]
pub fn channel_failed() -> String {
    "-# Something went wrong inside me in this channel. Send again what I did not answer.".into()
}

/// The queue is full.
#[must_use]
pub fn queue_full(limit: usize) -> String {
    format!(
        "{limit} messages already wait here, so this one was not taken. Send it again when some are \
         answered; `!stop` ends the one that runs."
    )
}

/// An answer to `!stop`.
#[must_use]
pub fn stopped(waiting: usize) -> String {
    match waiting {
        0 => "Stopped. The session is kept.".into(),
        1 => "Stopped. The session is kept; 1 message still waits and comes next.".into(),
        _ => format!("Stopped. The session is kept; {waiting} messages still wait and come next."),
    }
}

/// `!stop` before the turn had begun.
#[must_use]
pub fn stopped_early() -> String {
    "Stopped before Claude had begun: the message was not run.".into()
}

/// `!stop` twice.
#[must_use]
pub fn already_stopping() -> String {
    "It is being stopped.".into()
}

/// `!stop` with nothing to stop.
#[must_use]
pub fn nothing_runs() -> String {
    "Nothing is running here.".into()
}

/// The answer is longer than a channel should bear.
#[must_use]
pub fn answer_too_long() -> String {
    "-# The rest of this answer is left out: it is longer than a hundred messages. Ask for it in a file, or in parts."
        .into()
}

/// The bot is going down and the message was not begun.
#[must_use]
pub fn shutting_down() -> String {
    "I am shutting down, so this message was not run. Send it again when I am back.".into()
}

/// The bot went down in the middle of the turn.
#[must_use]
pub fn cut_by_shutdown() -> String {
    "I had to shut down before this was done. The session is kept: say \"go on\" when I am back."
        .into()
}

/// A command of an admin's, by somebody who is none.
#[must_use]
pub fn admins_only(command: &Command) -> String {
    let may = match command {
        Command::Model(_) => "change the model (`!model` alone shows it)",
        Command::Clear => "drop a session",
        _ => "see the sessions of other channels",
    };
    format!("Only this bot's admins may {may}.")
}

/// The current model.
#[must_use]
pub fn model(current: &str, models: &[String]) -> String {
    let names: Vec<_> = models.iter().map(|name| format!("`{name}`")).collect();
    format!(
        "This channel's model is `{current}`. You can choose: {}.",
        names.join(", ")
    )
}

/// The model has been changed.
#[must_use]
pub fn model_set(model: &str, was: &str) -> String {
    if model == was {
        format!("This channel's model is `{model}` already.")
    } else {
        format!("This channel's model is `{model}` from the next message on (it was `{was}`).")
    }
}

/// The session was dropped.
#[must_use]
pub fn cleared(old: &Record) -> String {
    format!(
        "Cleared: {} with `{}`, {}, {} in context. The next message starts a new session.\n\
         -# To get the old one back, on the bot's machine in this channel's workspace: `claude --resume {}`",
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
    "There is no conversation here yet that could be summarised.".into()
}

/// The CLI ended the turn that was to summarise without doing so.
#[must_use]
pub fn not_compacted() -> String {
    "Claude found nothing to sum up.".into()
}

/// The conversation was summarised.
#[must_use]
pub fn compacted() -> String {
    "The conversation has been summarised and goes on from there.".into()
}

/// A message without text, files or a forwarded message.
#[must_use]
pub fn only_text() -> String {
    "I can read text and files, but there is neither in this: say in words what you want.".into()
}

fn end_of(exit: &Exit) -> String {
    match (exit.code, exit.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown end".into(),
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
