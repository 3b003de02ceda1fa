use data_encoding::BASE64URL;

use super::*;

#[test]
fn base64_is_found_at_any_offset() {
    for before in 0..12 {
        for after in 0..6 {
            let text = format!("{}s3cret+value?{}", "x".repeat(before), "y".repeat(after));
            for encoding in [BASE64, BASE64URL] {
                let encoded = encoding.encode(text.as_bytes());
                let found = spellings("s3cret+value?")
                    .filter(|(name, _)| *name == "in base64")
                    .any(|(_, spelling)| encoded.contains(&spelling));
                assert!(found, "{encoded}");
            }
        }
    }
}

#[test]
fn escapes_are_those_of_common_encoders() {
    #[track_caller]
    fn check(value: &str, expected: &[&str]) {
        let spellings: Vec<String> = spellings(value).map(|(_, spelling)| spelling).collect();
        for expected in expected {
            assert!(
                spellings.iter().any(|s| s == expected),
                "{expected}: {spellings:?}"
            );
        }
    }
    check(
        "a b/c=ü~1'",
        &[
            "a%20b%2Fc%3D%C3%BC%7E1%27",
            "a%20b%2Fc%3D%C3%BC~1%27",
            "a%20b/c%3D%C3%BC~1%27",
            "a%20b%2Fc%3D%C3%BC~1'",
            "a%20b/c=%C3%BC~1'",
        ],
    );
    check(
        "a\"\\\n/ü\u{1f511}1",
        &[
            r#"a\"\\\n/ü🔑1"#,
            r#"a\"\\\n\/ü🔑1"#,
            r#"a\\\"\\\\\\n/ü🔑1"#,
            r#"a\"\\\n/\u00fc\ud83d\udd111"#,
            r"\u0061\u0022\u005c\u000a\u002f\u00fc\ud83d\udd11\u0031",
        ],
    );
}

#[test]
fn short_values_are_not_searched_for() {
    assert_eq!(spellings("seven77").count(), 0);
    assert_eq!(spellings(" seven77\n").count(), 0);
    assert!(spellings("eight888").all(|(_, spelling)| spelling.len() >= SHORTEST));
}

#[test]
fn a_key_is_searched_for_in_halves() {
    let key = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6";
    assert_eq!(parts(key), [key, &key[..16], &key[8..24], &key[16..]]);
    let phrase = "a phrase of many words that someone can remember";
    assert_eq!(parts(phrase), [phrase]);
}

#[test]
fn a_long_value_is_searched_for_in_pieces() {
    let value: String = ('\u{100}'..).take(600).collect();
    let parts = parts(&value);
    assert!(parts.iter().all(|part| part.chars().count() == PIECE));
    assert_eq!(parts.len(), 3);
    assert!(value.starts_with(&parts[..2].concat()) && value.ends_with(parts[2]));
}
