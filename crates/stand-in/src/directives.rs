//! Directives: instructions to the stand-in inside a person's message. Those in the description of a background command
//! run in the turn that reports its end.
//!
//! Pure. Unknown directives, and those with an invalid argument, remain part of the text.
//!
//! | directive | effect |
//! |---|---|
//! | `[[sleep SECONDS]]` | waits; an interrupt ends the turn |
//! | `[[pace MS]]` | pauses this long before each token from here on in this turn |
//! | `[[hang]]` | waits for an interrupt |
//! | `[[deaf]]` | waits for SIGKILL: interrupts, the end of input, SIGINT and SIGTERM have no effect |
//! | `[[crash CODE]]` | some text, a line on stderr, then the process exits |
//! | `[[crash-once CODE]]` | the same, but only once per session |
//! | `[[die-silently]]` | the process exits with code 0 without any output |
//! | `[[status CODE MESSAGE]]` | the API fails with this HTTP status; the message is optional |
//! | `[[state NAME SECONDS]]` | says that it is `thinking`, `compacting`, `requesting` or `limited`, runs a hook, and waits |
//! | `[[retry N]]` | N `api_retry` lines with the status of a `[[status]]` in the same text, or else 529 |
//! | `[[too-long]]` | the API fails: the prompt is too long |
//! | `[[too-long-once]]` | the same, until the conversation is compacted |
//! | `[[busy N]]` | the API fails N times in the session with status 429, without a limit |
//! | `[[limited SECONDS]]` | a plan's usage limit is reached and resets in that many seconds; later it is not |
//! | `[[once DIRECTIVE]]` | the directive, but only the first time in the session |
//! | `[[damage]]` | answers, and from then on the API refuses the session's history |
//! | `[[synthetic]]` | a turn of the CLI's own with a text of its own comes first |
//! | `[[half-pair]]` | answers with half a surrogate pair |
//! | `[[max-turns]]`, `[[budget]]` | some text, then the `result` of that limit |
//! | `[[tool NAME JSON]]` | calls a tool (Bash, also in the background; Read; Glob; those of the host's MCP servers, as `mcp__SERVER__TOOL`; others do not exist) |
//! | `[[told]]` | answers with the last tool's output |
//! | `[[say TEXT]]` | answers with exactly this text |
//! | `[[say-file PATH]]` | answers with the text of a file in the working directory |
//! | `[[blocks A\|B\|C]]` | answers with several text blocks |
//! | `[[long N]]` | answers with N characters, with a code fence if there is room: [`long_text`] |
//! | `[[empty]]` | answers with nothing: `result` is `""` |
//! | `[[no-result]]` | the turn ends without a `result`; the process continues |
//! | `[[noise]]` | lines on stdout that are not JSON, not UTF-8, blank, or of unknown types |
//! | `[[flood BYTES]]` | one line of that many bytes on stdout, not JSON |
//! | `[[flood BYTES KIND]]` | the same with `letters`, `garbage` (not UTF-8), or a message with `numbers`, `blocks` or one `text` |
//! | `[[spray LINES]]` | that many meaningless messages, as fast as they are read |
//! | `[[half-line]]` | half a message, then the process exits with code 0 |
//! | `[[close-stdout]]` | closes stdout; the process continues |
//! | `[[stderr BYTES]]` | that many bytes on stderr |
//! | `[[ask-control SUBTYPE]]` | sends the host a control request and answers with the response, as JSON |
//! | `[[env]]` | answers with the environment as sorted `NAME=value` lines |
//! | `[[args]]` | answers with the arguments, as a JSON array |
//! | `[[prompt]]` | answers with the system prompt |
//! | `[[raw]]` | answers with the content of the user message, as JSON |
//! | `[[context]]` | answers with the person's earlier messages in this session, as a JSON array |
//!
//! If no directive provides an answer, it is `echo(N): REST`, where N is the number of the person's
//! messages in the session and REST is the text without directives.

use serde_json::Value;

use crate::noise::LineContent;

/// A directive; see the module's table.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the module's table describes them")]
pub enum Directive {
    Args,
    AskControl(String),
    Blocks(Vec<String>),
    Budget,
    Busy(u32),
    Context,
    Crash(i32),
    CrashOnce(i32),
    Damage,
    Deaf,
    DieSilently,
    Empty,
    Env,
    CloseStdout,
    Flood(usize, LineContent),
    HalfLine,
    HalfPair,
    Limited(u64),
    Spray(usize),
    /// For so many seconds.
    State(String, f64),
    Hang,
    Long(usize),
    MaxTurns,
    NoResult,
    Noise,
    /// By what it is written as.
    Once(String, Box<Directive>),
    /// In milliseconds.
    Pace(u32),
    Prompt,
    Raw,
    Retry(u32),
    SayFile(String),
    /// In seconds.
    Sleep(f64),
    Status(u16, String),
    Stderr(usize),
    Synthetic,
    Told,
    TooLong,
    TooLongOnce,
    Tool(String, Value),
}

/// The directives of a text in order, and the trimmed text without them.
#[must_use]
pub fn parse(text: &str) -> (Vec<Directive>, String) {
    let mut found = Vec::new();
    let mut rest = String::new();
    let mut left = text;
    while let Some((before, inside)) = left.split_once("[[") {
        rest.push_str(before);
        if let Some((directive, after)) = parse_one(inside) {
            found.push(directive);
            left = after;
        } else {
            rest.push_str("[[");
            left = inside;
        }
    }
    rest.push_str(left);
    (found, rest.trim().to_owned())
}

