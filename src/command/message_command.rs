//! The commands in the context menu of a message.

/// What somebody asks for about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageCommand {
    /// A question about it.
    Ask,
    /// A thread that goes on from it.
    Branch,
}

impl MessageCommand {
    /// All, by their names in the menu: at most 32 characters.
    pub const NAMED: [(&'static str, Self); 2] = [
        ("Ask Claude about this", Self::Ask),
        ("Branch from here", Self::Branch),
    ];

    /// The command of this name.
    pub fn of(name: &str) -> Option<Self> {
        let mut named = Self::NAMED.into_iter();
        named.find(|(known, _)| *known == name).map(|it| it.1)
    }
}
