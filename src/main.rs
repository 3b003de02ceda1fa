//! `switchboard`. With the feature `demo`, the binary is also the stand-in for `claude`, if started under that name.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "demo")]
    if switchboard::cli::is_stand_in(std::env::args_os().next()) {
        return claude_stand_in::main();
    }
    switchboard::cli::main()
}
