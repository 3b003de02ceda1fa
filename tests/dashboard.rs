//! The dashboard of `run --dashboard`.
//!
//! * Only health and metrics are open; the token opens the rest, and other sites get nothing.
//! * What happens is shown while it happens, redacted, and texts only if they are wanted.
//! * An approval is decided there with the admin token alone, in the way of a press.
//! * Large requests and many connections are bounded.

mod decisions;
mod doors;
mod live;
mod metrics;
mod page;

use std::{fs, time::Duration};

use loopback_discord::Loopback;
use reqwest::{Client, RequestBuilder, Response, header::HeaderMap, redirect};
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Home, Running};

/// A bot with a dashboard on a free port, and what it takes to talk to it.
struct Desk {
    bot: Running,
    address: String,
    token: String,
    client: Client,
}

impl Desk {
    /// Starts a bot with this configuration of the dashboard, and more.
    async fn start(discord: &Loopback, dashboard: Value, more: &Value) -> Self {
        let mut config = json!({ "dashboard": dashboard });
        config["dashboard"]["address"] = "127.0.0.1:0".into();
        let bot = Bot::new(discord).config(&config).config(more);
        Self::of(bot.start(discord).await)
    }

    fn of(bot: Running) -> Self {
        let address = file(bot.home(), "dashboard.address");
        Self {
            address: format!("http://{address}"),
            token: file(bot.home(), "dashboard.token"),
            client: Client::builder()
                .no_proxy()
                // An idle connection may be closed when there are many.
                .pool_max_idle_per_host(0)
                .redirect(redirect::Policy::none())
                .timeout(DEADLINE)
                .build()
                .unwrap(),
            bot,
        }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.address))
    }

    fn post(&self, path: &str, kind: &str, body: String) -> RequestBuilder {
        let asked = self.client.post(format!("{}{path}", self.address));
        asked.header("content-type", kind).body(body)
    }

    /// A press, by whoever has the token.
    fn press(&self, press: &Value) -> RequestBuilder {
        let asked = self.post("/decide", "application/json", press.to_string());
        asked.bearer_auth(&self.token)
    }

    /// Its answer to whoever has the token.
    async fn ask(&self, path: &str) -> Response {
        let asked = self.get(path).bearer_auth(&self.token);
        asked.send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.ask(path).await.text().await.unwrap()).unwrap()
    }

    /// Waits until an open path has this status.
    async fn has_status(&self, path: &str, expected: u16) {
        let asked = async {
            while status(self.get(path)).await != expected {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let asked = tokio::time::timeout(DEADLINE, asked).await;
        asked.unwrap_or_else(|_| panic!("waited in vain for {expected} at {path}"));
    }

    /// Asks again and again until this is found.
    async fn until<T>(&self, path: &str, awaited: &str, find: impl Fn(&Value) -> Option<T>) -> T {
        let asked = async {
            loop {
                if let Some(found) = find(&self.json(path).await) {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let Ok(found) = tokio::time::timeout(DEADLINE, asked).await else {
            panic!("waited in vain for {awaited}: {}", self.json(path).await);
        };
        found
    }
}

/// A file in the folder of the sessions, without its line feed.
fn file(home: &Home, name: &str) -> String {
    let path = home.path().join("sessions").join(name);
    fs::read_to_string(path).unwrap().trim().to_owned()
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers[name].to_str().unwrap()
}
