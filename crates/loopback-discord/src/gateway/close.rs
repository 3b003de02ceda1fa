//! Close codes of the gateway (Discord developer docs, "Gateway close event codes").

/// Why the gateway closes a socket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Close {
    /// The close code.
    pub code: u16,
    /// The reason in the close frame.
    pub reason: String,
}

impl Close {
    /// A close with this code and Discord's reason for it.
    #[must_use]
    pub fn code(code: u16) -> Self {
        let reason = match code {
            1001 => "Going away.",
            4000 => "Unknown error.",
            4001 => "Unknown opcode.",
            4002 => "Error while decoding payload.",
            4003 => "Not authenticated.",
            4004 => "Authentication failed.",
            4005 => "Already authenticated.",
            4007 => "Invalid seq.",
            4008 => "You are being rate limited.",
            4009 => "Session timed out.",
            4010 => "Invalid shard.",
            4011 => "Sharding required.",
            4013 => "Invalid intent(s).",
            4014 => "Disallowed intent(s).",
            _ => "",
        };
        Self {
            code,
            reason: reason.to_owned(),
        }
    }
}
