//! How far the bot has gone in shutting down.

/// The stages of the bot's shutdown, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShutdownStage {
    Running,
    /// Running turns may end; no new ones begin.
    Drain,
    /// Running turns are interrupted, and processes may exit.
    Interrupt,
    /// Processes are killed.
    Kill,
}
