//! `switchboard demo`.
