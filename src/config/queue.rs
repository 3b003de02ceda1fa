//! What happens to a message that arrives while Claude works.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a message does that arrives while Claude works on another one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum QueueMode {
    /// It waits for its turn.
    #[default]
    Queue,
    /// It waits, and is answered together with what waits as well.
    Collect,
    /// Claude goes on with it: what Claude writes is cut, a running tool finishes first.
    Steer,
    /// It stops the running turn and is next.
    Interrupt,
}

impl QueueMode {
    /// The modes by name.
    pub const NAMED: [(&'static str, Self); 4] = [
        ("queue", Self::Queue),
        ("collect", Self::Collect),
        ("steer", Self::Steer),
        ("interrupt", Self::Interrupt),
    ];

    /// The mode's name.
    pub fn name(self) -> &'static str {
        let named = Self::NAMED.into_iter().find(|(_, mode)| *mode == self);
        named.map_or("", |(name, _)| name)
    }
}

/// What happens to messages that arrive while Claude works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QueueSettings {
    /// What a message does that arrives while Claude works: `queue` lets it wait for its turn; `collect` lets it wait and has Claude answer all that waits in one turn; `steer` has Claude go on with it: what Claude writes is cut, a running tool finishes first; `interrupt` stops the running turn for it. `!queue mode` changes it for a channel.
    #[schemars(with = "QueueMode")]
    pub mode: QueueMode,
    /// A message that begins with this steers, whatever the mode. Empty: none does.
    #[schemars(length(max = 10))]
    pub steer_prefix: String,
    /// A message that begins with this interrupts, whatever the mode. Empty: none does.
    #[schemars(length(max = 10))]
    pub interrupt_prefix: String,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            mode: QueueMode::Queue,
            steer_prefix: "!!".into(),
            interrupt_prefix: "!!!".into(),
        }
    }
}

impl QueueSettings {
    /// What a text asks for by its prefix, and the text without it. The longer prefix counts if both fit.
    pub fn split<'a>(&self, text: &'a str) -> Option<(QueueMode, &'a str)> {
        let prefixes = [
            (QueueMode::Interrupt, &self.interrupt_prefix),
            (QueueMode::Steer, &self.steer_prefix),
        ];
        let rest_of = |(mode, prefix): (QueueMode, &String)| {
            let rest = text.strip_prefix(prefix.as_str())?;
            (!prefix.is_empty()).then(|| (mode, rest.trim_start()))
        };
        let found = prefixes.into_iter().filter_map(rest_of);
        found.min_by_key(|(_, rest)| rest.len())
    }
}

#[cfg(test)]
mod tests;
