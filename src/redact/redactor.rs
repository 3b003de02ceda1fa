//! Finding secrets in a text, and putting the mark in their place.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
    ops::Range,
};

use super::{
    form::{self, FEWEST},
    secrets::Secret,
    shape,
    view::{Escapes, Keep, View, open_escape, view},
};

/// What stands in the place of a secret.
pub const MARK: &str = "[redacted]";

/// Something that was found: which secret, and in which form. Holds no part of its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    what: Cow<'static, str>,
    how: &'static str,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.what, self.how)
    }
}

/// A text that may go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'a> {
    /// The text, with marks in the place of what was found; the very same text where nothing was.
    pub text: Cow<'a, str>,
    /// What was found.
    pub kinds: BTreeSet<Kind>,
}

/// Knows what must not go out. Its `Debug` shows nothing.
#[derive(Default)]
pub struct Redactor {
    by_letters: Index,
    by_marks: Index,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(..)")
    }
}

impl Redactor {
    /// A redactor for these secrets, and for all well-known tokens. A value of less than eight characters that count
    /// is not searched for.
    #[must_use]
    pub fn new(secrets: &[Secret]) -> Self {
        let mut redactor = Self::default();
        for secret in secrets {
            for form in form::forms(secret.expose()) {
                let index = match form.keep {
                    Keep::Letters => &mut redactor.by_letters,
                    Keep::Marks => &mut redactor.by_marks,
                };
                let kind = Kind {
                    what: secret.name().to_owned().into(),
                    how: form.how,
                };
                index.add(form.letters.into(), kind);
            }
        }
        redactor
    }

    /// Puts [`MARK`] in the place of every secret. Doing so twice changes nothing more.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Redacted<'a> {
        let scan = self.scan(text);
        Redacted {
            text: scan.replaced(text, 0..text.len()),
            kinds: scan.kinds(0..text.len()),
        }
    }

    /// Looks a whole text through.
    pub(super) fn scan(&self, text: &str) -> Scan {
        let mut scan = Scan {
            found: Vec::new(),
            values_from: text.len(),
        };
        let mut read = View::default();
        for (index, keep) in [
            (&self.by_letters, Keep::Letters),
            (&self.by_marks, Keep::Marks),
        ] {
            if index.is_empty() && keep == Keep::Marks {
                continue;
            }
            scan.values(index, &view(text, keep, Escapes::Raw));
            if text.contains(['%', '\\', '&']) {
                read = view(text, keep, Escapes::Read);
                scan.values(index, &read);
                if let Some(open) = open_escape(text) {
                    // What it will stand for is not known, so neither is what goes before it.
                    scan.values_from = scan.values_from.min(open);
                    scan.unfinished(index, &read, read.letters_before(open));
                }
            }
        }
        let by_shape = shape::find(text).into_iter().map(|(place, what)| {
            let kind = Kind {
                what: what.into(),
                how: "by its shape",
            };
            (place, kind)
        });
        scan.found.extend(by_shape);
        for (place, _) in &mut scan.found {
            *place = whole(place.clone(), &read.escapes);
        }
        scan.found.sort_by_key(|(place, _)| place.start);
        scan
    }
}

/// What was found in a text, and where something may have begun that is found when it goes on.
pub(super) struct Scan {
    /// In the order in which it begins.
    found: Vec<(Range<usize>, Kind)>,
    /// Where a secret may have begun that the text's end cuts off; the text's length if none has.
    pub(super) values_from: usize,
}

impl Scan {
    fn values(&mut self, index: &Index, view: &View) {
        for (letters, kind) in index.matches(view) {
            let place = view.places[letters.start].0..view.places[letters.end - 1].1;
            self.found.push((place, kind.clone()));
        }
        self.unfinished(index, view, view.letters.len());
    }

    /// Adds what was found in a part of the text that begins at `from`, by itself.
    pub(super) fn add(&mut self, part: Self, from: usize) {
        let found = part.found.into_iter();
        self.found
            .extend(found.map(|(place, kind)| (from + place.start..from + place.end, kind)));
        self.found.sort_by_key(|(place, _)| place.start);
        self.values_from = self.values_from.min(from + part.values_from);
    }

    /// Looks whether a secret may have begun that is cut off after so many letters.
    fn unfinished(&mut self, index: &Index, view: &View, letters: usize) {
        if let Some(letter) = index.unfinished(&view.letters[..letters]) {
            self.values_from = self.values_from.min(view.places[letter].0);
        }
    }

