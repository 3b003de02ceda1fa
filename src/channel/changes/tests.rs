use super::*;
use crate::chat::Body;

fn text(post: &Post) -> &str {
    match &post.body {
        Body::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

fn repository(path: &str, untracked: &[&str], diff: Option<&str>) -> Repository {
    Repository {
        path: path.to_owned(),
        untracked: untracked.iter().map(|name| (*name).to_owned()).collect(),
        diff: diff.map(str::to_owned),
    }
}

const DIFF: &str = "diff --git a/x b/x\n-one\n+two\n";

#[test]
fn the_output_is_read_by_fields() {
    assert_eq!(read("no git\0"), None);
    assert_eq!(read(""), Some(vec![]));
    let output = format!(".\0new\nother?x\0={DIFF}\0sub\0\0=\0broken\0\0!\0cut\0ne");
    assert_eq!(
        read(&output).unwrap(),
        [
            repository(".", &["new", "other?x"], Some(DIFF)),
            repository("sub", &[], Some("")),
            repository("broken", &[], None),
            repository("cut", &["ne"], None),
        ]
    );
}

#[test]
fn a_short_change_stands_in_a_block() {
    let shown = post(vec![repository(".", &["new.txt"], Some(DIFF))], false);
    assert_eq!(
        text(&shown),
        "Changed in the workspace since the last commit: 1 file.\n```diff\ndiff --git a/x b/x\n-one\n+two\n```\n\
         New, and not known to git: `new.txt`."
    );
    assert!(shown.files.is_empty());
    let fenced = post(
        vec![repository(
            ".",
            &[],
            Some("diff --git\n+```\n@everyone\u{202e}"),
        )],
        false,
    );
    assert!(
        text(&fenced).contains("+``\\u{60}\n@everyone\\u{202e}\n```"),
        "{}",
        text(&fenced)
    );
}

#[test]
fn a_long_change_is_a_file() {
    let long = format!("{DIFF}{}", "+line\n".repeat(60));
    let both = vec![
        repository("a", &[], Some(&long)),
        repository("b`c", &[], Some(DIFF)),
    ];
    let shown = post(both, true);
    assert_eq!(
        text(&shown),
        "Changed in `a` since the last commit: 1 file.\nChanged in `b'c` since the last commit: 1 file.\n\
         -# There is more; this is the beginning."
    );
    assert_eq!(shown.files[0].name, "changes.diff");
    let content = String::from_utf8(shown.files[0].content.clone()).unwrap();
    assert_eq!(content, format!("# a\n{long}# b`c\n{DIFF}"));
}

#[test]
fn what_did_not_change_and_what_failed_is_told() {
    assert_eq!(text(&post(vec![], false)), texts::NO_REPOSITORY);
    let names: Vec<_> = (0..25).map(|number| format!("f{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let shown = post(
        vec![
            repository(".", &names, Some("")),
            repository("x", &[], None),
        ],
        false,
    );
    let shown = text(&shown);
    assert!(shown.starts_with("Nothing has changed in the workspace since the last commit.\nNew"));
    assert!(
        shown.ends_with("`f19` and 5 more.\ngit could not compare `x`."),
        "{shown}"
    );
}

#[test]
fn many_repositories_take_one_page() {
    let names: Vec<_> = (0..25).map(|number| format!("folder-{number}")).collect();
    let files = ["one file that git does not know"; 20];
    let all = names
        .iter()
        .map(|name| repository(name, &files, Some(DIFF)));
    let shown = post(all.collect(), false);
    assert_eq!(
        text(&shown),
        "The file says what changed in each git repository of the workspace.\n-# There is more; this is the beginning."
    );
    let file = str::from_utf8(&shown.files[0].content).unwrap();
    assert!(file.starts_with("Changed in `folder-0` since the last commit: 1 file.\nNew"));
    assert!(file.ends_with(&format!("# folder-19\n{DIFF}")), "{file}");
    // What is hidden shows longer.
    let odd = "\u{202e}".repeat(1_000);
    let shown = post(vec![repository(".", &[], Some(&odd))], false);
    assert_eq!(shown.files[0].content, odd.into_bytes());
}
