//! Which requests are taken at all. Pure.
//!
//! A page of somebody else may make a browser on this machine send requests here, under a name that leads here as well (DNS
//! rebinding) or under this machine's own. The browser says so in `Host`, `Origin` and `Sec-Fetch-Site`.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv6Addr},
};

use hyper::{
    HeaderMap, Method, StatusCode, Uri,
    header::{self, AsHeaderName},
    http::uri::Authority,
};

/// Which names lead here.
#[derive(Debug)]
pub(super) struct Names {
    /// Whether only this machine can connect.
    pub(super) is_loopback: bool,
    /// Those of the configuration.
    pub(super) hosts: BTreeSet<String>,
}

impl Names {
    /// Whether a request is taken; else the status that it gets.
    pub(super) fn admit(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<(), StatusCode> {
        let host = only(headers, header::HOST)?.ok_or(StatusCode::BAD_REQUEST)?;
        let authority = uri.authority().map(Authority::as_str);
        if !self.is_own(name_of(host)) || authority.is_some_and(|named| named != host) {
            return Err(StatusCode::MISDIRECTED_REQUEST);
        }
        if let Some(origin) = only(headers, header::ORIGIN)? {
            let of = origin.strip_prefix("http://");
            let of = of.or_else(|| origin.strip_prefix("https://"));
            if of != Some(host) {
                return Err(StatusCode::FORBIDDEN);
            }
        }
        let site = only(headers, "sec-fetch-site")?.unwrap_or("none");
        // Somebody may follow a link to the page. Without the cookie, which no other site sends, it asks for the token.
        let is_link =
            *method == Method::GET && only(headers, "sec-fetch-mode")? == Some("navigate");
        if !matches!(site, "same-origin" | "none") && !is_link {
            return Err(StatusCode::FORBIDDEN);
        }
        Ok(())
    }

    fn is_own(&self, name: &str) -> bool {
        let address = match name.strip_prefix('[') {
            Some(rest) => {
                let address = rest.strip_suffix(']').unwrap_or_default();
                address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
            }
            None => name.parse().ok(),
        };
        match address {
            // Nobody can make an address lead elsewhere.
            Some(address) => address.is_loopback() || !self.is_loopback,
            None => name == "localhost" || self.hosts.contains(name),
        }
    }
}

/// The name in a `Host`, without the port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The value of a header that comes once at most.
fn only(headers: &HeaderMap, name: impl AsHeaderName) -> Result<Option<&str>, StatusCode> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().map(|value| value.to_str());
    match (first.transpose(), values.next()) {
        (Ok(value), None) => Ok(value),
        _ => Err(StatusCode::BAD_REQUEST),
    }
}

#[cfg(test)]
mod tests;
