use super::*;

#[test]
fn the_own_group_is_found_below_the_mount() {
    #[track_caller]
    fn check(mount_point: &str, root: &str, path: &str, expected: Option<&str>) {
        let found = folder(Path::new(mount_point), root, path);
        assert_eq!(found.as_deref(), expected.map(Path::new));
    }
    check("/sys/fs/cgroup", "/", "/", Some("/sys/fs/cgroup/"));
    check(
        "/sys/fs/cgroup",
        "/",
        "/system.slice/switchboard.service",
        Some("/sys/fs/cgroup/system.slice/switchboard.service"),
    );
    check(
        "/sys/fs/cgroup/unified",
        "/docker/1",
        "/docker/1/x",
        Some("/sys/fs/cgroup/unified/x"),
    );
    check("/sys/fs/cgroup", "/docker/1", "/docker/2", None);
    check("/sys/fs/cgroup", "/", "/../other", None);
}
