//! Searching for secrets and replacing them.

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

/// Which secret was found, and how it was encoded. Contains no part of its value.
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'a> {
    /// The text, borrowed if it has no secrets.
    pub text: Cow<'a, str>,
    pub kinds: BTreeSet<Kind>,
}

/// Replaces known secrets and well-known tokens in texts.
pub struct Redactor {
    values: AhoCorasick,
    /// The kind of each pattern in `values`.
    kinds: Vec<Kind>,
    /// The patterns, sorted.
    patterns: Vec<String>,
    /// The length of the longest pattern in bytes.
    longest: usize,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(..)")
    }
}

/// The byte range of a match, and what was found there.
pub(super) type Match<'a> = (Range<usize>, Cow<'a, Kind>);

impl Redactor {
    /// Builds a redactor. Ignores secrets of fewer than eight characters.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "fails only with more than 2^31 states, one for each byte of the patterns"
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
                // The default for few patterns is a DFA, which takes megabytes and is slow to build.
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(patterns.keys())
                .expect("the patterns of all secrets fit an automaton"),
            longest: patterns.keys().map(String::len).max().unwrap_or_default(),
            kinds: patterns.values().cloned().collect(),
            patterns: patterns.into_keys().collect(),
        }
    }

    /// Replaces all secrets in `text`. Redacting the result again changes nothing.
    pub fn redact<'a>(&self, text: &'a str) -> Redacted<'a> {
        self.redact_after("", text)
    }

    /// Redacts `text`, which follows `before`. Also replaces the rest of a known secret that starts in the [`Self::tail`] of
    /// `before`. A token that is only known by its format is not found across the boundary.
    pub fn redact_after<'a>(&self, before: &str, text: &'a str) -> Redacted<'a> {
        replace(text, self.matches_after(before, text))
    }

    /// The same of a text from which `parts` were taken out, each with its place. They are put in again; what was taken from
    /// within a secret follows its mark.
    pub fn redact_around(
        &self,
        before: &str,
        text: &str,
        parts: &[(usize, String)],
    ) -> Redacted<'static> {
        let mut matches = self.matches_after(before, text);
        let kinds = matches.iter().map(|(_, kind)| kind.clone().into_owned());
        let kinds = kinds.collect();
        matches.sort_by_key(|(place, _)| place.start);
        let (mut whole, mut end) = (String::with_capacity(text.len()), 0);
        let mut places = matches.into_iter().map(|(place, _)| place).peekable();
        for (at, part) in parts {
            while let Some(place) = places.next_if(|place| place.start < *at) {
                hide(text, &mut whole, &mut end, &place);
            }
            if *at > end {
                whole.push_str(&text[end..*at]);
                end = *at;
            }
            whole.push_str(part);
        }
        for place in places {
            hide(text, &mut whole, &mut end, &place);
        }
        whole.push_str(&text[end..]);
        Redacted {
            text: whole.into(),
            kinds,
        }
    }

    fn matches_after(&self, before: &str, text: &str) -> Vec<Match<'_>> {
        let mut matches = self.matches(text);
        matches.extend(self.values_across(before, text));
        matches
    }

    /// All secrets in a text; they may overlap.
    pub(super) fn matches(&self, text: &str) -> Vec<Match<'_>> {
        let mut matches = self.values(text);
        matches.extend(shapes::find(text).map(|(place, token)| {
            let kind = Kind {
                secret: token.into(),
                spelling: "by its shape",
            };
            (place, Cow::Owned(kind))
        }));
        matches
    }

    /// The known secrets among bytes, spelled in UTF-8; they may overlap.
    pub(super) fn values_in_bytes(&self, bytes: &[u8]) -> Vec<(Range<usize>, &Kind)> {
        let found = self.values.find_overlapping_iter(bytes);
        found
            .map(|found| (found.range(), &self.kinds[found.pattern()]))
            .collect()
    }

    /// How much of `text`, which follows `before` and goes on, can be redacted by itself: no secret reaches from there into
    /// what follows.
    pub fn settled(&self, before: &str, text: &str) -> usize {
        let before = self.end(before);
        let joined = [before, text].concat();
        let mut end = shapes::partial_start(&joined).min(self.partial_start(&joined));
        let shapes = shapes::find(&joined).map(|(place, _)| place);
        let found: Vec<_> = self.values.find_overlapping_iter(&joined).collect();
        let values = found.into_iter().map(|found| found.range());
        let matches: Vec<Range<usize>> = shapes.chain(values).collect();
        loop {
            // A private key goes on after a line feed.
            let reach = joined[..end].trim_end().len();
            let is_crossing = |place: &&Range<usize>| {
                place.start < end && place.end >= reach && place.end > before.len()
            };
            match matches
                .iter()
                .filter(is_crossing)
                .map(|place| place.start)
                .min()
            {
                Some(start) => end = start,
                None => return end.saturating_sub(before.len()),
            }
        }
    }

    /// Where the part of `text` begins that more text may complete to a known secret.
    pub fn partial_start(&self, text: &str) -> usize {
        let end = self.end(text).to_ascii_lowercase();
        let is_begun = |(at, _): &(usize, char)| {
            let first = self
                .patterns
                .partition_point(|pattern| *pattern.as_str() < end[*at..]);
            let next = self.patterns.get(first);
            next.is_some_and(|pattern| pattern.starts_with(&end[*at..]))
        };
        let found = end.char_indices().find(is_begun);
        text.len() - found.map_or(0, |(at, _)| end.len() - at)
    }

    /// What to pass as `before` with the next text: the unredacted end of `before` and `text`, at most about 3 KiB.
    pub fn tail(&self, before: &str, text: &str) -> String {
        self.end(&[self.end(before), self.end(text)].concat())
            .to_owned()
    }

    /// The end of `text` that may contain a part of a pattern.
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
            // An earlier mark may form a secret together with the text around it.
            let marks: Vec<usize> = text.match_indices(MARK).map(|(start, _)| start).collect();
            matches.retain(|(place, _)| {
                let next = marks.partition_point(|start| start + MARK.len() <= place.start);
                marks.get(next).is_none_or(|start| *start >= place.end)
            });
        }
        matches
    }

    /// The parts of `text` that belong to values starting in `before`.
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

/// Replaces each match with a mark, and overlapping matches with a single one.
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
        hide(text, &mut redacted, &mut end, place);
    }
    redacted.push_str(&text[end..]);
    let kinds: BTreeSet<Cow<'_, Kind>> = matches.into_iter().map(|(_, kind)| kind).collect();
    Redacted {
        text: redacted.into(),
        kinds: kinds.into_iter().map(Cow::into_owned).collect(),
    }
}

/// Adds a mark for `place` of `text` and what precedes it, of which the first `end` bytes are done.
fn hide(text: &str, redacted: &mut String, end: &mut usize, place: &Range<usize>) {
    if place.start >= *end {
        redacted.push_str(&text[*end..place.start]);
        redacted.push_str(MARK);
    }
    *end = place.end.max(*end);
}
