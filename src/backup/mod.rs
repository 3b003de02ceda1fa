//! Backups: an archive with the sessions, their transcripts and workspaces, and the configuration without secrets.
//!
//! A `tar` file, compressed with gzip. Transcripts are filed by the workspace of their session, not by its path, so that
//! they can go where the CLI looks for them on another machine.

mod contents;
mod read;
mod write;

pub(crate) use contents::Workspaces;
pub(crate) use read::{Restored, Target, restore, unpack_config};
pub(crate) use write::{Source, Written, write};

#[cfg(test)]
mod tests;
