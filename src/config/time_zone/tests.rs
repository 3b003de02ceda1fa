use super::*;

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

#[test]
fn days_and_months_begin_at_local_midnight() {
    for (zone, now, day, next_day, next_month) in [
        (
            "UTC",
            "2026-11-30T12:00:00Z",
            "2026-11-30T00:00:00Z",
            "2026-12-01T00:00:00Z",
            "2026-12-01T00:00:00Z",
        ),
        (
            "+05:30",
            "2026-11-30T18:29:59Z",
            "2026-11-29T18:30:00Z",
            "2026-11-30T18:30:00Z",
            "2026-11-30T18:30:00Z",
        ),
        (
            "+05:30",
            "2026-11-30T18:30:00Z",
            "2026-11-30T18:30:00Z",
            "2026-12-01T18:30:00Z",
            "2026-12-31T18:30:00Z",
        ),
        // A day of 25 hours, in which the month ends in winter time.
        (
            "Europe/Berlin",
            "2026-10-25T12:00:00Z",
            "2026-10-24T22:00:00Z",
            "2026-10-25T23:00:00Z",
            "2026-10-31T23:00:00Z",
        ),
        // Midnight does not exist.
        (
            "America/Santiago",
            "2026-09-06T12:00:00Z",
            "2026-09-06T04:00:00Z",
            "2026-09-07T03:00:00Z",
            "2026-10-01T03:00:00Z",
        ),
        // Nor does 30 December 2011.
        (
            "Pacific/Apia",
            "2011-12-30T09:00:00Z",
            "2011-12-29T10:00:00Z",
            "2011-12-30T10:00:00Z",
            "2011-12-31T10:00:00Z",
        ),
    ] {
        let zone: TimeZone = zone.parse().unwrap();
        let now = at(now);
        assert_eq!(zone.day(now), at(day), "{zone} {now}");
        assert_eq!(zone.next_day(now), at(next_day), "{zone} {now}");
        assert_eq!(zone.next_month(now), at(next_month), "{zone} {now}");
        assert!(zone.month(now) <= zone.day(now));
        assert_eq!(zone.next_month(zone.month(now)), zone.next_month(now));
    }
}

#[test]
fn unknown_zones_are_refused() {
    for name in ["", "Berlin", "+2", "2", "+25:00", "Europe/berlin "] {
        assert!(name.parse::<TimeZone>().is_err(), "{name}");
    }
}
