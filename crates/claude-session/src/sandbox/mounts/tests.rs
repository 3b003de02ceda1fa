use super::*;

fn spec() -> Spec {
    Spec {
        home: "/home/bot".into(),
        state: "/home/bot/.claude".into(),
        entries: [
            ("settings.json", None),
            ("history.jsonl", None),
            ("shell-snapshots", None),
            ("projects", None),
            (".credentials.json", None),
            (".oauth_refresh.lock", None),
            ("skills", Some("/home/bot/skills")),
            ("local", None),
        ]
        .map(|(name, target)| (name.to_owned(), target.map(PathBuf::from)))
        .to_vec(),
        transcripts: Some("/home/bot/.claude/projects/-srv-bot-workspaces-1".into()),
        workspace: "/srv/bot/workspaces/1".into(),
        secrets: ["/home/bot/.ssh", "/root"].map(PathBuf::from).to_vec(),
        hidden: [
            "/srv/bot",
            "/srv/bot/config.json",
            "/srv/bot/sessions",
            "/etc/token",
            "/srv/bot/workspaces",
            "/home/bot/site",
        ]
        .map(PathBuf::from)
        .to_vec(),
        scratch: ["/run", "/tmp", "/home/bot/.cache"]
            .map(PathBuf::from)
            .to_vec(),
        program: "/usr/bin/claude".into(),
        visible: vec![],
        links: vec![],
    }
}

/// Names with a dot are files, all others folders, and everything is there.
fn everything(path: &Path) -> Kind {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.trim_start_matches('.').contains('.') || name == "token" {
        Kind::File
    } else {
        Kind::Folder
    }
}

/// The mount that holds at a path.
fn at<'a>(mounts: &'a Mounts, path: &str) -> Option<&'a Mount> {
    Path::new(path)
        .ancestors()
        .find_map(|holder| mounts.get(holder))
}

#[test]
fn every_place_is_what_it_should_be() {
    let mounts = mounts(&spec(), everything);
    for (path, expected) in [
        ("/srv/bot/workspaces/1/notes", Some(Mount::Writable)),
        ("/srv/bot/workspaces/2/notes", Some(Mount::HiddenFolder)),
        ("/srv/bot/anything", Some(Mount::HiddenFolder)),
        ("/srv/bot/sessions/active.json", Some(Mount::HiddenFolder)),
        ("/etc/token", Some(Mount::HiddenFile)),
        ("/home/bot/site/index", Some(Mount::HiddenFolder)),
        ("/home/bot/.ssh/id", Some(Mount::HiddenFolder)),
        ("/home/bot/.bashrc", None),
        (
            "/home/bot/.claude/projects/-srv-bot-workspaces-1/x",
            Some(Mount::Writable),
        ),
        (
            "/home/bot/.claude/projects/-srv-bot-workspaces-2/x",
            Some(Mount::HiddenFolder),
        ),
        ("/home/bot/.claude/.credentials.json", Some(Mount::Writable)),
        (
            "/home/bot/.claude/settings.json",
            Some(Mount::VisibleIfThere),
        ),
        (
            "/home/bot/.claude/local/claude",
            Some(Mount::VisibleIfThere),
        ),
        (
            "/home/bot/.claude/skills",
            Some(Mount::Link("/home/bot/skills".into())),
        ),
        ("/home/bot/.claude/shell-snapshots/x", Some(Mount::Scratch)),
        ("/home/bot/.claude/history.jsonl", Some(Mount::Scratch)),
        (
            "/home/bot/.claude/settings.local.json",
            Some(Mount::Scratch),
        ),
        (
            "/home/bot/.claude/.oauth_refresh.lock",
            Some(Mount::Scratch),
        ),
        ("/usr/bin/claude", None),
        ("/usr/lib/x", None),
        ("/run/docker.sock", Some(Mount::Scratch)),
        ("/proc/1", Some(Mount::Processes)),
        ("/root/x", Some(Mount::HiddenFolder)),
    ] {
        assert_eq!(at(&mounts, path), expected.as_ref(), "{path}");
    }
}

#[test]
fn the_home_and_the_systems_folders_are_never_hidden_as_a_whole() {
    let mut spec = spec();
    for folder in ["/", "/etc", "/home", "/home/bot", "/srv", "/opt"] {
        spec.hidden = vec![folder.into(), "/home/bot/config.json".into()];
        let mounts = mounts(&spec, everything);
        assert_eq!(mounts.get(Path::new(folder)), None, "{folder}");
        let is_told = stays_open(Path::new(folder), &spec.home, &spec.scratch);
        assert!(is_told, "{folder}");
        assert_eq!(
            at(&mounts, "/home/bot/config.json"),
            Some(&Mount::HiddenFile)
        );
    }
}

#[test]
fn what_is_hidden_or_emptied_as_a_whole_is_not_open() {
    let mut spec = spec();
    for folder in [
        "/srv/bot",
        "/home/bot/x",
        "/tmp",
        "/home/bot/.cache",
        "/root",
    ] {
        let is_open = stays_open(Path::new(folder), &spec.home, &spec.scratch);
        assert!(!is_open, "{folder}");
        spec.hidden = vec![folder.into()];
        let inside = format!("{folder}/x");
        let mounts = mounts(&spec, everything);
        let found = at(&mounts, &inside);
        assert!(
            matches!(found, Some(Mount::HiddenFolder | Mount::Scratch)),
            "{folder}"
        );
    }
    let home = Path::new("/tmp/home");
    assert!(stays_open(home, home, &spec.scratch));
}

