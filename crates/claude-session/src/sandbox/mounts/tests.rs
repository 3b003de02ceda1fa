use super::*;

const WORKSPACE: &str = "/srv/bot/workspaces/1";

fn paths(paths: &[&str]) -> Vec<PathBuf> {
    paths.iter().map(PathBuf::from).collect()
}

fn policy() -> Policy {
    let home = Path::new("/home/bot");
    Policy {
        defaults: paths(&[
            "/usr",
            "/bin",
            "/etc/passwd",
            "/etc/resolv.conf",
            "/home/bot/.cargo/bin",
            "/home/bot/.missing",
            "/home/bot/.claude/settings.json",
            "/home/bot/.claude/skills",
        ]),
        named: Vec::new(),
        application_dir: "/srv/bot".into(),
        ..Policy::at(home)
    }
}

fn process() -> PerProcess {
    PerProcess {
        workspace: WORKSPACE.into(),
        transcripts: Some("/home/bot/.claude/projects/-srv-bot-workspaces-1".into()),
        required: paths(&["/usr/bin/claude"]),
        folders: Vec::new(),
        private: paths(&[
            "/srv/bot/config.json",
            "/srv/bot/sessions",
            "/srv/bot/workspaces",
            "/home/bot/site",
        ]),
        secrets: paths(&["/home/bot/.ssh", "/etc/ssl/private"]),
    }
}

/// The links of a made-up machine. On it, names with a dot are files, all others folders.
const LINKS: &[(&str, &str)] = &[
    ("/bin", "usr/bin"),
    ("/etc/resolv.conf", "../run/resolve/stub.conf"),
    ("/home/bot/.claude/skills", "/home/bot/dotfiles/skills"),
];

fn resolve(links: &[(&str, &str)], path: &Path) -> Resolved {
    let mut target = path.to_owned();
    let mut followed = Vec::new();
    for (link, written) in links {
        if let Ok(rest) = target.strip_prefix(link) {
            let up = written.matches("../").count();
            let parent = Path::new(link).ancestors().nth(up + 1).unwrap();
            target = parent.join(written.trim_start_matches("../")).join(rest);
            followed.push((PathBuf::from(link), PathBuf::from(written)));
        }
    }
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let kind = match name.trim_start_matches('.') {
        "missing" => Kind::Missing,
        "passwd" | "token" => Kind::File,
        name if name.contains('.') => Kind::File,
        _ => Kind::Folder,
    };
    Resolved {
        links: followed,
        target,
        kind,
    }
}

fn plan(policy: &Policy, process: &PerProcess) -> Mounts {
    plan_with(policy, process, LINKS)
}

fn plan_with(policy: &Policy, process: &PerProcess, links: &[(&str, &str)]) -> Mounts {
    mounts(policy, process, |path| Some(resolve(links, path)))
}

/// The mount that holds at a path.
fn at<'a>(mounts: &'a Mounts, path: &str) -> Option<&'a Mount> {
    Path::new(path)
        .ancestors()
        .find_map(|holder| mounts.get(holder))
}

#[track_caller]
fn check(mounts: &Mounts, expected: &[(&str, Option<Mount>)]) {
    for (path, expected) in expected {
        assert_eq!(at(mounts, path), expected.as_ref(), "{path}");
    }
}

#[test]
fn only_what_is_listed_is_visible() {
    let mounts = plan(&policy(), &process());
    check(
        &mounts,
        &[
            ("/usr/lib/x", Some(Mount::ReadOnly)),
            ("/usr/bin/claude", Some(Mount::ReadOnly)),
            ("/bin", Some(Mount::Symlink("usr/bin".into()))),
            ("/etc/passwd", Some(Mount::ReadOnly)),
            ("/etc/shadow", None),
            ("/unknown", None),
            ("/srv/unknown", None),
            ("/srv/bot/workspaces/1/notes", Some(Mount::ReadWrite)),
            ("/srv/bot/workspaces/2/notes", None),
            ("/srv/bot/sessions/active.json", None),
            ("/home/other/x", None),
            ("/run/docker.sock", Some(Mount::Tmpfs)),
            ("/proc/1", Some(Mount::Processes)),
            ("/dev/sda", Some(Mount::Devices)),
        ],
    );
}

