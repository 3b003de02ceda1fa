//! Writes a man page for the bot and one for each subcommand into a folder.
//!
//! A crate of its own, so that neither the bot nor the other chores are linked with what writes them.

use std::{env, io};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).unwrap_or_else(|| ".".into());
    clap_mangen::generate_to(switchboard::cli::command(), folder)
}

#[cfg(test)]
mod tests;
