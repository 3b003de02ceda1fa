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
mod tests;