#[test]
fn the_home_folder_is_empty_but_for_toolchains() {
    check(
        &plan(&policy(), &process()),
        &[
            ("/home/bot/.bashrc", Some(Mount::Tmpfs)),
            ("/home/bot/.ssh/id", Some(Mount::Tmpfs)),
            ("/home/bot/.cache/x", Some(Mount::Tmpfs)),
            ("/home/bot/.cargo/bin/cargo", Some(Mount::ReadOnly)),
            ("/home/bot/.cargo/credentials", Some(Mount::Tmpfs)),
            ("/home/bot/.missing", Some(Mount::Tmpfs)),
        ],
    );
}

#[test]
fn the_clis_folder_shows_its_settings_and_the_sessions_own_files() {
    check(
        &plan(&policy(), &process()),
        &[
            (
                "/home/bot/.claude/projects/-srv-bot-workspaces-1/x",
                Some(Mount::ReadWrite),
            ),
            (
                "/home/bot/.claude/projects/-srv-bot-workspaces-2/x",
                Some(Mount::EmptyFolder),
            ),
            (
                "/home/bot/.claude/.credentials.json",
                Some(Mount::ReadWrite),
            ),
            ("/home/bot/.claude/settings.json", Some(Mount::ReadOnly)),
            ("/home/bot/.claude/history.jsonl", Some(Mount::Tmpfs)),
            ("/home/bot/.claude/new-in-next-release", Some(Mount::Tmpfs)),
        ],
    );
    let (policy, mut process) = (policy(), process());
    process.transcripts = None;
    let any = "/home/bot/.claude/projects/any";
    check(&plan(&policy, &process), &[(any, Some(Mount::ReadWrite))]);
}

#[test]
fn links_lead_where_they_lead_outside() {
    check(
        &plan(&policy(), &process()),
        &[
            (
                "/etc/resolv.conf",
                Some(Mount::Symlink("../run/resolve/stub.conf".into())),
            ),
            ("/run/resolve/stub.conf", Some(Mount::ReadOnly)),
            ("/run/resolve/other", Some(Mount::Tmpfs)),
            (
                "/home/bot/.claude/skills",
                Some(Mount::Symlink("/home/bot/dotfiles/skills".into())),
            ),
            ("/home/bot/dotfiles/skills/x", Some(Mount::ReadOnly)),
            ("/home/bot/dotfiles/secret", Some(Mount::Tmpfs)),
        ],
    );
}

#[test]
fn no_link_shows_what_is_private_or_a_secret() {
    for target in ["/srv/bot/sessions", "/home/bot/.ssh", "/home/bot/site/x"] {
        let links = [("/home/bot/.cargo/bin", target)];
        let mounts = plan_with(&policy(), &process(), &links);
        assert_ne!(at(&mounts, target), Some(&Mount::ReadOnly), "{target}");
    }
    // Whoever works in a workspace may create links in it.
    for workspace in ["/home/bot/site", WORKSPACE] {
        let (mut policy, process) = (policy(), process());
        let link = format!("{workspace}/bin");
        policy.defaults.push(link.clone().into());
        let mounts = plan_with(&policy, &process, &[(&link, "/elsewhere")]);
        assert_eq!(at(&mounts, "/elsewhere"), None, "{workspace}");
    }
}

#[test]
fn folders_of_the_session_are_writable_unless_private() {
    let (policy, mut process) = (policy(), process());
    process.folders = paths(&[
        "/srv/data",
        "/usr/share/data",
        "/srv/bot/sessions",
        "/srv/no.folder",
    ]);
    check(
        &plan(&policy, &process),
        &[
            ("/srv/data/x", Some(Mount::ReadWrite)),
            ("/usr/share/data/x", Some(Mount::ReadWrite)),
            ("/usr/share", Some(Mount::ReadOnly)),
            ("/srv/bot/sessions", None),
        ],
    );
}

#[test]
fn named_paths_are_visible_unless_private() {
    let (mut policy, process) = (policy(), process());
    policy.named = [
        "/srv/data",
        "/home/bot/.ssh",
        "/srv/bot/mcp.json",
        "/srv/bot/sessions/x",
        "/dev/null",
    ]
    .map(PathBuf::from)
    .to_vec();
    check(
        &plan(&policy, &process),
        &[
            ("/srv/data/x", Some(Mount::ReadOnly)),
            ("/srv/other", None),
            ("/home/bot/.ssh/id", Some(Mount::ReadOnly)),
            ("/srv/bot/mcp.json", Some(Mount::ReadOnly)),
            ("/srv/bot/sessions/x", None),
            ("/dev/null", Some(Mount::Devices)),
        ],
    );
}

