//! Which channel has which session: `sessions/active.json`.
//!
//! [`record`] is one channel's record and its transitions, [`document`] the whole file as a value; both are pure.
//! `catch_up` counts turns that a killed bot left in the ledger alone. [`mod@load`] reads the file, [`writer`] is the only one to write it, and a
//! [`Lock`] keeps a second bot away. A channel's actor owns its record and hands over what is to be
//! on disk; nobody else changes it while a bot holds the lock.

mod catch_up;
pub mod document;
pub mod load;
mod lock;
pub mod record;
#[cfg(test)]
mod tests;
pub mod writer;

pub use document::Document;
pub use load::{LoadError, Loaded, load, read};
pub use lock::{Lock, LockError};
pub use record::Record;
pub use writer::{Registry, SaveError, open};
