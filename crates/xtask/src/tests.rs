//! The chores in the documentation parse.

use std::fs;

use clap::Parser as _;

use crate::{Chore, prove};

#[test]
fn chores_in_the_documentation_parse() {
    let root = prove::root();
    let pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(|page| root.join(page));
    let docs = fs::read_dir(root.join("docs")).unwrap();
    let docs = docs.map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension() == Some("md".as_ref()));
    let mut parsed = 0;
    for page in pages.into_iter().chain(docs) {
        let text = fs::read_to_string(&page).unwrap();
        for rest in text.split("cargo xtask ").skip(1) {
            let line = rest.split(['`', '#', '\n']).next().unwrap();
            let plain = line.replace(['[', ']'], "");
            let words = ["cargo xtask"].into_iter().chain(plain.split_whitespace());
            let chore = Chore::try_parse_from(words);
            assert!(chore.is_ok(), "{}: {line}: {chore:?}", page.display());
            parsed += 1;
        }
    }
    assert!(parsed > 50, "{parsed}");
}
