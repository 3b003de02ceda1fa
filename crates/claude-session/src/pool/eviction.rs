//! Which idle process is least likely to be needed soon, also by how long its next start would take. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// After this time a use counts half.
const HALF_LIFE: Duration = Duration::from_mins(20);

/// How often and how recently an owner's processes were used: the number of uses, each halved with every [`HALF_LIFE`]
/// since.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Usage {
    weight: f64,
    at: Instant,
    /// The shortest of their starts. Others were slowed down by what else ran.
    start: Duration,
}

/// What is known of an idle process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    /// Of its owner; `None` if it has not worked yet.
    pub(super) usage: Option<Usage>,
    pub(super) idle_since: Instant,
}

impl Usage {
    /// One more use, of a process whose start took so long.
    pub(super) fn again(before: Option<Self>, start: Duration, now: Instant) -> Self {
        let weight = 1.0 + before.map_or(0.0, |usage| usage.weight(now));
        let start = before.map_or(start, |usage| usage.start.min(start));
        let at = now;
        Self { weight, at, start }
    }

    /// At most the number of uses; the more recent they are, the more.
    pub(super) fn weight(&self, now: Instant) -> f64 {
        let halvings = now
            .saturating_duration_since(self.at)
            .div_duration_f64(HALF_LIFE);
        self.weight * (-halvings).exp2()
    }
}

impl Candidate {
    /// What ending it now costs: how likely it is needed again soon, times how long that then takes.
    fn value(&self, now: Instant) -> f64 {
        let value = |usage: Usage| usage.weight(now) * usage.start.as_secs_f64();
        self.usage.map_or(0.0, value)
    }
}

/// The process whose end costs least; of equals, the one that has been idle longest.
pub(super) fn least_needed<T>(
    idle: impl Iterator<Item = (T, Candidate)>,
    now: Instant,
) -> Option<T> {
    let least = idle.min_by(|(_, one), (_, other)| {
        let by_value = one.value(now).total_cmp(&other.value(now));
        by_value.then(one.idle_since.cmp(&other.idle_since))
    });
    least.map(|(process, _)| process)
}

#[cfg(test)]
mod tests;
