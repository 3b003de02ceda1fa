use super::*;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn budget(scope: Scope, id: u64, period: BudgetPeriod) -> Condition {
    Condition::Budget { scope, id, period }
}

#[test]
fn a_condition_is_news_once_until_it_is_mended() {
    let mine = budget(Scope::User, 7, BudgetPeriod::Day);
    let others = [
        Condition::Login,
        Condition::Cli,
        Condition::CliDefect,
        Condition::Disk,
        budget(Scope::Channel, 7, BudgetPeriod::Day),
        budget(Scope::User, 8, BudgetPeriod::Day),
        budget(Scope::User, 7, BudgetPeriod::Month),
    ];
    let mut told = KnownProblems::default();
    for (is_wrong, is_news) in [
        (false, false),
        (true, true),
        (true, false),
        (false, true),
        (false, false),
        (true, true),
    ] {
        assert_eq!(told.note(mine, is_wrong, NOW), is_news);
        // As it is read after a restart.
        let text = serde_json::to_string(&told).unwrap();
        assert_eq!(told, serde_json::from_str(&text).unwrap(), "{text}");
    }
    for other in others {
        assert!(told.note(other, true, NOW), "{other}");
    }
    assert!(!told.note(mine, true, NOW));
}

#[test]
fn a_disk_is_mended_when_there_is_clearly_more_room() {
    let mut told = KnownProblems::default();
    for (free, is_full) in [
        (100, false),
        (99, true),
        (100, true),
        (124, true),
        (125, false),
        (100, false),
    ] {
        assert_eq!(told.is_nearly_full(free, 100), is_full, "{free}");
        told.note(Condition::Disk, is_full, NOW);
    }
    assert!(
        !KnownProblems::default().is_nearly_full(0, 0),
        "none is required"
    );
    told.note(Condition::Disk, true, NOW);
    assert!(!told.is_nearly_full(0, 0), "no more");
}
