use super::*;
use crate::answer::{Answer, Body};
use proptest::prelude::*;

const HEADING: Heading<'_> = Heading {
    id: "msg_1",
    model: "claude-sonnet-5",
};

fn message_of(answer: Answer) -> Message {
    match answer.body {
        Body::Message(message) => message,
        Body::Refusal { .. } => panic!("a refusal has no message"),
    }
}

fn names(steps: &[Step]) -> Vec<&str> {
    steps
        .iter()
        .map(|step| match step {
            Step::Send { name, data, .. } => {
                assert_eq!(data["type"], *name);
                name
            }
            Step::Pause(_) => "pause",
            Step::Stall => "stall",
        })
        .collect()
}

#[test]
fn events_have_the_order_of_the_reference() {
    let answer = Answer::blocks(vec![
        Block::Text("ab".into()),
        Block::Tool {
            name: "Bash".into(),
            input: json!({ "command": "env" }),
        },
    ]);
    let steps = steps(&HEADING, &message_of(answer));
    let expected = "message_start \
            content_block_start content_block_delta content_block_delta content_block_stop \
            content_block_start content_block_delta content_block_delta content_block_stop \
            message_delta message_stop";
    assert_eq!(names(&steps).join(" "), expected);
}

#[test]
fn usage_starts_with_the_prompt_and_ends_with_all_tokens() {
    let usage = Usage::of(100, 50).cached(7, 3);
    let steps = steps(&HEADING, &message_of(Answer::text("a").billed(usage)));
    let billed: Vec<Usage> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Send { billed, .. } => *billed,
            _ => None,
        })
        .collect();
    assert_eq!(billed, [Usage::of(100, 1).cached(7, 3), usage]);
}

#[test]
fn pauses_and_stalls_follow_their_deltas() {
    let answer = Answer::text("abcd")
        .paced(2, Duration::from_secs(1))
        .stalled_after(1);
    let expected = "message_start content_block_start content_block_delta pause stall \
            content_block_delta pause content_block_stop message_delta message_stop";
    assert_eq!(
        names(&steps(&HEADING, &message_of(answer))).join(" "),
        expected
    );
    let at_once = steps(&HEADING, &message_of(Answer::text("a").stalled_after(0)));
    assert_eq!(names(&at_once)[..2], ["message_start", "stall"]);
}

#[test]
fn a_message_has_a_stop_reason() {
    let whole = message(&HEADING, &message_of(Answer::tool("Bash", json!({}))));
    assert_eq!(whole["stop_reason"], "tool_use");
    assert_eq!(whole["content"][0]["id"], "toolu_msg_1_0");
    let text = message(&HEADING, &message_of(Answer::text("a")));
    assert_eq!(text["stop_reason"], "end_turn");
    assert_eq!(text["usage"]["output_tokens"], 20);
}

proptest! {
    #[test]
    fn pieces_add_up_to_the_text(text in ".{0,200}", count in 0usize..30) {
        let pieces = pieces(&text, count);
        prop_assert_eq!(pieces.concat(), text);
        prop_assert!(pieces.len() <= count.max(1));
        prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
    }
}
