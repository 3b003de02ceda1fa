use std::os::unix::fs::symlink;

use super::*;

#[test]
fn every_link_on_the_way_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().canonicalize().unwrap().join(name);
    fs::create_dir(at("lib")).unwrap();
    fs::File::create_new(at("lib/claude.exe")).unwrap();
    symlink("lib/claude.exe", at("claude")).unwrap();
    symlink(at("claude"), at("named")).unwrap();
    symlink("lib", at("library")).unwrap();
    let found = resolve(&at("named")).unwrap();
    let links = [
        (at("named"), at("claude")),
        (at("claude"), "lib/claude.exe".into()),
    ];
    let expected = Resolved {
        links: links.to_vec(),
        target: at("lib/claude.exe"),
        kind: Kind::File,
    };
    assert_eq!(found, expected);
    let found = resolve(&at("library/../library/claude.exe")).unwrap();
    let link = (at("library"), PathBuf::from("lib"));
    assert_eq!(found.links, [link.clone(), link]);
    assert_eq!(found.target, at("lib/claude.exe"));
    let found = resolve(&at("library/missing/file")).unwrap();
    assert_eq!(found.target, at("lib/missing/file"));
    assert_eq!(found.kind, Kind::Missing);
    symlink(at("b"), at("a")).unwrap();
    symlink(at("a"), at("b")).unwrap();
    assert!(resolve(&at("a")).is_err());
}

#[test]
fn a_program_comes_with_its_packages_and_nothing_private() {
    #[track_caller]
    fn check(program: &str, private: &str, expected: &str) {
        let found = installation(Path::new(program), &[private.into()]);
        assert_eq!(found, Path::new(expected));
    }
    let npm = "/b/node_modules/@anthropic-ai/claude-code/node_modules/x/cli.js";
    check(npm, "/c", "/b/node_modules");
    check(npm, "/b", "/b/node_modules");
    check(npm, "/b/node_modules/secret", npm);
    check("/b/bin/claude", "/c", "/b/bin/claude");
}
