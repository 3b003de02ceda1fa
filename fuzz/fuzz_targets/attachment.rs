//! Attachments: only URLs of Discord's file servers are accepted, and every file name is safe and parsed back.

#![no_main]

use std::{net::IpAddr, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use switchboard::{
    attachments::{FileServer, fuzzing, is_public},
    snowflake::MessageId,
};

static LOOPBACK: LazyLock<FileServer> = LazyLock::new(|| {
    let base = "http://127.0.0.1:8080".parse();
    FileServer::Loopback(base.expect("a sound address"))
});

/// The host of a URL as a naive reader finds it.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest)
}

fuzz_target!(|input: &str| {
    for start in ["", "https://cdn.discordapp.com", "https://media.discordapp.net/", "http://127.0.0.1:8080/attachments/"] {
        let address = format!("{start}{input}");
        if let Some(url) = FileServer::Discord.admits(&address) {
            let servers = ["cdn.discordapp.com", "media.discordapp.net"];
            assert_eq!(url.scheme(), "https", "{address}");
            assert!(servers.contains(&host(&address)), "{address}");
            assert_eq!(url.host_str(), Some(host(&address)), "{address}");
            assert_eq!(url.port_or_known_default(), Some(443), "{address}");
            assert!(url.username().is_empty() && url.password().is_none(), "{address}");
        }
        if let Some(url) = LOOPBACK.admits(&address) {
            assert_eq!(host(&address), "127.0.0.1:8080", "{address}");
            assert_eq!((url.host_str(), url.port()), (Some("127.0.0.1"), Some(8080)), "{address}");
            assert!(url.path().starts_with("/attachments/"), "{address}");
        }
    }
    let name = fuzzing::file_name(MessageId(u64::MAX), 30, input);
    assert!(name.len() <= 100, "{name}");
    assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)), "{name}");
    assert_eq!(fuzzing::parse(&name), Some((u64::MAX, 30)), "{name}");
    if let Some((message, number)) = fuzzing::parse(input) {
        assert!(input.contains(&message.to_string()) && input.contains(&number.to_string()));
    }
    if let Ok(ip) = input.parse::<IpAddr>() && is_public(ip) {
        assert!(!ip.is_loopback() && !ip.is_unspecified() && !ip.is_multicast(), "{ip}");
        if let IpAddr::V4(ip) = ip.to_canonical() {
            assert!(!ip.is_private() && !ip.is_link_local() && !ip.is_broadcast(), "{ip}");
        }
    }
});
