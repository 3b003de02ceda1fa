//! The gateway: sessions, close codes, intents, RESUME, and misbehaviour on request.

use crate::support::{INTENTS, SOON, Socket, client, identify, loopback, post, resume};
use loopback_discord::{Close, Loopback};
use serde_json::{Value, json};

#[tokio::test]
async fn a_session_receives_events() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, INTENTS).await;
    assert_eq!(discord.gateway().connected(), 1);
    assert_eq!(discord.gateway().intents(), Some(INTENTS));
    socket.send(&json!({ "op": 1, "d": socket.seq })).await;
    assert_eq!(socket.next().await.unwrap()["op"], 11);

    let id = discord.say(discord.general(), discord.owner(), "hello");
    let event = socket.event("MESSAGE_CREATE").await;
    assert_eq!(
        (&event["id"], &event["content"]),
        (&json!(id), &json!("hello"))
    );
    assert_eq!(event["guild_id"], json!(discord.guild()));
    assert_eq!(event["author"]["global_name"], "Olivia");
    discord.say(discord.general(), discord.member(), "me too");
    assert_eq!(
        socket.event("MESSAGE_CREATE").await["member"]["roles"],
        json!([discord.role()])
    );
    discord.edit(id, "hello!");
    assert_eq!(socket.event("MESSAGE_UPDATE").await["content"], "hello!");
    discord.delete(id);
    assert_eq!(socket.event("MESSAGE_DELETE").await["id"], json!(id));
    discord.type_in(discord.general(), discord.member());
    assert_eq!(
        socket.event("TYPING_START").await["user_id"],
        json!(discord.member())
    );
    post(&discord, discord.general(), &json!({ "content": "own" })).await;
    assert_eq!(socket.event("MESSAGE_CREATE").await["author"]["bot"], true);
    let direct = discord.say_directly(discord.stranger(), "psst");
    let event = socket.event("MESSAGE_CREATE").await;
    assert_eq!(
        (&event["id"], &event["guild_id"]),
        (&json!(direct), &Value::Null)
    );
    assert_eq!(discord.frames()[0].data["token"], "***");
}

#[tokio::test]
async fn violations_close_the_socket_with_a_code() {
    let plain = loopback().await;
    let without_content = Loopback::builder()
        .message_content(false)
        .start()
        .await
        .unwrap();
    let check = async |discord: &Loopback, frame: Value, code: u16| {
        let mut socket = Socket::open(discord).await;
        socket.send(&frame).await;
        assert_eq!(socket.close_code().await, Some(code), "{frame}");
    };
    check(&plain, identify("wrong", INTENTS), 4004).await;
    check(&plain, identify(plain.token(), 1 << 40), 4013).await;
    check(
        &without_content,
        identify(without_content.token(), INTENTS),
        4014,
    )
    .await;
    check(&plain, json!({ "op": 99 }), 4001).await;
    check(&plain, json!({ "op": 3, "d": {} }), 4003).await;
    let (mut socket, _) = Socket::identified(&plain, INTENTS).await;
    socket.send(&identify(plain.token(), INTENTS)).await;
    assert_eq!(socket.close_code().await, Some(4005));
}

#[tokio::test]
async fn content_is_hidden_without_the_intent() {
    let discord = Loopback::builder()
        .message_content(false)
        .start()
        .await
        .unwrap();
    let (mut socket, _) = Socket::identified(&discord, INTENTS & !(1 << 15)).await;
    let (general, owner, bot) = (discord.general(), discord.owner(), discord.bot());
    let mut content = async || socket.event("MESSAGE_CREATE").await["content"].clone();
    let mention = format!("<@{bot}> hello");
    discord.say(general, owner, "secret");
    assert_eq!(content().await, "");
    discord.say(general, owner, &mention);
    assert_eq!(content().await, *mention);
    discord.say_directly(owner, "between us");
    assert_eq!(content().await, "between us");
    let (_, own) = post(&discord, general, &json!({ "content": "mine" })).await;
    assert_eq!(content().await, "mine");
    discord.say_reply(
        own["id"].as_str().unwrap().parse().unwrap(),
        owner,
        "a reply pings",
    );
    assert_eq!(content().await, "a reply pings");
    let (_, listed) =
        crate::support::get(&discord, &format!("/channels/{general}/messages?limit=5")).await;
    assert_eq!(listed[3]["content"], "", "nor over REST");
}

#[tokio::test]
async fn a_session_without_an_intent_receives_no_event() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, 1 << 12).await;
    discord.say(discord.general(), discord.owner(), "in the guild");
    discord.say_directly(discord.owner(), "directly");
    assert_eq!(socket.event("MESSAGE_CREATE").await["content"], "directly");
}

