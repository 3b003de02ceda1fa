//! Every promise of `docs/trust.md`, tried.
//!
//! A proof is a test that runs at two scales: a short one, which is part of all tests, and the long one that
//! `cargo xtask prove` asks for and whose figures stand in `docs/trust.md`. It asserts what it promises at either
//! scale; what it counted on the way it hands to [`figure`].

mod chat;
mod children;
mod clock;
mod figure;
mod gateway_identify;
mod gateway_soak;
mod recovery;
mod redaction;
mod registry;
mod secrets;
mod sending;

pub(crate) use figure::{figure, scaled};
