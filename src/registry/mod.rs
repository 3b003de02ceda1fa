//! Which channel has which session: `sessions/active.json`.
//!
//! Pure: [`record`] is one channel's record and the changes to it, `parse` reads one (from its `entries`), [`state`] is the part that only
//! the bot needs, [`dedup`] tracks single messages, [`document`] is the whole file as a value, `salvage` reads records
//! from a damaged file, and `ledger_replay` counts turns that are only in the ledger.
//!
//! I/O: [`mod@load`] reads the file and reports each [`issue`], `quarantine` copies damaged files, [`writer`] is the
//! only writer of the file, and a [`Lock`] keeps a second bot away. A channel's actor owns its record and sends it to the
//! writer; while a bot holds the lock, nothing else changes it.

pub mod dedup;
pub mod document;
pub mod issue;
mod ledger_replay;
pub mod load;
mod lock;
mod parse;
mod quarantine;
pub mod record;
mod salvage;
pub mod state;
#[cfg(test)]
mod tests;
pub mod writer;

pub use document::Document;
pub use issue::LoadIssue;
pub use load::{Inspection, LoadError, Loaded, inspect, load, read};
pub use lock::{Lock, LockError};
pub use record::Record;
pub use writer::{Registry, SaveError, open};
