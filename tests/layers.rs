//! The layers of `src`: a module uses only modules below it, so there are no circles, and the core knows no Discord.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// From the bottom to the top. `claude` is the crate `claude-session`.
const LAYERS: [&str; 25] = [
    "claude",
    "snowflake",
    "backoff",
    "raw_object",
    "money",
    "files",
    "config",
    "sandbox",
    "redact",
    "external",
    "persona",
    "attachments",
    "recorder",
    "ledger",
    "registry",
    "limits",
    "access",
    "command",
    "chat",
    "host_tools",
    "channel",
    "replay",
    "discord",
    "app",
    "cli",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The modules that a source file names after `crate::`, comments aside.
fn used(text: &str) -> BTreeSet<String> {
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let code: Vec<_> = text.lines().filter(is_code).collect();
    let code = code.join("\n");
    let mut modules = BTreeSet::new();
    for (at, path) in code.match_indices("crate::") {
        // `pub(crate)` aside, a path of another crate ends in `crate` too.
        let is_ours =
            !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
        let rest = &code[at + path.len()..];
        if !is_ours {
            continue;
        }
        match rest.strip_prefix('{') {
            Some(list) => modules.extend(heads(list)),
            None => {
                modules.insert(name(rest));
            }
        }
    }
    modules
}

fn name(text: &str) -> String {
    let is_name = |letter: &char| letter.is_alphanumeric() || *letter == '_';
    text.chars().take_while(is_name).collect()
}

/// The first names of a `use` list, up to the brace that closes it.
fn heads(list: &str) -> Vec<String> {
    let (mut depth, mut starts, mut heads) = (0, true, Vec::new());
    for (at, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => starts = true,
            _ if starts && depth == 0 && !letter.is_whitespace() => {
                heads.push(name(&list[at..]));
                starts = false;
            }
            _ => {}
        }
    }
    heads
}

#[test]
fn modules_use_only_those_below_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let level = |module: &str| LAYERS.iter().position(|layer| *layer == module);
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let path = file.strip_prefix(&root).unwrap();
        let module = path.iter().next().unwrap().to_str().unwrap();
        let module = module.trim_end_matches(".rs");
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let own = level(module).unwrap_or_else(|| panic!("{module} has no layer"));
        for used in used(&fs::read_to_string(&file).unwrap()) {
            // A macro or a constant of the crate's root has no layer.
            if level(&used).is_some_and(|used| used > own) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn uses_are_found() {
    let text = "use crate::{\n    a::{B, c},\n    d,\n};\nfn x() { crate::e::f(); }\n// crate::g\nuse other_crate::h;";
    let expected = ["a", "d", "e"].map(str::to_owned);
    assert_eq!(used(text), expected.into());
}
