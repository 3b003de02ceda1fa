//! The stand-in as a program; the code is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    claude_stand_in::main()
}
