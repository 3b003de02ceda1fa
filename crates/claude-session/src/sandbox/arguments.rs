//! The arguments of bubblewrap.

use std::{ffi::OsString, path::Path};

use super::mounts::{Mount, Mounts};

/// Everything that comes before the program and its own arguments.
///
/// Flags as in `bwrap(1)` of 0.4 and later.
#[must_use]
pub fn arguments(mounts: &Mounts, workspace: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = [
        // Sees and signals its own processes only; what it leaves running goes with it.
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        // Goes with the bot, even if that is killed.
        "--die-with-parent",
        // Cannot type into the terminal that the bot was started from (CVE-2017-5226).
        "--new-session",
        // Started by root it would keep root's capabilities, by which it could take the walls down.
        "--cap-drop",
        "ALL",
        "--ro-bind",
        "/",
        "/",
    ]
    .map(OsString::from)
    .to_vec();
    for (path, mount) in mounts {
        let (flag, source) = match mount {
            Mount::HiddenFolder | Mount::Scratch => ("--tmpfs", None),
            Mount::Devices => ("--dev", None),
            Mount::Processes => ("--proc", None),
            Mount::HiddenFile => ("--ro-bind", Some(Path::new("/dev/null"))),
            Mount::Visible => ("--ro-bind", Some(path.as_path())),
            Mount::VisibleIfThere => ("--ro-bind-try", Some(path.as_path())),
            Mount::Writable => ("--bind", Some(path.as_path())),
            Mount::Link(target) => ("--symlink", Some(target.as_path())),
        };
        arguments.push(flag.into());
        arguments.extend(source.map(OsString::from));
        arguments.push(path.into());
    }
    // Only when all that lies in them is mounted.
    for (path, mount) in mounts {
        if *mount == Mount::HiddenFolder {
            arguments.push("--remount-ro".into());
            arguments.push(path.into());
        }
    }
    arguments.push("--chdir".into());
    arguments.push(workspace.into());
    arguments.push("--".into());
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_these() {
        let mounts: Mounts = [
            ("/srv/bot", Mount::HiddenFolder),
            ("/srv/bot/workspaces/1", Mount::Writable),
            ("/srv/bot/claude", Mount::Visible),
            ("/srv/bot/settings", Mount::VisibleIfThere),
            ("/home/bot/.netrc", Mount::HiddenFile),
            ("/tmp", Mount::Scratch),
            ("/tmp/claude", Mount::Link("/srv/bot/claude".into())),
        ]
        .map(|(path, mount)| (path.into(), mount))
        .into();
        let arguments = arguments(&mounts, Path::new("/srv/bot/workspaces/1"));
        let text = arguments.join(std::ffi::OsStr::new(" "));
        insta::assert_snapshot!(text.to_str().unwrap().replace(" --", "\n--"));
    }
}