#[test]
fn a_workspace_that_holds_private_files_shows_none_of_them() {
    let (policy, mut process) = (policy(), process());
    for workspace in ["/", "/srv", "/srv/bot", "/home/bot", "/home"] {
        process.workspace = workspace.into();
        let mounts = plan(&policy, &process);
        assert_eq!(mounts[Path::new(workspace)], Mount::ReadWrite);
        for path in [
            "/srv/bot/config.json",
            "/srv/bot/sessions/x",
            "/srv/bot/workspaces/2",
            "/home/bot/site/x",
            "/home/bot/.ssh/id",
            "/home/bot/.claude/history.jsonl",
            "/home/bot/.claude/projects/any",
            "/etc/ssl/private/key",
        ] {
            let found = at(&mounts, path);
            let is_hidden = !matches!(found, Some(Mount::ReadOnly | Mount::ReadWrite));
            assert!(is_hidden, "{workspace}: {path}");
        }
    }
    process.workspace = "/srv".into();
    check(
        &plan(&policy, &process),
        &[
            ("/srv/bot/other", Some(Mount::EmptyFolder)),
            ("/srv/bot/config.json", Some(Mount::EmptyFile)),
            ("/srv/site/x", Some(Mount::ReadWrite)),
        ],
    );
}

#[test]
fn a_system_folder_shows_no_private_files() {
    let (mut policy, mut process) = (policy(), process());
    process.private.push("/usr/share/bot/token".into());
    policy.application_dir = "/usr/lib/bot".into();
    check(
        &plan(&policy, &process),
        &[
            ("/usr/share/bot/token", Some(Mount::EmptyFile)),
            ("/usr/lib/bot/x", Some(Mount::EmptyFolder)),
            ("/usr/local/etc/service", Some(Mount::EmptyFolder)),
        ],
    );
}

#[test]
fn the_program_is_never_writable() {
    let (policy, mut process) = (policy(), process());
    process.workspace = "/home/bot".into();
    for program in [
        "/home/bot/.claude/local/node_modules",
        "/home/bot/lib/node_modules",
        "/srv/bot/workspaces/1/claude.exe",
    ] {
        process.required = vec![program.into()];
        assert_eq!(
            plan(&policy, &process).get(Path::new(program)),
            Some(&Mount::ReadOnly)
        );
    }
}

#[test]
fn a_program_inside_a_masked_folder_is_visible_by_its_name() {
    let (policy, mut process) = (policy(), process());
    process.workspace = "/srv".into();
    process.required = vec!["/srv/bot/claude".into()];
    let links = [("/srv/bot/claude", "lib/claude.exe")];
    check(
        &plan_with(&policy, &process, &links),
        &[
            (
                "/srv/bot/claude",
                Some(Mount::Symlink("lib/claude.exe".into())),
            ),
            ("/srv/bot/lib/claude.exe", Some(Mount::ReadOnly)),
            ("/srv/bot/lib/other", Some(Mount::EmptyFolder)),
        ],
    );
}

#[test]
fn system_folders_are_never_emptied() {
    let (mut policy, process) = (policy(), process());
    policy.scratch = ["/usr/sbin", "/", "/etc/passwd", "/dev/shm"]
        .map(PathBuf::from)
        .to_vec();
    let mounts = plan(&policy, &process);
    check(
        &mounts,
        &[
            ("/usr/sbin/x", Some(Mount::ReadOnly)),
            ("/etc/passwd", Some(Mount::ReadOnly)),
            ("/dev/shm/x", Some(Mount::Tmpfs)),
        ],
    );
    assert_eq!(mounts.get(Path::new("/")), None);
}

#[test]
fn nothing_is_created_in_a_workspace_for_a_missing_folder() {
    let (mut policy, process) = (policy(), process());
    policy.scratch.push("/srv/bot/workspaces/1/.missing".into());
    policy.scratch.push("/var/.missing".into());
    let mounts = plan(&policy, &process);
    let temporary = "/srv/bot/workspaces/1/.missing";
    assert_eq!(mounts.get(Path::new(temporary)), None);
    assert_eq!(mounts[Path::new("/var/.missing")], Mount::Tmpfs);
}

#[test]
fn devices_stay_even_if_one_is_a_secret() {
    let (policy, mut process) = (policy(), process());
    process.secrets = vec!["/dev/null".into(), "/proc/1/environ".into()];
    check(
        &plan(&policy, &process),
        &[
            ("/dev/null", Some(Mount::Devices)),
            ("/proc/1/environ", Some(Mount::Processes)),
        ],
    );
}
