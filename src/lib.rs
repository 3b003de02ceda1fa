//! Switchboard: talk to Claude from Discord.
//!
//! Every Discord channel is patched through to a `claude` CLI session of its own. Data goes one way: gateway,
//! access, inbox, wrapper, child's stdin; child's stdout, protocol, turn, reply, outbox; then ledger and registry.
//! `ARCHITECTURE.md` is the map.

pub mod app;
pub mod channel;
pub mod claude;
pub mod cli;
pub mod config;
pub mod discord;
pub mod external;
pub mod files;
pub mod ledger;
pub mod persona;
pub mod registry;
pub mod snowflake;
