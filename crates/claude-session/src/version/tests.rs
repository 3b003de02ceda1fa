use super::*;

#[test]
fn versions_before_the_oldest_are_too_old() {
    for old in ["2.1.174 (Claude Code)", "1.0.300", "2.0.999\n", "2.1.9"] {
        assert!(
            too_old(old).is_some_and(|text| text.contains("2.1.175 or later")),
            "{old}"
        );
    }
    for good in [
        "2.1.175 (Claude Code)",
        "2.1.332",
        "3.0.0-beta.1",
        "",
        "no version",
        "2.x.1",
    ] {
        assert_eq!(too_old(good), None, "{good}");
    }
}

#[test]
fn defects_of_earlier_versions_are_known() {
    for bad in ["2.1.175 (Claude Code)", "2.1.207"] {
        assert!(known_bad(bad).is_some(), "{bad}");
    }
    for good in ["2.1.208", "2.1.332 (Claude Code)", "", "no version"] {
        assert_eq!(known_bad(good), None, "{good}");
    }
}
