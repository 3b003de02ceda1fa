//! `switchboard replay FILE`: prints what the channel would have shown.

use std::{fmt::Write as _, fs, path::Path};

use super::{
    exit::{Code, ExitError},
    invocation::{Invocation, say},
};
use crate::replay::Shown;

pub(super) fn replay(invocation: &Invocation, file: &Path) -> Result<(), ExitError> {
    let config = invocation.config()?;
    let failed = |error: &dyn std::error::Error| {
        Code::Files.exit(format_args!("{}: {error}", file.display()))
    };
    let recording = fs::read_to_string(file).map_err(|error| failed(&error))?;
    let shown = crate::replay::replay(&recording, config).map_err(|error| failed(&error))?;
    say(&transcript(&shown))
}

fn transcript(shown: &[Shown]) -> String {
    let mut text = String::new();
    for shown in shown {
        match shown {
            Shown::Person(words) => {
                for line in words.lines() {
                    let _infallible = writeln!(text, "> {line}");
                }
            }
            // It was taken back.
            Shown::Bot(words) if words.is_empty() => continue,
            Shown::Bot(words) => {
                let _infallible = writeln!(text, "{words}");
            }
            Shown::Lost(count) => {
                let _infallible = writeln!(text, "({count} lines are missing in the recording)");
            }
        }
        text.push('\n');
    }
    text
}
