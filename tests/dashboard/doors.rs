//! Who gets what.

use std::{net::IpAddr, os::unix::fs::MetadataExt as _, time::Duration};

use loopback_discord::Loopback;
use reqwest::{Client, redirect};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Desk, file, header, status};
use crate::support::{Bot, DEADLINE, Home, eventually};

/// Shorter than an idle connection is kept.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn only_health_and_metrics_are_open() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({}), &json!({})).await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        desk.has_status(path, 200).await;
    }
    let events = format!("/events?channel={}", discord.general());
    for path in [
        "/",
        "/style.css",
        "/page.js",
        "/now",
        "/usage",
        "/log",
        &events,
        "/nothing",
    ] {
        assert_eq!(status(desk.get(path)).await, 401, "{path}");
        assert_eq!(
            status(desk.get(path).bearer_auth("wrong")).await,
            401,
            "{path}"
        );
    }
    let press = desk.post("/decide", "application/json", "{}".into());
    assert_eq!(status(press).await, 401);
    for (path, found) in [
        ("/", 200),
        ("/page.js", 200),
        ("/now", 200),
        ("/nothing", 404),
    ] {
        assert_eq!(desk.ask(path).await.status(), found, "{path}");
    }
    desk.bot.stop().await;
}

#[tokio::test]
async fn the_link_sets_a_cookie_and_leaves_the_address() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({}), &json!({})).await;
    let path = desk.bot.home().path().join("sessions/dashboard.token");
    assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
    let mut told = Bot::new(&discord)
        .home(desk.bot.home())
        .arguments(["dashboard"])
        .launch();
    assert!(told.ended().await.success(), "{}", told.log.text());
    let link = told.output.text().trim().to_owned();
    assert_eq!(link, format!("{}/?token={}", desk.address, desk.token));
    let answer = desk.client.get(link).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    assert_eq!(header(answer.headers(), "location"), "/");
    let cookie = header(answer.headers(), "set-cookie");
    assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
    let (cookie, _) = cookie.split_once(';').unwrap();
    let page = desk.get("/").header("cookie", cookie).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let policy = header(page.headers(), "content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(status(desk.get("/?token=wrong")).await, 401);
    let log = desk.bot.log.text();
    assert!(log.contains("dashboard") && !log.contains(&desk.token));
    desk.bot.stop().await;
}

#[tokio::test]
async fn other_sites_get_nothing_even_with_the_token() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({}), &json!({})).await;
    for (name, value, refused) in [
        ("host", "evil.example", 421),
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
    ] {
        for path in ["/now", "/healthz", "/metrics", "/events?channel=1"] {
            let asked = desk.get(path).bearer_auth(&desk.token).header(name, value);
            assert_eq!(status(asked).await, refused, "{path} {name}: {value}");
        }
    }
    let own = desk.get("/now").bearer_auth(&desk.token);
    assert_eq!(status(own.header("origin", &desk.address)).await, 200);
    let answer = desk.ask("/now").await;
    assert!(!answer.headers().contains_key("access-control-allow-origin"));
    desk.bot.stop().await;
}

#[tokio::test]
async fn an_address_of_others_needs_a_password() {
    let discord = Loopback::builder().start().await.unwrap();
    let mut refused = Bot::new(&discord)
        .arguments(["run", "--dashboard", "0.0.0.0:0"])
        .launch();
    assert_eq!(refused.ended().await.code(), Some(78));
    assert!(refused.log.text().contains("`dashboard.password_file`"));
    let home = Home::new();
    home.write("password", "correct horse battery\n");
    let config = json!({ "dashboard": { "address": "0.0.0.0:0", "password_file": "password" } });
    let bot = Bot::new(&discord).home(&home).config(&config);
    let mut desk = Desk::of(bot.start(&discord).await);
    desk.address = desk.address.replace("0.0.0.0", "127.0.0.1");
    let log_in = |given: &str| {
        let form = format!("token={}", given.replace(' ', "+"));
        desk.post("/login", "application/x-www-form-urlencoded", form)
    };
    assert_eq!(status(log_in("wrong")).await, 401);
    let answer = log_in("correct horse battery").send().await.unwrap();
    assert_eq!(answer.status(), 303);
    assert!(header(answer.headers(), "set-cookie").contains(&desk.token));
    // No other way takes it.
    assert_eq!(
        status(desk.get("/now").bearer_auth("correct horse battery")).await,
        401
    );
    desk.bot.stop().await;
}

#[tokio::test]
async fn the_token_stays_over_a_restart() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({}), &json!({})).await;
    let token = desk.token.clone();
    let home = desk.bot.stop().await;
    assert_eq!(file(&home, "dashboard.token"), token);
    let bot = Bot::new(&discord)
        .home(&home)
        .arguments(["run", "--dashboard", "127.0.0.1:0"])
        .start(&discord);
    let desk = Desk::of(bot.await);
    assert_eq!(desk.ask("/now").await.status(), 200);
    desk.bot.stop().await;
}

#[tokio::test]
async fn readiness_follows_the_connection_to_discord() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({}), &json!({})).await;
    desk.has_status("/readyz", 200).await;
    let outage = discord.gateway().outage();
    desk.has_status("/readyz", 503).await;
    assert_eq!(status(desk.get("/healthz")).await, 200);
    drop(outage);
    desk.has_status("/readyz", 200).await;
    desk.bot.stop().await;
}

