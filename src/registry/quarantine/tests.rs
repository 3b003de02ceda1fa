use super::*;

#[test]
fn the_newest_five_are_kept_and_no_content_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    for round in 0..8 {
        files::replace(&path, &vec![b'x'; 20_000 + round]).unwrap();
        let first = quarantine(&path).unwrap();
        assert_eq!(quarantine(&path).unwrap(), first);
    }
    let lengths: Vec<_> = quarantined(folder.path())
        .unwrap()
        .iter()
        .map(|path| fs::metadata(path).unwrap().len())
        .collect();
    assert_eq!(lengths, [20_003, 20_004, 20_005, 20_006, 20_007]);
}