/// Parses one directive after its opening brackets. Returns it and the text after it.
fn parse_one(inside: &str) -> Option<(Directive, &str)> {
    // A tool's JSON input may contain brackets, so the first end that parses is the end.
    inside.match_indices("]]").find_map(|(end, _)| {
        let (body, after) = (&inside[..end], &inside[end + 2..]);
        directive(body).map(|directive| (directive, after))
    })
}

fn directive(body: &str) -> Option<Directive> {
    let (name, argument) = match body.split_once(' ') {
        Some((name, argument)) => (name, Some(argument)),
        None => (body, None),
    };
    let number = |text: Option<&str>| text?.trim().parse::<i64>().ok();
    let size = |text| number(text).and_then(|n| usize::try_from(n).ok());
    let code = |text| number(text).and_then(|n| i32::try_from(n).ok());
    Some(match (name, argument) {
        ("args", None) => Directive::Args,
        ("ask-control", Some(subtype)) => Directive::AskControl(subtype.trim().to_owned()),
        ("blocks", Some(texts)) => Directive::Blocks(texts.split('|').map(str::to_owned).collect()),
        ("budget", None) => Directive::Budget,
        ("busy", times) => Directive::Busy(u32::try_from(size(times)?).ok()?),
        ("context", None) => Directive::Context,
        ("crash", code_text) => Directive::Crash(code(code_text)?),
        ("crash-once", code_text) => Directive::CrashOnce(code(code_text)?),
        ("damage", None) => Directive::Damage,
        ("deaf", None) => Directive::Deaf,
        ("die-silently", None) => Directive::DieSilently,
        ("empty", None) => Directive::Empty,
        ("env", None) => Directive::Env,
        ("close-stdout", None) => Directive::CloseStdout,
        ("flood", Some(argument)) => {
            let (bytes, kind) = argument.split_once(' ').unwrap_or((argument, "letters"));
            Directive::Flood(size(Some(bytes))?, LineContent::named(kind.trim())?)
        }
        ("half-line", None) => Directive::HalfLine,
        ("half-pair", None) => Directive::HalfPair,
        ("limited", seconds) => Directive::Limited(u64::try_from(size(seconds)?).ok()?),
        ("spray", lines) => Directive::Spray(size(lines)?),
        ("hang", None) => Directive::Hang,
        ("long", length) => Directive::Long(size(length)?),
        ("max-turns", None) => Directive::MaxTurns,
        ("no-result", None) => Directive::NoResult,
        ("noise", None) => Directive::Noise,
        ("once", Some(inner)) => Directive::Once(inner.to_owned(), Box::new(directive(inner)?)),
        ("pace", millis) => Directive::Pace(u32::try_from(size(millis)?).ok()?),
        ("prompt", None) => Directive::Prompt,
        ("raw", None) => Directive::Raw,
        ("retry", count) => Directive::Retry(u32::try_from(size(count)?).ok()?),
        ("say", Some(text)) => Directive::Blocks(vec![text.to_owned()]),
        ("say-file", Some(path)) => Directive::SayFile(path.trim().to_owned()),
        ("sleep", Some(text)) => Directive::Sleep(seconds(text)?),
        ("state", Some(argument)) => {
            let (name, text) = argument.trim().split_once(' ')?;
            Directive::State(name.to_owned(), seconds(text)?)
        }
        ("status", Some(argument)) => {
            let (status, message) = argument.split_once(' ').unwrap_or((argument, ""));
            let status = status.parse().ok()?;
            let message = match message.trim() {
                "" => format!("scripted status {status}"),
                message => message.to_owned(),
            };
            Directive::Status(status, message)
        }
        ("stderr", bytes) => Directive::Stderr(size(bytes)?),
        ("synthetic", None) => Directive::Synthetic,
        ("told", None) => Directive::Told,
        ("too-long", None) => Directive::TooLong,
        ("too-long-once", None) => Directive::TooLongOnce,
        ("tool", Some(argument)) => {
            let (name, input) = argument.trim().split_once(' ')?;
            Directive::Tool(name.to_owned(), serde_json::from_str(input).ok()?)
        }
        _ => return None,
    })
}

/// At most a day.
fn seconds(text: &str) -> Option<f64> {
    let seconds = text.trim().parse().ok();
    seconds.filter(|seconds| (0.0..=86_400.0).contains(seconds))
}

/// The text of `[[long N]]`: exactly `length` characters in numbered lines, the middle third in a code
/// fence if there is room.
#[must_use]
pub fn long_text(length: usize) -> String {
    const OPEN: &str = "```text\n";
    const CLOSE: &str = "```\n";
    let third = length / 3;
    let mut text = lines(third.saturating_sub(OPEN.len()));
    if third > 40 {
        text.push_str(OPEN);
        text.push_str(&lines(third - CLOSE.len()));
        text.push_str(CLOSE);
    }
    let missing = length - text.len();
    text.push_str(&lines(missing));
    if text.pop().is_some() {
        // No trailing white space, which a host might trim.
        text.push('.');
    }
    text
}

/// Numbered lines of exactly `length` characters; the last one ends with a line feed.
fn lines(length: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < length {
        number += 1;
        text.extend([
            "Line ",
            &number.to_string(),
            ": the quick brown fox jumps over the lazy dog.\n",
        ]);
    }
    text.truncate(length);
    if text.pop().is_some() {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
