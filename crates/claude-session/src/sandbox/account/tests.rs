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
