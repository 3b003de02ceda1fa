//! The servers that files are fetched from.

use reqwest::Url;

use crate::config::ApiBase;

/// Discord's file servers (Discord developer docs, "CDN formatting" and "Signed attachment CDN URLs").
const SERVERS: [&str; 2] = ["cdn.discordapp.com", "media.discordapp.net"];

/// A server that files are fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Discord's file servers.
    Discord,
    /// A loopback Discord, and no other server.
    Loopback(ApiBase),
}

impl Source {
    /// Parses a URL if it points to this server. The text must start with the server's exact name, and the parsed URL
    /// must name the same server, without a port or credentials.
    #[must_use]
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
mod tests {
    use super::*;

    #[test]
    fn discords_file_servers_are_accepted() {
        for address in [
            "https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=2&hm=3&",
            "https://media.discordapp.net/ephemeral-attachments/1/2/a b.png",
            "https://cdn.discordapp.com/",
        ] {
            assert!(Source::Discord.admits(address).is_some(), "{address}");
        }
    }

    #[test]
    fn a_loopback_discord_serves_only_its_own_files() {
        let source = Source::Loopback("http://127.0.0.1:8080".parse().unwrap());
        assert!(
            source
                .admits("http://127.0.0.1:8080/attachments/1/2/a")
                .is_some()
        );
        for address in [
            "http://127.0.0.1:8081/attachments/1/2/a",
            "http://127.0.0.1:80801/attachments/1/2/a",
            "http://127.0.0.1:8080/attachments/../api/v10/users/@me",
            "http://127.0.0.1:8080/attachments/%2e%2e/api/v10/users/@me",
            "http://127.0.0.1:8080/api/v10/users/@me",
            "http://127.0.0.1:8080@evil.example/attachments/1",
            "http://127.0.0.1:8080",
            "https://cdn.discordapp.com/attachments/1/2/a",
        ] {
            assert_eq!(source.admits(address), None, "{address}");
        }
    }
}
