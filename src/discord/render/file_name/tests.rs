use super::*;

#[test]
fn info_strings_name_files() {
    for (line, name) in [
        ("```rust src/main.rs", Some("main.rs")),
        ("> 1. ~~~rust:src/main.rs", Some("main.rs")),
        ("```js title=\"web/app.test.js\" {1,3}", Some("app.test.js")),
        ("```12:40:crates/a/src/lib.rs", Some("lib.rs")),
        ("```C:\\src\\Program.cs", Some("Program.cs")),
        ("```docker Dockerfile", Some("Dockerfile")),
        ("```yaml .gitlab-ci.yml", Some(".gitlab-ci.yml")),
        ("```rust", None),
        ("```rust,ignore", None),
        ("```rust ../..", None),
        ("```rust .rs", None),
        ("```rust -rf.rs", None),
        ("```html https://example.com/index.html", None),
        ("```", None),
    ] {
        assert_eq!(in_info(line).as_deref(), name, "{line}");
    }
    let long = format!("```rust {}.rs", "a".repeat(LONGEST));
    assert_eq!(in_info(&long), None);
}

#[test]
fn lines_of_prose_name_files_plainly() {
    for (line, name) in [
        ("Here is `src/main.rs`:", Some("main.rs")),
        ("Unlike `a.rs`, this is `b.rs` (`new`):", Some("b.rs")),
        ("**main.rs**", Some("main.rs")),
        ("### app.py:", Some("app.py")),
        ("- src/a.tsx", Some("a.tsx")),
        ("Put this into src/a.tsx.", Some("a.tsx")),
        ("A server in Node.js:", None),
        ("Open https://example.com/index.html:", None),
        ("Use `Vec::new` and/or `iter()`:", None),
        ("That is 3/4 of it.", None),
        ("", None),
    ] {
        assert_eq!(in_prose(line).as_deref(), name, "{line}");
    }
}

#[test]
fn a_file_holds_its_own_language() {
    for (name, language, expected) in [
        ("main.rs", "rust", true),
        ("main.rs", "", true),
        ("main.rs", "main.rs", true),
        ("main.rs", "text", true),
        ("main.rs", "diff", false),
        ("data.csv", "python", false),
        ("util.h", "cpp", true),
        ("App.tsx", "typescript", true),
        ("docker-compose.yaml", "yml", true),
        ("Makefile", "make", true),
    ] {
        assert_eq!(fits(name, language), expected, "{name} {language}");
    }
}

#[test]
fn no_two_files_share_a_name() {
    let mut names = FileNames::default();
    let mut next = |name: Option<&str>, language| names.next(name.map(str::to_owned), language);
    assert_eq!(next(Some("main.rs"), "rust"), "main.rs");
    assert_eq!(next(None, "rust"), "code-2.rs");
    assert_eq!(next(Some("Main.rs"), "rust"), "Main-2.rs");
    assert_eq!(next(Some("code-5.rs"), "rust"), "code-5.rs");
    assert_eq!(next(None, "rust"), "code-5-2.rs");
    assert_eq!(next(Some("answer.md"), "md"), "answer-2.md");
    assert_eq!(next(Some("Makefile"), "make"), "Makefile");
    assert_eq!(next(Some("Makefile"), "make"), "Makefile-2");
}

#[test]
fn languages_have_extensions() {
    for (language, expected) in [
        ("Rust", "rs"),
        ("h", "h"),
        ("hpp", "hpp"),
        ("C++", "cpp"),
        ("cfg", "cfg"),
        ("conf", "conf"),
        ("ocaml", "ml"),
        ("fish", "fish"),
        ("vue", "vue"),
        ("svelte", "svelte"),
        ("groovy", "groovy"),
        ("bat", "bat"),
        ("yaml", "yml"),
        ("tf", "tf"),
    ] {
        assert_eq!(extension(language), Some(expected), "{language}");
    }
    assert_eq!(extension("no-such-language"), None);
}

#[test]
fn no_language_is_listed_twice() {
    let aliases = ALIASES.iter().flat_map(|names| names.split(' '));
    let mut all: Vec<_> = NAMED_LIKE_EXTENSION
        .split_whitespace()
        .chain(aliases)
        .collect();
    all.sort_unstable();
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count);
}
