//! The address of a loopback Discord.

use std::{net::SocketAddr, num::NonZeroU16, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use thiserror::Error;

/// The base address of a Discord on this machine, such as `http://127.0.0.1:8080`. Never another machine, which would get
/// the bot token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiBase(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a loopback address with a port")]
pub struct NotLoopback;

impl ApiBase {
    /// The address, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApiBase {
    type Err = NotLoopback;

    /// Accepts `http://` with 127.0.0.0/8, `[::1]` or `localhost`, a port other than 0, and an optional trailing slash.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let authority = text.strip_prefix("http://").ok_or(NotLoopback)?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        if let Some(port) = authority.strip_prefix("localhost:") {
            let number = port.parse::<NonZeroU16>().ok();
            let port = number
                .filter(|_| !port.starts_with('+'))
                .ok_or(NotLoopback)?;
            return Ok(Self(format!("http://localhost:{port}")));
        }
        let address: SocketAddr = authority.parse().map_err(|_| NotLoopback)?;
        if !address.ip().is_loopback() || address.port() == 0 {
            return Err(NotLoopback);
        }
        // Drops the scope of an IPv6 address.
        let address = SocketAddr::new(address.ip(), address.port());
        Ok(Self(format!("http://{address}")))
    }
}

impl<'de> Deserialize<'de> for ApiBase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
