//! The stand-in as a program of its own; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    claude_stand_in::main()
}
