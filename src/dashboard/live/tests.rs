use std::{sync::Arc, time::SystemTime};

use axum::body::Bytes;
use serde_json::json;

use super::*;
use crate::{channel::Phase, claude::process::Exit, money::Usd, redact::Redactor};

fn rules() -> Rules {
    Rules {
        shows_text: true,
        redactor: Arc::new(Redactor::new(&[])),
    }
}

fn activity(pid: i32) -> Activity {
    Activity {
        phase: Phase::Working,
        session_id: "s".into(),
        model: "sonnet".into(),
        person: None,
        since: None,
        queue: 0,
        context_tokens: 0,
        context_window: None,
        cost_usd: Usd::ZERO,
        pid: Some(pid),
        approvals: Vec::new(),
    }
}

fn observed(pid: i32, what: ProcessEvent) -> Observed {
    Observed {
        session_id: "s".into(),
        pid,
        at: SystemTime::UNIX_EPOCH,
        what,
    }
}

fn line(value: &serde_json::Value) -> ProcessEvent {
    ProcessEvent::Received(Bytes::from(value.to_string()))
}

fn call() -> ProcessEvent {
    line(
        &json!({ "type": "assistant", "message": { "content": [{ "type": "tool_use", "id": "t", "name": "Bash", "input": {} }] } }),
    )
}

fn kept(live: &mut Live, channel: ChannelId) -> usize {
    live.feed(channel, 0).listen(None).0.len()
}

#[test]
fn lines_belong_to_the_channel_of_their_process() {
    let (mut live, rules, channel) = (Live::default(), rules(), ChannelId(1));
    assert_eq!(live.observed(&observed(7, call()), 0, &rules), None);
    live.changed(channel, Some(activity(7)));
    assert!(live.observed(&observed(7, call()), 0, &rules).is_some());
    assert_eq!(live.doing[&channel], "Bash");
    assert_eq!(kept(&mut live, channel), 1);
    assert_eq!(kept(&mut live, ChannelId(2)), 0);
}

#[test]
fn the_last_lines_of_a_process_count_after_its_end() {
    let (mut live, rules, channel) = (Live::default(), rules(), ChannelId(1));
    live.changed(channel, Some(activity(7)));
    live.changed(channel, None);
    assert!(live.observed(&observed(7, call()), 0, &rules).is_some());
    let exit = ProcessEvent::Exited(Exit::default());
    live.observed(&observed(7, exit), 0, &rules);
    assert_eq!(kept(&mut live, channel), 2);
    assert!(live.channels.is_empty() && live.doing.is_empty() && live.pids.is_empty());
}

#[test]
fn old_transcripts_make_room_unless_somebody_listens() {
    let mut live = Live::default();
    let (_, _, _listener) = live.feed(ChannelId(0), 0).listen(None);
    for channel in 1..=2 * MOST_FEEDS as u64 {
        live.feed(ChannelId(channel), channel);
    }
    assert_eq!(live.feeds.len(), MOST_FEEDS);
    assert!(live.feeds.contains_key(&ChannelId(0)));
    assert!(!live.feeds.contains_key(&ChannelId(1)));
}
