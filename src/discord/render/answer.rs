//! Keeps long answers short: what would fill many pages goes into files.

use std::fmt::Write as _;

use super::{
    Options, Progress, render,
    scan::{Chunk, Scanner},
    units,
};
use crate::chat::PostFile;

/// How much of an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most characters of an answer.
    pub answer_chars: usize,
    /// The most lines of a code block.
    pub code_lines: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            answer_chars: 6_000,
            code_lines: 60,
        }
    }
}

/// An answer in pages, and what they leave out in files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// The pages, none of them blank.
    pub pages: Vec<String>,
    /// Each long code block, and the whole answer if only its beginning is shown.
    pub files: Vec<PostFile>,
}

/// Renders an answer within limits.
#[must_use]
pub fn render_answer(text: &str, options: &Options, limits: &Limits) -> Rendered {
    let (mut shown, mut files) = shorten_code(text, limits.code_lines, options.limit);
    if let Some(end) = end_of_beginning(&shown, limits.answer_chars) {
        let mut scanner = Scanner::default();
        for line in shown[..end].lines() {
            scanner.read(line, true, &mut Vec::new());
        }
        shown.truncate(shown[..end].trim_end().len());
        if let Some(line) = scanner.closing() {
            shown.push('\n');
            shown.push_str(&line);
        }
        shown.push_str("\n\nThe full answer is in the attached file.");
        files.push(PostFile {
            name: "answer.md".into(),
            content: text.into(),
        });
    }
    Rendered {
        pages: render(&shown, options, Progress::Final),
        files,
    }
}

/// Where the beginning of a text that is too long ends: after a paragraph, a line, or a word.
fn end_of_beginning(text: &str, most: usize) -> Option<usize> {
    let (end, _) = text.char_indices().nth(most)?;
    let text = &text[..end];
    let after = |mark: &str| text.rfind(mark).filter(|at| *at > end / 2);
    let place = after("\n\n").or_else(|| after("\n")).or_else(|| after(" "));
    Some(place.unwrap_or(end))
}

/// Replaces code blocks of more than `most` lines by their beginning, and returns them as files.
fn shorten_code(text: &str, most: usize, limit: usize) -> (String, Vec<PostFile>) {
    let (mut shown, mut files) = (String::with_capacity(text.len()), Vec::new());
    let mut scanner = Scanner::default();
    let mut block = Block::default();
    let mut chunks = Vec::new();
    for line in text.split_inclusive('\n') {
        let closing = scanner.closing().unwrap_or_default();
        let was_in_code = scanner.is_in_code();
        scanner.read(line.trim_end_matches('\n'), true, &mut chunks);
        let (mut is_code, mut is_closed) = (false, false);
        for chunk in chunks.drain(..) {
            match chunk {
                Chunk::Open(fence) => block.language = fence.language,
                Chunk::Code { line, .. } if was_in_code => {
                    block.code.push(line);
                    is_code = true;
                }
                Chunk::Close if was_in_code => is_closed = true,
                _ => {}
            }
        }
        if is_code {
            block.source.push(line);
            continue;
        }
        if is_closed {
            let is_mark = line
                .trim()
                .trim_start_matches(['>', ' '])
                .starts_with(['`', '~']);
            let end = if is_mark {
                line.trim_end_matches('\n')
            } else {
                ""
            };
            let language = if scanner.is_in_code() {
                block.language.clone()
            } else {
                String::new()
            };
            block.finish(end, &closing, most, limit, &mut shown, &mut files);
            block.language = language;
            if is_mark {
                shown.push_str(&line[end.len()..]);
                continue;
            }
        }
        shown.push_str(line);
    }
    let closing = scanner.closing().unwrap_or_default();
    block.finish("", &closing, most, limit, &mut shown, &mut files);
    (shown, files)
}

/// A code block that is being read.
#[derive(Default)]
struct Block<'a> {
    language: String,
    code: Vec<String>,
    source: Vec<&'a str>,
}

impl Block<'_> {
    /// Shows the block up to its last line `end`; a shortened one is closed by `closing` if there is none.
    fn finish(
        &mut self,
        end: &str,
        closing: &str,
        most: usize,
        limit: usize,
        shown: &mut String,
        files: &mut Vec<PostFile>,
    ) {
        let Self {
            language,
            code,
            source,
        } = std::mem::take(self);
        if code.len() <= most {
            shown.extend(source);
            shown.push_str(end);
            return;
        }
        let mut left = limit / 2;
        let fitting = source.iter().take_while(|line| {
            let units = units(line);
            let fits = units <= left;
            left = left.saturating_sub(units);
            fits
        });
        let count = fitting.count().max(3).min(most);
        shown.extend(source.iter().take(count).copied());
        shown.push_str(if end.is_empty() { closing } else { end });
        let name = format!("code-{}.{}", files.len() + 1, extension(&language));
        let quote = if closing.starts_with('>') { "> " } else { "" };
        let more = code.len() - count;
        // writing to a string cannot fail
        _ = write!(
            shown,
            "\n{quote}*{more} more lines are in the attached file* `{name}`"
        );
        if end.is_empty() {
            shown.push('\n');
        }
        files.push(PostFile {
            name,
            content: (code.join("\n") + "\n").into_bytes(),
        });
    }
}

/// Languages that are named like the extension of their files.
const NAMED_LIKE_EXTENSION: &str = "cmake css csv dart html java json jsx log lua nix php r scala scss sql svg swift toml \
    tsx vim xml zig";

/// The extension of files in a language.
fn extension(language: &str) -> &'static str {
    let language = language.to_ascii_lowercase();
    let mut named_like_it = NAMED_LIKE_EXTENSION.split_whitespace();
    if let Some(extension) = named_like_it.find(|extension| *extension == language) {
        return extension;
    }
    match language.as_str() {
        "rust" | "rs" => "rs",
        "python" | "py" | "python3" => "py",
        "javascript" | "js" | "node" | "mjs" => "js",
        "typescript" | "ts" => "ts",
        "kotlin" | "kt" => "kt",
        "go" | "golang" => "go",
        "c" | "h" => "c",
        "c++" | "cpp" | "cc" | "cxx" | "hpp" => "cpp",
        "c#" | "cs" | "csharp" => "cs",
        "ruby" | "rb" => "rb",
        "perl" | "pl" => "pl",
        "julia" | "jl" => "jl",
        "haskell" | "hs" => "hs",
        "elixir" | "ex" | "exs" => "ex",
        "erlang" | "erl" => "erl",
        "clojure" | "clj" => "clj",
        "sh" | "bash" | "shell" | "zsh" | "console" | "shellsession" => "sh",
        "powershell" | "ps1" | "pwsh" => "ps1",
        "jsonc" | "json5" => "json5",
        "yaml" | "yml" => "yml",
        "ini" | "cfg" | "conf" => "ini",
        "md" | "markdown" => "md",
        "diff" | "patch" => "diff",
        "dockerfile" | "docker" => "dockerfile",
        "makefile" | "make" => "mk",
        "proto" | "protobuf" => "proto",
        "graphql" | "gql" => "graphql",
        "tex" | "latex" => "tex",
        "hcl" | "terraform" | "tf" => "tf",
        _ => "txt",
    }
}

#[cfg(test)]
mod tests;
