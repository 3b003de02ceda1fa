use super::*;

fn append_line(path: &Path, line: &str) -> io::Result<()> {
    append_lines(path, &[line.into()])
}

#[test]
fn a_replaced_file_is_complete_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("active.json");
    replace(&path, b"one").unwrap();
    replace(&path, b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn symbolic_links_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target.json");
    let link = folder.path().join("link.json");
    replace(&target, b"one").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    replace(&link, b"two").unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"two");
    assert!(link.is_symlink());
}

#[test]
fn a_dangling_link_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("elsewhere")).unwrap();
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink("elsewhere/target.json", &link).unwrap();
    replace(&link, b"one").unwrap();
    assert_eq!(
        fs::read(folder.path().join("elsewhere/target.json")).unwrap(),
        b"one"
    );
    let gone = folder.path().join("gone.json");
    std::os::unix::fs::symlink("not mounted/target.json", &gone).unwrap();
    assert!(replace(&gone, b"one").is_err());
    assert!(link.is_symlink() && gone.is_symlink());
    let around = folder.path().join("around.json");
    std::os::unix::fs::symlink("around.json", &around).unwrap();
    assert!(replace(&around, b"one").is_err());
}

#[test]
fn a_retried_line_is_not_duplicated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("2026-11.jsonl");
    for line in ["{\"a\":1}", "{\"b\":2}", "{\"b\":2}"] {
        append_line(&path, line).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\":1}\n{\"b\":2}\n");
    append_line(&path, "2}").unwrap();
    append_line(&path, "{\"b\":2}").unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "{\"a\":1}\n{\"b\":2}\n2}\n{\"b\":2}\n"
    );
}

#[test]
fn retried_lines_replace_what_was_left_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("2026-11.jsonl");
    let lines = ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"].map(str::to_owned);
    let (before, whole) = ("{\"z\":0}\n", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n");
    for left in 0..=whole.len() {
        replace(&path, [before, &whole[..left]].concat().as_bytes()).unwrap();
        append_lines(&path, &lines).unwrap();
        let found = fs::read_to_string(&path).unwrap();
        let rest = found.strip_prefix(before).unwrap();
        // A part of the first line stays.
        let part = if (1..7).contains(&left) {
            format!("{}\n", &whole[..left])
        } else {
            String::new()
        };
        assert_eq!(rest, part + whole, "{left} bytes");
    }
}

#[test]
fn concurrent_writers_never_tear_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("active.json");
    replace(&path, b"0").unwrap();
    std::thread::scope(|scope| {
        let write = |byte: u8| {
            let path = &path;
            move || (0..100).for_each(|n| replace(path, &vec![byte; 5_000 + n]).unwrap())
        };
        let writers = [scope.spawn(write(b'a')), scope.spawn(write(b'b'))];
        while !writers
            .iter()
            .all(std::thread::ScopedJoinHandle::is_finished)
        {
            let found = fs::read(&path).unwrap();
            assert!(found.iter().all(|byte| *byte == found[0]), "torn");
        }
    });
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_failed_replacement_leaves_no_temporary_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taken");
    fs::create_dir(&path).unwrap();
    assert!(replace(&path, b"x").is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn only_temporaries_of_killed_writers_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("active.json");
    for name in [
        "active.json",
        ".active_abcde1.json",
        ".active_abcde2.json",
        ".active_backup of mine.json",
        ".active_abcdef.bak",
        ".other_x.json",
    ] {
        replace(&folder.path().join(name), b"x").unwrap();
    }
    assert_eq!(remove_temporaries(&path).unwrap(), 2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[test]
fn a_cut_off_line_does_not_corrupt_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("2026-11.jsonl");
    append_line(&path, "{\"a\":1}").unwrap();
    OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(b"{\"b\":")
        .unwrap();
    append_line(&path, "{\"c\":3}").unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "{\"a\":1}\n{\"b\":\n{\"c\":3}\n"
    );
}

#[test]
fn a_copy_never_overwrites_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("a"), folder.path().join("b"));
    replace(&from, b"x").unwrap();
    copy_new(&from, &to).unwrap();
    assert_eq!(
        copy_new(&from, &to).unwrap_err().kind(),
        io::ErrorKind::AlreadyExists
    );
}
