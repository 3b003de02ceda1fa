use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    io::Read,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{PermissionsExt as _, symlink},
    },
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

use super::{
    contents::{MANIFEST, stays_inside},
    *,
};
use crate::{
    claude::{Environment, sandbox::transcripts_of},
    config::{Config, Machine},
    files,
};

const CHANNEL: &str = "1100000000000000001";
const SESSION: &str = "4c2ea0ba-5a5f-4d6e-93a4-6cbf39a4d8a0";

/// A machine with a bot's folder.
struct Place {
    home: TempDir,
    config: Config,
    environment: Environment,
}

impl Place {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::from_iter([("HOME", home.path().to_str().unwrap())]);
        let machine = Machine {
            memory_bytes: 4_000_000_000,
        };
        let bot = home.path().join("bot");
        let config = Config::from_json("{}", &bot, &environment, &machine).unwrap();
        files::create_folder(&config.workspace_dir).unwrap();
        files::create_folder(&config.sessions_dir).unwrap();
        Self {
            home,
            config,
            environment,
        }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.config.folder.join(path);
        files::create_folder(path.parent().unwrap()).unwrap();
        files::replace(&path, text.as_bytes()).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.config.folder.join(path)).unwrap()
    }

    fn transcripts(&self) -> std::path::PathBuf {
        let workspace = self
            .config
            .workspace_dir
            .canonicalize()
            .unwrap()
            .join(CHANNEL);
        transcripts_of(&self.environment, &workspace).unwrap()
    }

    fn back_up(&self) -> (Vec<u8>, Written) {
        let workspaces = Workspaces::new(&self.config).unwrap();
        let source = Source {
            config: Some("{}\n".into()),
            personality_dir: &self.config.personality_dir,
            sessions_dir: &self.config.sessions_dir,
            workspaces: &workspaces,
            with_workspaces: true,
            environment: &self.environment,
            account: None,
        };
        let mut archive = Vec::new();
        let written = write(&source, &mut archive).unwrap();
        (archive, written)
    }

    fn restore(&self, archive: &[u8], room: u64) -> Result<Restored, String> {
        let workspaces = Workspaces::new(&self.config).unwrap();
        let target = Target {
            personality_dir: &self.config.personality_dir,
            sessions_dir: &self.config.sessions_dir,
            workspaces: &workspaces,
            environment: &self.environment,
            account: None,
            room,
        };
        restore(archive, &target).map_err(|error| error.to_string())
    }

    /// All files below the home, by their paths.
    fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![self.home.path().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    open.push(path);
                } else {
                    let below = path.strip_prefix(self.home.path()).unwrap();
                    found.push(below.display().to_string());
                }
            }
        }
        found.sort();
        found
    }
}

fn registry() -> String {
    let record = format!(
        "{{\"session_id\":\"{SESSION}\",\"model\":\"sonnet\",\"message_count\":1,\"state\":{{\"resumable\":true}}}}"
    );
    format!("{{\"version\":2,\"{CHANNEL}\":{record}}}")
}

