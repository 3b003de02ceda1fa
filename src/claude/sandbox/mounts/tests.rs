use super::*;

fn spec() -> Spec {
    Spec {
        home: "/home/bot".into(),
        state: "/home/bot/.claude".into(),
        transcripts: Some("/home/bot/.claude/projects/-srv-bot-workspaces-1".into()),
        workspace: "/srv/bot/workspaces/1".into(),
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
        scratch: vec![],
        visible: vec!["/usr/bin/claude".into()],
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
        ("/home/bot/.claude/settings.json", Some(Mount::Visible)),
        ("/home/bot/.claude/shell-snapshots/x", Some(Mount::Scratch)),
        ("/home/bot/.claude/history.jsonl", Some(Mount::HiddenFile)),
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
        assert_eq!(
            at(&mounts, "/home/bot/config.json"),
            Some(&Mount::HiddenFile)
        );
    }
}

#[test]
fn what_the_cli_needs_shows_through() {
    let mut spec = spec();
    spec.visible = vec!["/srv/bot/claude.exe".into(), "/tmp/prompt.md".into()];
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
fn a_home_among_temporary_files_shows_through() {
    let mut spec = spec();
    spec.home = "/tmp/home".into();
    spec.state = "/tmp/home/.claude".into();
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
