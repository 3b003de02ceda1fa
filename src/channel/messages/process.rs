//! Texts about Claude's process: it did not start, or ended too early.

use std::{fmt::Write as _, io, time::Duration};

use rustix::io::Errno;

use super::{
    excerpts::clip,
    failures::{again, hide_paths},
};
use crate::claude::process::{Exit, StartError};

/// The process ended in a turn. Shows its error output or, without any, `last_words` of the answer.
pub(in crate::channel) fn crashed(
    exit: &Exit,
    last_words: Option<&str>,
    has_button: bool,
) -> String {
    let again = if has_button {
        "press **Retry** to continue"
    } else {
        "try again if you still need it"
    };
    let mut text = format!(
        "Claude crashed while working on this message ({}); restarting with context preserved. The message was \
         **not** run again: {again}.",
        end_of(exit)
    );
    match last_words {
        Some(words) if exit.stderr.trim().is_empty() => {
            let _infallible = write!(text, "\nLast output: {}", clip(words.trim()));
        }
        _ => append_block(&mut text, &exit.stderr),
    }
    text
}

/// All attempts to start the process failed.
pub(in crate::channel) fn not_started(reason: &str, has_button: bool) -> String {
    let mut text = format!(
        "Claude could not be started. The session is kept: {} later. The owner will find details in the bot's log.",
        again(has_button)
    );
    append_block(&mut text, reason);
    text
}

pub(in crate::channel) fn backing_off(wait: Duration) -> String {
    format!(
        "-# Claude failed several times within a minute. Retrying in {} s; `!stop` cancels.",
        wait.as_secs().max(1)
    )
}

/// Why the CLI was not started, without paths.
pub(in crate::channel) fn start_error(error: &StartError) -> String {
    match error {
        StartError::NotFound(missing) => missing.to_string(),
        StartError::Workspace { .. } => "this channel's workspace can't be used".into(),
        StartError::Prompt(_) => "the system prompt could not be passed to the CLI".into(),
        StartError::McpConfig(_) => "the MCP servers could not be passed to the CLI".into(),
        StartError::Settings(_) => "the CLI's settings could not be passed to it".into(),
        StartError::Sandbox(_) => "the sandbox doesn't work on the bot's machine".into(),
        StartError::Spawn { error, .. } => spawn_refused(error),
    }
}

fn spawn_refused(error: &io::Error) -> String {
    use io::ErrorKind::{ArgumentListTooLong, NotFound, OutOfMemory, PermissionDenied, WouldBlock};
    let why = match error.kind() {
        NotFound => "the CLI, or the program that runs it (Node.js?), is missing",
        PermissionDenied => "the bot's user may not execute it",
        WouldBlock => "the bot's user has reached its process limit",
        OutOfMemory => "there isn't enough memory",
        ArgumentListTooLong => "the argument list is too long",
        _ => match Errno::from_io_error(error) {
            Some(Errno::MFILE | Errno::NFILE) => "too many files are open on the bot's machine",
            _ => "the reason is unknown",
        },
    };
    format!("the system could not start the CLI: {why}")
}

/// `reason` says how to install the CLI.
pub(in crate::channel) fn cli_missing(reason: &str, has_button: bool) -> String {
    let again = again(has_button);
    format!("{reason}\nYour message was not run: {again} once Claude is installed.")
}

fn end_of(exit: &Exit) -> String {
    match (exit.code, exit.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown reason".into(),
    }
}

/// Appends the CLI's error output as a code block that the output itself cannot close.
fn append_block(text: &mut String, output: &str) {
    let output = clip(hide_paths(output).trim()).replace("```", "'''");
    if !output.is_empty() {
        let _infallible = write!(text, "\n```\n{output}\n```");
    }
}

#[cfg(test)]
mod tests;
