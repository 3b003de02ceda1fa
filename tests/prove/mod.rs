//! Every promise of `docs/trust.md`, tried.
//!
//! A proof is a test that runs at two scales: a short one, which is part of all tests, and the long one that
//! `cargo xtask prove` asks for and whose figures stand in `docs/trust.md`. It asserts what it promises at either
//! scale; what it counted on the way it hands to [`figure`].

mod figure;
mod recovery;

pub(crate) use figure::{figure, scaled};
