//! What the conversation in a thread begins with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a thread's session begins with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Threads {
    /// Nothing.
    #[default]
    Fresh,
    /// The session of its channel, as far as it has come.
    Fork,
}
