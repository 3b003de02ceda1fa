//! Where admins are told that something is wrong.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the owner and the admins are told, once, that something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NotifyAdmins {
    /// In direct messages.
    Dm,
    /// In the channel that it concerns, and otherwise in direct messages.
    Channel,
    /// Nowhere.
    Off,
}
