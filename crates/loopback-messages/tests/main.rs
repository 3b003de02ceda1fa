//! The server as a client sees it: responses in the format of the Messages API, answers that are queued,
//! held, stalled and cut, and the record of all requests, without secrets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use futures_util::StreamExt;
use loopback_messages::{Answer, Auth, LoopbackMessages, Outcome, Usage};
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_secs(20);

/// A server and a client.
struct Rig {
    api: LoopbackMessages,
    client: reqwest::Client,
}

impl Rig {
    async fn start() -> Self {
        let api = LoopbackMessages::start().await.unwrap();
        Self {
            api,
            client: reqwest::Client::new(),
        }
    }

    fn post(&self, text: &str, stream: bool) -> reqwest::RequestBuilder {
        let body = json!({
            "model": "claude-sonnet-5",
            "stream": stream,
            "system": [{ "type": "text", "text": "be brief" }],
            "messages": [{ "role": "user", "content": text }],
            "tools": [{ "name": "Bash" }],
        });
        self.client
            .post(format!("{}/v1/messages?beta=true", self.api.url()))
            .json(&body)
    }

    async fn whole(&self, text: &str) -> Value {
        self.post(text, false)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// The data of all events of a streamed response.
    async fn events(&self, text: &str) -> Vec<Value> {
        let body = self
            .post(text, true)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
        data.map(|data| serde_json::from_str(data).unwrap())
            .collect()
    }

    async fn outcome(&self, index: usize, outcome: Outcome) {
        self.api
            .wait_until(DEADLINE, |calls| {
                calls.get(index).is_some_and(|call| call.outcome == outcome)
            })
            .await
            .unwrap();
    }
}

fn text_of(events: &[Value]) -> String {
    events
        .iter()
        .filter_map(|event| event["delta"]["text"].as_str())
        .collect()
}

#[tokio::test]
async fn an_answer_is_streamed_in_several_deltas() {
    let rig = Rig::start().await;
    let events = rig.events("hello there").await;
    assert_eq!(text_of(&events), "echo(1): hello there");
    let deltas = events
        .iter()
        .filter(|event| event["type"] == "content_block_delta");
    assert!(deltas.count() > 1);
    assert_eq!(events[0]["type"], "message_start");
    assert_eq!(events[0]["message"]["usage"], json!(Usage::of(10, 1)));
    assert_eq!(events.last().unwrap()["type"], "message_stop");
    rig.outcome(0, Outcome::Answered).await;
}

#[tokio::test]
async fn a_response_without_streaming_is_one_message() {
    let rig = Rig::start().await;
    let message = rig.whole("hi [[usage in=1000000 out=0]]").await;
    assert_eq!(
        message["content"],
        json!([{ "type": "text", "text": "echo(1): hi" }])
    );
    assert_eq!(message["usage"]["input_tokens"], 1_000_000);
    let bill = rig.api.billed();
    assert_eq!((bill.calls.len(), bill.models.len()), (1, 1));
    assert!((bill.total() - 3.0).abs() < 1e-9);
}

#[tokio::test]
async fn a_request_is_recorded_without_its_secret() {
    let rig = Rig::start().await;
    let post = rig
        .post("a", false)
        .header("x-api-key", "hush")
        .header("x-app", "cli");
    post.send().await.unwrap();
    rig.post("b", false)
        .bearer_auth("hush")
        .send()
        .await
        .unwrap();
    rig.post("c", false).send().await.unwrap();
    let requests = rig.api.requests();
    let auth: Vec<Auth> = requests.iter().map(|request| request.auth).collect();
    assert_eq!(auth, [Auth::ApiKey, Auth::Bearer, Auth::None]);
    assert!(!format!("{requests:?}").contains("hush"));
    let first = &requests[0];
    assert_eq!(first.headers["x-app"], "cli");
    assert_eq!(
        (first.model(), first.is_stream()),
        ("claude-sonnet-5", false)
    );
    assert_eq!(
        (first.system(), first.tools()),
        (vec!["be brief"], vec!["Bash"])
    );
    assert_eq!(first.person(), "a");
}

#[tokio::test]
async fn queued_answers_precede_the_default() {
    let rig = Rig::start().await;
    rig.api.set_default(|_| Answer::text("default"));
    rig.api.push(Answer::text("first"));
    rig.api
        .push_with(|request| Answer::text(format!("second of {}", request.index)));
    let mut texts = Vec::new();
    for _ in 0..3 {
        texts.push(rig.whole("x").await["content"][0]["text"].clone());
    }
    assert_eq!(texts, ["first", "second of 1", "default"]);
}

#[tokio::test]
async fn a_refusal_has_a_status_and_a_type_and_is_free() {
    let rig = Rig::start().await;
    let response = rig
        .post("[[status 529 too many]]", true)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 529);
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        body["error"],
        json!({ "type": "overloaded_error", "message": "too many" })
    );
    assert_eq!(rig.api.calls()[0].outcome, Outcome::Refused(529));
    assert_eq!(rig.api.billed().calls, [0.0]);
}

