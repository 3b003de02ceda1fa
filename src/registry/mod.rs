//! Which channel has which session: `sessions/active.json`.
//!
//! [`record`] is one channel's record and its transitions, [`dedup`] those that are about single messages, [`document`]
//! the whole file as a value, `salvage` what can be read of a spoilt one; all are pure. `catch_up` counts turns that a
//! killed bot left in the ledger alone. [`mod@load`] reads the file and says what [`trouble`] it met, `aside` keeps what
//! is broken, [`writer`] is the only one to write the file, and a [`Lock`] keeps a second bot away. A channel's actor
//! owns its record and hands over what is to be on disk; nobody else changes it while a bot holds the lock.

mod aside;
mod catch_up;
pub mod dedup;
pub mod document;
pub mod load;
mod lock;
mod parse;
pub mod record;
mod salvage;
pub mod state;
#[cfg(test)]
mod tests;
pub mod trouble;
pub mod writer;

pub use document::Document;
pub use load::{Inspection, LoadError, Loaded, inspect, load, read};
pub use lock::{Lock, LockError};
pub use record::Record;
pub use trouble::Trouble;
pub use writer::{Registry, SaveError, open};
