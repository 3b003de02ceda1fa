//! The search for secrets, and their replacement.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
};

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::{secrets::Secret, shapes, spellings::spellings};

/// Replaces a secret.
pub const MARK: &str = "[redacted]";

/// Which secret was found, and in which spelling. Holds no part of its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    secret: Cow<'static, str>,
    spelling: &'static str,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.secret, self.spelling)
    }
}

/// A text that may go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'a> {
    /// The text with marks in place of secrets; borrowed if there were none.
    pub text: Cow<'a, str>,
    /// What was found.
    pub kinds: BTreeSet<Kind>,
}

/// Replaces known secrets and well-known tokens in texts. Its `Debug` output shows no values.
pub struct Redactor {
    values: AhoCorasick,
    /// The kind of each pattern in `values`.
    kinds: Vec<Kind>,
    /// The length of the longest pattern in bytes.
    longest: usize,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(..)")
    }
}

/// The place of a match in the text, in bytes, and what was found there.
type Match<'a> = (Range<usize>, Cow<'a, Kind>);

impl Redactor {
    /// Builds a redactor for `secrets` and all well-known tokens. Values of fewer than eight characters are ignored.
    #[must_use]
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "fails only beyond 2^31 states, one for each byte of the patterns"
    )]
    pub fn new(secrets: &[Secret]) -> Self {
        let mut patterns = BTreeMap::new();
        for secret in secrets {
            for (spelling, pattern) in spellings(secret.expose()) {
                let kind = || Kind {
                    secret: secret.name().to_owned().into(),
                    spelling,
                };
                let pattern = pattern.to_ascii_lowercase();
                patterns.entry(pattern).or_insert_with(kind);
            }
        }
        Self {
            values: AhoCorasick::builder()
                .ascii_case_insensitive(true)
                // A DFA, which is used for few patterns, takes megabytes and long to build.
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(patterns.keys())
                .expect("the patterns of all secrets fit an automaton"),
            longest: patterns.keys().map(String::len).max().unwrap_or_default(),
            kinds: patterns.into_values().collect(),
        }
    }

    /// Replaces every secret in `text` with [`MARK`]. Redacting the result again changes nothing.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Redacted<'a> {
        self.redact_after("", text)
    }

    /// Redacts `text`, which is read directly after `before`: of a known secret that begins in `before`, the rest is
    /// replaced as well. Only the part of `before` that [`Self::tail`] keeps is searched. A well-known token whose value
    /// is not known is not found across the two.
    #[must_use]
    pub fn redact_after<'a>(&self, before: &str, text: &'a str) -> Redacted<'a> {
        let mut matches = self.values(text);
        matches.extend(self.values_across(before, text));
        matches.extend(shapes::find(text).map(|(place, token)| {
            let kind = Kind {
                secret: token.into(),
                spelling: "by its shape",
            };
            (place, Cow::Owned(kind))
        }));
        replace(text, matches)
    }

    /// Returns what to pass as `before` with the text that follows `text`, which itself follows `before`: their end, about
    /// 3 KiB at most, unredacted.
    #[must_use]
    pub fn tail(&self, before: &str, text: &str) -> String {
        self.end(&[self.end(before), self.end(text)].concat())
            .to_owned()
    }

    /// The end of `text`, in which a pattern may begin but not end.
    fn end<'a>(&self, text: &'a str) -> &'a str {
        let length = self.longest.saturating_sub(1);
        &text[text.floor_char_boundary(text.len().saturating_sub(length))..]
    }

    fn values(&self, text: &str) -> Vec<Match<'_>> {
        let found = self.values.find_overlapping_iter(text);
        let mut matches: Vec<Match<'_>> = found
            .map(|found| (found.range(), Cow::Borrowed(&self.kinds[found.pattern()])))
            .collect();
        if !matches.is_empty() {
            // A mark that was put here earlier may spell a secret together with what is next to it.
            let marks: Vec<usize> = text.match_indices(MARK).map(|(start, _)| start).collect();
            matches.retain(|(place, _)| {
                let next = marks.partition_point(|start| start + MARK.len() <= place.start);
                marks.get(next).is_none_or(|start| *start >= place.end)
            });
        }
        matches
    }

    /// The values that begin in `before` and end in `text`; their places are what `text` holds of them.
    fn values_across(&self, before: &str, text: &str) -> Vec<Match<'_>> {
        if before.is_empty() {
            return Vec::new();
        }
        let before = self.end(before);
        let start = &text[..text.floor_char_boundary(self.longest)];
        let mut matches = self.values(&[before, start].concat());
        matches.retain(|(place, _)| place.start < before.len() && place.end > before.len());
        for (place, _) in &mut matches {
            *place = 0..place.end - before.len();
        }
        matches
    }
}

/// Replaces each match with a mark, and matches that overlap with a single one.
fn replace<'a>(text: &'a str, mut matches: Vec<Match<'_>>) -> Redacted<'a> {
    if matches.is_empty() {
        return Redacted {
            text: text.into(),
            kinds: BTreeSet::new(),
        };
    }
    matches.sort_by_key(|(place, _)| place.start);
    let mut redacted = String::with_capacity(text.len());
    let mut end = 0;
    for (place, _) in &matches {
        if place.start >= end {
            redacted.push_str(&text[end..place.start]);
            redacted.push_str(MARK);
        }
        end = end.max(place.end);
    }
    redacted.push_str(&text[end..]);
    let kinds: BTreeSet<Cow<'_, Kind>> = matches.into_iter().map(|(_, kind)| kind).collect();
    Redacted {
        text: redacted.into(),
        kinds: kinds.into_iter().map(Cow::into_owned).collect(),
    }
}
