//! The default answer to a request: an echo, or what the person's directives ask for.
//!
//! Pure: equal requests have equal answers.

use std::time::Duration;

use crate::answer::{Answer, Block};
use crate::directive::{self, Directive};
use crate::request::Request;
use crate::usage::Usage;

/// The pause after each delta of `[[slow N]]`.
const SLOW: Duration = Duration::from_millis(200);
/// The maximum length of a quoted tool result, in characters.
const QUOTE: usize = 8_000;

/// The default answer: `echo(N): text`, where N is the number of messages that people have sent, unless
/// directives in the last message ask for something else.
///
/// A `[[tool ..]]` ends a call. Directives after it apply to the next call, which has the tool's result
/// and quotes it by default. `[[usage ..]]` is an exception: the k-th applies to the k-th call, and the
/// last one to all later calls.
///
/// An invalid directive is answered with status 400 and the reason, a request for a summary with a
/// summary.
pub fn directed(request: &Request) -> Answer {
    if request.is_summary() {
        let summary = format!("{} turns were spoken", request.turns());
        return Answer::text(format!(
            "<analysis>none</analysis>\n<summary>{summary}</summary>"
        ));
    }
    let directed = match directive::parse(&request.person()) {
        Ok(directed) => directed,
        Err(why) => return Answer::refusal(400, why),
    };
    let rounds = request.tool_rounds();
    let default = match rounds.last() {
        None => format!("echo({}): {}", request.turns(), directed.text),
        Some(result) => format!("tool said: {}", truncated(result)),
    };
    let answer = shaped(call(&directed.directives, rounds.len()), default);
    match usage(&directed.directives, rounds.len()) {
        Some(usage) => answer.billed(usage),
        None => answer,
    }
}

/// The directives for the `nth` call: those after the tool that ended the previous call, up to and
/// including the next tool.
fn call(directives: &[Directive], nth: usize) -> &[Directive] {
    directives
        .split_inclusive(|directive| matches!(directive, Directive::Tool { .. }))
        .nth(nth)
        .unwrap_or(&[])
}

fn usage(directives: &[Directive], nth: usize) -> Option<Usage> {
    let usages = directives.iter().filter_map(|directive| match directive {
        Directive::Usage(usage) => Some(*usage),
        _ => None,
    });
    usages.take(nth + 1).last()
}

/// The answer for these directives. `default` is its text if they specify none.
fn shaped(directives: &[Directive], default: String) -> Answer {
    let mut blocks = Vec::new();
    for directive in directives {
        match directive {
            Directive::Status { code, message } => {
                let message = message
                    .clone()
                    .unwrap_or_else(|| format!("refused with {code}"));
                return Answer::refusal(*code, message);
            }
            Directive::Tool { name, input } => {
                blocks.push(Block::Tool {
                    name: name.clone(),
                    input: input.clone(),
                });
            }
            Directive::Long(characters) => blocks.push(Block::Text(long(*characters))),
            Directive::Blocks(texts) => blocks.extend(texts.iter().cloned().map(Block::Text)),
            Directive::Sleep(_)
            | Directive::Stall(_)
            | Directive::Slow(_)
            | Directive::Usage(_) => {}
        }
    }
    if blocks.is_empty() {
        blocks.push(Block::Text(default));
    }
    let answer = Answer::blocks(blocks);
    directives
        .iter()
        .fold(answer, |answer, directive| match directive {
            Directive::Sleep(delay) => answer.after(*delay),
            Directive::Stall(deltas) => answer.stalled_after(*deltas),
            Directive::Slow(deltas) => answer.paced(*deltas, SLOW),
            _ => answer,
        })
}

/// A text of this many characters: numbered lines, with a Rust code fence after every ten. All fences
/// are closed, so that tests can check how the text is split.
fn long(characters: usize) -> String {
    let mut text = String::new();
    for part in 0.. {
        let lines = (0..10).map(|line| format!("Line {part}{line} of a long answer."));
        let fence = format!("```rust\nfn part_{part}() {{}}\n```\n");
        let part = lines.chain([fence]).collect::<Vec<_>>().join("\n");
        if text.len() + part.len() > characters {
            break;
        }
        text.push_str(&part);
    }
    let rest = characters - text.len();
    text.extend("Words to fill up. ".chars().cycle().take(rest));
    text
}

fn truncated(text: &str) -> &str {
    text.char_indices()
        .nth(QUOTE)
        .map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests;
