//! The servers that files are fetched from.

use reqwest::Url;

use crate::config::ApiBase;

/// Discord's file servers (Discord developer docs, "CDN formatting" and "Signed attachment CDN URLs").
const SERVERS: [&str; 2] = ["cdn.discordapp.com", "media.discordapp.net"];

/// A server that files are fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileServer {
    /// Discord's file servers.
    Discord,
    /// A loopback Discord, and no other server.
    Loopback(ApiBase),
}

impl FileServer {
    /// Parses a URL if it points to this server. The text must start with the server's exact name, and the parsed URL
    /// must name the same server, without a port or credentials.
    pub fn admits(&self, address: &str) -> Option<Url> {
        match self {
            Self::Discord => SERVERS.iter().find_map(|server| {
                let rest = address.strip_prefix("https://")?.strip_prefix(server)?;
                let url = Url::parse(address).ok()?;
                let is_plain =
                    url.port().is_none() && url.username().is_empty() && url.password().is_none();
                let is_there = url.scheme() == "https" && url.host_str() == Some(server);
                (rest.starts_with('/') && is_plain && is_there).then_some(url)
            }),
            Self::Loopback(base) => {
                let rest = address.strip_prefix(base.as_str())?;
                let url = Url::parse(address).ok()?;
                let home = Url::parse(base.as_str()).ok()?;
                let is_file = url.path().starts_with("/attachments/");
                (rest.starts_with("/attachments/") && is_file && url.origin() == home.origin())
                    .then_some(url)
            }
        }
    }
}

#[cfg(test)]
mod tests;
