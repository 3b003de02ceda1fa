use super::*;

#[test]
fn a_disk_may_lack_bytes_or_files() {
    #[track_caller]
    fn check((bytes, files): (u64, Option<u64>), was_told: bool, words: &str) {
        let mut told = KnownProblems::default();
        told.note(Condition::Disk, was_told, Utc::now());
        let text = nearly_full(bytes, files, &told, 5).unwrap_or_default();
        assert_eq!(text.is_empty(), words.is_empty(), "{text}");
        assert!(text.contains(words), "{text}");
        assert_eq!(nearly_full(bytes, files, &told, 0), None, "turned off");
    }
    const ENOUGH: u64 = 50 << 30;
    check((ENOUGH, Some(FEW_FILES)), false, "");
    check((ENOUGH, None), true, "");
    check((3 << 20, Some(FEW_FILES)), false, ": 3 MiB are free.");
    check((3 << 20, Some(0)), false, ": 3 MiB are free.");
    check((ENOUGH, Some(9_999)), false, "9999 more files");
    // Until there is a quarter more.
    check((ENOUGH, Some(12_499)), true, "12499 more files");
    check((ENOUGH, Some(12_500)), true, "");
}