#[tokio::test]
async fn a_resume_replays_missed_events() {
    let discord = loopback().await;
    let (mut socket, session) = Socket::identified(&discord, INTENTS).await;
    discord.say(discord.general(), discord.owner(), "seen");
    socket.event("MESSAGE_CREATE").await;
    let seq = socket.seq;
    discord.gateway().drop_connections();
    assert_eq!(
        socket.close_code().await,
        None,
        "dropped without a close frame"
    );
    assert_eq!(discord.gateway().connected(), 0);
    discord.say(discord.general(), discord.owner(), "missed 1");
    discord.say(discord.general(), discord.owner(), "missed 2");

    let mut socket = Socket::open(&discord).await;
    socket.send(&resume(&discord, &session, seq)).await;
    for missed in ["missed 1", "missed 2"] {
        assert_eq!(socket.event("MESSAGE_CREATE").await["content"], missed);
    }
    socket.event("RESUMED").await;
    assert_eq!(socket.seq, seq + 3);
    discord.say(discord.general(), discord.owner(), "live");
    assert_eq!(socket.event("MESSAGE_CREATE").await["content"], "live");
    assert_eq!(
        (discord.gateway().identifies(), discord.gateway().resumes()),
        (1, 1)
    );

    // 4000 keeps a session, 1000 ends it.
    socket.close(4000).await;
    let mut socket = Socket::open(&discord).await;
    socket.send(&resume(&discord, &session, seq + 4)).await;
    socket.event("RESUMED").await;
    socket.close(1000).await;
    let mut socket = Socket::open(&discord).await;
    socket.send(&resume(&discord, &session, seq + 5)).await;
    assert_eq!(socket.next().await.unwrap(), json!({ "op": 9, "d": false }));
}

#[tokio::test]
async fn the_gateway_misbehaves_on_request() {
    let discord = loopback().await;
    let gateway = discord.gateway();
    let (mut socket, _) = Socket::identified(&discord, INTENTS).await;

    gateway.duplicate_next(1);
    discord.say(discord.general(), discord.owner(), "twice");
    let first = socket.event("MESSAGE_CREATE").await;
    assert_eq!(socket.event("MESSAGE_CREATE").await, first);
    let texts = ["a", "b", "c"];
    let ids = gateway.burst(discord.general(), discord.owner(), texts);
    for (id, text) in ids.into_iter().zip(texts) {
        let event = socket.event("MESSAGE_CREATE").await;
        assert_eq!(
            (&event["id"], &event["content"]),
            (&json!(id), &json!(text))
        );
    }
    gateway.dispatch("NEWS", &json!({ "any": "thing" }));
    assert_eq!(socket.event("NEWS").await["any"], "thing");
    gateway.swallow_heartbeats(true);
    socket.send(&json!({ "op": 1, "d": null })).await;
    gateway.ask_to_reconnect();
    assert_eq!(socket.next().await.unwrap()["op"], 7);
    discord
        .wait_until(SOON, "the heartbeat", |view| {
            view.frames().iter().any(|frame| frame.op == 1)
        })
        .await
        .unwrap();
    gateway.swallow_heartbeats(false);
    gateway.invalidate_sessions(true);
    let frame = socket.next().await.unwrap();
    assert_eq!((&frame["op"], &frame["d"]), (&json!(9), &json!(true)));
    gateway.close(&Close::code(4000));
    assert_eq!(socket.close_code().await, Some(4000));

    let outage = gateway.outage();
    assert!(Socket::try_open(&discord).await.is_err());
    drop(outage);
    Socket::identified(&discord, INTENTS).await;
}

#[tokio::test]
async fn session_starts_are_counted_and_too_many_reset_the_token() {
    let discord = loopback().await;
    let gateway = discord.gateway();
    gateway.starts_left(1, 3_600_000);
    Socket::identified(&discord, INTENTS).await;
    let url = format!("{}/api/v10/gateway/bot", discord.url());
    let authorization = format!("Bot {}", discord.token());
    let request = client().get(url).header("Authorization", authorization);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let limit = &answer["session_start_limit"];
    assert_eq!(
        (&limit["total"], &limit["remaining"]),
        (&json!(1_000), &json!(0))
    );
    assert!(limit["reset_after"].as_u64().unwrap() > 3_000_000);
    assert_eq!(gateway.token_resets(), 0);

    let mut socket = Socket::open(&discord).await;
    socket.send(&identify(discord.token(), INTENTS)).await;
    assert_eq!(socket.close_code().await, Some(4004));
    assert_eq!(gateway.token_resets(), 1);
}

#[tokio::test]
async fn dropping_the_loopback_ends_everything() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, INTENTS).await;
    let url = discord.url();
    drop(discord);
    assert_eq!(socket.close_code().await, None);
    assert!(client().get(url).send().await.is_err());
}
