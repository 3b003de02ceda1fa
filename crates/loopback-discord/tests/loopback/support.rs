//! A bot without a library: REST calls and gateway frames.

use std::{sync::LazyLock, time::Duration};

use futures_util::{SinkExt, StreamExt};
use loopback_discord::{Loopback, Snowflake};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, protocol::CloseFrame},
};

/// The deadline for whatever a test waits for.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Guilds, messages, guild typing, content.
pub(crate) const INTENTS: u64 = 1 | 1 << 9 | 1 << 11 | 1 << 12 | 1 << 15;

/// [`INTENTS`], reactions, and typing in direct messages.
pub(crate) const ALL_INTENTS: u64 = INTENTS | 1 << 10 | 1 << 13 | 1 << 14;

pub(crate) async fn loopback() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

/// A client that keeps no connections, so that the runtime of every test can use it. It is shared,
/// since a new client reads all certificates of the machine.
pub(crate) fn client() -> &'static reqwest::Client {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        let client = reqwest::Client::builder().no_proxy();
        client.pool_max_idle_per_host(0).build().unwrap()
    });
    &CLIENT
}

/// Calls REST as the bot. Returns the status and the body.
pub(crate) async fn call(
    discord: &Loopback,
    method: Method,
    path: &str,
    body: &Value,
) -> (u16, Value) {
    let response = request(discord, method, path)
        .json(body)
        .send()
        .await
        .unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// As [`call`], but returns Discord's error code instead of the body.
pub(crate) async fn code(
    discord: &Loopback,
    method: Method,
    path: &str,
    body: &Value,
) -> (u16, Option<u64>) {
    let (status, body) = call(discord, method, path, body).await;
    (status, body["code"].as_u64())
}

/// The `id` of an object.
pub(crate) fn id(object: &Value) -> Snowflake {
    object["id"].as_str().unwrap().parse().unwrap()
}

pub(crate) fn request(discord: &Loopback, method: Method, path: &str) -> reqwest::RequestBuilder {
    client()
        .request(method, format!("{}/api/v10{path}", discord.url()))
        .header("authorization", format!("Bot {}", discord.token()))
}

pub(crate) async fn post(discord: &Loopback, channel: Snowflake, body: &Value) -> (u16, Value) {
    call(
        discord,
        Method::POST,
        &format!("/channels/{channel}/messages"),
        body,
    )
    .await
}

pub(crate) async fn get(discord: &Loopback, path: &str) -> (u16, Value) {
    let response = request(discord, Method::GET, path).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// A socket to the gateway.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The last sequence number seen.
    pub(crate) seq: u64,
}

impl Socket {
    /// Connects and reads HELLO.
    pub(crate) async fn open(discord: &Loopback) -> Self {
        let mut socket = Self::try_open(discord).await.unwrap();
        let hello = socket.next().await.unwrap();
        assert_eq!(hello["op"], 10);
        assert!(hello["d"]["heartbeat_interval"].as_u64().unwrap() > 1000);
        socket
    }

    pub(crate) async fn try_open(discord: &Loopback) -> Result<Self, tungstenite::Error> {
        let (stream, _) = connect_async(format!("{}?v=10&encoding=json", discord.ws_url())).await?;
        Ok(Self { stream, seq: 0 })
    }

    /// Connects, identifies, and reads READY and the guild. Returns the session's id.
    pub(crate) async fn identified(discord: &Loopback, intents: u64) -> (Self, String) {
        let mut socket = Self::open(discord).await;
        socket.send(&identify(discord.token(), intents)).await;
        let ready = socket.event("READY").await;
        if intents & 1 != 0 {
            socket.event("GUILD_CREATE").await;
        }
        (socket, ready["session_id"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn send(&mut self, frame: &Value) {
        self.stream
            .send(Message::text(frame.to_string()))
            .await
            .unwrap();
    }

    /// The next frame, or the close frame in its place (`None` if there is none either).
    pub(crate) async fn next(&mut self) -> Result<Value, Option<CloseFrame>> {
        let next = tokio::time::timeout(SOON, self.stream.next()).await;
        match next.expect("a frame") {
            Some(Ok(Message::Text(text))) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                self.seq = frame["s"].as_u64().unwrap_or(self.seq);
                Ok(frame)
            }
            Some(Ok(Message::Close(frame))) => Err(frame),
            Some(Ok(other)) => panic!("unexpected: {other:?}"),
            Some(Err(_)) | None => Err(None),
        }
    }

    /// The data of the next frame, which must be this event.
    pub(crate) async fn event(&mut self, name: &str) -> Value {
        let frame = self.next().await.unwrap();
        assert_eq!(frame["t"], name, "{frame}");
        frame["d"].clone()
    }

    /// The data of the next event of this name; others before it are skipped.
    pub(crate) async fn skip_to(&mut self, name: &str) -> Value {
        loop {
            let frame = self.next().await.unwrap();
            if frame["t"] == name {
                return frame["d"].clone();
            }
        }
    }

    /// The code that the socket is closed with; no frame may precede it.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        let frame = self.next().await.expect_err("no frame");
        frame.map(|frame| frame.code.into())
    }

    /// Closes the socket from this side.
    pub(crate) async fn close(mut self, code: u16) {
        let frame = CloseFrame {
            code: code.into(),
            reason: "".into(),
        };
        self.stream.send(Message::Close(Some(frame))).await.unwrap();
        while let Some(Ok(_)) = self.stream.next().await {}
    }
}

pub(crate) fn identify(token: &str, intents: u64) -> Value {
    json!({ "op": 2, "d": { "token": token, "intents": intents, "properties": {} } })
}

pub(crate) fn resume(discord: &Loopback, session: &str, seq: u64) -> Value {
    json!({ "op": 6, "d": { "token": discord.token(), "session_id": session, "seq": seq } })
}
