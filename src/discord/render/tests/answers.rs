//! Answers as Claude writes them, and how they are posted.

use std::{fmt::Write as _, fs, path::Path};

use super::{check_growing, model};
use crate::discord::render::{LIMIT, clean, split, units};

#[test]
fn answers_look_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/discord/render/tests/answers");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 50);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let text = clean(&text).into_owned();
        let mut shown = String::new();
        for page in split(&text, LIMIT) {
            assert!(units(&page) <= LIMIT);
            model::blocks(&page);
            // a zero-width space is hard to see in a snapshot
            let page = page.replace('\u{200b}', "<ZWSP>");
            writeln!(shown, "{page}\n======== {} units", units(&page)).unwrap();
        }
        let name = file.file_stem().unwrap().to_str().unwrap();
        insta::assert_snapshot!(name, shown);
        let characters: Vec<char> = text.chars().collect();
        let parts: Vec<String> = characters
            .chunks(37)
            .map(|part| part.iter().collect())
            .collect();
        check_growing(&parts, 500);
    }
}
