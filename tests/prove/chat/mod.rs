//! Chat cannot take over.
//!
//! * Nothing that somebody chose can pass for a marker outside of the person's words, and these arrive as they are.
//! * `@path` brings no file, and no first character makes a command of a message, on either version of the CLI.
//! * Who is answered is decided as the rules say, in every combination.
//! * Files are fetched from nowhere but where Discord serves them.

mod access;
mod files;
mod markers;
mod message_text;
