//! One request as received, and how to read it: the messages that people sent, and the results of
//! tools since the last one.
//!
//! Pure. It does not know how the answer is made.

use std::collections::BTreeMap;

use serde_json::Value;

/// The CLI's mark of an interrupted turn (measured on CLI 2.1.197 and 2.1.329).
const INTERRUPTED: &str = "[Request interrupted by user";
/// The start of the markers in which a host may enclose a person's message. The rest, an id, is the same
/// in both.
const OPENING: &str = "[EXTERNAL CONTENT";
const CLOSING: &str = "[END EXTERNAL CONTENT";
/// The start of lines that may precede the opening marker in its block: the author, and what the message
/// refers to.
const SPEAKER: &str = "Message from ";
/// The starts of blocks that the CLI itself adds; the last one follows a message with pictures.
const ADDED_BY_CLI: [&str; 4] = [
    "<system-reminder>",
    "<local-command-",
    "<command-name>",
    "[Image: ",
];
/// The start of the CLI's request for a summary (measured on CLI 2.1.197 and 2.1.329).
const SUMMARY_PROMPT: &str = "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.";

/// The kind of secret that a request was authenticated with. The secret itself is never kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// No secret.
    None,
    /// `x-api-key`, as from `ANTHROPIC_API_KEY`.
    ApiKey,
    /// `authorization: Bearer`, as from `ANTHROPIC_AUTH_TOKEN` or a login.
    Bearer,
}

/// One `POST /v1/messages`.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its index among all such requests, from 0.
    pub index: usize,
    /// The headers with lower-case names, without secrets.
    pub headers: BTreeMap<String, String>,
    /// The kind of secret that it was authenticated with.
    pub auth: Auth,
    /// The whole body.
    pub body: Value,
}

impl Request {
    /// The requested model, or an empty string.
    #[must_use]
    pub fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }

    /// Whether the response is to be server-sent events.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        self.body["stream"].as_bool().unwrap_or(false)
    }

    /// The texts of the system prompt, block by block.
    #[must_use]
    pub fn system(&self) -> Vec<&str> {
        texts(&self.body["system"])
    }

    /// The messages as received; some have the role `system`.
    #[must_use]
    pub fn messages(&self) -> &[Value] {
        self.body["messages"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The names of the available tools.
    #[must_use]
    pub fn tools(&self) -> Vec<&str> {
        let tools = self.body["tools"].as_array().map_or(&[][..], Vec::as_slice);
        tools
            .iter()
            .filter_map(|tool| tool["name"].as_str())
            .collect()
    }

    /// The text blocks of the last user message, those added by the CLI included.
    #[must_use]
    pub fn last_user_blocks(&self) -> Vec<&str> {
        self.user_messages()
            .last()
            .map_or_else(Vec::new, |message| texts(&message["content"]))
    }

    /// The messages that people sent, oldest first, without the host's markers, the CLI's reminders and
    /// the results of tools.
    ///
    /// The CLI merges a message after an interrupted turn with the one before it; here they are two.
    #[must_use]
    pub fn said(&self) -> Vec<String> {
        self.user_messages()
            .flat_map(|message| messages_in(&message["content"]))
            .collect()
    }

    /// The last message that a person sent, or an empty string.
    #[must_use]
    pub fn person(&self) -> String {
        self.said().pop().unwrap_or_default()
    }

    /// How many messages people have sent, the last one included.
    #[must_use]
    pub fn turns(&self) -> usize {
        self.said().len()
    }

    /// The results of tools since the last message of a person, one entry for each call.
    #[must_use]
    pub fn tool_rounds(&self) -> Vec<String> {
        let mut rounds = Vec::new();
        for message in self.user_messages() {
            if !messages_in(&message["content"]).is_empty() {
                rounds.clear();
            } else if let Some(results) = tool_results(&message["content"]) {
                rounds.push(results);
            }
        }
        rounds
    }

    /// Whether the CLI requests a summary of the conversation, to compact it.
    #[must_use]
    pub fn is_summary(&self) -> bool {
        self.last_user_blocks()
            .last()
            .is_some_and(|text| text.starts_with(SUMMARY_PROMPT))
    }

    fn user_messages(&self) -> impl Iterator<Item = &Value> {
        let messages = self.messages().iter();
        messages.filter(|message| message["role"] == "user")
    }
}

/// The texts of `content`, which is a string or a list of blocks.
fn texts(content: &Value) -> Vec<&str> {
    match content {
        Value::String(text) => vec![text],
        Value::Array(blocks) => blocks
            .iter()
            .filter(|block| block["type"] == "text")
            .filter_map(|block| block["text"].as_str())
            .collect(),
        _ => Vec::new(),
    }
}

/// The messages of people in one user message.
///
/// Everything between an opening marker and the matching closing one is a person's text, forged markers
/// included.
fn messages_in(content: &Value) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    let mut open = false;
    let mut closing: Option<String> = None;
    for text in texts(content) {
        let fenced = closing.is_some();
        if fenced && closing.as_deref() == Some(text.trim()) {
            (closing, open) = (None, false);
        } else if let (false, Some(marker)) = (fenced, closing_of(text)) {
            (closing, open) = (Some(marker), false);
        } else if !fenced
            && (text.starts_with(INTERRUPTED) || text.trim_start().starts_with(CLOSING))
        {
            open = false;
        } else if !fenced && is_added_by_cli(text) {
            // Not a person's.
        } else if let (true, Some(last)) = (open, messages.last_mut()) {
            last.push('\n');
            last.push_str(text);
        } else {
            messages.push(text.to_owned());
            open = true;
        }
    }
    messages
}

fn is_added_by_cli(text: &str) -> bool {
    text.starts_with(SUMMARY_PROMPT) || ADDED_BY_CLI.iter().any(|start| text.starts_with(start))
}

/// The joined results of tools in one user message; `None` if it has none.
fn tool_results(content: &Value) -> Option<String> {
    let results: Vec<String> = content
        .as_array()?
        .iter()
        .filter(|block| block["type"] == "tool_result")
        .map(|block| texts(&block["content"]).join("\n"))
        .collect();
    (!results.is_empty()).then(|| results.join("\n"))
}

/// The closing marker that matches the opening one in this block, if there is one.
fn closing_of(text: &str) -> Option<String> {
    let text = text.trim();
    let marker = if text.starts_with(SPEAKER) {
        text.lines().next_back()?
    } else {
        text.lines().next()?
    };
    let id = marker.trim().strip_prefix(OPENING)?;
    Some(format!("{CLOSING}{id}"))
}

#[cfg(test)]
mod tests;
