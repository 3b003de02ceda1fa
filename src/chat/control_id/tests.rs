use proptest::prelude::*;

use super::*;

#[test]
fn only_its_own_spelling_is_read() {
    let id = ControlId::new("5f0c-1", 7).unwrap();
    assert_eq!(id.to_string(), "sb1:5f0c-1:7");
    assert_eq!(ControlId::parse("sb1:5f0c-1:7"), Some(id));
    for other in [
        "",
        "sb1:",
        "sb1:a",
        "sb1:a:",
        "sb1::1",
        "sb1:a:01",
        "sb1:a:+1",
        "sb1:a:4294967296",
        "sb2:a:1",
        "sb1:a b:1",
        "sb1:a:1:1",
        "again:123",
    ] {
        assert_eq!(ControlId::parse(other), None, "{other}");
    }
    assert_eq!(ControlId::new(&"x".repeat(41), 1), None);
}

proptest! {
    #[test]
    fn what_is_read_is_written_back_the_same(text in ".{0,120}", name in "[a-zA-Z0-9-]{1,40}", revision: u32) {
        if let Some(id) = ControlId::parse(&text) {
            prop_assert_eq!(id.to_string(), text);
        }
        let id = ControlId::new(&name, revision).unwrap();
        prop_assert!(id.to_string().len() <= 100);
        prop_assert_eq!(ControlId::parse(&id.to_string()), Some(id));
    }
}
