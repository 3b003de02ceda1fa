//! Names of the files that hold code: what the answer calls them, or a number and the language's extension.

/// The file that holds a whole answer.
pub(super) const ANSWER: &str = "answer.md";

/// The longest name that is taken over, in bytes.
const LONGEST: usize = 60;

/// Languages that are named like the extension of their files.
const NAMED_LIKE_EXTENSION: &str = "astro awk c cfg cmake conf css csv d dart elm env fish gradle h html ini ipynb java \
    json jsx less lisp lock log lua mdx mm nim nix php plist properties r rst sass scala scss sql svelte svg swift tcl \
    toml tsv tsx vb vhdl vim vue wgsl xml zig";

/// An extension and other names of its language.
const ALIASES: &[&str] = &[
    "adoc asciidoc",
    "asm nasm",
    "bat batch cmd dos",
    "clj clojure",
    "cpp c++ cc cxx",
    "cr crystal",
    "cs c# csharp",
    "diff patch",
    "dockerfile docker containerfile",
    "el elisp emacs-lisp",
    "erl erlang",
    "ex elixir exs",
    "f90 fortran",
    "fs f# fsharp",
    "gd gdscript",
    "go golang",
    "graphql gql",
    "groovy jenkinsfile",
    "hpp hxx hh",
    "hs haskell",
    "j2 jinja jinja2",
    "jl julia",
    "js javascript node mjs cjs",
    "json5 jsonc",
    "jsonl ndjson",
    "just justfile",
    "kt kotlin kts",
    "m objective-c objectivec objc matlab",
    "md markdown",
    "mk makefile make",
    "ml ocaml",
    "pas pascal delphi",
    "pl perl pm",
    "proto protobuf",
    "ps1 powershell pwsh",
    "py python python3",
    "rb ruby gemfile rakefile",
    "rkt racket",
    "rs rust",
    "scm scheme",
    "sh bash shell zsh console shellsession",
    "sol solidity",
    "tex latex",
    "tf hcl terraform",
    "ts typescript mts cts",
    "txt text plain plaintext",
    "v verilog",
    "yml yaml",
];

/// Extensions of files whose blocks often name the language of another one of the list.
const ALIKE: [&str; 7] = [
    "c cpp h hpp m mm",
    "js jsx ts tsx vue svelte astro html mdx",
    "ini cfg conf toml env properties lock",
    "json json5 jsonl ipynb lock",
    "xml svg plist html",
    "groovy gradle kt",
    "cmake txt",
];

/// Names that are taken.
#[derive(Debug, Clone, Default)]
pub(super) struct FileNames {
    taken: Vec<String>,
}

impl FileNames {
    /// A name that no file has yet.
    pub(super) fn next(&mut self, named: Option<String>, language: &str) -> String {
        let number = self.taken.len() + 1;
        let extension = extension(language).unwrap_or("txt");
        let wanted = named.unwrap_or_else(|| format!("code-{number}.{extension}"));
        let (stem, extension) = match wanted.rsplit_once('.') {
            Some((stem, extension)) => (stem, format!(".{extension}")),
            None => (wanted.as_str(), String::new()),
        };
        let (mut name, mut copy) = (wanted.clone(), 1);
        while !self.is_free(&name) {
            copy += 1;
            name = format!("{stem}-{copy}{extension}");
        }
        self.taken.push(name.to_lowercase());
        name
    }

    fn is_free(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        name != ANSWER && !self.taken.contains(&name)
    }
}

/// The file that the line of a block's opening marks names after them.
pub(super) fn in_info(line: &str) -> Option<String> {
    let after = ["```", "~~~"]
        .iter()
        .find_map(|marks| line.rsplit_once(marks));
    last_name(after?.1)
}

/// The file that a line of prose names: as code, by its path, or with nothing beside it.
pub(super) fn in_prose(line: &str) -> Option<String> {
    let code = line.split('`').skip(1).step_by(2);
    let as_code = code.filter(|code| last_name(code).is_some()).last();
    let mut words = line.split_whitespace();
    let path = words.clone().rfind(|word| word.contains('/'));
    let is_mark = |word: &&str| !word.contains(char::is_alphanumeric);
    let only = words.find(|word| !is_mark(word));
    let only = only.filter(|_| words.all(|word| is_mark(&word)));
    [as_code, path, only]
        .into_iter()
        .flatten()
        .find_map(last_name)
}

/// Whether a file of this name may hold this language.
pub(super) fn fits(name: &str, language: &str) -> bool {
    let (Some(of_name), Some(of_language)) = (kind(name), extension(language)) else {
        return true;
    };
    of_name == of_language
        || of_language == "txt"
        || ALIKE.iter().any(|alike| {
            let has = |extension| alike.split(' ').any(|it| it == extension);
            has(of_name) && has(of_language)
        })
}

/// The last file name in a text, without its folders.
fn last_name(text: &str) -> Option<String> {
    let is_between = |c: char| c.is_whitespace() || "\"'`=:,;{}()[]<>*#!?|".contains(c);
    let mut words = text.rsplit(is_between);
    words.find_map(|word| {
        let word = word.trim_end_matches('.');
        let name = word.rsplit(['/', '\\']).next().unwrap_or_default();
        let is_safe = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let is_name = !word.starts_with("//")
            && name.len() <= LONGEST
            && name.chars().all(is_safe)
            && name.starts_with(|c: char| c != '-');
        (is_name && kind(name).is_some()).then(|| name.to_owned())
    })
}

/// The extension of a file's kind, if its name tells that.
fn kind(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.contains(char::is_alphanumeric) => None,
        Some((_, end)) => extension(end),
        None => extension(name).filter(|_| name.ends_with("file")),
    }
}

/// The extension of files in a language.
fn extension(language: &str) -> Option<&'static str> {
    let language = language.to_ascii_lowercase();
    let mut named_like_it = NAMED_LIKE_EXTENSION.split_whitespace();
    named_like_it.find(|it| *it == language).or_else(|| {
        let mut aliases = ALIASES.iter();
        let names = aliases.find(|names| names.split(' ').any(|it| it == language))?;
        names.split(' ').next()
    })
}

#[cfg(test)]
mod tests;
