use chrono::DateTime;

use super::*;
use crate::{
    external::{FileOrigin, SkipReason, UnseenReason},
    limits::BudgetPeriod,
    money::Usd,
};

fn file(name: &str, state: FileState) -> File {
    File {
        name: name.to_owned(),
        media_type: None,
        size: 1,
        origin: FileOrigin::Message,
        is_voice: false,
        state,
    }
}

fn saved(name: &str, content: FileContent) -> File {
    let path = name.to_owned();
    file(name, FileState::Saved { path, content })
}

#[test]
fn skipped_files_are_listed() {
    let of = |name: &str, why| file(name, FileState::Skipped(why));
    let left = files_left(&[
        of("a`b\n.png", SkipReason::TooLarge(10)),
        of("c", SkipReason::TimedOut),
    ]);
    assert_eq!(
        left.unwrap(),
        "-# Not passed to Claude: `a'b .png` (larger than 10 bytes); `c` (the download took too long)."
    );
    let many = files_left(&vec![of("x", SkipReason::Disabled); 7]).unwrap();
    assert!(
        many.ends_with("`x` (attachments are turned off); and 2 more."),
        "{many}"
    );
}

#[test]
fn unseen_files_are_listed() {
    let heic = || FileContent::Unseen(UnseenReason::ImageFormat("HEIC".to_owned()));
    let left = files_left(&[
        saved("a.heic", heic()),
        saved("b", FileContent::None),
        saved("c", FileContent::Text("c".to_owned())),
        file("d", FileState::Skipped(SkipReason::NotSaved)),
        saved(
            "voice-message.ogg",
            FileContent::Unseen(UnseenReason::Voice),
        ),
    ]);
    assert_eq!(
        left.unwrap(),
        "-# Not passed to Claude: `d` (it could not be saved).\n\
         -# Saved for Claude, but not shown to it: `a.heic` (HEIC cannot be read as a picture); `voice-message.ogg` \
         (voice messages are not transcribed)."
    );
    assert_eq!(files_left(&[saved("b", FileContent::None)]), None);
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
        "You've reached your hourly limit. This message was not run. Try again \
             <t:1800000000:R>."
    );
    assert_eq!(
        words(
            Scope::Channel,
            Quantity::Cost {
                period: BudgetPeriod::Day,
                max: Usd::from_dollars(1.0),
            }
        ),
        "This channel has reached the daily budget. This message was not run. Try again \
             <t:1800000000:R>."
    );
}
