use super::*;

#[test]
fn it_warns_once_and_stops_before_discord_does() {
    let mut budget = Budget::default();
    let now = Instant::now();
    let mut told = Vec::new();
    for number in 1..=5_003 {
        match budget.count(now) {
            BudgetState::Fine => {}
            other => told.push((number, other)),
        }
    }
    let spent = [5_000, 5_001, 5_002, 5_003].map(|at| (at, BudgetState::Spent(5_000)));
    let expected = [vec![(1_000, BudgetState::Odd(1_000))], spent.to_vec()].concat();
    assert_eq!(told, expected);
}

#[test]
fn what_is_ten_minutes_old_is_forgotten() {
    let mut budget = Budget::default();
    let begin = Instant::now();
    // One each 200 ms: 3,000 in ten minutes, for ever.
    let mut warnings = 0;
    for number in 0..20_000 {
        let standing = budget.count(begin + Duration::from_millis(200) * number);
        assert!(!matches!(standing, BudgetState::Spent(_)), "{number}");
        warnings += usize::from(standing != BudgetState::Fine);
    }
    assert_eq!((budget.invalid.len(), warnings), (3_000, 1));
    budget.count(begin + Duration::from_hours(3));
    assert_eq!(budget.invalid.len(), 1);
}
