use super::*;
use crate::settings::Settings;

fn ask(version: &str, request: &Value) -> (Value, Change) {
    let env = [("HOME", "/h"), ("STAND_IN_VERSION", version)];
    let env = env.map(|(name, value)| (name.into(), value.into()));
    let state = State {
        version: Settings::from_environment(&env.into()).unwrap().version,
        model: "m",
        default_model: "sonnet",
        has_api_key: false,
        usage_by_model: &UsageByModel::default(),
        context_tokens: 100_000,
        queued: vec!["q".into()],
    };
    respond(request, &state)
}

#[track_caller]
fn check(version: &str, request: &Value, response: Value, change: Change) {
    assert_eq!(ask(version, request), (response, change), "{version}");
}

#[test]
fn interrupt_lists_queued_messages_since_2_1_205() {
    let request = json!({"subtype": "interrupt"});
    check(
        "2.1.197",
        &request,
        json!({"subtype": "success"}),
        Change::Interrupt,
    );
    let listed = json!({"subtype": "success", "response": {"still_queued": ["q"]}});
    check("2.1.329", &request, listed, Change::Interrupt);
}

#[test]
fn unknown_models_are_accepted_before_2_1_200() {
    let request = json!({"subtype": "set_model", "model": "nonsense"});
    let change = Change::Model {
        requested: "nonsense".into(),
        full: "nonsense".into(),
    };
    check("2.1.197", &request, json!({"subtype": "success"}), change);
    let (response, change) = ask("2.1.329", &request);
    assert_eq!(response["subtype"], "error");
    assert_eq!(change, Change::None);
    let (response, _) = ask(
        "2.1.329",
        &json!({"subtype": "set_model", "model": "haiku"}),
    );
    assert_eq!(response["response"]["model"], "claude-haiku-5-5");
}

#[test]
fn unknown_subtypes_and_modes_are_rejected() {
    let error = "Unsupported control request subtype: zork";
    let plain = json!({"subtype": "error", "error": error});
    check("2.1.197", &json!({"subtype": "zork"}), plain, Change::None);
    let (response, _) = ask(
        "2.1.329",
        &json!({"subtype": "set_permission_mode", "mode": "x"}),
    );
    assert_eq!(response["error_code"], "invalid_mode");
    let (_, change) = ask(
        "2.1.197",
        &json!({"subtype": "set_permission_mode", "mode": "x"}),
    );
    assert_eq!(change, Change::Mode("x".into()));
}

#[test]
fn initialize_may_contain_a_prompt() {
    let request = json!({"subtype": "initialize", "appendSystemPrompt": "more"});
    let (response, change) = ask("2.1.329", &request);
    assert_eq!(response["response"]["pid"], std::process::id());
    let text = "more".to_owned();
    assert_eq!(change, Change::Prompt { text, append: true });
}

#[test]
fn context_usage_is_a_share_of_the_window() {
    let (response, _) = ask("2.1.329", &json!({"subtype": "get_context_usage"}));
    assert_eq!(response["response"]["percentage"], 50);
}
