//! Directives: what a person writes between `[[` and `]]` to choose the answer.
//!
//! ```text
//! [[sleep SECONDS]]              wait before the first byte
//! [[stall]]  [[stall N]]         N deltas (or none), then silence until the client disconnects
//! [[slow N]]                     split the answer into N deltas, a fifth of a second apart
//! [[tool NAME {"json": "input"}]] end the answer with a tool call
//! [[status CODE]]  [[status CODE message]]   refuse with this HTTP status
//! [[long N]]                     a text of N characters with code fences
//! [[blocks a|b|c]]               several text blocks
//! [[usage in=N out=N read=N write=N]]      the tokens to bill; omitted ones are 0
//! ```
//!
//! A directive can be anywhere in the text. Other words between double brackets are plain text; a
//! known word with wrong arguments is an error.
//!
//! This module only parses; `plan` turns directives into an answer.

use std::time::Duration;

use serde_json::Value;

use crate::usage::Usage;

/// One directive.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Directive {
    Sleep(Duration),
    Stall(usize),
    Slow(usize),
    Tool { name: String, input: Value },
    Status { code: u16, message: Option<String> },
    Long(usize),
    Blocks(Vec<String>),
    Usage(Usage),
}

/// A parsed text: its directives in order, and the remaining text.
#[derive(Debug, PartialEq)]
pub(crate) struct Directed {
    pub(crate) directives: Vec<Directive>,
    pub(crate) text: String,
}

/// Extracts the directives from `text`. The error describes the first invalid one.
pub(crate) fn parse(text: &str) -> Result<Directed, String> {
    let mut directives = Vec::new();
    let mut remaining = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("[[") {
        let inside = &rest[at + 2..];
        if let Some((directive, length)) = directive(inside)? {
            remaining.push_str(&rest[..at]);
            directives.push(directive);
            rest = &inside[length..];
        } else {
            remaining.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
        }
    }
    remaining.push_str(rest);
    Ok(Directed {
        directives,
        text: remaining.trim().to_owned(),
    })
}

/// The directive at the start of `inside`, and its length up to and including `]]`; `None` if the word
/// there is not a directive.
fn directive(inside: &str) -> Result<Option<(Directive, usize)>, String> {
    let word_ends = inside
        .find(|c: char| !c.is_ascii_lowercase())
        .unwrap_or(inside.len());
    let (word, rest) = inside.split_at(word_ends);
    let bad = |why: &str| format!("[[{word}]]: {why}");
    if word == "tool" {
        let (tool, length) = tool(rest).map_err(|why| bad(&why))?;
        return Ok(Some((tool, word_ends + length)));
    }
    let Some(end) = rest.find("]]") else {
        return Ok(None);
    };
    let arguments = rest[..end].trim();
    let directive = match word {
        "sleep" => Directive::Sleep(seconds(arguments).ok_or_else(|| bad("seconds are missing"))?),
        "stall" if arguments.is_empty() => Directive::Stall(0),
        "stall" => {
            Directive::Stall(number(arguments).ok_or_else(|| bad("not a number of deltas"))?)
        }
        "slow" => Directive::Slow(number(arguments).ok_or_else(|| bad("not a number of deltas"))?),
        "long" => {
            Directive::Long(number(arguments).ok_or_else(|| bad("not a number of characters"))?)
        }
        "blocks" => Directive::Blocks(arguments.split('|').map(str::to_owned).collect()),
        "status" => status(arguments).ok_or_else(|| bad("not a status from 400 to 599"))?,
        "usage" => {
            Directive::Usage(usage(arguments).ok_or_else(|| bad("not in=N out=N read=N write=N"))?)
        }
        _ => return Ok(None),
    };
    Ok(Some((directive, word_ends + end + 2)))
}

/// ` NAME {json}]]`. The JSON may contain double brackets.
fn tool(rest: &str) -> Result<(Directive, usize), String> {
    let from_name = rest.trim_start();
    let name_ends = from_name
        .find(char::is_whitespace)
        .ok_or("a name and an input are missing")?;
    let (name, json) = from_name.split_at(name_ends);
    let mut values = serde_json::Deserializer::from_str(json).into_iter::<Value>();
    let input = match values.next() {
        Some(Ok(input @ Value::Object(_))) => input,
        Some(Err(error)) => return Err(format!("bad input: {error}")),
        _ => return Err("the input is not a JSON object".to_owned()),
    };
    let after = json[values.byte_offset()..].trim_start();
    let after = after.strip_prefix("]]").ok_or("no ]] after the input")?;
    let tool = Directive::Tool {
        name: name.to_owned(),
        input,
    };
    Ok((tool, rest.len() - after.len()))
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

fn number(text: &str) -> Option<usize> {
    /// A limit on memory.
    const MOST: usize = 10_000_000;
    text.parse().ok().filter(|number| *number <= MOST)
}

fn status(text: &str) -> Option<Directive> {
    let (code, message) = text.split_once(' ').unwrap_or((text, ""));
    let code = code.parse().ok().filter(|code| (400..600).contains(code))?;
    let message = Some(message.trim()).filter(|message| !message.is_empty());
    Some(Directive::Status {
        code,
        message: message.map(str::to_owned),
    })
}

fn usage(text: &str) -> Option<Usage> {
    let mut usage = Usage::NONE;
    for pair in text.split_whitespace() {
        let (name, value) = pair.split_once('=')?;
        let field = match name {
            "in" => &mut usage.input_tokens,
            "out" => &mut usage.output_tokens,
            "read" => &mut usage.cache_read_input_tokens,
            "write" => &mut usage.cache_creation_input_tokens,
            _ => return None,
        };
        *field = u64::from(value.parse::<u32>().ok()?);
    }
    Some(usage)
}

#[cfg(test)]
mod tests;
