#![expect(clippy::disallowed_methods, reason = "a test prepares files")]

use std::{
    fs,
    os::unix::{fs::symlink, net::UnixListener},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use rustix::fs::{CWD, mknodat};
use tempfile::TempDir;

use super::*;

const SECRET: &str = "a secret outside";

/// A folder with a file, and a secret beside it.
fn world() -> (TempDir, Folder) {
    let world = tempfile::tempdir().unwrap();
    let inside = world.path().join("inside");
    fs::create_dir_all(inside.join("below")).unwrap();
    fs::write(inside.join("below/a.txt"), "hello").unwrap();
    fs::write(world.path().join("secret"), SECRET).unwrap();
    let folder = Folder::open(&inside).unwrap();
    (world, folder)
}

fn read(folder: &Folder, path: impl AsRef<Path>) -> Result<Vec<u8>, Refused> {
    folder.read_beneath(path.as_ref(), 100)
}

#[track_caller]
fn check(refused: Result<Vec<u8>, Refused>, expected: &str) {
    assert_eq!(refused.unwrap_err().to_string(), expected);
}

const OUTSIDE: &str = "the path leads out of the folder or over a symbolic link";
const NOT_REGULAR: &str = "it is not a regular file";

#[test]
fn a_file_beneath_is_read() {
    let (_world, folder) = world();
    for path in ["below/a.txt", "./below/a.txt", "below/../below/a.txt"] {
        assert_eq!(read(&folder, path).unwrap(), b"hello", "{path}");
    }
}

#[test]
fn paths_that_lead_out_are_refused() {
    let (world, folder) = world();
    let absolute = world.path().join("secret");
    for path in [
        "../secret",
        "below/../../secret",
        absolute.to_str().unwrap(),
    ] {
        check(read(&folder, path), OUTSIDE);
    }
    check(read(&folder, "/proc/self/environ"), OUTSIDE);
}

#[test]
fn links_are_refused() {
    let (world, folder) = world();
    let inside = world.path().join("inside");
    symlink("../secret", inside.join("out")).unwrap();
    symlink("below/a.txt", inside.join("in")).unwrap();
    symlink("..", inside.join("up")).unwrap();
    symlink("/proc/self/fd/0", inside.join("magic")).unwrap();
    for path in ["out", "in", "up/secret", "magic"] {
        check(read(&folder, path), OUTSIDE);
    }
    fs::hard_link(world.path().join("secret"), inside.join("hard")).unwrap();
    check(read(&folder, "hard"), "it has more than one hard link");
}

#[test]
fn only_regular_files_are_read_and_nothing_waits() {
    let (world, folder) = world();
    let inside = world.path().join("inside");
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, inside.join("fifo"), FileType::Fifo, mode, 0).unwrap();
    let _socket = UnixListener::bind(inside.join("socket")).unwrap();
    for path in ["fifo", "socket", "below", "."] {
        check(read(&folder, path), NOT_REGULAR);
    }
}

#[test]
fn missing_and_too_large_files_are_refused() {
    let (world, folder) = world();
    for path in ["", "nothing", "below/a.txt/b"] {
        check(read(&folder, path), "there is no such file");
    }
    let inside = world.path().join("inside");
    fs::write(inside.join("large"), [0; 101]).unwrap();
    fs::write(inside.join("fits"), [0; 100]).unwrap();
    assert_eq!(read(&folder, "fits").unwrap().len(), 100);
    check(read(&folder, "large"), "it is larger than 100 bytes");
    // Its size is said to be 0.
    File::create(inside.join("sparse"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    check(read(&folder, "sparse"), "it is larger than 100 bytes");
}

#[test]
fn a_raced_link_never_brings_the_secret() {
    let (world, folder) = world();
    let place = world.path().join("inside/raced");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                fs::write(&place, "own").unwrap();
                fs::remove_file(&place).unwrap();
                symlink("../secret", &place).unwrap();
                fs::remove_file(&place).unwrap();
            }
        });
        let (mut tries, mut read_at_all) = (0, 0);
        let deadline = Instant::now() + Duration::from_secs(30);
        while tries < 3_000 || (read_at_all == 0 && Instant::now() < deadline) {
            tries += 1;
            if let Ok(bytes) = read(&folder, "raced") {
                assert_ne!(bytes, SECRET.as_bytes());
                read_at_all += 1;
            }
        }
        done.store(true, Ordering::Relaxed);
        assert!(read_at_all > 0);
    });
}