#[tokio::test]
async fn large_requests_and_many_connections_are_bounded() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({}), &json!({})).await;
    let large = "x".repeat(64 * 1024);
    let asked = desk.post("/decide", "application/json", large.clone());
    assert_eq!(status(asked.bearer_auth(&desk.token)).await, 413);
    assert_eq!(
        status(desk.get("/healthz").header("x-large", large)).await,
        431
    );
    // More than are served: one that is new is served, and the oldest leave.
    let address = desk.address.strip_prefix("http://").unwrap();
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    assert_eq!(status(desk.get("/healthz")).await, 200);
    let mut first = idle.swap_remove(0);
    let mut rest = String::new();
    drop(first.write_all(b"GET ").await);
    let closed = tokio::time::timeout(DEADLINE, first.read_to_string(&mut rest)).await;
    assert!(closed.is_ok(), "an idle connection stays");
    desk.bot.stop().await;
    drop(idle);
}

#[tokio::test]
async fn idle_connections_keep_out_nobody_with_the_token() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({}), &json!({})).await;
    let path = format!("/events?channel={}", discord.general());
    let mut events = desk.ask(&path).await;
    let address = desk.address.strip_prefix("http://").unwrap();
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    // Without waiting until they are tired of being idle.
    let now = desk.get("/now").bearer_auth(&desk.token);
    let now = now.timeout(SOON).send().await.unwrap();
    assert_eq!(now.status(), 200);
    desk.bot
        .ask(&discord, discord.general(), "[[say one]]", "one")
        .await;
    let told = tokio::time::timeout(DEADLINE, events.chunk()).await;
    let told = told.unwrap().unwrap().expect("the stream goes on");
    assert!(!told.is_empty());
    desk.bot.stop().await;
    drop(idle);
}

#[tokio::test]
async fn guessing_the_password_takes_longer_and_longer() {
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    home.write("password", "correct horse battery\n");
    let config = json!({ "dashboard": { "address": "127.0.0.1:0", "password_file": "password" } });
    let bot = Bot::new(&discord).home(&home).config(&config);
    let desk = Desk::of(bot.start(&discord).await);
    let log_in = |given: &str| {
        let form = format!("token={}", given.replace(' ', "+"));
        desk.post("/login", "application/x-www-form-urlencoded", form)
    };
    let shown = desk.get("/").send().await.unwrap().text().await.unwrap();
    assert!(!shown.contains("neither"), "{shown}");
    let wrong = desk.get("/?token=wrong").send().await.unwrap();
    let shown = wrong.text().await.unwrap();
    assert!(
        shown.contains("neither the token nor the password"),
        "{shown}"
    );
    let mut rounds = 0;
    let refused = loop {
        let mut tries = 0;
        while status(log_in("wrong")).await != 429 {
            tries += 1;
            assert!(tries < 10, "as many guesses as anybody likes");
        }
        assert!(tries > 2, "a person may mistype");
        let answer = log_in("correct horse battery").send().await.unwrap();
        if answer.status() == 429 {
            break answer;
        }
        // On a slow machine the first pause, a second, may be over. The right password begins anew.
        rounds += 1;
        assert!(rounds < 10, "the right password is taken during a pause");
    };
    let after: u64 = header(refused.headers(), "retry-after").parse().unwrap();
    assert!((1..=31).contains(&after), "{after}");
    // Nobody waits for one who guesses elsewhere.
    let elsewhere = Client::builder().local_address(IpAddr::from([127, 0, 0, 2]));
    let elsewhere = elsewhere
        .redirect(redirect::Policy::none())
        .build()
        .unwrap();
    let owner = elsewhere
        .post(format!("{}/login", desk.address))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("token=correct+horse+battery");
    assert_eq!(status(owner).await, 303);
    // Whoever has the token need not guess.
    assert_eq!(status(log_in(&desk.token)).await, 303);
    desk.bot.stop().await;
}

#[tokio::test]
async fn a_link_on_another_site_leads_over_a_page_of_our_own() {
    let discord = Loopback::builder().start().await.unwrap();
    let desk = Desk::start(&discord, json!({}), &json!({})).await;
    let link = format!("/?token={}", desk.token);
    let followed = desk.get(&link).header("sec-fetch-site", "cross-site");
    let followed = followed.header("sec-fetch-mode", "navigate");
    let page = followed.send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(header(page.headers(), "set-cookie").contains("SameSite=Strict"));
    let page = page.text().await.unwrap();
    assert!(
        page.contains("/enter.js") && !page.contains(&desk.token),
        "{page}"
    );
    desk.bot.stop().await;
}

#[tokio::test]
async fn without_a_dashboard_nothing_is_made() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    eventually("the sessions' folder", || {
        bot.home()
            .path()
            .join("sessions/.lock")
            .exists()
            .then_some(())
    })
    .await;
    assert!(!bot.home().path().join("sessions/dashboard.token").exists());
    let mut told = Bot::new(&discord)
        .home(bot.home())
        .arguments(["dashboard"])
        .launch();
    assert_eq!(told.ended().await.code(), Some(1));
    assert!(told.log.text().contains("run --dashboard"));
    bot.stop().await;
}
