//! The page in a real browser.

use loopback_discord::Loopback;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{Desk, file};
use crate::{
    approvals::{closed, config, touch},
    browser::visit,
    support::{Need, skip_without},
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

#[tokio::test]
async fn the_page_shows_a_turn_and_decides_an_approval() {
    if skip_without(Need::Browser) || skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let mut more = config(&json!({}));
    more["claude"] = json!({ "sandbox": "bwrap" });
    let settings = json!({ "show_text": true, "admin": true });
    let desk = Desk::start(&discord, settings, &more).await;
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
