//! What may go wrong with a configuration.

use std::fmt;

/// What a rule or an argument makes possible, most severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// Run any program as the bot's account.
    Execute,
    /// Write files outside the workspace.
    Write,
    /// Read files outside the workspace.
    Read,
    /// Send what Claude has read to another machine.
    Exfiltrate,
    /// Show part of the configuration to other accounts on this machine.
    Disclose,
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Execute => "can run any program",
            Self::Write => "can write outside the workspace",
            Self::Read => "can read outside the workspace",
            Self::Exfiltrate => "can send out what Claude has read",
            Self::Disclose => "can be read by every account on this machine",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Risk {
    pub capability: Capability,
    /// How the capability is gained, for the owner.
    pub reason: &'static str,
}
