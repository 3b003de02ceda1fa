use super::*;

fn env(pairs: &[(&str, &str)]) -> Environment {
    pairs
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

#[test]
fn versions_compare_by_number() {
    let version = Version::parse("2.1.197").unwrap();
    assert!(version.has(197) && version.has(96) && !version.has(200));
    assert_eq!(version.to_string(), "2.1.197");
    assert!(Version::parse("2.2.0").unwrap().has(329));
    for wrong in ["", "2.1", "2.1.x", "2.1.3.4"] {
        assert_eq!(Version::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn defaults_need_only_a_home() {
    let settings = Settings::from_environment(&env(&[("HOME", "/h")])).unwrap();
    assert_eq!(settings.version, Version::DEFAULT);
    assert_eq!(settings.pace, Duration::from_millis(15));
    assert_eq!(settings.config_dir, PathBuf::from("/h/.claude"));
    let moved = Settings::from_environment(&env(&[("HOME", "/h"), ("CLAUDE_CONFIG_DIR", "/c")]));
    assert_eq!(moved.unwrap().config_dir, PathBuf::from("/c"));
}

#[test]
fn invalid_values_are_reported() {
    for (name, value) in [("STAND_IN_PACE_MS", "fast"), ("STAND_IN_VERSION", "new")] {
        let error = Settings::from_environment(&env(&[("HOME", "/h"), (name, value)]));
        let message = error.unwrap_err();
        assert!(
            message.contains(name) && message.contains(value),
            "{message}"
        );
    }
}
