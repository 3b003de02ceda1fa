//! The tools Write and Edit. Permissions are decided elsewhere.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use crate::tools::{ToolOutput, target};

/// The maximum size of a file to edit, in bytes.
const MAX_BYTES: u64 = 1_000_000;
/// How many lines stand around a change.
const CONTEXT: usize = 3;
/// How a picture begins in Write's `content`. The CLI knows no such thing; its model makes pictures with Bash, which a
/// demo may not have.
const PICTURE: &str = "data:image/png;base64,";

/// Write: creates or replaces a file.
pub(crate) fn write(cwd: &Path, input: &Value) -> ToolOutput {
    let path = target(cwd, input);
    let content = text(input, "content");
    let bytes = match content.strip_prefix(PICTURE) {
        Some(picture) => base64(picture),
        None => content.as_bytes().to_vec(),
    };
    let original = fs::read_to_string(&path).ok();
    if let Err(error) = save(&path, &bytes) {
        return ToolOutput::error(error.to_string());
    }
    let shown = path.to_string_lossy();
    let (kind, message, changed) = match &original {
        None => (
            "create",
            format!("File created successfully at: {shown}"),
            json!([]),
        ),
        Some(original) => {
            let message = format!("The file {shown} has been updated.");
            ("update", message, hunks(original, content))
        }
    };
    ToolOutput {
        content: message,
        is_error: false,
        detail: json!({
            "type": kind,
            "filePath": shown,
            "content": content,
            "structuredPatch": changed,
            "originalFile": original,
        }),
    }
}

/// Edit: replaces a text in a file.
pub(crate) fn edit(cwd: &Path, input: &Value) -> ToolOutput {
    let path = target(cwd, input);
    let small = fs::metadata(&path).is_ok_and(|data| data.len() <= MAX_BYTES);
    let Some(original) = fs::read_to_string(&path).ok().filter(|_| small) else {
        return ToolOutput::error("File does not exist.".to_owned());
    };
    let (old, new) = (text(input, "old_string"), text(input, "new_string"));
    let everywhere = input["replace_all"] == true;
    match original.matches(old).count() {
        0 => return ToolOutput::error("String to replace not found in file.".to_owned()),
        1 => {}
        _ if everywhere => {}
        count => {
            let message = format!("Found {count} matches, but replace_all is false.");
            return ToolOutput::error(message);
        }
    }
    let edited = original.replace(old, new);
    if let Err(error) = save(&path, edited.as_bytes()) {
        return ToolOutput::error(error.to_string());
    }
    let shown = path.to_string_lossy();
    ToolOutput {
        content: format!("The file {shown} has been updated successfully."),
        is_error: false,
        detail: json!({
            "filePath": shown,
            "oldString": old,
            "newString": new,
            "originalFile": original,
            "structuredPatch": hunks(&original, &edited),
            "userModified": false,
            "replaceAll": everywhere,
        }),
    }
}

fn text<'a>(input: &'a Value, key: &str) -> &'a str {
    input.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Replaces a file whole.
fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// The change as one hunk of a diff, with a few lines around it; none if nothing changed.
fn hunks(old: &str, new: &str) -> Value {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    if old == new {
        return json!([]);
    }
    let pairs = || old.iter().zip(&new);
    let before = pairs().take_while(|(old, new)| old == new).count();
    let pairs = old[before..].iter().rev().zip(new[before..].iter().rev());
    let after = pairs.take_while(|(old, new)| old == new).count();
    let start = before.saturating_sub(CONTEXT);
    let end = (old.len() - after + CONTEXT).min(old.len());
    let marked = |mark: &'static str, lines: &[&str]| -> Vec<String> {
        lines.iter().map(|line| format!("{mark}{line}")).collect()
    };
    let lines = [
        marked(" ", &old[start..before]),
        marked("-", &old[before..old.len() - after]),
        marked("+", &new[before..new.len() - after]),
        marked(" ", &old[old.len() - after..end]),
    ]
    .concat();
    json!([{
        "oldStart": start + 1,
        "oldLines": end - start,
        "newStart": start + 1,
        "newLines": end + new.len() - old.len() - start,
        "lines": lines,
    }])
}

/// The bytes of a base64 text. Other characters are skipped.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text
        .bytes()
        .filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte));
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_usize, 0);
    for digit in digits {
        held = ((held << 6) | digit) & 0xFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xFF).unwrap_or_default());
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
