//! What `check` and `doctor` find, as values, and how people and programs read it.

use std::{fmt::Write as _, path::PathBuf};

use serde::Serialize;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    Ok,
    /// The bot works, but the owner should know something.
    Warning,
    /// The bot would not start, or could not answer.
    Error,
}

/// What `--fix` can do without asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fix {
    /// Sets the permission bits of a file or folder.
    Mode(PathBuf, u32),
    /// Creates a folder.
    Folder(PathBuf),
    /// Removes temporary files of this file that killed programs left.
    Temporaries(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) check: &'static str,
    pub(super) severity: Severity,
    pub(super) what: String,
    /// Why it matters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) why: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) mend: String,
    /// Whether `--fix` has mended it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) mended: bool,
    #[serde(skip)]
    pub(super) fix: Option<Fix>,
}

impl Finding {
    fn new(check: &'static str, severity: Severity, what: String) -> Self {
        Self {
            check,
            severity,
            what,
            why: String::new(),
            mend: String::new(),
            mended: false,
            fix: None,
        }
    }

    pub(super) fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(check, Severity::Ok, what.into())
    }

    pub(super) fn warning(check: &'static str, what: impl Into<String>) -> Unexplained {
        Unexplained(Self::new(check, Severity::Warning, what.into()))
    }

    pub(super) fn error(check: &'static str, what: impl Into<String>) -> Unexplained {
        Unexplained(Self::new(check, Severity::Error, what.into()))
    }

    pub(super) fn fix(self, fix: Fix) -> Self {
        let fix = Some(fix);
        Self { fix, ..self }
    }

    /// Whether it still has to be mended.
    pub(super) fn is(&self, severity: Severity) -> bool {
        self.severity == severity && !self.mended
    }
}

/// A finding that does not say yet why it matters.
#[must_use]
pub(super) struct Unexplained(Finding);

impl Unexplained {
    pub(super) fn why(self, why: impl Into<String>) -> Unmended {
        let why = why.into();
        Unmended(Finding { why, ..self.0 })
    }
}

/// A finding that does not say yet how to mend it.
#[must_use]
pub(super) struct Unmended(Finding);

impl Unmended {
    pub(super) fn mend(self, mend: impl Into<String>) -> Finding {
        let mend = mend.into();
        Finding { mend, ..self.0 }
    }
}

/// Where messages begin.
const INDENT: &str = "                     ";

/// The findings as people read them.
pub(super) fn for_people(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let label = match finding.severity {
            _ if finding.mended => "done",
            Severity::Ok => "ok  ",
            Severity::Warning => "warn",
            Severity::Error => "FAIL",
        };
        let mut line = |words: &str| {
            // Names come from Discord, and must not steer the terminal.
            let is_odd = |c: char| c.is_control() && c != '\n';
            let words = words.replace(is_odd, "\u{fffd}");
            let words = words.replace('\n', &format!("\n{INDENT}"));
            let _infallible = writeln!(text, "{words}");
        };
        line(&format!("{label} {:<15} {}", finding.check, finding.what));
        if !finding.why.is_empty() {
            line(&format!("{INDENT}why:  {}", finding.why));
        }
        if !finding.mend.is_empty() && !finding.mended {
            line(&format!("{INDENT}mend: {}", finding.mend));
        }
    }
    text
}

/// The findings as programs read them: one JSON object a line.
pub(super) fn for_programs(findings: &[Finding]) -> String {
    let lines = findings.iter().flat_map(serde_json::to_string);
    lines.flat_map(|line| [line, "\n".into()]).collect()
}

#[cfg(test)]
mod tests;
