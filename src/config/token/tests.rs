use std::{io::Write, os::unix::fs::PermissionsExt as _};

use super::*;

const CANARY: &str = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs";

fn file(text: &str, mode: u32) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
    file
}

#[test]
fn a_token_is_taken_however_it_was_pasted() {
    #[track_caller]
    fn check(text: &str) {
        assert_eq!(Token::parse(text).unwrap().expose(), CANARY);
    }
    check(CANARY);
    check(&format!("{CANARY}\n"));
    check(&format!("  Bot {CANARY}\r\n"));
}

#[test]
fn what_cannot_be_a_token_is_refused_and_not_shown() {
    #[track_caller]
    fn check(text: &str, expected: InvalidToken) {
        assert_eq!(Token::parse(text).unwrap_err(), expected);
    }
    check("", InvalidToken::Empty);
    check("\n", InvalidToken::Empty);
    check("Bot ", InvalidToken::Malformed);
    check("123456789012345678", InvalidToken::Malformed);
    check("a.b", InvalidToken::Malformed);
    check("a..b", InvalidToken::Malformed);
    check("a.b.c.d", InvalidToken::Malformed);
    check("a.b c.d", InvalidToken::Malformed);
    check("DISCORD_TOKEN=a.b.c", InvalidToken::Named);
    check("export TOKEN = 'a.b.c'", InvalidToken::Named);
    check("\"a.b.c\"", InvalidToken::Quoted);
    check("\u{201c}Bot a.b.c\u{201d}\n", InvalidToken::Quoted);
    check("'a.b.c", InvalidToken::Quoted);
    check("\"a.b\"", InvalidToken::Malformed);
    check("x=a.b", InvalidToken::Malformed);

    let half = file(&format!("{CANARY}.{CANARY}"), 0o600);
    let problem = read_token(Some(half.path()), &Environment::default()).unwrap_err();
    assert!(
        !format!("{problem} {problem:?}").contains("ZnCjm1"),
        "{problem:?}"
    );
}

#[test]
fn a_private_file_is_read_without_a_warning() {
    let file = file(&format!("{CANARY}\n"), 0o600);
    let read = read_token(Some(file.path()), &Environment::default()).unwrap();
    assert_eq!((read.0.expose(), &read.1), (CANARY, &None));
    assert!(!format!("{read:?}").contains("ZnCjm1"));
}

#[test]
fn a_file_that_others_can_read_is_read_with_a_warning() {
    let file = file(CANARY, 0o640);
    let (token, warning) = read_token(Some(file.path()), &Environment::default()).unwrap();
    assert_eq!(token.expose(), CANARY);
    let warning = warning.unwrap();
    assert!(warning.contains(file.path().to_str().unwrap()) && warning.contains("mode 0640"));
}

#[test]
fn a_missing_file_is_named() {
    let error = read_token(Some(Path::new("/nowhere/token")), &Environment::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to read the bot token from /nowhere/token: No such file or directory (os error 2)"
    );
}

#[test]
fn systemds_credential_comes_first_and_the_variable_last() {
    const OTHER: &str = "other.one.loses";
    let folder = tempfile::tempdir().unwrap();
    let named = ("CREDENTIALS_DIRECTORY", folder.path().to_owned());
    let env: Environment = [named.clone()].into_iter().collect();
    let missing = read_token(None, &env);
    assert!(matches!(missing, Err(TokenError::Missing)));

    let other = file(OTHER, 0o600);
    let variable = (VARIABLE, OTHER.into());
    let env: Environment = [named, variable].into_iter().collect();
    let found = file(CANARY, 0o600);
    let read = read_token(Some(found.path()), &env).unwrap();
    assert_eq!(read.0.expose(), CANARY);
    assert_eq!(
        token_file(Some(found.path()), &env),
        Some(found.path().to_owned())
    );

    let path = folder.path().join("discord_token");
    fs::copy(file(CANARY, 0o440).path(), &path).unwrap();
    for named in [None, Some(other.path())] {
        let read = read_token(named, &env).unwrap();
        assert_eq!((read.0.expose(), read.1), (CANARY, None));
        assert_eq!(token_file(named, &env), Some(path.clone()));
    }
}

#[test]
fn the_variable_is_read() {
    let env = Environment::from_iter([(VARIABLE, CANARY)]);
    assert_eq!(read_token(None, &env).unwrap().0.expose(), CANARY);
    let none = Environment::from_iter([(VARIABLE, "")]);
    assert!(matches!(read_token(None, &none), Err(TokenError::Missing)));
}
