//! Where the newest release is announced.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where `doctor` asks for a newer release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Updates {
    /// Where `switchboard doctor` asks for a newer release: an address with `https://` whose answer is a JSON object with `version`, or a release in GitHub's API. If it is empty, nobody is asked. The bot itself never asks.
    #[schemars(extend("format" = "release-address"))]
    pub url: String,
}
