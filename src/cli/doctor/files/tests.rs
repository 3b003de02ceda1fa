use super::*;

#[test]
fn files_are_open_only_to_those_who_need_them() {
    #[track_caller]
    fn check(mode: u32, holds: Holds, expected: Option<(&str, u32)>) {
        let found = access("/x".into(), mode, holds);
        let found = found.map(|it| (it.what, it.fix));
        let expected =
            expected.map(|(what, closed)| (what.to_owned(), Some(Fix::Mode("/x".into(), closed))));
        assert_eq!(found, expected, "{mode:o}");
    }
    check(0o600, Holds::Records, None);
    check(0o700, Holds::Records, None);
    check(0o644, Holds::Settings, None);
    check(0o600, Holds::Secrets, None);
    check(
        0o755,
        Holds::Records,
        Some(("other users can read /x (mode 0755)", 0o700)),
    );
    check(
        0o640,
        Holds::Secrets,
        Some(("other users can read /x (mode 0640)", 0o600)),
    );
    check(
        0o666,
        Holds::Settings,
        Some(("other users can change /x (mode 0666)", 0o644)),
    );
}
