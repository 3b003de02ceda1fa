use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

/// The ID in a message's markers: 64 random bits, written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MarkerId(pub(super) u64);

impl MarkerId {
    /// Uses the operating system's random numbers.
    pub fn random() -> Self {
        // Six bits of a version 4 UUID are fixed. The bits opposite them in the other half are random.
        let (high, low) = Uuid::new_v4().as_u64_pair();
        Self(high ^ low)
    }

    /// A random ID that none of `parts` contains, in any case or width.
    pub fn fresh_for(parts: &[&str]) -> Self {
        Self::fresh_among(std::iter::repeat_with(Self::random), parts).unwrap_or_else(Self::random)
    }

    pub(super) fn fresh_among(
        mut draws: impl Iterator<Item = Self>,
        parts: &[&str],
    ) -> Option<Self> {
        let normalize = |part: &&str| part.nfkc().collect::<String>().to_ascii_lowercase();
        let normalized: Vec<String> = parts.iter().map(normalize).collect();
        draws.find(|id| {
            let id = id.to_string();
            !normalized.iter().any(|part| part.contains(&id))
        })
    }
}

impl fmt::Display for MarkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
