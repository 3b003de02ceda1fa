use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn stalled(millis: u64) -> Reading {
    let micros = millis * 1_000;
    let pressure = format!(
        "some avg10=1.00 avg60=0.50 avg300=0.10 total={micros}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=99\n"
    );
    Reading::parse(&pressure, "")
}

fn available(kib: u64) -> Reading {
    let meminfo = format!("MemTotal:       8000000 kB\nMemFree: 1 kB\nMemAvailable:   {kib} kB\n");
    Reading::parse("", &meminfo)
}

#[test]
fn pressure_is_high_while_much_time_is_lost() {
    for (before, after, is_high) in [
        (5_000, 5_000, false),
        (5_000, 5_200, false),
        (5_000, 5_201, true),
        // Counted anew, as after a restart of a container.
        (5_000, 0, false),
    ] {
        let (before, after) = (stalled(before), stalled(after));
        assert_eq!(
            after.is_high(before, SECOND),
            is_high,
            "{before:?}, {after:?}"
        );
    }
}

#[test]
fn pressure_is_high_while_hardly_any_memory_is_available() {
    for (kib, is_high) in [
        (7_000_000, false),
        (400_000, false),
        (399_999, true),
        (0, true),
    ] {
        let reading = available(kib);
        assert_eq!(reading.is_high(reading, SECOND), is_high, "{kib}");
    }
}

#[test]
fn a_kernel_that_says_nothing_puts_nothing_under_pressure() {
    for (pressure, meminfo) in [
        ("", ""),
        ("some", "MemTotal:"),
        ("some avg10=1.00 total=x", "MemTotal: 8 kB"),
        ("full total=9", "MemAvailable: -1 kB\nMemTotal: 8 kB"),
        (
            "some total=99999999999999999999999",
            "MemAvailable: 0\nMemTotal: 8",
        ),
    ] {
        let reading = Reading::parse(pressure, meminfo);
        assert_eq!(reading, Reading::default(), "{pressure:?}, {meminfo:?}");
        assert!(!reading.is_high(reading, SECOND));
    }
}
