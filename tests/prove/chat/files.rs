//! Addresses that a file must not be fetched from, with somebody listening there.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use loopback_discord::{Loopback, Upload};
use serde_json::{Value, json};
use switchboard::attachments::FileServer;
use tokio::net::TcpListener;

use crate::{
    prove::figure,
    support::{Bot, DEADLINE, Home, message_create, said},
};

/// Counts who connects.
struct Canary {
    port: u16,
    connects: Arc<AtomicUsize>,
}

impl Canary {
    async fn listen() -> Self {
        let connects = Arc::new(AtomicUsize::new(0));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        count(listener, &connects);
        // The same port of the other family, where the machine has it.
        if let Ok(listener) = TcpListener::bind(("::1", port)).await {
            count(listener, &connects);
        }
        Self { port, connects }
    }

    fn connects(&self) -> usize {
        self.connects.load(Ordering::SeqCst)
    }
}

fn count(listener: TcpListener, connects: &Arc<AtomicUsize>) {
    let connects = Arc::clone(connects);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            connects.fetch_add(1, Ordering::SeqCst);
        }
    });
}

/// Addresses that only look like Discord's file servers, or hide where they lead; `PORT` stands for the canary's.
const DISGUISED: &[&str] = &[
    "https://cdn.discordapp.com@127.0.0.1:PORT/a",
    "https://cdn.discordapp.com:x@127.0.0.1:PORT/a",
    "https://127.0.0.1:PORT#@cdn.discordapp.com/a",
    "https://127.0.0.1:PORT?@cdn.discordapp.com/",
    "https://127.0.0.1:PORT\\@cdn.discordapp.com/a",
    "https://cdn.discordapp.com\\@127.0.0.1:PORT/a",
    "https://cdn.discordapp.com%40127.0.0.1:PORT/a",
    "https://cdn.discordapp.com.127.0.0.1.nip.example:PORT/a",
    "https://user@cdn.discordapp.com/a",
    "https://cdn.discordapp.com:443/a",
    "https://cdn.discordapp.com:PORT/a",
    "http://cdn.discordapp.com/a",
    "ftp://cdn.discordapp.com/a",
    "file:///etc/passwd",
    "file://cdn.discordapp.com/a",
    "data:text/plain,x",
    "gopher://127.0.0.1:PORT/_x",
    "//cdn.discordapp.com/a",
    "cdn.discordapp.com/a",
    "",
    "/",
    "http:",
    "https:///cdn.discordapp.com/a",
    "https:cdn.discordapp.com/a",
    "https:\\\\cdn.discordapp.com/a",
    "https://CDN.discordapp.com/a",
    "https://cdn.discordapp.com./a",
    "https://cdn.discordapp.com",
    "https://ｃdn.discordapp.com/a",
    "https://cdn。discordapp。com/a",
    "https://cdn.disc\u{200b}ordapp.com/a",
    "https://cdn.discordapp\u{ad}.com/a",
    "https://cdn.dis\ncordapp.com/a",
    "\thttps://cdn.discordapp.com/a",
    "https://xcdn.discordapp.com/a",
    "https://cdn.discordapp.com.evil.example/a",
    "https://cdn-discordapp.com/a",
    "https://cdn.discordapp.co/a",
    "https://cdn.discord.com/a",
    "https://discordapp.com/a",
    "https://discord.com/api",
    "https://evil.example/cdn.discordapp.com/a",
    "https://cdn.discordapp.com%2f@127.0.0.1:PORT/a",
    "https://cdn.discordapp.com%00.evil.example/a",
    "https://cdn.discordapp.com;127.0.0.1:PORT/a",
    "https://[cdn.discordapp.com]/a",
    "https://сdn.discordapp.com/a",
];

