use super::*;

fn models() -> Vec<String> {
    ["haiku", "sonnet", "opus"].map(str::to_owned).to_vec()
}

#[test]
fn for_everyone() {
    insta::assert_snapshot!(help(&models(), false));
}

#[test]
fn for_admins() {
    insta::assert_snapshot!(help(&models(), true));
}

#[test]
fn any_list_of_models_leaves_it_one_message() {
    let models = vec!["`👩‍👩‍👧".repeat(1000); 1000];
    assert!(help(&models, true).encode_utf16().count() < 2000);
}

#[test]
fn the_help_lists_the_commands_one_may_use() {
    let (everyone, admins) = (help(&models(), false), help(&models(), true));
    for spec in SPECS {
        let shown = format!("`!{}", spec.name);
        assert!(admins.contains(&shown), "{shown}");
        assert_eq!(
            everyone.contains(&shown),
            spec.who != Who::Admins,
            "{shown}"
        );
    }
}
