use super::*;

#[test]
fn an_account_is_found_by_name_and_by_number() {
    assert_eq!(
        Account::find("no such account"),
        Err(AccountError::Unknown("no such account".into()))
    );
    let own = Uid::effective().to_string();
    assert_eq!(Account::find(&own), Ok(None), "the application's own");
    let nobody = Account::find("65534");
    if Uid::effective().is_root() {
        let nobody = nobody.unwrap().unwrap();
        assert_eq!(Account::find(&nobody.name), Ok(Some(nobody)));
    } else {
        assert_eq!(nobody, Err(AccountError::NotAllowed("65534".into())));
    }
}

#[test]
fn the_environment_names_the_accounts_home() {
    let account = Account {
        name: "claude".into(),
        user: 7,
        group: 7,
        home: "/home/claude".into(),
    };
    let own = [
        ("HOME", "/root"),
        ("USER", "root"),
        ("XDG_CONFIG_HOME", "/root/.config"),
        ("PATH", "/bin"),
    ];
    let expected = [
        ("HOME", "/home/claude"),
        ("USER", "claude"),
        ("LOGNAME", "claude"),
        ("PATH", "/bin"),
    ];
    let found = account.environment(&own.into_iter().collect());
    assert_eq!(found, expected.into_iter().collect());
}

#[test]
fn a_thread_has_its_own_rights_again_even_after_a_panic() {
    let Ok(Some(nobody)) = Account::find("65534") else {
        return;
    };
    // An id that cannot be set: the call only tells the present one.
    let present = || setfsuid(Uid::from_raw(u32::MAX));
    let before = present();
    let panicked = std::panic::catch_unwind(|| {
        nobody.with_its_rights(|| {
            assert_eq!(present().as_raw(), nobody.user);
            panic!("as tested");
        })
    });
    let message = panicked.unwrap_err().downcast_ref::<&str>().copied();
    assert_eq!(message, Some("as tested"));
    assert_eq!(present(), before);
}
