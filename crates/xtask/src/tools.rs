//! Starting other programs and writing files.

use std::{
    error::Error,
    ffi::OsStr,
    fs,
    path::Path,
    process::{Command, Stdio},
};

#[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    Command::new(name)
}

#[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    Ok(fs::write(path, text)?)
}

pub(crate) fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command
        .status()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("failed: {command:?}").into())
    }
}

/// What a program prints; its errors go to the terminal.
pub(crate) fn output(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("failed: {command:?}").into())
    }
}
