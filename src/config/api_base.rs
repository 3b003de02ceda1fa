//! The address of a loopback Discord.

use std::{fmt, net::SocketAddr, str::FromStr};

use thiserror::Error;

/// The base address of a Discord that runs on this machine, such as `http://127.0.0.1:8080`.
///
/// It is always plain HTTP to a loopback address with a port, so that the bot token cannot be sent anywhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiBase(String);

/// What an address must be to pass for one of a loopback Discord.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a loopback address with a port and nothing after it, such as \"http://127.0.0.1:8080\"")]
pub struct NotLoopback;

impl ApiBase {
    /// The address, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApiBase {
    type Err = NotLoopback;

    /// Takes `http://` with 127.0.0.0/8, `[::1]` or `localhost`, a port other than 0, and at most one slash.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let authority = text.strip_prefix("http://").ok_or(NotLoopback)?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        if let Some(port) = authority.strip_prefix("localhost:") {
            let digits = port.bytes().all(|byte| byte.is_ascii_digit());
            let port = port
                .parse::<u16>()
                .ok()
                .filter(|&port| digits && port != 0)
                .ok_or(NotLoopback)?;
            return Ok(Self(format!("http://localhost:{port}")));
        }
        let address: SocketAddr = authority.parse().map_err(|_| NotLoopback)?;
        if !address.ip().is_loopback() || address.port() == 0 {
            return Err(NotLoopback);
        }
        // Written anew, so that nothing but the two parts (no IPv6 scope, say) is handed on.
        Ok(Self(format!(
            "http://{}",
            SocketAddr::new(address.ip(), address.port())
        )))
    }
}

impl fmt::Display for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_addresses_are_taken() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(text.parse::<ApiBase>().unwrap().as_str(), expected);
        }
        check("http://127.0.0.1:8080", "http://127.0.0.1:8080");
        check("http://127.8.9.10:1/", "http://127.8.9.10:1");
        check("http://[::1]:65535", "http://[::1]:65535");
        check("http://[::1%3]:80", "http://[::1]:80");
        check("http://localhost:8080", "http://localhost:8080");
    }

    #[test]
    fn everything_else_is_refused() {
        #[track_caller]
        fn check(text: &str) {
            assert_eq!(text.parse::<ApiBase>(), Err(NotLoopback), "{text}");
        }
        check("");
        check("127.0.0.1:8080");
        check("https://127.0.0.1:8080");
        check("http://127.0.0.1");
        check("http://127.0.0.1:0");
        check("http://127.0.0.1:99999");
        check("http://127.1:8080");
        check("http://127.0.0.1:8080/api");
        check("http://127.0.0.1:8080//");
        check("http://127.0.0.1:8080?x");
        check("http://127.0.0.1:8080#x");
        check("http://127.0.0.1:8080@evil.example");
        check("http://user@127.0.0.1:8080");
        check("http://localhost:+80");
        check("http://localhost:80:80");
        check("http://localhost.evil.example:80");
        check("http://10.0.0.1:8080");
        check("http://[::2]:8080");
        check("http://[::ffff:127.0.0.1]:8080");
        check("http://0.0.0.0:8080");
        check("https://discord.com");
    }
}
