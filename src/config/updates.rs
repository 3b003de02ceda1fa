//! Where the newest release is announced.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where `doctor` asks for a newer release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Updates {
    /// Address of a JSON object with `version`, or of a release in GitHub's API. Only `switchboard doctor` asks there. Empty: nobody is asked.
    #[schemars(extend("format" = "release-address"))]
    pub url: String,
}
