use std::{cell::RefCell, collections::BTreeSet, fs, time::Duration};

use chrono::TimeDelta;

use super::*;
use crate::{
    config::{Config, Machine},
    files,
    registry::Record,
};

#[test]
fn a_file_of_any_time_has_one() {
    let at = |seconds| time(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(at(86_400).to_rfc3339(), "1970-01-02T00:00:00+00:00");
    assert_eq!(at(99_999_999_999_999), DateTime::<Utc>::MAX_UTC);
    let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(time(before), DateTime::UNIX_EPOCH);
}

const ON_RECORD: &str = "4c2ea0ba-5a5f-4d6e-93a4-6cbf39a4d8a0";
const OF_A_TERMINAL: &str = "4c2ea0ba-5a5f-4d6e-93a4-6cbf39a4d8a1";
const FIRST: ChannelId = ChannelId(1_100_000_000_000_000_001);
const SECOND: ChannelId = ChannelId(1_100_000_000_000_000_002);

/// Two channels work in the owner's folder `project`.
fn workspaces(home: &Path) -> Workspaces {
    let own = serde_json::json!({ "workspace": home.canonicalize().unwrap().join("project") });
    let config = serde_json::json!({
        "channels": { FIRST.to_string(): own, SECOND.to_string(): own }
    });
    let machine = Machine {
        memory_bytes: 4_000_000_000,
    };
    let environment = Environment::from_iter([("HOME", home.to_str().unwrap())]);
    let config = Config::from_json(&config.to_string(), home, &environment, &machine).unwrap();
    files::create_folder(&config.workspace_dir).unwrap();
    Workspaces::new(&config).unwrap()
}

/// What is left of two transcripts and an attachment in a folder that the owner has two channels work in, while such
/// channels are live: one set each time that it is asked. Of each folder that is twice, the second time while nothing starts.
fn left(live: &[&[ChannelId]]) -> Vec<&'static str> {
    let home = tempfile::tempdir().unwrap();
    let project = home.path().canonicalize().unwrap().join("project");
    let environment = Environment::from_iter([("HOME", home.path().to_str().unwrap())]);
    let workspaces = workspaces(home.path());
    let transcripts = transcripts_of(&environment, &project).unwrap();
    let paths = [
        ("on record", transcripts.join(format!("{ON_RECORD}.jsonl"))),
        (
            "of a terminal",
            transcripts.join(format!("{OF_A_TERMINAL}.jsonl")),
        ),
        (
            "attachment",
            project.join("attachments/150000000000000000-1-a.txt"),
        ),
    ];
    for (_, path) in &paths {
        files::create_folder(path.parent().unwrap()).unwrap();
        files::replace(path, b"old").unwrap();
    }
    let places = Places {
        workspaces,
        environment,
        account: None,
        recordings: None,
    };
    let since = Utc::now() + TimeDelta::days(1);
    let live = RefCell::new(live.iter());
    let pool = Pool::new(1, 1);
    let may_start = RefCell::new(Vec::new());
    let in_use = || {
        may_start
            .borrow_mut()
            .push(pool.try_admit(FIRST.0).is_some());
        let live = live.borrow_mut().next().copied().unwrap_or_default();
        let record = Record::new(ON_RECORD.to_owned(), "sonnet".to_owned(), Utc::now());
        let live = live.iter().copied().collect();
        InUse::of(
            [(FIRST, record), (SECOND, Record::default())].into_iter(),
            &live,
            since,
        )
    };
    let removed = sweep(&places, &pool, &in_use, since);
    assert_eq!(removed.failed, 0);
    if removed.transcripts + removed.attachments == 2 {
        assert_eq!(may_start.take(), [true, false, true, false]);
    }
    assert!(pool.try_admit(FIRST.0).is_some());
    let there = paths.iter().filter(|(_, path)| fs::exists(path).unwrap());
    there.map(|(name, _)| *name).collect()
}

#[test]
fn only_recorded_files_go_from_a_folder_of_the_owners() {
    assert_eq!(left(&[]), ["of a terminal"]);
    let first: &[ChannelId] = &[FIRST];
    assert_eq!(
        left(&[first, first]),
        ["on record", "of a terminal", "attachment"]
    );
}

#[test]
fn a_folder_is_in_use_by_any_of_its_channels() {
    let second: &[ChannelId] = &[SECOND];
    let second = [second; 3];
    assert_eq!(left(&second), ["of a terminal", "attachment"]);
}

#[test]
fn what_is_in_use_is_asked_for_each_folder() {
    assert_eq!(
        left(&[&[], &[], &[SECOND]]),
        ["of a terminal", "attachment"]
    );
}

#[test]
fn a_process_that_starts_meanwhile_keeps_its_files() {
    let first: &[ChannelId] = &[FIRST];
    assert_eq!(
        left(&[&[], first, &[], first]),
        ["on record", "of a terminal", "attachment"]
    );
}

#[test]
fn a_hundred_files_go_at_a_time() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().canonicalize().unwrap().join("recordings");
    files::create_folder(&folder).unwrap();
    for number in 0..250 {
        let name = format!("4c2ea0ba-5a5f-4d6e-93a4-{number:012}.jsonl");
        files::replace(&folder.join(name), b"old").unwrap();
    }
    let places = Places {
        workspaces: workspaces(home.path()),
        environment: Environment::default(),
        account: None,
        recordings: Some(folder.clone()),
    };
    let since = Utc::now() + TimeDelta::days(1);
    let pool = Pool::new(1, 1);
    let may_start = RefCell::new(Vec::new());
    // From the third look on, all sessions are in use.
    let in_use = || {
        let mut looks = may_start.borrow_mut();
        looks.push(pool.try_admit(FIRST.0).is_some());
        let records = (0..250).filter(|_| looks.len() > 2).map(|number| {
            let session = format!("4c2ea0ba-5a5f-4d6e-93a4-{number:012}");
            let used = Utc::now() + TimeDelta::days(2);
            (FIRST, Record::new(session, "sonnet".to_owned(), used))
        });
        InUse::of(records, &BTreeSet::new(), since)
    };
    let removed = sweep(&places, &pool, &in_use, since);
    assert_eq!((removed.recordings, removed.failed), (100, 0));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 150);
    assert_eq!(may_start.take(), [true, false, false, false]);
    assert!(pool.try_admit(FIRST.0).is_some());
}
