//! The Rust sources of a crate as modules, and which of them names items of which other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// A module's path below the crate, such as `["channel", "state"]`.
pub(super) type ModulePath = Vec<String>;

/// A name that a `use` brings into scope, `*` for all of a module.
#[derive(Debug, PartialEq)]
struct Import {
    path: Vec<String>,
    name: String,
}

#[derive(Debug, Default)]
struct Source {
    imports: Vec<Import>,
    /// The paths in expressions, types and patterns.
    paths: Vec<Vec<String>>,
    items: BTreeSet<String>,
}

impl Source {
    fn parse(text: &str) -> Self {
        let tokens = tokens(text);
        let mut source = Self::default();
        let (mut at, mut depth, mut inline) = (0, 0, Vec::new());
        while at < tokens.len() {
            let token = tokens[at].as_str();
            let next = tokens.get(at + 1).map_or("", String::as_str);
            let is_continued = at > 0 && [".", "::"].contains(&tokens[at - 1].as_str());
            match token {
                "use" => {
                    let before = source.imports.len();
                    at = source.import(&tokens, at + 1, &[]);
                    for import in &mut source.imports[before..] {
                        leave_inline(&mut import.path, inline.len());
                    }
                    continue;
                }
                "mod" if tokens.get(at + 2).is_some_and(|token| token == "{") => {
                    source.items.insert(next.to_owned());
                    inline.push(depth);
                }
                "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" => {
                    source.items.insert(next.to_owned());
                }
                "macro_rules" => {
                    source
                        .items
                        .extend(tokens.get(at + 2).map(ToOwned::to_owned));
                }
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    if inline.last() == Some(&depth) {
                        inline.pop();
                    }
                }
                _ if is_name(token) && next == "::" && !is_continued => {
                    let mut path = vec![token.to_owned()];
                    while tokens.get(at + 1).is_some_and(|token| token == "::")
                        && tokens.get(at + 2).is_some_and(|token| is_name(token))
                    {
                        path.push(tokens[at + 2].clone());
                        at += 2;
                    }
                    leave_inline(&mut path, inline.len());
                    source.paths.push(path);
                }
                _ => {}
            }
            at += 1;
        }
        source
    }

    /// Reads a `use` tree; returns where it ends.
    fn import(&mut self, tokens: &[String], mut at: usize, prefix: &[String]) -> usize {
        let mut path = prefix.to_vec();
        let mut name = None;
        while let Some(token) = tokens.get(at) {
            match token.as_str() {
                "::" => {}
                "as" => {
                    at += 1;
                    name = tokens.get(at).cloned();
                }
                "{" => loop {
                    at = self.import(tokens, at + 1, &path);
                    if tokens.get(at).is_none_or(|token| token != ",") {
                        return at + 1;
                    }
                },
                "," | "}" | ";" => break,
                "*" => name = Some(token.clone()),
                "self" if !path.is_empty() => {}
                _ => path.push(token.clone()),
            }
            at += 1;
        }
        if path.len() > prefix.len()
            || name.is_some()
            || tokens.get(at - 1).is_some_and(|token| token == "self")
        {
            let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
            self.imports.push(Import { path, name });
        }
        at
    }
}

