use super::*;

fn spec() -> Spec {
    Spec {
        start: Start::Fresh("5f0c3c9e-5b6e-4b43-8a57-2f4f2f0d3a11".into()),
        model: "sonnet".into(),
        system_prompt: "Be kind.".into(),
        mode: SystemPromptMode::Replace,
        allowed_tools: vec!["Read".into(), "Bash(git status)".into()],
        granted_tools: vec![],
        disallowed_tools: vec![],
        permission_prompts: false,
        permission_mode: PermissionMode::Default,
        mcp_config: None,
        agent: None,
        add_dirs: vec![],
        max_turns: None,
        settings: Map::new(),
        fallback_model: None,
        extra_args: vec!["--effort=low".into()],
        workspace: "/w".into(),
    }
}

#[test]
fn every_process_gets_prompt_rules_and_model() {
    let mut spec = spec();
    spec.granted_tools = vec!["Bash(touch made)".into()];
    let fork = Start::Fork {
        from: "a".into(),
        new_id: "b".into(),
        at: None,
    };
    for start in [Start::Fresh("a".into()), Start::Resume("a".into()), fork] {
        spec.start = start;
        let arguments = arguments(&spec, None, None);
        for wanted in [
            "--system-prompt=Be kind.",
            "--model=sonnet",
            "--allowedTools=Read,Bash(git status),Bash(touch made)",
        ] {
            assert!(
                arguments.iter().any(|argument| argument == wanted),
                "{wanted}"
            );
        }
    }
}

#[test]
fn the_arguments_are_these() {
    insta::assert_debug_snapshot!(arguments(&spec(), None, None));
    let by_file = Spec {
        mode: SystemPromptMode::Append,
        start: Start::Resume("b".into()),
        allowed_tools: vec![],
        ..spec()
    };
    insta::assert_debug_snapshot!(arguments(&by_file, Some(Path::new("/tmp/prompt")), None));
}

#[test]
fn a_fork_resumes_under_a_new_id() {
    let fork = |at: Option<&str>| {
        let start = Start::Fork {
            from: "old".into(),
            new_id: "new".into(),
            at: at.map(str::to_owned),
        };
        assert_eq!(start.session_id(), "new");
        let found = arguments(&Spec::new(start, "sonnet", "/w"), None, None);
        let found = found.iter().map(|argument| argument.to_str().unwrap());
        found
            .filter(|argument| argument.contains("session") || argument.contains("resume"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let whole = "--resume=old --fork-session --session-id=new";
    assert_eq!(fork(None), whole);
    assert_eq!(fork(Some("u")), format!("{whole} --resume-session-at=u"));
}

#[test]
fn options_of_a_session_are_arguments() {
    let spec = Spec {
        agent: Some("Explore".into()),
        add_dirs: vec!["/srv/data".into(), "-x".into()],
        max_turns: Some(3),
        fallback_model: Some("haiku".into()),
        ..spec()
    };
    let found = arguments(&spec, None, None);
    let found: Vec<_> = found
        .iter()
        .filter_map(|it| it.to_str().filter(|it| !arguments_of_none().contains(*it)))
        .collect();
    assert_eq!(
        found,
        [
            "--agent=Explore",
            "--add-dir=/srv/data",
            "--add-dir=-x",
            "--max-turns=3",
            "--fallback-model=haiku",
        ]
    );
}

/// The arguments of a session without options.
fn arguments_of_none() -> std::collections::BTreeSet<String> {
    let arguments = arguments(&spec(), None, None).into_iter();
    arguments.filter_map(|it| it.into_string().ok()).collect()
}

#[test]
fn no_value_becomes_a_flag_of_its_own() {
    let nasty = "--dangerously-skip-permissions".to_owned();
    let spec = Spec {
        start: Start::Resume(nasty.clone()),
        model: nasty.clone(),
        system_prompt: nasty.clone(),
        extra_args: vec![],
        ..spec()
    };
    assert!(
        !arguments(&spec, None, None)
            .iter()
            .any(|argument| *argument == *nasty)
    );
}

#[test]
fn a_long_prompt_is_passed_in_a_file() {
    assert!(!needs_prompt_file(&"x".repeat(MAX_PROMPT_ARGUMENT_BYTES)));
    assert!(needs_prompt_file(
        &"x".repeat(MAX_PROMPT_ARGUMENT_BYTES + 1)
    ));
}

fn own(variables: &[(&str, &str)]) -> Environment {
    variables.iter().copied().collect()
}

#[test]
fn only_listed_variables_reach_the_child() {
    let own = own(&[
        ("HOME", "/home/bot"),
        ("LC_ALL", "C.UTF-8"),
        ("DISCORD_TOKEN", "secret"),
        ("discord_token", "secret"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("CLAUDECODE", "1"),
        ("CLAUDE_CODE_ENTRYPOINT", "cli"),
        ("EXTRA", "wanted"),
        ("PATH", "/usr/bin"),
        ("TERM", "xterm"),
    ]);
    let found = environment(
        &own,
        OsStr::new("/usr/bin:/b"),
        &["EXTRA".into()],
        Path::new("/w"),
        "m",
    );
    let names: Vec<_> = found.keys().map(|name| name.to_str().unwrap()).collect();
    let mut expected = vec!["HOME", "LC_ALL", "EXTRA", "PATH", "PWD", TAG_VARIABLE];
    expected.extend(SET.iter().map(|(name, _)| *name));
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!(found[OsStr::new("PATH")], "/usr/bin:/b");
    assert_eq!(found[OsStr::new("TERM")], "dumb");
    assert!(!found.values().any(|value| value == "secret"));
}

#[test]
fn the_api_address_loses_its_version() {
    #[track_caller]
    fn check(base: &str, expected: &str) {
        let own = own(&[("ANTHROPIC_BASE_URL", base)]);
        let found = environment(&own, OsStr::new(""), &[], Path::new("/w"), "m");
        assert_eq!(found[OsStr::new("ANTHROPIC_BASE_URL")], expected);
    }
    check("http://127.0.0.1:1/v1", "http://127.0.0.1:1");
    check("http://127.0.0.1:1/v1/", "http://127.0.0.1:1");
    check("http://127.0.0.1:1", "http://127.0.0.1:1");
    check(
        "https://gateway.example/v1beta",
        "https://gateway.example/v1beta",
    );
}
