use super::*;

#[test]
fn an_empty_variable_counts_as_not_set() {
    let env = Environment::from_iter([("HOME", ""), ("LANG", "C")]);
    assert_eq!(env.get("HOME"), None);
    assert_eq!(env.home(), None);
    assert_eq!(env.get("LANG"), Some(OsStr::new("C")));
    assert_eq!(env.iter().count(), 2);
}

#[test]
fn debug_shows_no_value() {
    let env = Environment::from_iter([("DISCORD_TOKEN", "canary")]);
    assert_eq!(format!("{env:?}"), r#"{"DISCORD_TOKEN"}"#);
}
