use std::ffi::OsStr;

use super::*;

fn rendered(mounts: &[(&str, Mount)]) -> String {
    let mounts = mounts.iter().cloned();
    let mounts = mounts.map(|(path, mount)| (path.into(), mount)).collect();
    let arguments = arguments(&mounts, Path::new("/srv/bot/workspaces/1"));
    let text = arguments.join(OsStr::new(" "));
    text.to_str().unwrap().replace(" --", "\n--")
}

#[test]
fn arguments_are_rendered_in_mount_order() {
    insta::assert_snapshot!(rendered(&[
        ("/tmp", Mount::Tmpfs),
        ("/tmp/claude", Mount::Symlink("/srv/bot/claude".into())),
        ("/usr", Mount::ReadOnly),
        ("/srv/bot", Mount::EmptyFolder),
        ("/srv/bot/claude", Mount::ReadOnly),
        ("/srv/bot/workspaces/1", Mount::ReadWrite),
        ("/srv/bot/workspaces/1/config.json", Mount::EmptyFile),
        ("/dev", Mount::Devices),
        ("/proc", Mount::Processes),
    ]));
}

#[test]
fn a_root_that_is_the_workspace_stays_writable() {
    let text = rendered(&[("/", Mount::ReadWrite)]);
    assert!(!text.contains("--remount-ro"), "{text}");
}
