//! Names are looked up, and only public addresses are connected to.
//!
//! Whoever answers a look-up could name a machine of the owner's own network in place of Discord's. The very
//! addresses that are checked here are those that are connected to, so no second look-up can differ.

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
};

use reqwest::dns::{Name, Resolve, Resolving};

/// `64:ff9b::/96`: the last four bytes are the IPv4 address that is meant (RFC 6052).
const NAT64: [u8; 12] = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

/// What answers a look-up.
type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// A resolver that gives public addresses only.
pub(super) struct PublicOnly {
    look_up: fn(String) -> Answer,
}

impl PublicOnly {
    /// Asks the system.
    pub(super) fn system() -> Self {
        Self {
            look_up: |name| {
                Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
            },
        }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.look_up)(name.as_str().to_owned());
        Box::pin(async move {
            let mut addresses = found.await?;
            addresses.retain(|address| is_public(address.ip()));
            if addresses.is_empty() {
                return Err(io::Error::other("the name has no public address").into());
            }
            Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// Whether an address is one of the public Internet: not this machine, nor a private network, nor reserved (IANA's
/// registries of special-purpose addresses). An IPv4 address inside an IPv6 one counts as what it is.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [first, second, third, _] = ip.octets();
    let is_special = match first {
        0 | 10 | 127 | 224..=255 => true,
        100 => (64..=127).contains(&second),
        169 => second == 254,
        172 => (16..=31).contains(&second),
        192 => matches!((second, third), (0, 0 | 2) | (88, 99) | (168, _)),
        198 => matches!((second, third), (18..=19, _) | (51, 100)),
        203 => (second, third) == (0, 113),
        _ => false,
    };
    !is_special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(inner) = ip.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    if let Some(inner) = ip.octets().strip_prefix(&NAT64)
        && let Ok(inner) = <[u8; 4]>::try_from(inner)
    {
        return is_public_v4(inner.into());
    }
    let [first, second, ..] = ip.segments();
    // 2000::/3 is all that is given out; in it, 2001::/23 and 2002::/16 carry other protocols, 2001:db8::/32 and
    // 3fff::/20 are for documents.
    match first {
        0x2001 => second >= 0x200 && second != 0xdb8,
        0x2002 => false,
        0x3fff => second >= 0x1000,
        first => (0x2000..0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    };

    use super::*;

    #[test]
    fn public_addresses() {
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
    fn addresses_that_are_not() {
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

    /// A machine of this network that counts who connects; its port is where the look-up of the test points.
    static PORT: AtomicU16 = AtomicU16::new(0);

    fn rebound(_: String) -> Answer {
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

    /// The resolver is what keeps the connection from being made: without it there is one.
    #[tokio::test]
    async fn a_name_that_points_into_this_network_is_not_connected_to() {
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
            reqwest::Client::builder().dns_resolver(Arc::new(PublicOnly { look_up: rebound }));
        let error = ask(guarded).await;
        assert!(
            format!("{error:?}").contains("no public address"),
            "{error:?}"
        );
        assert_eq!(connects.load(Ordering::Relaxed), 0);
        ask(reqwest::Client::builder().dns_resolver(Arc::new(Unguarded))).await;
        assert!(connects.load(Ordering::Relaxed) > 0);
    }
}
