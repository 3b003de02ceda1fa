use chrono::DateTime;

use super::*;

#[test]
fn skipped_files_are_listed() {
    let of = |name: &str, why| (name.to_owned(), why);
    assert_eq!(
        files_left(&[
            of("a`b\n.png", SkipReason::TooLarge(10)),
            of("c", SkipReason::TimedOut)
        ]),
        "-# Not passed to Claude: `a'b .png` (larger than 10 bytes); `c` (the download took too long)."
    );
    let many = files_left(&vec![of("x", SkipReason::Disabled); 7]);
    assert!(
        many.ends_with("`x` (attachments are turned off); and 2 more."),
        "{many}"
    );
}

#[test]
fn limits_name_the_time_they_reset() {
    let until = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let words = |scope, quantity| {
        limit_reached(&Reached {
            scope,
            quantity,
            until,
        })
    };
    assert_eq!(
        words(Scope::User, Quantity::Messages),
        "You've reached your hourly limit. This message was not run. Send it again \
             <t:1800000000:R>."
    );
    assert_eq!(
        words(Scope::Channel, Quantity::Cost),
        "This channel has reached today's budget. This message was not run. Send it again \
             <t:1800000000:R>."
    );
}
