//! From a request to its default answer: an echo, or what the person's directives ask for.
//!
//! Pure: the same request always gives the same answer.

use std::time::Duration;

use crate::answer::{Answer, Block};
use crate::directive::{self, Directive};
use crate::request::Request;
use crate::usage::Usage;

/// The pause after each delta of `[[slow N]]`.
const SLOW: Duration = Duration::from_millis(200);
/// How many characters of a tool's result are quoted.
const QUOTE: usize = 8_000;

/// The default answer: `echo(N): words`, where N counts how often people spoke, unless directives
/// in what was said last ask for something else.
///
/// A `[[tool ..]]` ends a call; what stands after it steers the call that follows with the result
/// of that tool, whose default is a text that quotes it. `[[usage ..]]` is the exception: the
/// k-th is for the k-th call, and the last one holds for the rest.
///
/// A directive that cannot be read is answered with status 400 and the reason. A request for a
/// summary is answered with one.
pub fn directed(request: &Request) -> Answer {
    if request.is_summary() {
        let words = format!("{} turns were spoken", request.turns());
        return Answer::text(format!(
            "<analysis>none</analysis>\n<summary>{words}</summary>"
        ));
    }
    let said = match directive::parse(&request.person()) {
        Ok(said) => said,
        Err(why) => return Answer::refusal(400, why),
    };
    let rounds = request.tool_rounds();
    let default = match rounds.last() {
        None => format!("echo({}): {}", request.turns(), said.words),
        Some(result) => format!("tool said: {}", bounded(result)),
    };
    let answer = shaped(call(&said.directives, rounds.len()), default);
    match usage(&said.directives, rounds.len()) {
        Some(usage) => answer.billed(usage),
        None => answer,
    }
}

/// The directives of the `nth` call: those after the tool that ended the call before, up to and
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

/// An answer shaped by these directives, `default` being the text when none brings its own.
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

/// A text of so many characters: numbered lines, with a code fence of Rust after every ten. No
/// fence stays open, so that what a reader splits can be checked.
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

fn bounded(text: &str) -> &str {
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

    /// The answer to what was said, after so many results of tools.
    fn answer(said: &str, results: &[&str]) -> Answer {
        let mut messages = vec![json!({ "role": "user", "content": said })];
        for result in results {
            messages.push(json!({ "role": "user", "content": [{ "type": "tool_result", "content": result }] }));
        }
        directed(&request(&json!(messages)))
    }

    fn bash(command: &str) -> Answer {
        Answer::tool("Bash", json!({ "command": command }))
    }

    #[test]
    fn the_default_is_an_echo_that_counts() {
        assert_eq!(answer(" hi ", &[]), Answer::text("echo(1): hi"));
        let two = json!([{ "role": "user", "content": "a" }, { "role": "assistant", "content": "b" }, { "role": "user", "content": "c" }]);
        assert_eq!(directed(&request(&two)), Answer::text("echo(2): c"));
        assert_eq!(directed(&request(&json!([]))), Answer::text("echo(0): "));
    }

    #[test]
    fn a_tool_is_asked_for_and_its_result_quoted() {
        let said = r#"[[tool Bash {"command":"env"}]]"#;
        assert_eq!(answer(said, &[]), bash("env"));
        assert_eq!(answer(said, &["A=1"]), Answer::text("tool said: A=1"));
    }

    #[test]
    fn what_stands_after_a_tool_steers_the_call_that_follows() {
        let said = r#"[[blocks a|b]] [[tool Bash {"command":"x"}]] [[tool Bash {"command":"y"}]] [[status 529]]"#;
        let first = vec![
            Block::Text("a".into()),
            Block::Text("b".into()),
            Block::Tool {
                name: "Bash".into(),
                input: json!({ "command": "x" }),
            },
        ];
        assert_eq!(answer(said, &[]), Answer::blocks(first));
        assert_eq!(answer(said, &["1"]), bash("y"));
        assert_eq!(
            answer(said, &["1", "2"]),
            Answer::refusal(529, "refused with 529")
        );
    }

    #[test]
    fn the_last_usage_holds_for_the_calls_after_it() {
        let said = "[[tool A {}]] [[usage in=1]] [[tool B {}]] [[usage in=2]]";
        let empty = |name: &str| Answer::tool(name, json!({}));
        assert_eq!(answer(said, &[]), empty("A").billed(Usage::of(1, 0)));
        assert_eq!(answer(said, &["x"]), empty("B").billed(Usage::of(2, 0)));
        assert_eq!(
            answer(said, &["x", "y"]),
            Answer::text("tool said: y").billed(Usage::of(2, 0))
        );
    }

    #[test]
    fn times_and_stalls_shape_the_answer() {
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
    fn a_bad_directive_is_told() {
        let Body::Refusal {
            status: 400,
            message,
        } = answer("[[slow]]", &[]).body
        else {
            panic!("not refused with 400");
        };
        assert!(message.contains("[[slow]]"), "{message}");
    }

    #[test]
    fn a_summary_is_answered_with_one() {
        let said = "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.";
        let Body::Message(message) = answer(said, &[]).body else {
            panic!("refused");
        };
        assert!(matches!(&message.blocks[..], [Block::Text(text)] if text.contains("<summary>")));
    }

    #[test]
    fn a_quote_is_bounded() {
        assert_eq!(bounded(&"ä".repeat(QUOTE + 1)), "ä".repeat(QUOTE));
        assert_eq!(bounded("ä"), "ä");
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
