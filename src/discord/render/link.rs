//! Links and images.

use std::ops::Range;

use pulldown_cmark::{LinkType, Tag};

use super::edit::Replacement;

/// A link or an image that is being read.
pub(super) struct Link {
    range: Range<usize>,
    address: String,
    is_image: bool,
    is_inline: bool,
    /// Where its words end.
    pub(super) words_end: usize,
    /// What an image within it leaves to be said.
    remainder: String,
}

impl Link {
    pub(super) fn begin(tag: &Tag<'_>, range: Range<usize>) -> Option<Self> {
        let (link_type, address, is_image) = match tag {
            Tag::Link {
                link_type,
                dest_url,
                ..
            } => (link_type, dest_url, false),
            Tag::Image {
                link_type,
                dest_url,
                ..
            } => (link_type, dest_url, true),
            _ => return None,
        };
        Some(Self {
            words_end: range.start + 1 + usize::from(is_image),
            range,
            address: address.to_string(),
            is_image,
            is_inline: *link_type == LinkType::Inline,
            remainder: String::new(),
        })
    }
}

impl Link {
    /// Where symbols are not looked for.
    pub(super) fn opaque(&self) -> Range<usize> {
        let start = if self.is_inline {
            self.words_end
        } else {
            self.range.start
        };
        start..self.range.end
    }

    /// Discord shows masked links to the web alone, and no images. `outer` is the link that this image is within.
    pub(super) fn edits(self, text: &str, outer: Option<&mut Self>) -> Vec<Replacement> {
        if !self.is_inline {
            return Vec::new();
        }
        let Self { range, address, .. } = self;
        let words = range.start + 1 + usize::from(self.is_image)..self.words_end;
        let is_web = address.starts_with("http://") || address.starts_with("https://");
        let is_plain = text[words.clone()].trim() == address;
        let in_brackets = if address.is_empty() || is_plain {
            String::new()
        } else if words.is_empty() {
            address
        } else {
            format!(" ({address})")
        };
        let unmasked = |after: String| {
            vec![
                Replacement::text(range.start..words.start, ""),
                Replacement::text(words.end..range.end, after),
            ]
        };
        if let Some(outer) = outer {
            outer.remainder.push_str(&in_brackets);
            unmasked(String::new())
        } else if is_web && !words.is_empty() {
            let mark = self
                .is_image
                .then(|| Replacement::text(range.start..range.start + 1, ""));
            let after = Replacement::text(range.end..range.end, self.remainder);
            mark.into_iter().chain([after]).collect()
        } else {
            unmasked(in_brackets + &self.remainder)
        }
    }
}
