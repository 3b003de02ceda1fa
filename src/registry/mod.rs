//! Which channel has which session: `sessions/active.json`.
//!
//! [`record`] is one channel's record and its transitions, [`document`] the whole file as a value; both are pure.
//! `catch_up` counts turns that a killed bot left in the ledger alone. [`store`] loads, locks and is the one writer. A channel's actor owns its record and hands over what is to be
//! on disk; nobody else changes it while a bot holds the lock.

mod catch_up;
pub mod document;
mod lock;
pub mod record;
pub mod store;

pub use document::Document;
pub use lock::{Lock, LockError};
pub use record::Record;
pub use store::{LoadError, Loaded, Registry, SaveError, load, open, read};
