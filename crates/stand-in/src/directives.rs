//! Directives: what a test asks of the stand-in inside a person's text.
//!
//! Pure: text in, [`Directive`]s out. What is no directive, or has an argument that cannot be
//! read, stays part of the text.
//!
//! | written | effect |
//! |---|---|
//! | `[[sleep SECONDS]]` | waits; an interrupt ends the turn |
//! | `[[hang]]` | waits for an interrupt |
//! | `[[deaf]]` | waits for SIGKILL: interrupt, end of input, SIGINT and SIGTERM do nothing |
//! | `[[crash CODE]]` | some text, a line on stderr, then the process exits |
//! | `[[crash-once CODE]]` | the same, unless it has happened in this session before |
//! | `[[die-silently]]` | the process exits 0 with nothing said |
//! | `[[status CODE MESSAGE]]` | the API refuses with this HTTP status; the message may be left out |
//! | `[[retry N]]` | N `api_retry` lines; their status is that of a `[[status]]` in the same text, else 529 |
//! | `[[too-long]]` | the API refuses: the prompt is too long |
//! | `[[max-turns]]`, `[[budget]]` | some text, then the `result` of that limit |
//! | `[[tool NAME JSON]]` | calls a tool (Bash, also in the background; Read, Glob; others do not exist) |
//! | `[[told]]` | answers with what the last tool has told |
//! | `[[say TEXT]]` | answers with exactly this text |
//! | `[[blocks A\|B\|C]]` | answers with several text blocks |
//! | `[[long N]]` | answers with N characters, a code fence among them where it fits: [`long_text`] |
//! | `[[empty]]` | answers with nothing: `result` is `""` |
//! | `[[no-result]]` | the turn ends without a `result`; the process lives on |
//! | `[[noise]]` | lines on stdout that are no JSON, no UTF-8, blank, or of unknown types |
//! | `[[flood BYTES]]` | one line of that many bytes on stdout, no JSON |
//! | `[[flood BYTES KIND]]` | the same of `letters`, of `garbage` (no UTF-8), or a message that holds `numbers`, `blocks` or one `text` |
//! | `[[spray LINES]]` | that many messages without meaning, as fast as they are read |
//! | `[[half-line]]` | half a message, then the process exits 0 |
//! | `[[close-stdout]]` | closes stdout; the process lives on, unheard |
//! | `[[stderr BYTES]]` | that many bytes on stderr |
//! | `[[ask-control SUBTYPE]]` | sends the host a control request and answers with the response, as JSON |
//! | `[[env]]` | answers with the environment, `NAME=value` lines in order |
//! | `[[args]]` | answers with the arguments, as a JSON array |
//! | `[[prompt]]` | answers with the system prompt |
//! | `[[raw]]` | answers with the content of the user message, as JSON |
//! | `[[context]]` | answers with the earlier texts of the person in this session, as a JSON array |
//!
//! A text with directives of which none answers is answered `echo(N): REST`, where N counts the
//! person's messages in the session and REST is the text without its directives.

use serde_json::Value;

use crate::noise::Filling;

/// Something that a person's text asks for; see the module's table.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the table above says what each does")]
pub enum Directive {
    Args,
    AskControl(String),
    Blocks(Vec<String>),
    Budget,
    Context,
    Crash(i32),
    CrashOnce(i32),
    Deaf,
    DieSilently,
    Empty,
    Env,
    CloseStdout,
    Flood(usize, Filling),
    HalfLine,
    Spray(usize),
    Hang,
    Long(usize),
    MaxTurns,
    NoResult,
    Noise,
    Prompt,
    Raw,
    Retry(u32),
    /// In seconds.
    Sleep(f64),
    Status(u16, String),
    Stderr(usize),
    Told,
    TooLong,
    Tool(String, Value),
}

/// The directives of a text in their order, and the text without them, trimmed.
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

