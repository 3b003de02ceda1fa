//! Lines of stdin, and the thread that reads them.
//!
//! [`parse`] is pure; [`spawn`] reads. Fatal errors and their messages were measured on 2.1.197 and
//! 2.1.329.

use std::io::BufRead;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;

use crate::settings::Version;

/// An input from the host.
#[derive(Debug, PartialEq)]
pub(crate) enum Input {
    /// A user message.
    User(UserLine),
    /// A control request.
    Control {
        /// The id to repeat in the response.
        request_id: String,
        /// The request, with its `subtype`.
        request: Value,
    },
    /// The host's response to a control request of ours.
    Response {
        /// The id of our request.
        request_id: String,
        /// The complete nested `response`.
        response: Value,
    },
    /// A line that ends the process, and the message for stderr.
    Fatal(String),
    /// A line that is ignored.
    Ignored,
}

/// A user message as received.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UserLine {
    /// A string or an array of blocks.
    pub(crate) content: Value,
    /// The host's uuid for it, if it sent one.
    pub(crate) uuid: Option<String>,
    /// Whether it has the priority `now`: it cuts the running turn and follows it.
    pub(crate) is_now: bool,
}

/// Parses one line, without its line feed.
pub(crate) fn parse(line: &str, version: Version) -> Input {
    if line.is_empty() || (line.trim().is_empty() && version.has(208)) {
        return Input::Ignored;
    }
    let value: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(error) => {
            return Input::Fatal(format!(
                "Error parsing streaming input line: {line}: {error}"
            ));
        }
    };
    let text = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let part = |value: &Value, key: &str| value.get(key).cloned().unwrap_or_default();
    match text(&value, "type").as_str() {
        "user" => {
            let message = part(&value, "message");
            match message.get("role").and_then(Value::as_str) {
                Some("user") => Input::User(UserLine {
                    content: part(&message, "content"),
                    uuid: value.get("uuid").and_then(Value::as_str).map(str::to_owned),
                    is_now: text(&value, "priority") == "now",
                }),
                role => Input::Fatal(format!(
                    "Error: Expected message role 'user', got '{}'",
                    role.unwrap_or("undefined")
                )),
            }
        }
        "control_request" => Input::Control {
            request_id: text(&value, "request_id"),
            request: part(&value, "request"),
        },
        "control_response" => {
            let response = part(&value, "response");
            Input::Response {
                request_id: text(&response, "request_id"),
                response,
            }
        }
        _ => Input::Ignored,
    }
}

/// Starts the thread that reads `stdin`; the channel closes when `stdin` ends.
pub(crate) fn spawn(stdin: impl BufRead + Send + 'static, version: Version) -> Receiver<Input> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in stdin.split(b'\n') {
            let input = match line {
                Ok(bytes) => parse(&String::from_utf8_lossy(&bytes), version),
                Err(error) => Input::Fatal(format!("Error reading stdin: {error}")),
            };
            let last = matches!(input, Input::Fatal(_));
            if sender.send(input).is_err() || last {
                break;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests;
