use super::*;

#[test]
fn task_names_fit_in_a_line() {
    let task = |description: &str| Task {
        id: "b".into(),
        description: description.into(),
        ..Task::default()
    };
    let named = |tasks: &[&str]| names(&tasks.iter().map(|text| task(text)).collect::<Vec<_>>());
    assert_eq!(named(&["sleep 1", "a\n`b`"]), "`sleep 1`, `a 'b'`");
    let long = "ä".repeat(NAME + 1);
    assert_eq!(named(&[&long]), format!("`{}…`", "ä".repeat(NAME)));
    assert_eq!(named(&["x"; 7]), "`x`, `x`, `x`, `x`, `x` and 2 more");
}
