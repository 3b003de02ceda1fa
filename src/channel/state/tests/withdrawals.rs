//! A message that is run again stands in the session once.

use super::*;

/// The id of the message that is withdrawn.
fn withdrawn(effects: &[Effect]) -> Option<&str> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(SessionRequest::Control {
            control:
                Control::RewindConversation {
                    target_message_uuid,
                },
            ..
        }) => Some(target_message_uuid.as_str()),
        _ => None,
    })
}

/// A channel whose last message failed, that message, and its id in the session.
fn unanswered() -> (Bench, MessageId, String) {
    let mut bench = Bench::new();
    bench.waiting();
    drop(bench.ask("again"));
    let effects = bench.event(Event::Saved(Ok(())));
    let id = ids(&effects)[0].to_owned();
    let failed = bench.cli(refused(529));
    let [(message, _)] = notices(&failed)[..] else {
        panic!("{failed:?}")
    };
    (bench, message, id)
}

/// Somebody presses the retry button of a message; up to what the CLI gets then.
fn retry(bench: &mut Bench, message: MessageId) -> Vec<Effect> {
    let request = Request::Prompt {
        text: "again".into(),
        context: Box::default(),
    };
    let item = QueueItem {
        source: Source::Retry {
            press: OpId::Press(9),
        },
        ..item(Origin::Message(message), Role::Member, request)
    };
    drop(bench.event(Event::Requested(item)));
    bench.event(Event::Saved(Ok(())))
}

fn answer(bench: &mut Bench, body: &serde_json::Value) -> Vec<Effect> {
    bench.cli(SessionEvent::ControlResponse(ControlResponse {
        request_id: "switchboard-withdraw".into(),
        error: None,
        body: Json::of(body).unwrap(),
    }))
}

#[test]
fn a_retry_first_withdraws_what_failed() {
    let (mut bench, message, id) = unanswered();
    let effects = retry(&mut bench, message);
    assert_eq!(withdrawn(&effects), Some(id.as_str()));
    assert!(ids(&effects).is_empty());
    let effects = answer(&mut bench, &serde_json::json!({ "rewound": true }));
    let [again] = &ids(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_ne!(*again, id);
}

#[test]
fn a_message_that_cannot_be_withdrawn_is_asked_all_the_same() {
    for body in [
        serde_json::json!({ "rewound": false, "error": "stale target" }),
        serde_json::Value::Null,
    ] {
        let (mut bench, message, _) = unanswered();
        drop(retry(&mut bench, message));
        assert_eq!(asks(&answer(&mut bench, &body)), ["again"]);
    }
    // The CLI does not answer.
    let (mut bench, message, _) = unanswered();
    drop(retry(&mut bench, message));
    assert!(bench.after(5).contains(&Effect::Stop));
    assert_eq!(starts(&bench.exit("")).len(), 1);
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    assert_eq!(asks(&bench.answer("switchboard-get-usage")), ["again"]);
}

#[test]
fn a_session_with_nothing_else_is_begun_anew() {
    let (mut bench, message, _) = unanswered();
    let before = bench.state.record().unwrap().session_id.clone();
    drop(retry(&mut bench, message));
    let refusal = serde_json::json!({ "rewound": false, "error": "no preceding assistant" });
    assert!(answer(&mut bench, &refusal).contains(&Effect::Stop));
    let effects = bench.exit("");
    let [Start::Fresh(session)] = starts(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_ne!(*session, before);
}

#[test]
fn another_message_withdraws_nothing() {
    let (mut bench, _, _) = unanswered();
    drop(bench.ask("something else"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(withdrawn(&effects), None);
    assert_eq!(asks(&effects), ["something else"]);
}
