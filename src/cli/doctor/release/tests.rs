use super::*;

#[test]
fn the_version_is_read_from_either_form() {
    let read = |text: &str| version_in(text);
    assert_eq!(read(r#"{"version": "0.2.0"}"#).unwrap(), "0.2.0");
    let github = r#"{"tag_name": "v10.0.1-rc.1", "name": "x"}"#;
    assert_eq!(read(github).unwrap(), "10.0.1-rc.1");
    for odd in [
        "",
        "<html>",
        "{}",
        "[]",
        r#"{"version": 2}"#,
        r#"{"version": "2"}"#,
        r#"{"version": "1.2.3.4"}"#,
    ] {
        assert!(read(odd).is_err(), "{odd}");
    }
}

#[test]
fn versions_compare_by_number() {
    assert!(parts("0.10.0") > parts("0.9.9"));
    assert!(parts("1.0.0") > parts("0.99.99"));
    assert_eq!(parts("1.0.0+build"), parts("1.0.0"));
}
