//! Resolves host names to public addresses only.
//!
//! A DNS answer could point to a machine in the owner's network. The addresses that are checked here are the ones that
//! are connected to, so a second lookup cannot differ (DNS rebinding).

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
};

use reqwest::dns::{Name, Resolve, Resolving};

/// `64:ff9b::/96`, whose last four bytes are an IPv4 address (RFC 6052).
const NAT64: [u8; 12] = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

type Resolution = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

pub(super) struct PublicResolver {
    lookup: fn(String) -> Resolution,
}

impl PublicResolver {
    /// Uses the system's resolver.
    pub(super) fn system() -> Self {
        Self {
            lookup: |name| {
                Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
            },
        }
    }
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.lookup)(name.as_str().to_owned());
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

/// Whether an address belongs to the public Internet, by IANA's registries of special-purpose addresses. An IPv4 address
/// embedded in an IPv6 one is checked as IPv4.
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
    // Only 2000::/3 is allocated. Within it, 2001::/23 and 2002::/16 are for other protocols, 2001:db8::/32 and
    // 3fff::/20 for documentation.
    match first {
        0x2001 => second >= 0x200 && second != 0xdb8,
        0x2002 => false,
        0x3fff => second >= 0x1000,
        first => (0x2000..0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests;