/// Addresses of this machine, of private networks and of cloud machines' own data, in many spellings, and addresses
/// that only look like Discord's file servers.
fn hostile(port: u16, discord: &str) -> Vec<String> {
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.000.000.001",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
        "[::127.0.0.1]",
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "metadata.google.internal",
    ];
    let with_port = hosts.iter().flat_map(|host| {
        [
            format!("http://{host}:{port}/attachments/1/2/a"),
            format!("https://{host}:{port}/attachments/1/2/a"),
        ]
    });
    let disguised = DISGUISED
        .iter()
        .map(|address| address.replace("PORT", &port.to_string()));
    let near = [
        format!("{discord}@127.0.0.1:{port}/attachments/1/2/a"),
        format!("{discord}/../attachments@127.0.0.1:{port}/a"),
        format!("{discord}/api/v10/users/@me"),
        format!("{discord}/attachments/../api/v10/users/@me"),
        format!("{discord}/attachments/%2e%2e/gateway"),
        format!("{discord}{port}/attachments/1/2/a"),
        discord.replace("http://127.0.0.1", "http://127.0.0.2") + "/attachments/1/2/a",
        discord.replace("http://", "https://") + "/attachments/1/2/a",
    ];
    with_port.chain(disguised).chain(near).collect()
}

fn attachment(number: usize, address: &str) -> Value {
    json!({
        "id": (1_000 + number).to_string(), "filename": "a", "size": 10, "url": address, "proxy_url": address,
    })
}

#[tokio::test]
async fn files_come_from_nowhere_else() {
    let canary = Canary::listen().await;
    let discord = Loopback::builder().start().await.unwrap();
    let config = json!({ "discord": { "attachments": { "max_files": 30 } } });
    let home = Home::new();
    let bot = Bot::new(&discord)
        .config(&config)
        .home(&home)
        .start(&discord)
        .await;
    let here = discord.general();
    let addresses = hostile(canary.port, &discord.url());
    for address in &addresses {
        assert_eq!(FileServer::Discord.admits(address), None, "{address}");
    }
    for (turn, addresses) in addresses.chunks(30).enumerate() {
        let files: Vec<_> = addresses
            .iter()
            .enumerate()
            .map(|(n, address)| attachment(n, address))
            .collect();
        let text = format!("[[say answer {turn}]]");
        let more = json!({ "content": text, "attachments": files });
        let message = message_create(&discord, here, discord.owner(), &more);
        discord.gateway().dispatch("MESSAGE_CREATE", &message);
        let answered = discord.wait_until(DEADLINE, "an answer", |view| {
            let mut said = view.bot_messages(here).into_iter();
            said.any(|message| message.content == format!("answer {turn}"))
        });
        answered
            .await
            .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
    }
    let told = said(&discord, here);
    let left = told.iter().filter(|text| {
        text.starts_with("-# Not passed to Claude: `a` (not on Discord's file servers)")
    });
    assert_eq!(left.count(), addresses.len().div_ceil(30), "{told:#?}");
    // Those that are sent elsewhere by the file server itself.
    let redirects: Vec<_> = addresses
        .iter()
        .take(30)
        .map(|to| Upload::new("b", "x").redirects(to))
        .collect();
    let asked = discord.say_with_files(here, discord.owner(), "[[say done]]", &redirects);
    assert_eq!(bot.reply(&discord, asked).await.content, "done");
    let folder = home.path().join(format!("workspaces/{here}/attachments"));
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
    bot.stop().await;
    assert_eq!(canary.connects(), 0);
    // It does count.
    drop(
        tokio::net::TcpStream::connect(("127.0.0.1", canary.port))
            .await
            .unwrap(),
    );
    crate::support::eventually("the canary to count", || {
        (canary.connects() == 1).then_some(())
    })
    .await;
    figure(
        "Files are fetched from Discord's file servers alone",
        &format!(
            "{} hostile addresses, {} redirects",
            addresses.len(),
            redirects.len()
        ),
        "0 connects to where they lead, 0 files",
    );
}