/// An archive with a manifest and these entries: kind, path, and content or target.
fn archive(entries: &[(EntryType, &str, &str)]) -> Vec<u8> {
    let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let manifest = r#"{"format":1,"version":"0.1.0","created_at":""}"#;
    let manifest = [(EntryType::Regular, MANIFEST, manifest)];
    for (kind, path, content) in manifest.iter().chain(entries) {
        let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
        let content_size = if is_link { 0 } else { content.len() };
        let mut header = Header::new_gnu();
        // Directly, because the library refuses what leads out.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        if is_link {
            header.as_old_mut().linkname[..content.len()].copy_from_slice(content.as_bytes());
        }
        header.set_entry_type(*kind);
        header.set_size(content_size as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, &content.as_bytes()[..content_size])
            .unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn what_is_backed_up_is_restored_elsewhere() {
    let old = Place::new();
    old.write("sessions/active.json", &registry());
    old.write("sessions/usage/2026-11.jsonl", "{}\n{\"torn");
    old.write("personality/IDENTITY.md", "Ada");
    let work = format!("workspaces/{CHANNEL}");
    let deep = format!("{work}/{}/notes.txt", "d".repeat(120));
    old.write(&deep, "deep");
    old.write(&format!("{work}/run.sh"), "#!/bin/sh");
    let script = old.config.folder.join(format!("{work}/run.sh"));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let link = |name: &str, to: &str| {
        symlink(to, old.config.folder.join(format!("{work}/{name}"))).unwrap();
    };
    link("inside", "run.sh");
    link("outside", "../../config.json");
    link("absolute", "/etc/passwd");
    let transcript = format!("{SESSION}.jsonl");
    files::create_folder(&old.transcripts()).unwrap();
    for (name, text) in [(&*transcript, "{\"a\":1}\n{\"b\""), ("other.jsonl", "x\n")] {
        files::replace(&old.transcripts().join(name), text.as_bytes()).unwrap();
    }
    let (archive, written) = old.back_up();
    assert_eq!((written.sessions, written.transcripts), (1, 1));
    assert_eq!(written.workspace_files, 2);
    assert_eq!(written.left_out.len(), 2, "{written:?}");

    assert_eq!(unpack_config(&*archive).unwrap().as_deref(), Some("{}\n"));
    let new = Place::new();
    let restored = new.restore(&archive, u64::MAX).unwrap();
    assert_eq!((restored.transcripts, restored.workspace_files), (1, 2));
    assert_eq!(new.read("sessions/active.json"), registry());
    assert_eq!(new.read("sessions/usage/2026-11.jsonl"), "{}\n");
    assert_eq!(new.read("personality/IDENTITY.md"), "Ada");
    assert_eq!(new.read(&deep), "deep");
    let script = new.config.folder.join(format!("{work}/inside"));
    assert_eq!(
        fs::metadata(script).unwrap().permissions().mode() & 0o777,
        0o700
    );
    let moved = fs::read_to_string(new.transcripts().join(transcript)).unwrap();
    assert_eq!(moved, "{\"a\":1}\n");
    assert_eq!(fs::read_dir(new.transcripts()).unwrap().count(), 1);
    assert_ne!(old.transcripts().file_name(), new.transcripts().file_name());
}

#[test]
fn what_leads_out_or_belongs_nowhere_is_refused() {
    use EntryType::{Directory, Fifo, Link, Regular, Symlink};
    let bad = [
        (Regular, "../evil", "x"),
        (Regular, "/tmp/evil", "x"),
        (Regular, "evil", "x"),
        (Regular, "sessions/.lock", "x"),
        (Regular, "sessions/usage/../../evil", "x"),
        (Regular, "sessions/usage/a/b", "x"),
        (Regular, "workspaces/evil", "x"),
        (Regular, "workspaces/1/../../evil", "x"),
        (Regular, "personality/a/b", "x"),
        (Regular, "personality/.env", "x"),
        (Regular, "transcripts/own/../x.jsonl", "x"),
        (Regular, "transcripts/own/1", "x"),
        (Directory, "workspaces/..", ""),
        (Symlink, "workspaces/1/a", "/etc/passwd"),
        (Symlink, "workspaces/1/a", "../2/b"),
        (Symlink, "workspaces/1/a", "b/../../../x"),
        (Symlink, "sessions/active.json", "x"),
        (Symlink, "workspaces/1", "x"),
        (Link, "workspaces/1/a", "config.json"),
        (Fifo, "workspaces/1/a", ""),
    ];
    for entry in bad {
        let place = Place::new();
        let refused = place.restore(&archive(&[entry]), u64::MAX);
        assert!(refused.is_err(), "{entry:?}: {refused:?}");
        assert_eq!(place.files(), [""; 0], "{entry:?}");
    }
}

#[test]
fn no_link_is_made_through_another_one() {
    use EntryType::{Regular, Symlink};
    let place = Place::new();
    let through = [
        (Symlink, "workspaces/1/a", "."),
        (Symlink, "workspaces/1/a/a/a/c", "../../.."),
        (Regular, "workspaces/1/evil", "x"),
        (Symlink, "workspaces/1/c/.profile", "bot/workspaces/1/evil"),
        (
            Symlink,
            "workspaces/1/c/new/.profile",
            "bot/workspaces/1/evil",
        ),
    ];
    for last in 3..through.len() {
        let entries = [&through[..3], &through[last..=last]].concat();
        place.restore(&archive(&entries), u64::MAX).unwrap_err();
        assert!(!place.home.path().join(".profile").exists());
        assert!(!place.home.path().join("new").exists());
        fs::remove_dir_all(place.config.workspace_dir.join("1")).unwrap();
    }
}

#[test]
fn what_a_restore_would_refuse_is_not_backed_up() {
    let place = Place::new();
    place.write(&format!("workspaces/{CHANNEL}/kept"), "x");
    place.write("personality/SOUL.md", "mine");
    place.write("personality/token", "secret");
    let workspace = place.config.workspace_dir.join(CHANNEL);
    let long = format!("{}a", "a/".repeat(2047));
    symlink(long, workspace.join("long")).unwrap();
    let unnamed = workspace.join(OsStr::from_bytes(b"\xff"));
    fs::create_dir(&unnamed).unwrap();
    let (archive, written) = place.back_up();
    let workspace = workspace.canonicalize().unwrap();
    let left_out = [
        workspace.join("long"),
        workspace.join(unnamed.file_name().unwrap()),
    ];
    assert_eq!(BTreeSet::from_iter(written.left_out), left_out.into());
    let other = Place::new();
    other.restore(&archive, u64::MAX).unwrap();
    assert_eq!(other.read(&format!("workspaces/{CHANNEL}/kept")), "x");
    assert_eq!(other.read("personality/SOUL.md"), "mine");
    assert!(!other.config.personality_dir.join("token").exists());
}

#[test]
fn a_transcript_that_is_there_stays() {
    let place = Place::new();
    let name = format!("transcripts/own/{CHANNEL}/{SESSION}.jsonl");
    let entry = [(EntryType::Regular, &*name, "older")];
    place.restore(&archive(&entry), u64::MAX).unwrap();
    let path = place.transcripts().join(format!("{SESSION}.jsonl"));
    files::replace(&path, b"newer").unwrap();
    let restored = place.restore(&archive(&entry), u64::MAX).unwrap();
    assert_eq!((restored.transcripts, restored.kept_transcripts), (0, 1));
    assert_eq!(fs::read_to_string(path).unwrap(), "newer");
}

#[test]
fn nothing_is_written_over_a_link_or_a_file() {
    use EntryType::{Regular, Symlink};
    let place = Place::new();
    let through = [
        (Symlink, "workspaces/1/a", "b"),
        (Regular, "workspaces/1/a/x", "x"),
    ];
    place.restore(&archive(&through), u64::MAX).unwrap_err();
    assert_eq!(place.read("workspaces/1/a/x"), "x");
    let place = Place::new();
    place.write("personality/SOUL.md", "mine");
    let restored = place.restore(
        &archive(&[(Regular, "personality/SOUL.md", "theirs")]),
        u64::MAX,
    );
    assert_eq!(restored.unwrap().kept, ["SOUL.md"]);
    assert_eq!(place.read("personality/SOUL.md"), "mine");
    let twice = [(Regular, "workspaces/1/a", "x"); 2];
    place.restore(&archive(&twice), u64::MAX).unwrap_err();
}

#[test]
fn what_is_no_backup_or_too_large_is_refused() {
    let place = Place::new();
    let mut bomb = Vec::new();
    let mut packed = GzEncoder::new(&mut bomb, Compression::best());
    std::io::copy(&mut std::io::repeat(0).take(20 << 20), &mut packed).unwrap();
    packed.finish().unwrap();
    let long = archive(&[(EntryType::GNULongName, "x", &"n".repeat(100_000))]);
    let mut newer = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let manifest = br#"{"format":2,"version":"9.0.0","created_at":""}"#;
    let mut header = Header::new_gnu();
    header.set_size(manifest.len() as u64);
    newer
        .append_data(&mut header, MANIFEST, &manifest[..])
        .unwrap();
    let newer = newer.into_inner().unwrap().finish().unwrap();
    let mut torn = archive(&[(EntryType::Regular, "workspaces/1/a", &"x".repeat(9_000))]);
    torn.truncate(torn.len() / 2);
    for bytes in [&b""[..], b"text", &bomb, &newer, &torn, &long] {
        place.restore(bytes, u64::MAX).unwrap_err();
    }
    let large = archive(&[(EntryType::Regular, "workspaces/2/a", &"x".repeat(9_000))]);
    place.restore(&large, 5_000).unwrap_err();
    place.restore(&large, 50_000).unwrap_err();
    let place = Place::new();
    place.restore(&large, 50_000).unwrap();
}

#[test]
fn a_link_stays_inside_if_it_goes_up_only_at_first() {
    let table = [
        ("a", 0, true),
        ("./a/b", 0, true),
        ("../a", 1, true),
        ("../a", 0, false),
        ("../../a", 1, false),
        ("a/../b", 5, false),
        ("/a", 5, false),
    ];
    for (target, depth, expected) in table {
        assert_eq!(stays_inside(Path::new(target), depth), expected, "{target}");
    }
}