/// Reads one directive after its opening brackets, and returns what follows it.
fn parse_one(inside: &str) -> Option<(Directive, &str)> {
    // The JSON of a tool's input may hold brackets itself: the first end that reads is the end.
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
        ("context", None) => Directive::Context,
        ("crash", code_text) => Directive::Crash(code(code_text)?),
        ("crash-once", code_text) => Directive::CrashOnce(code(code_text)?),
        ("deaf", None) => Directive::Deaf,
        ("die-silently", None) => Directive::DieSilently,
        ("empty", None) => Directive::Empty,
        ("env", None) => Directive::Env,
        ("close-stdout", None) => Directive::CloseStdout,
        ("flood", Some(argument)) => {
            let (bytes, kind) = argument.split_once(' ').unwrap_or((argument, "letters"));
            Directive::Flood(size(Some(bytes))?, Filling::named(kind.trim())?)
        }
        ("half-line", None) => Directive::HalfLine,
        ("spray", lines) => Directive::Spray(size(lines)?),
        ("hang", None) => Directive::Hang,
        ("long", length) => Directive::Long(size(length)?),
        ("max-turns", None) => Directive::MaxTurns,
        ("no-result", None) => Directive::NoResult,
        ("noise", None) => Directive::Noise,
        ("prompt", None) => Directive::Prompt,
        ("raw", None) => Directive::Raw,
        ("retry", count) => Directive::Retry(u32::try_from(size(count)?).ok()?),
        ("say", Some(text)) => Directive::Blocks(vec![text.to_owned()]),
        ("sleep", Some(seconds)) => {
            let seconds: f64 = seconds.trim().parse().ok()?;
            (0.0..=86_400.0)
                .contains(&seconds)
                .then_some(Directive::Sleep(seconds))?
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
        ("told", None) => Directive::Told,
        ("too-long", None) => Directive::TooLong,
        ("tool", Some(argument)) => {
            let (name, input) = argument.trim().split_once(' ')?;
            Directive::Tool(name.to_owned(), serde_json::from_str(input).ok()?)
        }
        _ => return None,
    })
}

/// The text of `[[long N]]`: exactly `length` characters, numbered lines, the middle third of them
/// in a code fence if there is room for one.
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
        // No white space at the end, which a host might cut off.
        text.push('.');
    }
    text
}

/// Numbered lines of exactly `length` characters, the last one ended if anything is there.
fn lines(length: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < length {
        number += 1;
        text.extend([
            "Line ",
            &number.to_string(),
            ": patched through to the next exchange.\n",
        ]);
    }
    text.truncate(length);
    if text.pop().is_some() {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, directives: &[Directive], rest: &str) {
        assert_eq!(
            parse(text),
            (directives.to_vec(), rest.to_owned()),
            "{text}"
        );
    }

    #[test]
    fn directives_are_found_anywhere() {
        check("hello", &[], "hello");
        check("a [[hang]] b", &[Directive::Hang], "a  b");
        check(
            "[[sleep 0.5]][[crash-once 3]]",
            &[Directive::Sleep(0.5), Directive::CrashOnce(3)],
            "",
        );
        check(
            "[[status 529]][[status 400 bad thing]]",
            &[
                Directive::Status(529, "scripted status 529".into()),
                Directive::Status(400, "bad thing".into()),
            ],
            "",
        );
        check(
            "[[blocks a|b]]",
            &[Directive::Blocks(vec!["a".into(), "b".into()])],
            "",
        );
        check("[[say x ]]", &[Directive::Blocks(vec!["x ".into()])], "");
    }

    #[test]
    fn the_input_of_a_tool_may_hold_brackets() {
        let input = json!({"command": "if [[ a ]]; then echo; fi", "list": [[1]]});
        check(
            &format!("[[tool Bash {input}]] x"),
            &[Directive::Tool("Bash".into(), input)],
            "x",
        );
    }

    #[test]
    fn a_flood_is_of_something() {
        check("[[flood 7]]", &[Directive::Flood(7, Filling::Letters)], "");
        check(
            "[[flood 7 text]]",
            &[Directive::Flood(7, Filling::Text)],
            "",
        );
    }

    #[test]
    fn what_cannot_be_read_stays_text() {
        for text in [
            "[[flood]]",
            "[[flood 7 water]]",
            "[[nonsense]]",
            "[[sleep x]]",
            "[[sleep -1]]",
            "[[hang",
            "[[tool Bash]]",
            "[[crash]]",
            "[[ [[",
        ] {
            check(text, &[], text);
        }
        check("[[no [[hang]]", &[Directive::Hang], "[[no");
    }

    proptest! {
        #[test]
        fn long_texts_have_their_length_and_close_their_fence(length in 0_usize..9_000) {
            let text = long_text(length);
            prop_assert_eq!(text.len(), length);
            let fences = text.lines().filter(|line| line.starts_with("```")).count();
            prop_assert_eq!(fences, if length / 3 > 40 { 2 } else { 0 });
        }

        #[test]
        fn text_without_brackets_is_left_alone(text in "[^\\[]{0,60}") {
            prop_assert_eq!(parse(&text), (vec![], text.trim().to_owned()));
        }
    }
}
