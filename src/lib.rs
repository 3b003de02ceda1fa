//! Switchboard: talk to Claude from Discord.
//!
//! A message comes in through [`discord`], waits in its [`channel`], and goes to a process of [`claude`]. The answer goes
//! back the same way, and its cost into [`ledger`] and [`registry`]. `ARCHITECTURE.md` has a map of the code.

#![expect(
    missing_docs,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "only this package's binary, tests and fuzz targets use the library"
)]

pub mod access;
pub mod allow_rules;
mod app;
pub mod attachments;
mod backoff;
mod backup;
pub mod channel;
pub mod chat;
pub mod cli;
pub mod command;
pub mod config;
mod control;
mod dashboard;
pub mod discord;
pub mod external;
pub mod files;
mod host_tools;
pub mod ledger;
pub mod limits;
pub mod money;
pub mod persona;
mod raw_object;
mod recorder;
pub mod redact;
pub mod registry;
pub mod replay;
mod retention;
pub mod sandbox;
pub mod snowflake;
mod tls;

pub use claude_session as claude;
