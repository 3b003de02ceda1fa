use super::*;

#[track_caller]
fn check(more: &Value, expected: &str) {
    let mut input = json!({"questions": []});
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    assert_eq!(answered(&input).content, expected);
}

#[test]
fn answers_are_told_as_the_cli_does() {
    let told = "Your questions have been answered: \"Colour?\"=\"Blue\", \"Toppings?\"=\"Ham,Corn\". \
                You can now continue with these answers in mind.";
    let answers = json!({"answers": {"Colour?": "Blue", "Toppings?": ["Ham", "Corn"]}});
    check(&answers, told);
    check(&json!({}), "The user did not answer the questions.");
    check(&json!({"response": "no"}), "The user responded: no");
}
