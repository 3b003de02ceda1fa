use super::*;

#[test]
fn arguments_that_turn_hooks_off_are_recognised() {
    for argument in [
        "--settings=a.json",
        "--settings",
        "--safe-mode",
        "--managed-settings={}",
    ] {
        assert!(turns_hooks_off(argument), "{argument}");
    }
    for argument in ["--bare", "--setting-sources=user", "a.json"] {
        assert!(!turns_hooks_off(argument), "{argument}");
    }
}

#[test]
fn merged_settings_keep_lists_and_take_new_values() {
    let object = |value: Value| value.as_object().cloned().unwrap();
    let mut settings = object(json!({
        "env": { "A": "1" },
        "permissions": { "deny": ["Read(//x)"], "defaultMode": "plan" },
        "sandbox": { "enabled": false },
    }));
    let own = json!({
        "permissions": { "deny": ["Read(//y)"] },
        "sandbox": { "enabled": true },
        "hooks": {},
    });
    merge(&mut settings, object(own));
    let expected = json!({
        "env": { "A": "1" },
        "permissions": { "deny": ["Read(//x)", "Read(//y)"], "defaultMode": "plan" },
        "sandbox": { "enabled": true },
        "hooks": {},
    });
    assert_eq!(Value::Object(settings), expected);
}

#[test]
fn settings_hold_what_is_denied() {
    let denied = Denied {
        files: vec!["/srv/bot/token".into()],
        folders: vec!["/srv/bot/sessions".into()],
        shared: vec!["/srv/bot/workspaces".into()],
        allowed: vec!["/srv/bot/workspaces/1".into()],
        writing: vec!["/srv/bot/notes".into(), "/opt".into()],
    };
    insta::assert_snapshot!(format!("{:#}", Value::Object(render(&denied))));
}

#[test]
fn a_workspace_inside_another_sessions_is_allowed() {
    let home = Path::new("/nonexistent");
    let at = |name: &str| home.join(name);
    let policy = Policy {
        workspaces: ["", "other", "projects", "projects/website"]
            .map(at)
            .to_vec(),
        ..Policy::at(home)
    };
    let denied = |name: &str| {
        let mut denied = denied(&policy, &at(name));
        denied.folders.retain(|path| path.starts_with(home));
        denied
    };

    let website = denied("projects/website");
    assert_eq!(website.folders, [at("other")]);
    assert_eq!(website.shared, [at("projects"), at(".claude/projects")]);
    assert!(website.allowed.contains(&at("projects/website")));
    let projects = denied("projects");
    assert_eq!(projects.folders, [at("other"), at("projects/website")]);
}

const DISK: &[&str] = &[
    "/home",
    "/home/ada",
    "/home/ada/.config",
    "/home/ada/bot",
    "/home/ada/bot/notes",
    "/home/ada/bot/workspaces",
    "/home/ada/bot/workspaces/1",
    "/home/bea",
    "/opt",
    "/var",
    "/var/lib",
    "/var/spool",
];

#[track_caller]
fn check(kept: &[&str], expected: &[&str]) {
    let entries = |folder: &Path| {
        let inside = DISK.iter().map(PathBuf::from);
        inside
            .filter(|path| path.parent() == Some(folder))
            .collect()
    };
    let kept: Vec<_> = kept.iter().map(PathBuf::from).collect();
    let folders = ["/home", "/opt", "/var", "/home/ada"].map(PathBuf::from);
    let expected: Vec<_> = expected.iter().map(PathBuf::from).collect();
    assert_eq!(
        largest_parts(folders, &kept, &entries),
        expected,
        "{kept:?}"
    );
}

#[test]
fn what_is_kept_and_what_holds_it_is_left_out() {
    check(&[], &["/home", "/home/ada", "/opt", "/var"]);
    check(
        &["/home/ada/bot/workspaces/1", "/home/ada/.ssh", "/var/spool"],
        &[
            "/home/ada/.config",
            "/home/ada/bot/notes",
            "/home/bea",
            "/opt",
            "/var/lib",
        ],
    );
    check(&["/home", "/opt/x/y"], &["/var"]);
    check(&["/"], &[]);
}
