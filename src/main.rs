//! The program: `switchboard`, or the stand-in for `claude` when it is started by that name.

use std::process::ExitCode;

fn main() -> ExitCode {
    if switchboard::cli::is_stand_in(std::env::args_os().next()) {
        return claude_stand_in::main();
    }
    switchboard::cli::main()
}
