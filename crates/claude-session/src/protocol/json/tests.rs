use proptest::prelude::*;

use super::*;

fn json(text: &str) -> Json {
    Json::parse(text.to_owned()).unwrap()
}

#[test]
fn members_are_found_among_others() {
    let value =
        json(r#"{"a": [1, {"b": 2}], "b": {"c": "x\ny"}, "d": null, "e": 1, "e": 2, "\ud83d": 3}"#);
    assert_eq!(value.get("b").get("c").text().unwrap(), "x\ny");
    assert!(value.get("b").get("c").is("x\ny"));
    assert!(value.get("d").is_null() && value.get("none").is_null());
    assert_eq!(value.get("e").u64(), Some(2), "the last of a name");
    assert!(value.get("a").get("b").is_null(), "an array has no members");
    assert_eq!(value.members().len(), 6);
    assert_eq!(
        value.members()[0].1.entries().unwrap()[1].get("b").u64(),
        Some(2)
    );
    let [d, a, none] = value.pick(["d", "a", "none"]);
    assert_eq!(
        (d.as_str(), a.as_str(), none.as_str()),
        ("null", r#"[1, {"b": 2}]"#, "")
    );
}

#[test]
fn a_value_of_another_type_is_absent() {
    let value = json(r#"{"n": "1", "t": 1, "l": {}, "big": 1e400}"#);
    assert_eq!((value.get("n").u64(), value.get("t").text()), (None, None));
    assert!(value.get("l").entries().is_none());
    assert_eq!(value.get("big").scalar::<f64>(), None);
    assert!(json("7").get("x").is_null() && json("[]").members().is_empty());
}

#[test]
fn half_a_surrogate_pair_costs_one_character() {
    for (literal, expected) in [
        (r"a\ud83dz", "a\u{fffd}z"),
        (r"\ude00", "\u{fffd}"),
        (r"\ud83d\ude00", "\u{1f600}"),
        (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
        (r"\ud83d\n\u00e4\/\\", "\u{fffd}\nä/\\"),
        (r"\ud83dA", "\u{fffd}A"),
    ] {
        let text = json(&format!("\"{literal}\"")).text();
        assert_eq!(text.as_deref(), Some(expected), "{literal}");
    }
}

#[test]
fn texts_and_lists_are_bounded() {
    for unit in ["ä", "\\u00e4", "\\n"] {
        let text = json(&format!("\"{}\"", unit.repeat(MAX_TEXT_BYTES)));
        assert_eq!(text.text().unwrap().len(), MAX_TEXT_BYTES, "{unit}");
    }
    let list = json(&format!("[{}1]", "1,".repeat(MAX_ENTRIES * 2)));
    assert_eq!(list.entries().unwrap().len(), MAX_ENTRIES);
    let pairs: Vec<_> = (0..MAX_ENTRIES * 2).map(|n| format!("\"{n}\":1")).collect();
    let object = json(&format!("{{{}}}", pairs.join(",")));
    assert_eq!(object.members().len(), MAX_ENTRIES);
}

#[test]
fn invalid_json_is_refused() {
    for text in ["", "{", r#"{"a":"#, "[1,", "{} {}", "nul"] {
        assert!(Json::parse(text).is_none(), "{text}");
    }
}

#[test]
fn json_is_written_as_it_was_read() {
    let value = json(r#"{"z": 1.50, "a": "\ud83d"}"#);
    let written = serde_json::to_string(&(&value, Json::default())).unwrap();
    assert_eq!(written, r#"[{"z": 1.50, "a": "\ud83d"},null]"#);
}

proptest! {
    #[test]
    fn every_string_is_read_as_serde_json_reads_it(text in any::<String>()) {
        let literal = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(json(&literal).text(), Some(text.clone()));
        let escaped: Vec<_> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        prop_assert_eq!(json(&format!("\"{}\"", escaped.concat())).text(), Some(text));
    }
}
