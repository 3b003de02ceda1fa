use super::*;

/// What a shell command prints within a second, up to eight bytes.
async fn run(command: &str) -> Result<String, HelperError> {
    let helper = Helper {
        command: &[],
        file: "",
        workspace: Path::new("/"),
        network: false,
        timeout: Duration::from_secs(1),
        most: 8,
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the child of a test that needs no sandbox"
    )]
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .stdout(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    output(Group(shell.spawn().unwrap()), &helper).await
}

#[tokio::test]
async fn a_helper_is_bounded_in_time_and_output() {
    assert_eq!(run("printf words").await.unwrap(), "words");
    assert_eq!(run("exec yes words").await.unwrap(), "words\nwo");
    let late = run("exec sleep 60").await;
    assert!(matches!(late, Err(HelperError::TimedOut(_))), "{late:?}");
    let silent = run("exec >&-; exec sleep 60").await;
    assert!(
        matches!(silent, Err(HelperError::TimedOut(_))),
        "{silent:?}"
    );
    let failed = run("printf words; exit 3").await;
    assert!(matches!(failed, Err(HelperError::Failed(_))), "{failed:?}");
}
