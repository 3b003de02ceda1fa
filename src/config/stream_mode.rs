//! How an answer comes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How an answer is posted while Claude writes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StreamMode {
    /// It grows by edits.
    #[default]
    Edit,
    /// Each of its texts is posted once it is finished.
    Block,
    /// Only its last text is posted, and nothing of what comes before tools.
    Final,
}

impl StreamMode {
    /// The modes by name.
    pub const NAMED: [(&'static str, Self); 3] = [
        ("edit", Self::Edit),
        ("block", Self::Block),
        ("final", Self::Final),
    ];

    /// The mode's name.
    pub fn name(self) -> &'static str {
        let named = Self::NAMED.into_iter().find(|(_, mode)| *mode == self);
        named.map_or("", |(name, _)| name)
    }
}