#[tokio::test]
async fn held_answers_are_released_one_by_one_or_all_at_once() {
    let rig = Rig::start().await;
    let hold = rig.api.hold();
    let send = |text: &str| tokio::spawn(rig.post(text, true).send());
    let first = send("one");
    rig.api.wait_for_requests(1, DEADLINE).await.unwrap();
    let second = send("two");
    let third = send("three");
    rig.api.wait_for_requests(3, DEADLINE).await.unwrap();
    assert!(
        rig.api
            .calls()
            .iter()
            .all(|call| call.outcome == Outcome::Open)
    );

    hold.release_one();
    assert!(
        first
            .await
            .unwrap()
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("message_stop")
    );
    assert!(!second.is_finished() && !third.is_finished());
    hold.release();
    second.await.unwrap().unwrap();
    third.await.unwrap().unwrap();
    assert_eq!(text_of(&rig.events("four").await), "echo(1): four");
}

#[tokio::test]
async fn a_cut_answer_costs_what_the_client_was_told() {
    let rig = Rig::start().await;
    let text = "[[stall]] [[usage in=1000000 out=1000000]]";
    let mut stream = rig.post(text, true).send().await.unwrap().bytes_stream();
    let start = stream.next().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&start).contains("message_start"));
    assert_eq!(rig.api.calls()[0].outcome, Outcome::Open);
    drop(stream);
    rig.outcome(0, Outcome::Cut).await;
    assert_eq!(rig.api.calls()[0].billed, Usage::of(1_000_000, 1));
}

#[tokio::test]
async fn a_cut_held_request_is_free() {
    let rig = Rig::start().await;
    let _hold = rig.api.hold();
    let sent = tokio::spawn(rig.post("x", true).send());
    rig.api.wait_for_requests(1, DEADLINE).await.unwrap();
    sent.abort();
    rig.outcome(0, Outcome::Cut).await;
    assert_eq!(rig.api.calls()[0].billed, Usage::NONE);
}

#[tokio::test]
async fn a_stalled_answer_can_be_resumed() {
    let rig = Rig::start().await;
    let mut stream = rig
        .post("[[stall 2]] go on", true)
        .send()
        .await
        .unwrap()
        .bytes_stream();
    let mut text = String::new();
    while text.matches("text_delta").count() < 2 {
        text.push_str(&String::from_utf8_lossy(
            &stream.next().await.unwrap().unwrap(),
        ));
    }
    assert_eq!(rig.api.calls()[0].outcome, Outcome::Open);
    rig.api.resume();
    while let Some(chunk) = stream.next().await {
        text.push_str(&String::from_utf8_lossy(&chunk.unwrap()));
    }
    assert!(text.contains("message_stop"));
}

#[tokio::test]
async fn other_requests_are_recorded_separately() {
    let rig = Rig::start().await;
    let url = |path: &str| format!("{}{path}", rig.api.url());
    let head = rig.client.head(url("/")).send().await.unwrap().status();
    let hello = rig
        .client
        .get(url("/api/hello?x=1"))
        .send()
        .await
        .unwrap()
        .status();
    let count = rig
        .client
        .post(url("/v1/messages/count_tokens"))
        .body("12345678");
    let count: Value = count.send().await.unwrap().json().await.unwrap();
    let broken = rig
        .client
        .post(url("/v1/messages"))
        .body("{")
        .send()
        .await
        .unwrap()
        .status();
    assert_eq!(
        (head.as_u16(), hello.as_u16(), broken.as_u16()),
        (200, 404, 400)
    );
    assert_eq!(count, json!({ "input_tokens": 2 }));
    let strays = rig.api.strays();
    let strays: Vec<_> = strays
        .iter()
        .map(|stray| (&*stray.method, &*stray.path, stray.status))
        .collect();
    let expected = [
        ("HEAD", "/", 200),
        ("GET", "/api/hello?x=1", 404),
        ("POST", "/v1/messages/count_tokens", 200),
        ("POST", "/v1/messages", 400),
    ];
    assert_eq!(strays, expected);
    assert!(rig.api.requests().is_empty());
}

#[tokio::test]
async fn a_timeout_shows_the_requests() {
    let rig = Rig::start().await;
    rig.whole("only me").await;
    let error = rig
        .api
        .wait_for_requests(2, Duration::ZERO)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("received 1 requests") && error.contains("only me"),
        "{error}"
    );
}

#[tokio::test]
async fn a_large_body_is_read() {
    let rig = Rig::start().await;
    let image = "A".repeat(5_000_000);
    assert_eq!(rig.whole(&image).await["usage"]["output_tokens"], 20);
}
