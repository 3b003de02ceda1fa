//! How long to wait before something is tried again. Pure.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);

/// The pause after so many failures in a row (from 1): doubled each time, and somewhere between half of that and all
/// of it, so that those who failed together do not come back together. `random` is anything.
pub(super) fn pause(failures: u32, random: u64) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let whole = doubled.min(LONGEST);
    // 0 to 1023 parts of 1024.
    let part = u32::try_from(random % 1024).unwrap_or(0);
    whole / 2 + whole / 2 * part / 1024
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pauses_grow_to_half_a_minute() {
        let longest = [1, 2, 3, 8, 100].map(|failures| pause(failures, 1023).as_millis());
        assert_eq!(longest, [249, 499, 999, 29_985, 29_985]);
        assert_eq!(pause(1, 0), Duration::from_millis(125));
    }

    proptest! {
        #[test]
        fn a_pause_is_never_none_and_never_long(failures: u32, random: u64) {
            let pause = pause(failures, random);
            prop_assert!(pause >= FIRST / 2 && pause <= LONGEST);
        }
    }
}
