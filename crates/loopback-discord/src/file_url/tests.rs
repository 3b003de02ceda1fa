use super::*;

const PATH: &str = "/attachments/1/2/a.png";

#[track_caller]
fn check(path: &str, query: &str, now: u64, valid: bool) {
    assert_eq!(
        is_valid(path, Some(query), now),
        valid,
        "{path}?{query} at {now}"
    );
}

#[test]
fn a_url_is_valid_until_it_expires() {
    let url = signed(PATH, 1_000, Duration::from_mins(1));
    let (path, query) = url.split_once('?').unwrap();
    assert_eq!(path, PATH);
    check(path, query, 1_000, true);
    check(path, query, 60_999, true);
    check(path, query, 61_000, false);
}

#[test]
fn a_signature_counts_for_its_path_and_time_alone() {
    let url = signed(PATH, 1_000, Duration::from_mins(1));
    let query = url.split_once('?').unwrap().1;
    check("/attachments/1/3/a.png", query, 1_000, false);
    check(PATH, &query.replace("ex=3d", "ex=4d"), 1_000, false);
    check(PATH, "ex=3d", 1_000, false);
    check(PATH, "width=100", 1_000, false);
    assert!(is_valid(PATH, None, 1_000));
}