#[test]
fn what_the_cli_needs_shows_through() {
    let mut spec = spec();
    spec.program = "/srv/bot/claude.exe".into();
    spec.visible = vec!["/tmp/prompt.md".into()];
    spec.links = vec![
        ("/tmp/claude".into(), "/srv/bot/claude.exe".into()),
        ("/usr/bin/claude".into(), "/tmp/claude".into()),
    ];
    let mounts = mounts(&spec, everything);
    assert_eq!(at(&mounts, "/srv/bot/claude.exe"), Some(&Mount::Visible));
    assert_eq!(
        at(&mounts, "/srv/bot/config.json"),
        Some(&Mount::HiddenFile)
    );
    assert_eq!(at(&mounts, "/tmp/prompt.md"), Some(&Mount::Visible));
    assert_eq!(
        at(&mounts, "/tmp/claude"),
        Some(&Mount::Link("/srv/bot/claude.exe".into()))
    );
    assert_eq!(
        mounts.get(Path::new("/usr/bin/claude")),
        None,
        "it is there anyway"
    );
}

#[test]
fn the_program_is_never_writable() {
    let mut spec = spec();
    spec.workspace = "/home/bot".into();
    for program in [
        "/home/bot/.claude/local/node_modules",
        "/home/bot/lib/node_modules",
        "/srv/bot/workspaces/1/claude.exe",
    ] {
        spec.program = program.into();
        let mounts = mounts(&spec, everything);
        assert_eq!(mounts.get(Path::new(program)), Some(&Mount::Visible));
    }
}

#[test]
fn a_file_of_the_bots_is_hidden_with_its_folder() {
    let mut spec = spec();
    for (token, hidden) in [
        ("/etc/switchboard/token", "/etc/switchboard/new"),
        ("/home/bot/keys/token", "/home/bot/keys/new"),
    ] {
        spec.hidden = vec![token.into()];
        let mounts = mounts(&spec, everything);
        assert_eq!(at(&mounts, hidden), Some(&Mount::HiddenFolder));
    }
    for token in ["/etc/token", "/home/bot/token", "/home/bot/.config/token"] {
        spec.hidden = vec![token.into()];
        let mounts = mounts(&spec, everything);
        assert_eq!(mounts.get(Path::new(token)), Some(&Mount::HiddenFile));
        assert_eq!(mounts.get(Path::new(token).parent().unwrap()), None);
    }
}

#[test]
fn what_is_hidden_in_the_clis_own_folder_stays_hidden() {
    let mut spec = spec();
    spec.state = spec.home.clone();
    spec.entries = vec![(".ssh".into(), None), (".bashrc".into(), None)];
    let mounts = mounts(&spec, everything);
    assert_eq!(at(&mounts, "/home/bot/.ssh/id"), Some(&Mount::HiddenFolder));
    assert_eq!(
        at(&mounts, "/home/bot/.bashrc"),
        Some(&Mount::VisibleIfThere)
    );
}

#[test]
fn a_home_among_temporary_files_shows_through() {
    let mut spec = spec();
    spec.home = "/tmp/home".into();
    spec.state = "/tmp/home/.claude".into();
    spec.secrets = vec!["/tmp/home/.ssh".into()];
    let mounts = mounts(&spec, everything);
    assert_eq!(at(&mounts, "/tmp/home/.bashrc"), Some(&Mount::Visible));
    assert_eq!(at(&mounts, "/tmp/other"), Some(&Mount::Scratch));
    assert_eq!(at(&mounts, "/tmp/home/.ssh/id"), Some(&Mount::HiddenFolder));
}

#[test]
fn an_own_workspace_is_writable_wherever_it_lies() {
    let mut spec = spec();
    for workspace in [
        "/home/bot/site",
        "/home/bot/site/deep",
        "/home/bot",
        "/srv/bot",
        "/tmp/x",
    ] {
        spec.workspace = workspace.into();
        let mounts = mounts(&spec, everything);
        assert_eq!(
            mounts.get(Path::new(workspace)),
            Some(&Mount::Writable),
            "{workspace}"
        );
        assert_eq!(at(&mounts, "/etc/token"), Some(&Mount::HiddenFile));
        assert_eq!(
            at(&mounts, "/srv/bot/sessions/x"),
            Some(&Mount::HiddenFolder),
            "{workspace}"
        );
    }
}

#[test]
fn nothing_that_is_missing_is_hidden() {
    let mounts = mounts(&spec(), |_| Kind::Missing);
    assert!(!mounts.values().any(|mount| *mount == Mount::HiddenFile));
    assert_eq!(at(&mounts, "/etc/token"), None);
    assert_eq!(at(&mounts, "/tmp/x"), None);
}

#[test]
fn the_devices_stay_even_where_a_secret_is_one() {
    let mut spec = spec();
    spec.secrets = vec!["/dev/null".into(), "/proc/1/environ".into()];
    let mounts = mounts(&spec, |_| Kind::File);
    assert_eq!(at(&mounts, "/dev/null"), Some(&Mount::Devices));
    assert_eq!(at(&mounts, "/proc/1/environ"), Some(&Mount::Processes));
}

#[test]
fn transcripts_whose_folder_cannot_be_told_stay_where_they_are() {
    let mut spec = spec();
    spec.transcripts = None;
    let mounts = mounts(&spec, everything);
    assert_eq!(
        at(&mounts, "/home/bot/.claude/projects/any"),
        Some(&Mount::Writable)
    );
}
