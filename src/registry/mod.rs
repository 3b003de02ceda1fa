//! Which channel has which session: `sessions/active.json`.
//!
//! Pure: [`record`] is a channel's record, `parse` reads one, [`state`] is the part that only the bot needs, [`dedup`]
//! tracks single messages, [`document`] is the whole file, `salvage` reads records from a damaged file, and
//! `ledger_replay` counts turns that only the ledger has. [`settings`] is what holds in a channel's threads too.
//!
//! I/O: [`mod@load`] reads the file and reports each [`issue`], `quarantine` copies damaged files, [`writer`] is the only
//! writer, and [`Lock`] keeps other bots out. Each record is owned by its channel's actor, which sends it to the writer.

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
pub mod settings;
pub mod state;
#[cfg(test)]
mod tests;
pub mod writer;

pub use document::Document;
pub use issue::LoadIssue;
pub use load::{Inspection, LoadError, Loaded, inspect, load, read};
pub use lock::{Lock, LockError};
pub use record::Record;
pub use writer::{Delay, Registry, SaveError, open};
