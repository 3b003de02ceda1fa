//! How long sessions are kept.

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long sessions are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// What has not been used for this many days is deleted: transcripts, attachments, recordings, and records of channels that Discord has no longer. The CLI's own clean-up is set to the same. Default: nothing is deleted, but the CLI deletes transcripts after about 30 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 36_500))]
    pub keep_days: Option<u32>,
}

impl Sessions {
    /// What was used last before this time is not kept. `None` if everything is.
    pub fn kept_since(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some(now - TimeDelta::days(self.keep_days?.into()))
    }
}
