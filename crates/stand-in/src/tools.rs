//! The tools Glob and Read, and the format of every tool's result.
//!
//! Permissions are decided elsewhere. All reading is limited.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::shell::Finished;

/// The maximum number of paths that Glob returns.
const MAX_PATHS: usize = 100;
/// The maximum depth of `**`.
const MAX_DEPTH: u32 = 4;
/// The maximum number of lines that Read returns.
const MAX_LINES: usize = 200;
/// The maximum size of a file to read, in bytes.
const MAX_BYTES: u64 = 1_000_000;

/// The output of a tool.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ToolOutput {
    /// The text for the model.
    pub(crate) content: String,
    /// Whether it failed or was denied.
    pub(crate) is_error: bool,
    /// The `tool_use_result`: an object, or a text on failure.
    pub(crate) detail: Value,
}

impl ToolOutput {
    /// A failure or a denial.
    pub(crate) fn error(content: String) -> Self {
        Self {
            detail: format!("Error: {content}").into(),
            content,
            is_error: true,
        }
    }

    /// The output for a tool that does not exist.
    pub(crate) fn unknown(name: &str) -> Self {
        Self::error(format!(
            "<tool_use_error>Error: No such tool available: {name}</tool_use_error>"
        ))
    }

    /// The output of a finished command.
    pub(crate) fn command(finished: Finished) -> Self {
        let Finished {
            code,
            stdout,
            stderr,
        } = finished;
        let both = [stdout.as_str(), stderr.as_str()];
        let text = both
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("\n");
        if code != Some(0) {
            let code = code.map_or_else(|| "signal".to_owned(), |code| code.to_string());
            return Self::error(format!("Exit code {code}\n{text}").trim_end().to_owned());
        }
        let silent = text.is_empty();
        Self {
            content: if silent {
                "(Bash completed with no output)".to_owned()
            } else {
                text
            },
            is_error: false,
            detail: json!({
                "stdout": stdout,
                "stderr": stderr,
                "interrupted": false,
                "isImage": false,
                "noOutputExpected": silent,
            }),
        }
    }
}

/// Whether the path in a call is inside `cwd`, with links resolved.
pub(crate) fn stays_inside(cwd: &Path, input: &Value) -> bool {
    let Ok(root) = cwd.canonicalize() else {
        return false;
    };
    match target(cwd, input).canonicalize() {
        Ok(path) => path.starts_with(root),
        // A missing path cannot be read; the tool reports it.
        Err(_) => !target(cwd, input)
            .components()
            .any(|part| part.as_os_str() == ".."),
    }
}

/// The path that a call names, or the working directory.
pub(crate) fn target(cwd: &Path, input: &Value) -> PathBuf {
    let named = ["file_path", "path"]
        .iter()
        .find_map(|key| input.get(key)?.as_str());
    named.map_or_else(|| cwd.to_owned(), |path| cwd.join(path))
}

/// Read: a file with line numbers.
pub(crate) fn read(cwd: &Path, input: &Value) -> ToolOutput {
    let path = target(cwd, input);
    let size = match fs::metadata(&path) {
        Ok(data) if data.is_file() => data.len(),
        Ok(_) => {
            let message = "EISDIR: illegal operation on a directory, read".to_owned();
            return ToolOutput::error(message);
        }
        Err(_) => return ToolOutput::error("File does not exist.".to_owned()),
    };
    if size > MAX_BYTES {
        return ToolOutput::error(format!("File is too large ({size} bytes)."));
    }
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => return ToolOutput::error(error.to_string()),
    };
    let text = String::from_utf8_lossy(&bytes);
    let total = text.lines().count();
    let shown: Vec<&str> = text.lines().take(MAX_LINES).collect();
    let numbered: Vec<String> = shown
        .iter()
        .enumerate()
        .map(|(index, line)| format!("{:>6}\t{line}", index + 1))
        .collect();
    ToolOutput {
        content: numbered.join("\n"),
        is_error: false,
        detail: json!({"type": "text", "file": {
            "filePath": path.to_string_lossy(),
            "content": shown.join("\n"),
            "numLines": shown.len(),
            "startLine": 1,
            "totalLines": total,
        }}),
    }
}

/// Glob: the paths below a directory that match a pattern, sorted; directories end with `/`.
pub(crate) fn glob(cwd: &Path, input: &Value) -> ToolOutput {
    let pattern = input.get("pattern").and_then(Value::as_str).unwrap_or("*");
    let (deep, pattern) = match pattern.strip_prefix("**/") {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let mut found = Vec::new();
    let root = target(cwd, input);
    collect(
        &root,
        "",
        pattern,
        if deep { MAX_DEPTH } else { 0 },
        &mut found,
    );
    found.sort();
    let truncated = found.len() > MAX_PATHS;
    found.truncate(MAX_PATHS);
    ToolOutput {
        content: if found.is_empty() {
            "No files found".to_owned()
        } else {
            found.join("\n")
        },
        is_error: false,
        detail: json!({
            "filenames": found,
            "durationMs": 0,
            "numFiles": found.len(),
            "truncated": truncated,
        }),
    }
}

fn collect(folder: &Path, prefix: &str, pattern: &str, depth: u32, found: &mut Vec<String>) {
    // An unreadable directory counts as empty.
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if found.len() > MAX_PATHS {
            return;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if matches(pattern.as_bytes(), name.as_bytes()) {
            let end = if is_folder { "/" } else { "" };
            found.push(format!("{prefix}{name}{end}"));
        }
        if is_folder && depth > 0 {
            let inner = format!("{prefix}{name}/");
            collect(&entry.path(), &inner, pattern, depth - 1, found);
        }
    }
}

/// Whether a name matches a pattern of `*` (any characters) and `?` (one).
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|skip| matches(rest, &name[skip..])),
        ([b'?', rest @ ..], [_, tail @ ..]) => matches(rest, tail),
        ([first, rest @ ..], [head, tail @ ..]) => first == head && matches(rest, tail),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
