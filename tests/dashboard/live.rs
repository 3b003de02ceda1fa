//! What happens, while it happens.

use futures_util::StreamExt as _;
use loopback_discord::Loopback;
use serde_json::{Value, json};

use super::Desk;
use crate::support::{Bot, DEADLINE, Need, skip_without};

/// A secret in the bot's environment.
const KEY: &str = "sk-loopback-9f2KxQ7vLw3ZtR8yPb5NcHd1";

/// The events of a transcript up to the first of this kind, each with its id, kind and data.
async fn events(
    desk: &Desk,
    channel: &str,
    after: Option<u64>,
    last: &str,
) -> Vec<(u64, String, Value)> {
    let asked = desk.get(&format!("/events?channel={channel}"));
    let asked = match after {
        Some(after) => asked.header("last-event-id", after),
        None => asked,
    };
    let answer = asked.bearer_auth(&desk.token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        super::header(answer.headers(), "content-type"),
        "text/event-stream"
    );
    let (mut stream, mut text) = (answer.bytes_stream(), String::new());
    let read = async {
        loop {
            let events = parse(&text);
            if events.iter().any(|(_, kind, _)| kind == last) {
                return events;
            }
            let more = stream.next().await.unwrap().unwrap();
            text += std::str::from_utf8(&more).unwrap();
        }
    };
    let events = tokio::time::timeout(DEADLINE, read).await;
    events.unwrap_or_else(|_| panic!("waited in vain for {last}"))
}

fn parse(text: &str) -> Vec<(u64, String, Value)> {
    let whole = text.rfind("\n\n").map_or("", |end| &text[..end]);
    let events = whole.split("\n\n").filter(|event| event.contains("data:"));
    let read = |event: &str| {
        let field = |name: &str| {
            let mut lines = event.lines();
            lines
                .find_map(|line| line.strip_prefix(name))
                .unwrap_or_default()
                .trim()
        };
        (
            field("id:").parse().unwrap_or_default(),
            field("event:").to_owned(),
            serde_json::from_str(field("data:")).unwrap(),
        )
    };
    events.map(read).collect()
}

/// The texts of a transcript, joined.
fn texts(events: &[(u64, String, Value)]) -> String {
    let texts = events
        .iter()
        .filter_map(|(_, _, data)| data["text"].as_str());
    texts.collect()
}

#[tokio::test]
async fn a_transcript_streams_and_goes_on_after_the_last_event() {
    let discord = Loopback::builder().start().await.unwrap();
    let settings = json!({ "dashboard": { "address": "127.0.0.1:0", "show_text": true } });
    let bot = Bot::new(&discord).env("ANTHROPIC_API_KEY", KEY);
    let desk = Desk::of(bot.config(&settings).start(&discord).await);
    let here = discord.general();
    let words = format!("[[say Hello from {KEY} here]]");
    desk.bot.ask(&discord, here, &words, "Hello from").await;
    let here = here.to_string();
    let heard = events(&desk, &here, None, "result").await;
    let kinds: Vec<_> = heard.iter().map(|(_, kind, _)| kind.as_str()).collect();
    assert_eq!(
        (kinds[0], kinds.last()),
        ("session", Some(&"result")),
        "{kinds:?}"
    );
    assert_eq!(texts(&heard), "Hello from [redacted] here");
    let last = heard.last().unwrap().0;
    desk.bot
        .ask(&discord, discord.general(), "[[say Again]]", "Again")
        .await;
    let more = events(&desk, &here, Some(last), "result").await;
    assert_eq!(texts(&more), "Again");
    assert!(more.iter().all(|(id, ..)| *id > last));
    // From long before: it is said that something is missing.
    let (_, kind, data) = events(&desk, &here, Some(1), "error").await.remove(0);
    assert_eq!((kind.as_str(), &data["kind"]), ("error", &json!("lost")));
    desk.bot.stop().await;
}

#[tokio::test]
async fn a_text_is_shown_before_the_turn_ends() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({ "show_text": true }), &json!({})).await;
    let here = discord.general();
    discord.say(here, discord.owner(), "[[pace 100]] [[long 4000]]");
    desk.until("/now", "the channel to work", |now| {
        (now["channels"][0]["phase"] == "working").then_some(())
    })
    .await;
    let heard = events(&desk, &here.to_string(), None, "text").await;
    assert!(
        !heard.iter().any(|(_, kind, _)| kind == "result"),
        "{heard:?}"
    );
    desk.bot.kill().await;
}

#[tokio::test]
async fn texts_are_shown_only_if_they_are_wanted() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({}), &json!({})).await;
    let here = discord.general();
    let words = "[[tool Glob {\"pattern\":\"mellow\"}]] [[say a mellow answer]]";
    desk.bot.ask(&discord, here, words, "mellow").await;
    let heard = events(&desk, &here.to_string(), None, "result").await;
    let tool = heard.iter().find(|(_, kind, _)| kind == "tool").unwrap();
    assert_eq!(
        (&tool.2["name"], &tool.2["input"]),
        (&json!("Glob"), &Value::Null)
    );
    assert!(heard.iter().any(|(_, _, data)| data["characters"].is_u64()));
    for path in ["/now", "/usage", "/log", "/metrics"] {
        let shown = desk.ask(path).await.text().await.unwrap();
        assert!(!shown.contains("mellow"), "{path}: {shown}");
    }
    assert!(!format!("{heard:?}").contains("mellow"), "{heard:?}");
    desk.bot.stop().await;
}

#[tokio::test]
async fn sessions_queues_and_costs_are_shown() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({}), &json!({})).await;
    let here = discord.general();
    desk.bot.ask(&discord, here, "[[say first]]", "first").await;
    discord.say(here, discord.owner(), "[[hang]]");
    discord.say(here, discord.owner(), "[[say later]]");
    let channel = desk
        .until("/now", "a message to wait", |now| {
            let channel = &now["channels"][0];
            (channel["queue"] == 1 && channel["phase"] == "working").then(|| channel.clone())
        })
        .await;
    assert_eq!(channel["channel"], here.to_string());
    assert_eq!(channel["name"], "general");
    assert!(
        channel["person"].is_string() && channel["cost_usd"].as_f64().unwrap() > 0.0,
        "{channel}"
    );
    desk.until("/now", "the memory of the process", |now| {
        now["channels"][0]["memory_bytes"]
            .as_u64()
            .filter(|bytes| *bytes > 0)
    })
    .await;
    let usage = desk.json("/usage").await;
    assert_eq!(usage["days"].as_array().unwrap().len(), 30);
    assert_eq!(usage["days"][29]["turns"], 1);
    assert_eq!(usage["channels"][0]["name"], "general");
    assert!(usage["people"][0]["cost_usd"].as_f64().unwrap() > 0.0);
    desk.bot.stop().await;
}

#[tokio::test]
async fn no_tool_sees_the_token() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let more = json!({ "claude": { "sandbox": "bwrap" }, "allowed_tools": ["Bash"] });
    let desk = Desk::start(&discord, json!({ "admin": true }), &more).await;
    let folder = desk.bot.home().path().join("sessions");
    let command = format!("cat {0}/dashboard.* | wc -c; echo end", folder.display());
    let words = format!("[[tool Bash {}]][[told]]", json!({ "command": command }));
    let asked = discord.say(discord.general(), discord.owner(), &words);
    desk.bot.hears_whole(&discord, asked, "end").await;
    let said = crate::support::said(&discord, discord.general()).join("\n");
    assert!(said.contains('0') && !said.contains(&desk.token), "{said}");
    desk.bot.stop().await;
}
