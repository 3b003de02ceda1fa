use chrono::TimeDelta;

use super::*;
use crate::ledger::example;

fn line(time: DateTime<Utc>, channel: u64, cost: f64) -> TurnLine {
    TurnLine {
        time,
        channel: ChannelId(channel),
        author: UserId(channel + 100),
        cost_usd: Usd::from_dollars(cost),
        outcome: "answered".into(),
        ..example()
    }
}

fn now() -> DateTime<Utc> {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

#[test]
fn turns_are_summed_by_day_channel_and_person() {
    let yesterday = now() - TimeDelta::days(1);
    let booked = [line(yesterday, 1, 0.5), line(now(), 1, 0.25)];
    let mut usage = Usage::new(TimeZone::default(), &booked, now());
    let failed = TurnLine {
        outcome: "crashed".into(),
        ..line(now(), 2, 1.0)
    };
    usage.add(&failed, now());
    let totals = usage.totals(now());
    assert_eq!(totals.days.len(), 30);
    let costs = totals.days[28..].iter();
    let costs: Vec<_> = costs
        .map(|(_, sum)| (sum.turns, sum.failed, sum.cost_usd.dollars()))
        .collect();
    assert_eq!(costs, [(1, 0, 0.5), (2, 1, 1.25)]);
    let channels: Vec<_> = totals
        .channels
        .iter()
        .map(|(id, sum)| (id.0, sum.turns))
        .collect();
    assert_eq!(channels, [(2, 1), (1, 2)]);
    assert_eq!(totals.people[0].0, UserId(102));
    assert_eq!(totals.models.len(), 1);
}

#[test]
fn what_is_older_than_thirty_days_is_forgotten() {
    let old = now() - TimeDelta::days(30);
    let mut usage = Usage::new(TimeZone::default(), &[line(old, 1, 1.0)], now());
    assert!(usage.totals(now()).channels.is_empty());
    usage.add(&line(now(), 1, 1.0), now());
    let later = now() + TimeDelta::days(40);
    usage.add(&line(later, 2, 1.0), later);
    assert_eq!(usage.days.len(), 1);
}
