use super::*;

#[test]
fn the_number_of_inputs_is_read_from_the_log() {
    let log = "#8 DONE\nstat::number_of_executed_units: 10000000\nstat::average_exec_per_sec: 3\n";
    assert_eq!(inputs(log), 10_000_000);
    assert_eq!(inputs("killed"), 0);
}

#[test]
fn numbers_are_grouped_by_thousands() {
    assert_eq!(grouped(7), "7");
    assert_eq!(grouped(123_456), "123,456");
    assert_eq!(grouped(10_000_000), "10,000,000");
}

#[test]
fn every_target_states_its_promise_and_is_in_the_manifest() {
    let root = root();
    let manifest = fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap();
    let targets = targets(&root).unwrap();
    assert!(targets.len() >= 16, "{targets:?}");
    for target in targets {
        let path = root.join(format!("fuzz/fuzz_targets/{target}.rs"));
        let source = fs::read_to_string(path).unwrap();
        assert!(
            source.starts_with("//! ") && source.contains("fuzz_target!("),
            "{target}"
        );
        assert!(
            manifest.contains(&format!("name = \"{target}\"")),
            "{target}"
        );
    }
}
