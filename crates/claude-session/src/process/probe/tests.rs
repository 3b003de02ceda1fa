use super::*;

#[tokio::test]
async fn only_the_cli_gets_its_logins() {
    let variables = [("PATH", "/usr/bin:/bin"), ("WANTED", "1"), ("HOME", "/h")];
    let logins = launch::LOGINS.map(|name| (name, "secret"));
    let environment: Environment = variables.into_iter().chain(logins).collect();
    let (shell, arguments) = (Path::new("/bin/sh"), ["-c", "env"]);
    let pass = ["WANTED".to_owned()];
    let tool = run_tool(TIMEOUT, shell, &arguments, &environment, &pass).await;
    let cli = probe(shell, &arguments, &environment, &pass, None).await;
    let (tool, cli) = (tool.unwrap().output, cli.unwrap().output);
    for name in launch::LOGINS {
        assert!(cli.contains(&format!("{name}=secret")), "{cli}");
    }
    assert!(!tool.contains("secret"), "{tool}");
    assert!(
        tool.contains("WANTED=1\n") && tool.contains("HOME=/h\n"),
        "{tool}"
    );
}

#[test]
fn every_login_is_a_variable_that_the_cli_gets() {
    let passed = launch::PASSED.iter().filter(|(_, why)| *why == "a login");
    let passed: Vec<_> = passed.map(|(name, _)| *name).collect();
    assert_eq!(passed, launch::LOGINS);
}
