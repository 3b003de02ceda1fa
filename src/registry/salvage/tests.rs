use proptest::prelude::*;

use super::*;

const TEXT: &str = r#"{
  "1": { "session_id": "a", "note": { "2": { "session_id": "inner" } } },
  "version": 1,
  "3" : {"session_id":"c","topic":"a \"4\": {} b"},
  "5": { "session": "none" },
  "6": { "session_id": "f" }
}"#;

fn ids(text: &str) -> Vec<String> {
    let found = salvage(text.as_bytes());
    found.into_iter().map(|(id, _)| id).collect()
}

#[test]
fn damaged_entries_are_skipped() {
    assert_eq!(ids(TEXT), ["1", "3", "6"]);
    assert_eq!(ids(&format!("\u{feff}{TEXT}")), ["1", "3", "6"]);
    assert_eq!(ids(&TEXT.replace("\"c\"", "\"c")), ["1", "6"]);
    assert_eq!(ids(&TEXT.replace('}', "")), [""; 0]);
    assert_eq!(ids(&TEXT[..TEXT.len() - 4]), ["1", "3"]);
    assert_eq!(ids(&"\0".repeat(999)), [""; 0]);
}

#[test]
fn a_hostile_text_is_given_up() {
    let text = "\"1\":{".repeat(200_000);
    assert!(salvage(text.as_bytes()).is_empty());
}

proptest! {
    #[test]
    fn any_text_is_handled(text in prop::collection::vec(any::<u8>(), 0..300)) {
        salvage(&text);
    }

    #[test]
    fn entries_before_a_cut_are_found(cut in 0..TEXT.len()) {
        let found = ids(&TEXT[..cut]);
        prop_assert!(cut < TEXT.find(",\n  \"version").unwrap() || found.contains(&"1".to_owned()));
    }
}
