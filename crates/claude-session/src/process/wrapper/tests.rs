use super::*;

#[test]
fn the_cli_is_the_first_that_is_no_wrapper() {
    #[track_caller]
    fn check(processes: &[(i32, i32, &str)], expected: i32) {
        let seen = processes.iter().map(|(pid, parent, name)| {
            let seen = Seen {
                parent: *parent,
                name: (*name).to_owned(),
                start: u64::try_from(*pid).unwrap(),
            };
            (*pid, seen)
        });
        assert_eq!(innermost(10, &seen.collect()), expected);
    }
    check(&[(10, 1, "bwrap"), (11, 10, "bwrap"), (12, 11, "node")], 12);
    // Its tools are below it, orphans beside it.
    check(
        &[
            (10, 1, "bwrap"),
            (11, 10, "bwrap"),
            (12, 11, "node"),
            (13, 12, "bash"),
            (14, 11, "sleep"),
        ],
        12,
    );
    check(&[(10, 1, "bwrap"), (11, 10, "node"), (12, 11, "bash")], 11);
    // Not there yet, or no more.
    check(&[(10, 1, "bwrap"), (11, 10, "bwrap")], 10);
    check(&[(9, 1, "bwrap")], 10);
}

#[test]
fn a_child_that_is_not_wrapped_is_the_cli() {
    assert_eq!(signal_target(1, false), 1);
}

#[test]
fn a_killed_cli_is_told_from_one_that_exits() {
    for (code, expected) in [
        (0, (Some(0), None)),
        (1, (Some(1), None)),
        (143, (Some(143), None)),
        (137, (None, Some(9))),
        (139, (None, Some(11))),
    ] {
        assert_eq!(inner_exit(code), expected, "{code}");
    }
}
