use super::*;

#[test]
fn an_overwrite_yields_the_wanted_permissions() {
    for wanted in [
        Permissions::NONE,
        Permissions::EVERYONE,
        Permissions::EVERYONE - Permissions::SEND_MESSAGES,
        Permissions::EVERYONE | Permissions::MANAGE_THREADS,
        Permissions::MANAGE_MESSAGES,
    ] {
        let base = Permissions::EVERYONE;
        assert_eq!(Overwrite::to_get(base, wanted).effective(base), wanted);
    }
    assert!(Overwrite::to_get(Permissions::EVERYONE, Permissions::EVERYONE).is_empty());
}