/// Makes a path in nested inline modules one of their file.
fn leave_inline(path: &mut Vec<String>, depth: usize) {
    let supers = path.iter().take_while(|name| *name == "super").count();
    path.drain(..supers.min(depth));
    if supers > 0 && supers <= depth {
        path.insert(0, "self".to_owned());
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
}

/// Names and signs, without comments, literals and lifetimes.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = literal(rest) {
            length
        } else if is_name(rest) {
            let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
            let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
            tokens.push(rest[..end].to_owned());
            end
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the string, character or lifetime that the text begins with.
fn literal(text: &str) -> Option<usize> {
    let body = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - body.len();
    if let Some(raw) = body.strip_prefix('r') {
        let quoted = raw.trim_start_matches('#');
        let hashes = raw.len() - quoted.len();
        let inner = quoted.strip_prefix('"')?;
        let close = format!("\"{}", "#".repeat(hashes));
        let end = inner
            .find(&close)
            .map_or(inner.len(), |end| end + close.len());
        return Some(prefix + 1 + hashes + 1 + end);
    }
    let quote = body.chars().next().filter(|quote| "\"'".contains(*quote))?;
    if quote == '\'' {
        let mut inner = body[1..].chars();
        let is_lifetime = inner.next()? != '\\' && inner.next()? != '\'';
        if is_lifetime {
            return Some(prefix + 1);
        }
    }
    let mut is_escaped = false;
    for (at, letter) in body.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if letter == quote => return Some(prefix + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

/// All modules of a crate.
pub(super) struct Crate(BTreeMap<ModulePath, Source>);

enum Found {
    Module(ModulePath),
    Item(ModulePath, String),
    /// Of another crate.
    Foreign,
}

impl Crate {
    pub(super) fn read(root: &Path) -> Self {
        let mut modules = BTreeMap::new();
        read_folder(root, &mut Vec::new(), &mut modules);
        Self(modules)
    }

    /// A crate of files, each with its module's path.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| {
            let path = path.split("::").map(str::to_owned).collect();
            (path, Source::parse(text))
        });
        Self(files.collect())
    }

    pub(super) fn modules(&self) -> impl Iterator<Item = &ModulePath> {
        self.0.keys()
    }

    /// Whether a module names something of another crate.
    pub(super) fn names(&self, module: &ModulePath, other: &str) -> bool {
        let source = &self.0[module];
        let imported = source.imports.iter().map(|import| &import.path);
        let mut paths = imported.chain(&source.paths);
        paths.any(|path| path.first().is_some_and(|first| first == other))
    }

    /// The items of other modules that a module names. Re-exports are followed to where the item is.
    pub(super) fn used_by(&self, module: &ModulePath) -> BTreeMap<ModulePath, BTreeSet<String>> {
        let source = &self.0[module];
        let imported = source.imports.iter().map(|import| &import.path);
        let mut used = BTreeMap::<_, BTreeSet<_>>::new();
        for path in imported.chain(&source.paths) {
            if let Some(Found::Item(other, name)) = self.resolve(module, path, 0) {
                used.entry(other).or_default().insert(name);
            }
        }
        let globs = source.imports.iter().filter(|import| import.name == "*");
        for glob in globs {
            if let Some(Found::Module(other)) = self.resolve(module, &glob.path, 0) {
                used.entry(other).or_default().insert("*".to_owned());
            }
        }
        used.remove(module);
        used
    }

    fn resolve(&self, module: &ModulePath, path: &[String], depth: usize) -> Option<Found> {
        let mut current = module.clone();
        let mut is_absolute = false;
        for name in path {
            match name.as_str() {
                "crate" => current.clear(),
                "super" => drop(current.pop()),
                "self" => {}
                _ => match self.find(&current, name, depth) {
                    Some(Found::Module(found)) => current = found,
                    Some(found) => return Some(found),
                    None => return is_absolute.then_some(Found::Item(current, name.clone())),
                },
            }
            is_absolute = true;
        }
        Some(Found::Module(current))
    }

    fn find(&self, module: &ModulePath, name: &str, depth: usize) -> Option<Found> {
        let child = [module.as_slice(), &[name.to_owned()]].concat();
        if self.0.contains_key(&child) {
            return Some(Found::Module(child));
        }
        let source = self.0.get(module).filter(|_| depth < 8)?;
        let named = source.imports.iter().find(|import| import.name == name);
        if let Some(import) = named {
            let found = self.resolve(module, &import.path, depth + 1);
            return Some(found.unwrap_or(Found::Foreign));
        }
        if source.items.contains(name) {
            return Some(Found::Item(module.clone(), name.to_owned()));
        }
        let globs = source.imports.iter().filter(|import| import.name == "*");
        globs
            .filter_map(|glob| self.resolve(module, &glob.path, depth + 1))
            .find_map(|found| match found {
                Found::Module(other) if other != *module => self.find(&other, name, depth + 1),
                _ => None,
            })
    }

    /// The uses that lie on a circle of modules, unit tests aside, as text.
    pub(super) fn circles(&self) -> Vec<String> {
        let is_test = |path: &&ModulePath| path.iter().any(|name| name == "tests");
        let modules = self.0.keys().filter(|path| !is_test(path));
        let used: BTreeMap<_, _> = modules.map(|path| (path, self.used_by(path))).collect();
        let reaches = |start, end| {
            let (mut reached, mut open) = (BTreeSet::new(), vec![start]);
            while let Some(next) = open.pop() {
                let used = used.get(next).into_iter().flat_map(BTreeMap::keys);
                open.extend(used.filter(|used| reached.insert(*used)));
            }
            reached.contains(end)
        };
        let mut circles = Vec::new();
        for (module, used) in &used {
            for (other, items) in used.iter().filter(|(other, _)| reaches(other, module)) {
                let items: Vec<_> = items.iter().map(String::as_str).collect();
                let (module, other) = (module.join("::"), other.join("::"));
                circles.push(format!("{module} uses {other}: {}", items.join(", ")));
            }
        }
        circles
    }
}

/// Reads a folder's sources.
fn read_folder(folder: &Path, path: &mut ModulePath, modules: &mut BTreeMap<ModulePath, Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        let name = entry.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_empty() && name == "main" {
            continue;
        }
        if entry.is_dir() {
            path.push(name);
            read_folder(&entry, path, modules);
            path.pop();
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let mut module = path.clone();
            if name != "mod" && !(path.is_empty() && name == "lib") {
                module.push(name);
            }
            modules.insert(module, Source::parse(&fs::read_to_string(&entry).unwrap()));
        }
    }
}
