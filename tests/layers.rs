//! The layers of the code: a module uses only modules below it, files have no circles, and the core knows no Discord.

mod source;

use std::{collections::BTreeSet, path::Path};

use source::Crate;

/// From the bottom to the top. `claude` is the crate `claude-session`.
const LAYERS: [&str; 30] = [
    "tls",
    "snowflake",
    "backoff",
    "raw_object",
    "money",
    "files",
    "control",
    "config",
    "allow_rules",
    "sandbox",
    "redact",
    "external",
    "persona",
    "attachments",
    "recorder",
    "ledger",
    "registry",
    "backup",
    "retention",
    "limits",
    "access",
    "command",
    "chat",
    "host_tools",
    "channel",
    "replay",
    "discord",
    "dashboard",
    "app",
    "cli",
];

fn sources(folder: &str) -> Crate {
    Crate::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
}

#[test]
fn modules_use_only_those_below_them() {
    let level = |module: &str| LAYERS.iter().position(|layer| *layer == module);
    let sources = sources("src");
    let mut wrong = Vec::new();
    for path in sources.modules().filter(|path| !path.is_empty()) {
        let own = level(&path[0]).unwrap_or_else(|| panic!("{} has no layer", path[0]));
        for used in sources.used_by(path).keys() {
            if used.first().is_some_and(|used| level(used) > Some(own)) {
                wrong.push(format!("{} uses {}", path.join("::"), used.join("::")));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn only_the_adapter_knows_the_libraries_for_discord() {
    let sources = sources("src");
    for library in ["serenity", "twilight_gateway"] {
        let using = sources.modules().filter(|it| sources.names(it, library));
        let modules: BTreeSet<_> = using.map(|path| path[0].as_str()).collect();
        assert_eq!(modules, BTreeSet::from(["discord"]), "{library}");
    }
}

#[test]
fn files_have_no_circles() {
    for folder in ["src", "crates/claude-session/src"] {
        assert_eq!(sources(folder).circles(), [""; 0], "in {folder}");
    }
}

/// The uses on circles between these files.
fn circles(files: &[(&str, &str)]) -> Vec<String> {
    Crate::of(files).circles()
}

#[test]
fn circles_are_found() {
    let parent = ("a", "mod b;\npub use b::B;\nstruct A(B);");
    let child = "use super::A;\npub struct B;\nimpl A {}";
    assert_eq!(
        circles(&[parent, ("a::b", child)]),
        ["a uses a::b: B", "a::b uses a: A"]
    );
    let by_path = ("a::b", "pub struct B;\nfn f() { crate::a::A::new(); }");
    assert_eq!(circles(&[parent, by_path]).len(), 2);
    let sibling = ("a::c", "use super::{B, b};\npub fn f() { b::g(); }");
    let by_re_export = ("a::b", "use crate::a::c::*;\npub struct B(f);");
    assert_eq!(
        circles(&[parent, sibling, by_re_export]),
        ["a::b uses a::c: *", "a::c uses a::b: B, g"]
    );
}

#[test]
fn what_only_looks_like_a_circle_is_none() {
    let parent = ("a", "mod b;\npub use b::B;\nuse other::{self, X};");
    for child in [
        "// use super::A;\npub struct B(&'static str);\nconst C: &str = \"crate::a::A\";",
        "use super::X;\npub struct B(X, super::other::Y);",
        "mod inner { use super::B; }\npub struct B;",
        "use std::a::A;\npub struct B<'a>(&'a A);\nconst D: char = '\"';",
    ] {
        assert_eq!(circles(&[parent, ("a::b", child)]), [""; 0], "{child}");
    }
}
