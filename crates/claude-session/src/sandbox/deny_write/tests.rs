use super::*;

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
