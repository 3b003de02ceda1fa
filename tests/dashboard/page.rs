//! The page in a real browser.

use chrono::{Days, Utc};
use loopback_discord::Loopback;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{Desk, file};
use crate::{
    approvals::{closed, config, touch},
    browser::visit,
    support::{Bot, Home, Need, skip_without},
};

/// Serves an empty page of another site to everybody.
async fn other_site() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<!doctype html>";
            drop(stream.read(&mut [0; 4096]).await);
            drop(stream.write_all(answer).await);
        }
    });
    format!("http://{address}")
}

/// Turns of the last weeks, as the ledger has them, for the charts.
fn book_earlier_turns(home: &Home, discord: &Loopback) {
    let channels = ["general", "rust", "random"].map(|name| discord.channel(name));
    let people = [discord.owner(), discord.member()];
    let mut months = std::collections::BTreeMap::<String, String>::new();
    for day in 1..29_u64 {
        let time = Utc::now() - Days::new(day);
        // Some more, some less, and fewer at the weekends.
        let turns = if day % 7 < 2 { 1 } else { 2 + day * 5 % 4 };
        for turn in 0..turns {
            let at = usize::try_from(day + turn).unwrap();
            let line: Value = json!({
                "time": time,
                "turn": format!("00000000-0000-4000-8000-{day:06}{turn:06}"),
                "channel": channels[at % 5 % 3],
                "author": people[at % 3 % 2],
                "message": null,
                "session": "00000000-0000-4000-8000-000000000000",
                "model": "sonnet",
                "model_used": if at % 4 == 0 { "claude-opus-5-5" } else { "claude-sonnet-5-5" },
                "input_tokens": 1_200,
                "output_tokens": 700,
                "cache_read_tokens": 21_000,
                "cache_creation_tokens": 3_000,
                "cost_usd": 0.04 + 0.03 * f64::from(u32::try_from(day * 3 % 7).unwrap()),
                "duration_ms": 9_000,
                "outcome": if at % 17 == 0 { "interrupted" } else { "answered" },
            });
            let month = months.entry(time.format("%Y-%m").to_string()).or_default();
            *month += &line.to_string();
            month.push('\n');
        }
    }
    for (month, lines) in months {
        home.write(&format!("sessions/usage/{month}.jsonl"), &lines);
    }
}

#[tokio::test]
async fn the_page_shows_a_turn_and_decides_an_approval() {
    if skip_without(Need::Browser) || skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let mut more = config(&json!({}));
    more["claude"] = json!({ "sandbox": "bwrap" });
    more["dashboard"] = json!({ "address": "127.0.0.1:0", "show_text": true, "admin": true });
    let home = Home::new();
    book_earlier_turns(&home, &discord);
    let bot = Bot::new(&discord).home(&home).config(&more);
    let desk = Desk::of(bot.start(&discord).await);
    for channel in ["rust", "random"] {
        let asked = discord.say(
            discord.channel(channel),
            discord.member(),
            "show me a table",
        );
        desk.bot.hears(&discord, asked, "Yesterday's calls").await;
    }
    desk.bot
        .ask(
            &discord,
            discord.general(),
            "[[say Hello <b>there</b>]]",
            "Hello",
        )
        .await;
    touch(&discord);
    let admin = file(desk.bot.home(), "dashboard.admin");
    let link = format!("{}/?token={}#admin={admin}", desk.address, desk.token);
    visit("dashboard.mjs", &link, &other_site().await).await;
    closed(&discord, "✓ Allowed once by an admin at the dashboard.").await;
    desk.bot.stop().await;
}
