use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(word: &str, expected: &str) {
    assert_eq!(InlineCode(word).to_string(), expected);
}

#[test]
fn words_as_inline_code() {
    check("opus", "`opus`");
    check("`` @everyone", "`'' @everyone`");
    check("a\nb", "`a'b`");
    check(&"x".repeat(40), &format!("`{}`", "x".repeat(40)));
    check(&"x".repeat(41), &format!("`{}…`", "x".repeat(39)));
    check(&"👩‍👩‍👧".repeat(20), &format!("`{}…`", "👩‍👩‍👧".repeat(7)));
}

#[test]
fn long_lists_are_cut() {
    let names: Vec<String> = (0..14).map(|n| format!("m{n}")).collect();
    assert!(List(&names).to_string().ends_with("`m11` and 2 more"));
    assert!(List(&names[..12]).to_string().ends_with(", `m11`"));
    assert_eq!(List::<&str>(&[]).to_string(), "");
}

proptest! {
    #[test]
    fn any_error_is_one_message(typed in "\\PC{0,60}", repeat in 1..50_usize, valid in prop::collection::vec("\\PC{0,60}", 0..20)) {
        let typed = typed.repeat(repeat);
        for error in [
            CommandError::NearMiss { typed: typed.clone(), meant: "sessions" },
            CommandError::UnknownPeriod { typed: typed.clone() },
            CommandError::UnknownSlash { typed: typed.clone() },
            CommandError::UnknownModel { typed, valid },
        ] {
            prop_assert!(error.to_string().encode_utf16().count() <= 2000);
        }
    }
}
