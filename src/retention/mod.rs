//! What is deleted when it has not been used for long: transcripts, attachments and recordings.
//!
//! `plan` is pure. `sweep` lists and removes files, beneath folders that it holds open.

mod plan;
mod sweep;

pub(crate) use plan::{InUse, last_used};
pub(crate) use sweep::{Places, sweep};
