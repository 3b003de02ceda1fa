//! A loopback Discord with a conversation in it, to look at the page: `cargo run --example discord`.
//!
//! No bot is connected. The bot's messages are sent over REST.

use std::error::Error;

use loopback_discord::Loopback;
use serde_json::{Value, json};

const HELP: &str = "Sure. Here is a **short** way, with `?` for the errors:\n\
```rust\n/// Parses a port.\nfn port(text: &str) -> Result<u16, String> {\n    \
let port: u16 = text.trim().parse().map_err(|_| format!(\"not a port: {text}\"))?;\n    \
if port == 0 { return Err(\"port 0\".into()) }\n    Ok(port)\n}\n```\n\
### What to know\n- `trim` removes the *newline*\n- `parse` refuses `70000`\n  - and `-1`\n\
1. read\n2. check\n\n> Parse, don't validate.\n\n\
See [the book](https://doc.rust-lang.org/book/) and ||panic is not an answer||. ~~unwrap~~ __never__.";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let discord = Loopback::builder()
        .port(8722)
        .banner("Claude is a stand-in here: install and log in to the claude CLI to talk to the real one.")
        .start()
        .await?;
    let bot = Bot {
        http: reqwest::Client::builder().no_proxy().build()?,
        url: format!("{}/api/v10", discord.url()),
        token: discord.token().to_owned(),
    };
    let (general, owner, member) = (discord.general(), discord.owner(), discord.member());
    let id = discord.bot();
    let commands = json!([
        { "name": "model", "description": "Show or change the model of this channel",
          "options": [{ "type": 3, "name": "name", "description": "The model to use from now on",
            "choices": [{ "name": "haiku", "value": "haiku" }, { "name": "sonnet", "value": "sonnet" }, { "name": "opus", "value": "opus" }] }] },
        { "name": "clear", "description": "Start a new session in this channel" },
        { "name": "status", "description": "Session, model, turns, context and cost" },
        { "name": "stop", "description": "Interrupt the running turn" },
        { "name": "usage", "description": "Show usage and cost", "options": [{ "type": 3, "name": "period", "description": "today, month or all" }] },
        { "name": "help", "description": "What I can do" },
    ]);
    let path = format!("/applications/{}/commands", discord.application());
    bot.call(reqwest::Method::PUT, &path, &commands).await?;

    let ask = discord.say(
        general,
        owner,
        &format!("<@{id}> how do I parse a port from a string without `unwrap`?"),
    );
    bot.say(
        general,
        &json!({ "content": HELP, "message_reference": { "message_id": ask } }),
    )
    .await?;
    discord.say(general, member, "Nice. I would have used a regex 🙈");
    let ask = discord.say(
        general,
        member,
        &format!("<@{id}> can you run the tests too?"),
    );
    let buttons = json!({
        "content": format!("<@{member}> May I run `cargo test` in your workspace?"),
        "message_reference": { "message_id": ask },
        "components": [{ "type": 1, "components": [
            { "type": 2, "style": 3, "label": "Allow", "custom_id": "allow" },
            { "type": 2, "style": 4, "label": "Deny", "custom_id": "deny" },
            { "type": 2, "style": 2, "label": "Always", "custom_id": "always", "disabled": true }] }],
    });
    bot.say(general, &buttons).await?;
    let running = bot.say(general, &json!({ "content": "Running…" })).await?;
    let path = format!(
        "/channels/{general}/messages/{}",
        running["id"].as_str().unwrap_or_default()
    );
    let edit = json!({ "content": "All **42 tests** pass in 1.3 s. <#1> is not a channel, <@1> is nobody." });
    bot.call(reqwest::Method::PATCH, &path, &edit).await?;

    let status = discord.slash(general, owner, "status", &Value::Null);
    bot.respond(&status, &json!({ "type": 4, "data": { "flags": 64,
        "content": "**Session** `6f1c…`  **model** sonnet\n**Turns** 3  **context** 18,204 tokens  **cost** $0.0312" } })).await?;
    let help = discord.slash(discord.channel("rust"), member, "help", &Value::Null);
    bot.respond(&help, &json!({ "type": 5 })).await?;
    let thread = discord.add_thread(discord.channel("rust"), "borrow checker");
    discord.say(thread, member, "Why does this not compile?");
    let poll = discord.say_poll(general, member, "Tea or coffee?", &["Tea", "Coffee"]);
    discord.vote(poll, owner, 1, true);
    discord.forward(ask, discord.channel("random"), owner);
    discord.say_sticker(general, member, "wave");
    let forum = discord.add_forum("ideas", &["wish"]);
    discord.post_in_forum(forum, member, "Dark mode", "At night, please.", &["wish"]);
    bot.say(general, &layout()).await?;
    let direct = discord.say_directly(owner, "Good morning!");
    bot.say(discord.dm(owner), &json!({ "content": "Good morning, Olivia. What are your plans for today?", "message_reference": { "message_id": direct } })).await?;
    bot.call(
        reqwest::Method::POST,
        &format!("/channels/{general}/typing"),
        &Value::Null,
    )
    .await?;

    announce(&format!("the page is at {}", discord.url()));
    std::future::pending().await
}

/// A message of components alone.
fn layout() -> Value {
    let button = json!({ "type": 2, "style": 1, "label": "Details", "custom_id": "details" });
    json!({ "flags": 1 << 15, "components": [{ "type": 17, "accent_color": 0x57_F2_87, "components": [
        { "type": 10, "content": "### Tests" },
        { "type": 9, "components": [{ "type": 10, "content": "**42** passed" }], "accessory": button },
        { "type": 14 },
        { "type": 12, "items": [{ "media": { "url": "https://example.com/chart.png" }, "description": "A chart" }] }] }] })
}

#[expect(clippy::print_stdout, reason = "the example's output")]
fn announce(line: &str) {
    println!("{line}");
}

struct Bot {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Bot {
    async fn call(
        &self,
        method: reqwest::Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, Box<dyn Error>> {
        let request = self.http.request(method, format!("{}{path}", self.url));
        let request = request
            .header("authorization", format!("Bot {}", self.token))
            .json(body);
        let text = request.send().await?.error_for_status()?.text().await?;
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn say(
        &self,
        channel: loopback_discord::Snowflake,
        body: &Value,
    ) -> Result<Value, Box<dyn Error>> {
        self.call(
            reqwest::Method::POST,
            &format!("/channels/{channel}/messages"),
            body,
        )
        .await
    }

    async fn respond(
        &self,
        to: &loopback_discord::InteractionHandle,
        body: &Value,
    ) -> Result<(), Box<dyn Error>> {
        let path = format!("/interactions/{}/{}/callback", to.id(), to.token());
        self.call(reqwest::Method::POST, &path, body).await?;
        Ok(())
    }
}
