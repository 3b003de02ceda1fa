//! The folder that a bot runs in, and the files that it leaves there.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use loopback_discord::Snowflake;
use serde_json::Value;
use tempfile::TempDir;

/// The working directory of a bot, which is also its `HOME`. Clones share it; the last one dropped deletes it.
#[derive(Clone, Debug)]
pub(crate) struct Home(Arc<Folders>);

#[derive(Debug)]
struct Folders {
    home: TempDir,
    /// Made on first use.
    programs: OnceLock<TempDir>,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("switchboard-test-")
            .tempdir()
            .unwrap();
        fs::create_dir(folder.path().join("personality")).unwrap();
        let home = Self(Arc::new(Folders {
            home: folder,
            programs: OnceLock::new(),
        }));
        home.write(
            "personality/IDENTITY.md",
            "You are Ada, who runs the exchange.\n",
        );
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.home.path()
    }

    /// A path at which every account can execute `program`: the program's own, or that of a hard link or copy outside
    /// this folder. A checkout in root's home, for one, is closed to other accounts.
    pub(super) fn executable_by_all(&self, program: &Path) -> PathBuf {
        let program = program.canonicalize().unwrap();
        let parents = program.ancestors().skip(1);
        let mut modes = parents.map(|folder| fs::metadata(folder).unwrap().mode());
        if modes.all(|mode| mode & 0o001 != 0) {
            return program;
        }
        let folder = self.0.programs.get_or_init(|| {
            tempfile::Builder::new()
                .prefix("switchboard-test-")
                .permissions(Permissions::from_mode(0o755))
                .tempdir()
                .unwrap()
        });
        let copy = folder.path().join(program.file_name().unwrap());
        if !copy.exists() && fs::hard_link(&program, &copy).is_err() {
            fs::copy(&program, &copy).unwrap();
        }
        copy
    }

    /// Writes a file in this folder and the folders above it.
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// `sessions/active.json`, or null where there is none.
    pub(crate) fn active(&self) -> Value {
        let text = fs::read_to_string(self.path().join("sessions/active.json"));
        text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
    }

    /// Whether Discord does not have the whole answer to this message yet: its turn is on record before it runs.
    pub(crate) fn is_answering(&self, asked: Snowflake) -> bool {
        let active = self.active();
        let (records, asked) = (active.as_object().into_iter().flatten(), asked.to_string());
        let about = |record: &Value, list: &str, field: &str| {
            let entries = record["state"][list].as_array().into_iter().flatten();
            entries.into_iter().any(|entry| entry[field] == asked)
        };
        let mut records = records.map(|(_, record)| record);
        records.any(|record| {
            about(record, "posts", "answers") || about(record, "open_turns", "message")
        })
    }

    /// The turns in the ledger, oldest first, with the messages of their answers.
    pub(crate) fn ledger(&self) -> Vec<Value> {
        let Ok(folder) = fs::read_dir(self.path().join("sessions/usage")) else {
            return Vec::new();
        };
        let mut months: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        months.sort();
        let lines = months
            .iter()
            .map(|month| fs::read_to_string(month).unwrap())
            .collect::<String>();
        let entries = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        let (mut turns, replies): (Vec<Value>, Vec<Value>) =
            entries.partition(|entry: &Value| entry.get("outcome").is_some());
        for entry in replies {
            let turn = turns.iter_mut().find(|turn| turn["turn"] == entry["turn"]);
            turn.unwrap()["reply_ids"] = entry["reply_ids"].clone();
        }
        turns
    }

    /// How each turn of the ledger ended, oldest first.
    pub(crate) fn outcomes(&self) -> Vec<Value> {
        self.ledger()
            .iter()
            .map(|line| line["outcome"].clone())
            .collect()
    }
}
