use super::*;
use crate::cli::finding::Severity;

#[test]
fn a_disk_is_judged_by_what_is_free() {
    #[track_caller]
    fn check(free_bytes: u64, free_files: Option<u64>, severity: Severity, words: &str) {
        let space = Space {
            folder: "/x".into(),
            device: 1,
            free_bytes,
            free_files,
        };
        let found = disk(&space);
        assert_eq!(found.severity, severity, "{found:?}");
        assert!(found.what.contains(words), "{found:?}");
        assert_eq!(found.mend.is_empty(), severity == Severity::Ok);
    }
    check(0, Some(1_000), Severity::Error, "is full: 0 MiB");
    check(FULL - 1, None, Severity::Error, "is full: 63 MiB");
    check(FULL, None, Severity::Warning, "nearly full: 64 MiB");
    check(NEARLY_FULL, None, Severity::Ok, "1024 MiB are free in /x");
    check(50 << 30, Some(FEW_FILES), Severity::Ok, "50 GiB");
    check(50 << 30, Some(9_999), Severity::Warning, "9999 more files");
    check(50 << 30, Some(100), Severity::Warning, "inodes");
    check(
        50 << 30,
        Some(99),
        Severity::Error,
        "full: it has room for 99",
    );
    check(0, Some(100), Severity::Error, "is full: 0 MiB");
}

#[test]
fn limits_must_suffice_for_all_processes() {
    let said = |limits: SystemLimits, live| {
        let found = limits.findings(live);
        found
            .into_iter()
            .map(|it| it.what)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let ample = SystemLimits {
        threads: Some(4_000),
        files: Some(1_024),
        watchers: Some(128),
    };
    assert_eq!(said(ample, 10), "enough for 10 processes of the CLI");
    assert_eq!(
        said(SystemLimits::default(), 1_000),
        "enough for 1000 processes of the CLI"
    );
    let low = said(ample, 129);
    for words in [
        "4000 threads, and 129 processes of the CLI (`claude.max_live`) may need 5160",
        "1024 open files",
        "128 instances of inotify",
    ] {
        assert!(low.contains(words), "{low}");
    }
}
