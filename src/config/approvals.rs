//! Who decides about tool calls that no allow rule permits.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::encoding::each;
use crate::snowflake::{RoleId, UserId};

/// What happens to a tool call that no allow rule permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Approvals {
    /// It is denied.
    Off,
    /// The channel is asked.
    On,
}

/// Where people are asked about a tool call that no allow rule permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalsTo {
    /// In the channel.
    Channel,
    /// In direct messages to the approvers whom the configuration names. The channel reads only that they are asked.
    Dm,
    /// In both.
    Both,
}

/// Who decides about tool calls. The owner always may; if both lists are empty, the admins may as well.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Approvers {
    /// IDs of people who decide about such calls. The owner always may, and the admins may if neither list names anybody.
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake"))]
    pub users: BTreeSet<UserId>,
    /// IDs of roles whose members decide about such calls, in guilds.
    #[schemars(with = "BTreeSet<String>", transform = each("snowflake"))]
    pub roles: BTreeSet<RoleId>,
}

impl Approvers {
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.roles.is_empty()
    }
}
