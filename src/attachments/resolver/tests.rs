use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering},
};

use super::*;

#[test]
fn public_addresses_are_accepted() {
    for ip in [
        "162.159.130.233",
        "8.8.8.8",
        "172.32.0.1",
        "2606:4700::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ] {
        assert!(is_public(ip.parse().unwrap()), "{ip}");
    }
}

#[test]
fn special_purpose_addresses_are_rejected() {
    for ip in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "4000::1",
    ] {
        assert!(!is_public(ip.parse().unwrap()), "{ip}");
    }
}

/// The port of a local listener, which the test's lookup returns.
static PORT: AtomicU16 = AtomicU16::new(0);

fn rebound(_: String) -> Resolution {
    let port = PORT.load(Ordering::Relaxed);
    Box::pin(async move {
        Ok(vec![
            ([127, 0, 0, 1], port).into(),
            ([10, 0, 0, 1], port).into(),
        ])
    })
}

struct Unguarded;

impl Resolve for Unguarded {
    fn resolve(&self, name: Name) -> Resolving {
        let found = rebound(name.as_str().to_owned());
        Box::pin(async move { Ok(Box::new(found.await?.into_iter()) as reqwest::dns::Addrs) })
    }
}

// Also shows that the connection would be made without the resolver.
#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_not_connected_to() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    PORT.store(listener.local_addr().unwrap().port(), Ordering::Relaxed);
    let connects = Arc::new(AtomicU16::new(0));
    let counted = Arc::clone(&connects);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let ask = async |client: reqwest::ClientBuilder| {
        let client = client.no_proxy().build().unwrap();
        client
            .get("https://cdn.discordapp.com/x")
            .send()
            .await
            .unwrap_err()
    };
    let guarded =
        reqwest::Client::builder().dns_resolver(Arc::new(PublicResolver { lookup: rebound }));
    let error = ask(guarded).await;
    assert!(
        format!("{error:?}").contains("no public address"),
        "{error:?}"
    );
    assert_eq!(connects.load(Ordering::Relaxed), 0);
    ask(reqwest::Client::builder().dns_resolver(Arc::new(Unguarded))).await;
    assert!(connects.load(Ordering::Relaxed) > 0);
}
