use super::*;

const BOT: Accounts = Accounts {
    own: (7, 7),
    bot: Some(7),
};
const ROOT_BESIDE_THE_BOT: Accounts = Accounts {
    own: (0, 0),
    bot: Some(7),
};

fn found(
    (mode, owner, group): (u32, u32, u32),
    holds: Holds,
    accounts: Accounts,
) -> Option<Finding> {
    let access = Access { mode, owner, group };
    judged("files", Path::new("/x"), access, holds, accounts)
}

#[test]
fn files_are_open_only_to_those_who_need_them() {
    #[track_caller]
    fn check(mode: u32, holds: Holds, expected: Option<(&str, u32)>) {
        let found = found((mode, 7, 7), holds, BOT);
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

#[test]
fn the_bot_is_not_locked_out() {
    #[track_caller]
    fn check(file: (u32, u32, u32), accounts: Accounts, expected: Option<&str>) {
        let found = found(file, Holds::Token, accounts);
        assert!(found.iter().all(|it| it.fix.is_none()), "{found:?}");
        assert_eq!(found.as_ref().map(|it| it.mend.as_str()), expected);
    }
    // Root lets the bot in by its group.
    check((0o640, 0, 7), ROOT_BESIDE_THE_BOT, None);
    check((0o640, 0, 7), BOT, None);
    check((0o644, 0, 7), BOT, Some("`chmod 0640 /x`"));
    let chown = "give it to the account that runs the bot (`chown`), then `chmod 0600 /x`";
    check((0o644, 0, 0), ROOT_BESIDE_THE_BOT, Some(chown));
    let unknown = Accounts {
        own: (0, 0),
        bot: None,
    };
    check((0o644, 0, 0), unknown, Some(chown));
    // The bot's own file, which only its own account changes.
    check((0o644, 7, 7), ROOT_BESIDE_THE_BOT, Some("`chmod 0600 /x`"));
}
