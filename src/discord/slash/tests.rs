use serde_json::Value;

use super::*;

#[test]
fn every_command_has_its_twin() {
    let json = serde_json::to_value(commands()).unwrap();
    let names: Vec<_> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|command| command["name"].as_str().unwrap())
        .collect();
    let expected = SPECS.iter().map(|spec| spec.name);
    let expected = expected.chain(MessageCommand::NAMED.map(|(name, _)| name));
    assert_eq!(names, expected.collect::<Vec<_>>());
    let model = &json[names.iter().position(|name| *name == "model").unwrap()];
    assert_eq!(model["options"][0]["autocomplete"], true);
    let choices = json
        .as_array()
        .unwrap()
        .iter()
        .map(|command| &command["options"][0]["choices"]);
    assert!(
        choices
            .filter_map(Value::as_array)
            .all(|choices| choices.len() <= 25)
    );
}
