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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, directives: &[Directive], remaining: &str) {
        let expected = Directed {
            directives: directives.to_vec(),
            text: remaining.to_owned(),
        };
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn each_directive_is_parsed() {
        check(
            "[[sleep 0.5]] hi",
            &[Directive::Sleep(Duration::from_millis(500))],
            "hi",
        );
        check("a [[stall]]", &[Directive::Stall(0)], "a");
        check("[[stall 3]]", &[Directive::Stall(3)], "");
        check("[[slow 20]]", &[Directive::Slow(20)], "");
        check("[[long 5000]]", &[Directive::Long(5000)], "");
        check(
            "[[blocks a|b c|]]",
            &[Directive::Blocks(vec![
                "a".into(),
                "b c".into(),
                String::new(),
            ])],
            "",
        );
        check(
            "[[status 529]]",
            &[Directive::Status {
                code: 529,
                message: None,
            }],
            "",
        );
        check(
            "[[status 400 prompt is too long]]",
            &[Directive::Status {
                code: 400,
                message: Some("prompt is too long".into()),
            }],
            "",
        );
        check(
            "[[usage in=1 out=2 write=4 read=3]]",
            &[Directive::Usage(Usage::of(1, 2).cached(3, 4))],
            "",
        );
    }

    #[test]
    fn the_input_of_a_tool_may_contain_brackets() {
        let tool = |command: &str| Directive::Tool {
            name: "Bash".into(),
            input: json!({ "command": command }),
        };
        check(
            r#"x [[tool Bash {"command":"env"}]] y"#,
            &[tool("env")],
            "x  y",
        );
        check(
            r#"[[tool Bash {"command":"[[ -f x ]] && ls"} ]][[tool Bash {"command":"pwd"}]]"#,
            &[tool("[[ -f x ]] && ls"), tool("pwd")],
            "",
        );
    }

    #[test]
    fn other_brackets_are_text() {
        check("see [[wiki]] and [[[x", &[], "see [[wiki]] and [[[x");
        check("a[[sleep 1", &[], "a[[sleep 1");
        check(
            "[[[sleep 1]]]",
            &[Directive::Sleep(Duration::from_secs(1))],
            "[]",
        );
    }

    #[test]
    fn wrong_arguments_are_errors() {
        for text in [
            "[[sleep]]",
            "[[sleep -1]]",
            "[[stall x]]",
            "[[slow]]",
            "[[long many]]",
            "[[status 200]]",
            "[[status teapot]]",
            "[[usage in]]",
            "[[usage inn=1]]",
            "[[tool Bash]]",
            "[[tool Bash nothing]]",
            "[[tool Bash 7]]",
            r#"[[tool Bash {"a":1}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r"(\[\[|\]\]|tool|slow|stall|usage in=|[ a-zäé{}1-9|])*") {
            prop_assert!(parse(&text).is_ok_and(|directed| directed.text.len() <= text.len()) || text.contains("[["));
        }

        #[test]
        fn text_without_brackets_is_unchanged(text in r"[^\[]*") {
            check(&text, &[], text.trim());
        }
    }
}
