//! What events cost that nobody reads.

use bytes::Bytes;
use claude_session::protocol::{ApiEvent, Delta, Line, SessionEvent, parse};

fn delta(kind: &str, key: &str) -> Bytes {
    format!(
        r#"{{"type":"stream_event","event":{{"type":"content_block_delta","index":0,"delta":{{"type":"{kind}","{key}":"some words\nof \u00fc"}}}},"session_id":"5f0c3c9e-5b6e-4b43-8a57-2f4f2f0d3a11","parent_tool_use_id":null,"uuid":"7228648d-2a99-4ac7-a34d-312f082ec8d8","api_message_id":"msg_01"}}"#
    )
    .into()
}

#[test]
fn a_delta_that_nobody_reads_costs_no_memory() {
    for (kind, key) in [
        ("text_delta", "text"),
        ("thinking_delta", "thinking"),
        ("input_json_delta", "partial_json"),
    ] {
        let line = delta(kind, key);
        // The first reference to the line's memory besides its own makes it a shared one.
        drop(line.clone());
        let mut read = None;
        let info = allocation_counter::measure(|| read = Some(parse(&line)));
        // Three scans of nested objects take 8 bytes each for as long as they last.
        assert!(info.bytes_total <= 24, "{kind}: {info:?}");
        assert_eq!(info.bytes_current, 0, "{kind}: {info:?}");
        let Some(Line::Event(SessionEvent::Stream(stream))) = read else {
            panic!("{read:?}")
        };
        assert!(matches!(stream.event, ApiEvent::Delta { .. }), "{stream:?}");
    }
}

#[test]
fn reading_a_delta_allocates_its_text_alone() {
    let line = delta("text_delta", "text");
    let Line::Event(SessionEvent::Stream(stream)) = parse(&line) else {
        panic!("no stream event")
    };
    let ApiEvent::Delta {
        delta: Delta::Text(text),
        ..
    } = stream.event
    else {
        panic!("no delta")
    };
    let mut read = None;
    let info = allocation_counter::measure(|| read = text.text());
    assert_eq!(read.as_deref(), Some("some words\nof ü"));
    assert_eq!(info.count_total, 1, "{info:?}");
}
