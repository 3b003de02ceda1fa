//! What the CLI writes: every line is a value, and every course of events a turn.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use switchboard::claude::{
    protocol::{Line, SessionEvent, parse},
    turn::{Signal, Turn},
};

fuzz_target!(|output: &str| {
    let mut turn = Turn::new();
    let mut said = 0;
    for line in output.split('\n') {
        let read = parse(&Bytes::copy_from_slice(line.as_bytes()));
        let padded = Bytes::from(format!(" {line}\r"));
        assert_eq!(parse(&padded), read, "white space made a difference");
        let Line::Event(event) = read else { continue };
        if let SessionEvent::Result(result) = &event {
            for cost in [result.total_cost_usd, result.cost_since_last_usd].into_iter().flatten() {
                assert!(cost.is_finite() && cost >= 0.0, "{cost}");
            }
        }
        for signal in turn.apply(&event) {
            match signal {
                Signal::Text(_) => said += 1,
                Signal::Ended(outcome) => assert!(!outcome.ending.name().is_empty()),
                Signal::Tool(_) | Signal::Retrying(_) => {}
            }
        }
        assert!(turn.last_words().is_none_or(|words| !words.is_empty()));
    }
    assert!(turn.said() >= said);
});
