//! `switchboard demo`: what somebody sees who has neither an account nor a login.
//!
//! * It says where the page is and who answers.
//! * The dashboard is there too, and its address opens it.
//! * What is written on the page is answered there; slash commands work.
//! * Ctrl-C ends it in order, and nothing of it is left: no folder, no process.
//! * A port that is taken is a clear error.

use std::{fs, path::PathBuf};

use loopback_discord::Loopback;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::TcpStream,
};

use crate::support::{Bot, DEADLINE, Home, Running, processes};

/// A demo on a machine without a `claude`, its temporary files in a folder of their own.
pub(crate) async fn demo(home: &Home, arguments: &[&str]) -> Running {
    fs::create_dir_all(temporary(home)).unwrap();
    // The configuration and the token that come with it are not the demo's business.
    let unused = Loopback::builder().start().await.unwrap();
    Bot::new(&unused)
        .home(home)
        .arguments([&["demo"], arguments].concat())
        .env("PATH", "/usr/bin:/bin")
        .env("TMPDIR", temporary(home).to_str().unwrap())
        .launch()
}

fn temporary(home: &Home) -> PathBuf {
    home.path().join("tmp")
}

/// The page, as a browser has it.
struct Page {
    address: String,
    html: String,
    token: String,
}

/// What the page is told, event by event.
struct Told(Lines<BufReader<TcpStream>>);

impl Page {
    async fn open(url: &str) -> Self {
        let address = url
            .strip_prefix("http://")
            .unwrap()
            .trim_end_matches('/')
            .to_owned();
        let mut page = Self {
            address,
            html: String::new(),
            token: String::new(),
        };
        page.html = page.request("GET / HTTP/1.0", "").await;
        let (_, rest) = page
            .html
            .split_once("name=\"loopback-token\" content=\"")
            .unwrap();
        page.token = rest.split('"').next().unwrap().to_owned();
        page
    }

    /// Sends a request of HTTP 1.0, whose answer ends with the connection.
    async fn send(&self, line: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let head = format!(
            "{line}\r\nHost: {}\r\nX-Loopback-Token: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.address,
            self.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        stream
    }

    /// The whole answer to a request that succeeds, its head left out.
    async fn request(&self, line: &str, body: &str) -> String {
        let mut answer = String::new();
        let mut stream = self.send(line, body).await;
        tokio::time::timeout(DEADLINE, stream.read_to_string(&mut answer))
            .await
            .unwrap()
            .unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.lines().next().unwrap().contains(" 200 "), "{answer}");
        body.to_owned()
    }

    async fn post(&self, door: &str, body: &Value) -> Value {
        let answer = self
            .request(
                &format!("POST /loopback/{door} HTTP/1.0"),
                &body.to_string(),
            )
            .await;
        serde_json::from_str(&answer).unwrap()
    }

    async fn listen(&self) -> Told {
        let stream = self
            .send(
                &format!("GET /loopback/events?token={} HTTP/1.0", self.token),
                "",
            )
            .await;
        Told(BufReader::new(stream).lines())
    }
}

