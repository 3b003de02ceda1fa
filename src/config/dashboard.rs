//! The part of the configuration about the dashboard.

use std::{collections::BTreeSet, net::SocketAddr, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::encoding::each;

/// The dashboard: a page that shows what the bot does and costs, and its metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dashboard {
    /// IP address and port that it listens on, such as `"127.0.0.1:8090"`. `run --dashboard` takes precedence. Default: there is no dashboard.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "socket-address"))]
    pub address: Option<SocketAddr>,
    /// Names by which browsers reach it, for example that of a reverse proxy, without a port. An address of a loopback interface and `localhost` always work.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(with = "BTreeSet<String>", transform = each("host-name"))]
    pub hosts: BTreeSet<String>,
    /// File that holds a password of at least 12 characters, with which people can log in too. Needed for an address that is not a loopback address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "path"))]
    pub password_file: Option<PathBuf>,
    /// Whether it shows what people and Claude write, and what tools are called with.
    pub show_text: bool,
    /// Whether open approvals can be decided there, with the admin token, and their texts are shown. Only where the sandbox keeps that token from Claude.
    pub admin: bool,
}

impl Dashboard {
    /// Why it must not listen on its address, if so.
    pub fn problem(&self) -> Option<String> {
        let address = self.address.filter(|address| !address.ip().is_loopback())?;
        self.password_file.is_none().then(|| {
            format!(
                "{address} can be reached from other machines: set `dashboard.password_file`, or listen on 127.0.0.1"
            )
        })
    }
}
