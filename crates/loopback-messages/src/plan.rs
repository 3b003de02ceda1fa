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
mod tests {
    use super::*;
    use crate::answer::Body;
    use crate::request::Auth;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn request(messages: &Value) -> Request {
        let body = json!({ "messages": messages });
        Request {
            index: 0,
            headers: BTreeMap::new(),
            auth: Auth::None,
            body,
        }
    }

    /// The answer to a message, after these tool results.
    fn answer(message: &str, results: &[&str]) -> Answer {
        let mut messages = vec![json!({ "role": "user", "content": message })];
        for result in results {
            messages.push(json!({ "role": "user", "content": [{ "type": "tool_result", "content": result }] }));
        }
        directed(&request(&json!(messages)))
    }

    fn bash(command: &str) -> Answer {
        Answer::tool("Bash", json!({ "command": command }))
    }

    #[test]
    fn the_default_is_a_numbered_echo() {
        assert_eq!(answer(" hi ", &[]), Answer::text("echo(1): hi"));
        let two = json!([{ "role": "user", "content": "a" }, { "role": "assistant", "content": "b" }, { "role": "user", "content": "c" }]);
        assert_eq!(directed(&request(&two)), Answer::text("echo(2): c"));
        assert_eq!(directed(&request(&json!([]))), Answer::text("echo(0): "));
    }

    #[test]
    fn a_tool_is_called_and_its_result_quoted() {
        let message = r#"[[tool Bash {"command":"env"}]]"#;
        assert_eq!(answer(message, &[]), bash("env"));
        assert_eq!(answer(message, &["A=1"]), Answer::text("tool said: A=1"));
    }

    #[test]
    fn directives_after_a_tool_apply_to_the_next_call() {
        let message = r#"[[blocks a|b]] [[tool Bash {"command":"x"}]] [[tool Bash {"command":"y"}]] [[status 529]]"#;
        let first = vec![
            Block::Text("a".into()),
            Block::Text("b".into()),
            Block::Tool {
                name: "Bash".into(),
                input: json!({ "command": "x" }),
            },
        ];
        assert_eq!(answer(message, &[]), Answer::blocks(first));
        assert_eq!(answer(message, &["1"]), bash("y"));
        assert_eq!(
            answer(message, &["1", "2"]),
            Answer::refusal(529, "refused with 529")
        );
    }

    #[test]
    fn the_last_usage_applies_to_later_calls() {
        let message = "[[tool A {}]] [[usage in=1]] [[tool B {}]] [[usage in=2]]";
        let empty = |name: &str| Answer::tool(name, json!({}));
        assert_eq!(answer(message, &[]), empty("A").billed(Usage::of(1, 0)));
        assert_eq!(answer(message, &["x"]), empty("B").billed(Usage::of(2, 0)));
        assert_eq!(
            answer(message, &["x", "y"]),
            Answer::text("tool said: y").billed(Usage::of(2, 0))
        );
    }

    #[test]
    fn delays_and_stalls_are_applied() {
        assert_eq!(
            answer("[[sleep 4]] a", &[]),
            Answer::text("echo(1): a").after(Duration::from_secs(4))
        );
        assert_eq!(
            answer("[[stall 2]] a", &[]),
            Answer::text("echo(1): a").stalled_after(2)
        );
        assert_eq!(
            answer("a [[slow 20]]", &[]),
            Answer::text("echo(1): a").paced(20, SLOW)
        );
    }

    #[test]
    fn an_invalid_directive_is_refused_with_the_reason() {
        let Body::Refusal {
            status: 400,
            message,
            ..
        } = answer("[[slow]]", &[]).body
        else {
            panic!("not refused with 400");
        };
        assert!(message.contains("[[slow]]"), "{message}");
    }

    #[test]
    fn a_request_for_a_summary_gets_one() {
        let message = "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.";
        let Body::Message(message) = answer(message, &[]).body else {
            panic!("refused");
        };
        assert!(matches!(&message.blocks[..], [Block::Text(text)] if text.contains("<summary>")));
    }

    #[test]
    fn a_quote_is_truncated() {
        assert_eq!(truncated(&"ä".repeat(QUOTE + 1)), "ä".repeat(QUOTE));
        assert_eq!(truncated("ä"), "ä");
    }

    proptest! {
        #[test]
        fn a_long_text_has_its_length_and_closed_fences(characters in 0usize..4_000) {
            let text = long(characters);
            prop_assert_eq!(text.chars().count(), characters);
            prop_assert_eq!(text.matches("```").count() % 2, 0);
        }
    }
}