    /// What was found in a part of the text.
    pub(super) fn kinds(&self, part: Range<usize>) -> BTreeSet<Kind> {
        let found = self.found.iter();
        found
            .filter(|(place, _)| place.start < part.end && place.end > part.start)
            .map(|(_, kind)| kind.clone())
            .collect()
    }

    /// A part of the text, with a mark for each thing found in it; what overlaps is one.
    pub(super) fn replaced<'a>(&self, text: &'a str, part: Range<usize>) -> Cow<'a, str> {
        let mut places: Vec<Range<usize>> = Vec::new();
        for (place, _) in &self.found {
            match places.last_mut() {
                Some(last) if place.start < last.end => last.end = last.end.max(place.end),
                _ => places.push(place.clone()),
            }
        }
        places.retain(|place| place.start < part.end && place.end > part.start);
        if places.is_empty() {
            return Cow::Borrowed(&text[part]);
        }
        let mut replaced = String::with_capacity(part.len());
        let mut from = part.start;
        for place in places {
            replaced.push_str(&text[from..place.start.max(from)]);
            replaced.push_str(MARK);
            from = place.end.min(part.end);
        }
        replaced.push_str(&text[from..part.end]);
        replaced.into()
    }
}

/// A place, with the whole of the escapes that it begins and ends in.
fn whole(place: Range<usize>, escapes: &[(usize, usize)]) -> Range<usize> {
    let over = |at: usize| {
        let next = escapes.partition_point(|&(_, to)| to <= at);
        escapes.get(next).filter(|&&(from, _)| from < at)
    };
    let start = over(place.start).map_or(place.start, |escape| escape.0);
    let end = over(place.end).map_or(place.end, |escape| escape.1);
    start..end
}

/// The forms that are searched for in one kind of view, by their first letters.
#[derive(Default)]
struct Index {
    forms: Vec<(Box<[char]>, Kind)>,
    by_start: HashMap<u64, Vec<usize>>,
    /// The first one to seven letters of each form.
    begun: HashSet<(usize, u64)>,
    longest: usize,
}

impl Index {
    fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    fn add(&mut self, letters: Box<[char]>, kind: Kind) {
        let known = self.by_start.entry(key(&letters[..FEWEST])).or_default();
        if known.iter().any(|&form| self.forms[form].0 == letters) {
            return;
        }
        known.push(self.forms.len());
        for length in 1..FEWEST {
            self.begun.insert((length, key(&letters[..length])));
        }
        self.longest = self.longest.max(letters.len());
        self.forms.push((letters, kind));
    }

    /// Where each form stands in a view: a range of its letters.
    fn matches<'a>(&'a self, view: &'a View) -> impl Iterator<Item = (Range<usize>, &'a Kind)> {
        let mut rolling = 0_u64;
        let ends = view.letters.iter().enumerate();
        ends.flat_map(move |(end, letter)| {
            rolling = roll(rolling, *letter);
            let start = (end + 1).checked_sub(FEWEST);
            let forms = start.and_then(|_| self.by_start.get(&rolling));
            let rest = &view.letters[start.unwrap_or(end)..];
            forms.into_iter().flatten().filter_map(move |&form| {
                let (letters, kind) = &self.forms[form];
                let start = start?;
                rest.starts_with(letters)
                    .then(|| (start..start + letters.len(), kind))
            })
        })
    }

    /// The first letter from which on a form may have begun that the end of `letters` cuts off.
    fn unfinished(&self, letters: &[char]) -> Option<usize> {
        let first = letters.len().saturating_sub(self.longest);
        (first..letters.len()).find(|&start| {
            let rest = &letters[start..];
            if rest.len() < FEWEST {
                return self.begun.contains(&(rest.len(), key(rest)));
            }
            let forms = self.by_start.get(&key(&rest[..FEWEST]));
            let begins = |form: &usize| {
                let letters = &self.forms[*form].0;
                letters.len() > rest.len() && letters.starts_with(rest)
            };
            forms.is_some_and(|forms| forms.iter().any(begins))
        })
    }
}

/// At most eight letters as one number. Different letters may share it.
fn key(letters: &[char]) -> u64 {
    letters.iter().fold(0, |key, letter| roll(key, *letter))
}

fn roll(key: u64, letter: char) -> u64 {
    key << 8 | u64::from(u32::from(letter) & 0xff)
}