impl Told {
    /// Waits for an event of which `wanted` makes something.
    async fn until<T>(&mut self, awaited: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        let found = async {
            while let Some(line) = self.0.next_line().await.unwrap() {
                let Some(data) = line.strip_prefix("data: ") else {
                    continue;
                };
                let event = serde_json::from_str(data).unwrap();
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
            panic!("the page's events ended before {awaited}");
        };
        tokio::time::timeout(DEADLINE, found)
            .await
            .unwrap_or_else(|_| panic!("waited in vain for {awaited}"))
    }
}

/// Where a demo's page is.
pub(crate) async fn url(demo: &Running) -> String {
    let line = demo
        .output
        .wait_for("Open http://127.0.0.1:", DEADLINE)
        .await;
    line.strip_prefix("Open ").unwrap().to_owned()
}

#[track_caller]
fn nothing_is_left(home: &Home) {
    let left: Vec<_> = fs::read_dir(temporary(home)).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let folder = temporary(home).to_str().unwrap().to_owned();
    let alive = processes()
        .into_iter()
        .find(|seen| seen.command.iter().any(|part| part.contains(&folder)));
    assert!(alive.is_none(), "{alive:?}");
}

#[tokio::test]
async fn a_person_on_the_page_is_answered() {
    let home = Home::new();
    let mut demo = demo(&home, &["--port", "0"]).await;
    let page = Page::open(&url(&demo).await).await;
    let banner = "You are talking to a stand-in, because the claude CLI is not installed.";
    assert!(
        demo.output.text().contains(banner),
        "{}",
        demo.output.text()
    );
    assert!(page.html.contains("<!doctype html>") && page.html.contains("id=\"composer\""));

    let mut told = page.listen().await;
    let world = told
        .until("the world", |event| {
            (event["type"] == "world").then(|| event.clone())
        })
        .await;
    assert!(
        world["banner"].as_str().unwrap().starts_with(banner),
        "{}",
        world["banner"]
    );
    let welcome = world["welcome"].as_str().unwrap();
    assert!(welcome.contains("even without a mention"), "{welcome}");
    let id = |list: &str, key: &str, value: &str| {
        let found = world[list]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one[key] == value);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (channel, user) = (
        id("channels", "name", "general"),
        id("users", "note", "owner"),
    );
    if world["commands"].as_array().unwrap().is_empty() {
        told.until("the commands", |event| {
            (event["type"] == "commands").then_some(())
        })
        .await;
    }
    demo.log.wait_for("connected to Discord", DEADLINE).await;

    let said = json!({ "channel": channel, "user": user, "content": "[[say Hello, page.]]" });
    let asked = page.post("message", &said).await["id"].clone();
    let answer = told
        .until("an answer", |event| {
            let message = &event["message"];
            let is_it = message["reply_to"] == asked && message["content"] == "Hello, page.";
            is_it.then(|| event["type"].clone())
        })
        .await;
    assert!(answer == "created" || answer == "updated", "{answer}");

    let command = json!({ "channel": channel, "user": user, "name": "status" });
    page.post("command", &command).await;
    let status = told
        .until("the answer to a slash command", |event| {
            let content = event["message"]["content"].as_str()?;
            content.contains("**Session**").then(|| content.to_owned())
        })
        .await;
    assert!(
        status.contains("**Turns** 1\n") && status.contains("**Process** pid "),
        "{status}"
    );

    assert_eq!(
        fs::read_dir(temporary(&home)).unwrap().count(),
        1,
        "one folder for all of it"
    );
    demo.signal(Signal::INT);
    let status = demo.ended().await;
    assert!(status.success(), "{status}: {}", demo.log.text());
    nothing_is_left(&home);
    assert!(
        !home.path().join("sessions").exists(),
        "nor anything where it was started"
    );
}

#[tokio::test]
async fn the_dashboard_opens_at_the_address_that_is_told() {
    let home = Home::new();
    let mut demo = demo(&home, &["--port", "0"]).await;
    let told = demo
        .output
        .wait_for("The dashboard: http://127.0.0.1:", DEADLINE)
        .await;
    let link = told.strip_prefix("The dashboard: ").unwrap();
    let (address, tokens) = link.split_once("/?token=").unwrap();
    let (token, admin) = tokens.split_once("#admin=").unwrap();
    assert!(!admin.is_empty());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = client.get(format!("{address}/now")).bearer_auth(token);
    // Its address is taken before it answers.
    let now = tokio::time::timeout(DEADLINE, asked.send()).await;
    let now = now.unwrap().unwrap().text().await.unwrap();
    assert!(now.contains("\"shows_text\":true"), "{now}");
    assert!(!demo.log.text().contains(token));
    demo.signal(Signal::INT);
    assert!(demo.ended().await.success());
    nothing_is_left(&home);
}

#[tokio::test]
async fn the_stand_in_can_be_asked_for() {
    let home = Home::new();
    let mut demo = demo(&home, &["--port", "0", "--claude", "stand-in"]).await;
    url(&demo).await;
    assert!(
        demo.output
            .text()
            .contains("You are talking to a stand-in, as requested.")
    );
    demo.signal(Signal::TERM);
    assert!(demo.ended().await.success());
    nothing_is_left(&home);
}

#[tokio::test]
async fn the_real_cli_is_not_made_up() {
    let home = Home::new();
    let mut demo = demo(&home, &["--port", "0", "--claude", "real"]).await;
    assert_eq!(demo.ended().await.code(), Some(1));
    demo.log.wait_for("Claude CLI not found", DEADLINE).await;
    nothing_is_left(&home);
}

#[tokio::test]
async fn a_taken_port_is_said() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let home = Home::new();
    let mut demo = demo(&home, &["--port", &port.to_string()]).await;
    assert_eq!(demo.ended().await.code(), Some(70));
    demo.log
        .wait_for(&format!("failed to listen on port {port}"), DEADLINE)
        .await;
    nothing_is_left(&home);
}

#[tokio::test]
async fn a_configuration_is_refused() {
    let home = Home::new();
    home.write("config.json", "{}");
    let mut demo = demo(&home, &["--port", "0", "--config", "config.json"]).await;
    let status = demo.ended().await;
    assert_eq!(status.code(), Some(78));
    let log = demo.log.text();
    assert!(log.contains("it takes no `--config`"), "{log}");
}
