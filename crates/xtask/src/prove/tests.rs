use super::*;

fn figure(promise: &str, found: &str) -> Figure {
    Figure {
        test: "prove::registry::kills".into(),
        promise: promise.into(),
        tried: "10 kills".into(),
        found: found.into(),
        measured: "2026-11-29, 0.1.0".into(),
        command: None,
    }
}

#[test]
fn a_row_has_its_date_and_command() {
    assert_eq!(
        row(&figure("no torn read", "0")),
        "| no torn read | 10 kills | 0 | 2026-11-29, 0.1.0 | `cargo xtask prove registry::kills` |"
    );
}

#[test]
fn new_rows_replace_those_with_the_same_promise() {
    let page = format!(
        "a\n{BEGIN}\n\n### clock\n\n| promise | tried |\n|---|---|\n| c | 1 |\n\n### registry\n\n\
             | promise | tried |\n|---|---|\n| b | 1 |\n| d | 2 |\n{END}\nb\n"
    );
    let new = with_figures(&page, vec![figure("b", "0")]).unwrap();
    let b = row(&figure("b", "0"));
    assert!(
        new.contains("### clock") && new.contains("\n| c | 1 |\n"),
        "{new}"
    );
    assert!(
        new.contains(&format!("\n{b}\n| d | 2 |\n{END}\nb\n")),
        "{new}"
    );
    assert_eq!(with_figures(&new, vec![figure("b", "0")]), Some(new));
    assert_eq!(with_figures("no place", Vec::new()), None);
}
