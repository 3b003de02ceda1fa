//! Links and images.

use std::ops::Range;

use pulldown_cmark::{LinkType, Tag};

use super::Translator;

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

impl Translator<'_> {
    /// Discord shows masked links to the web alone, and no images.
    pub(super) fn link(&mut self, link: Link) {
        let Link {
            range,
            address,
            words_end,
            ..
        } = link;
        let words = range.start + 1 + usize::from(link.is_image)..words_end;
        if !link.is_inline {
            self.opaque.push(range);
            return;
        }
        self.opaque.push(words.end..range.end);
        let is_web = address.starts_with("http://") || address.starts_with("https://");
        let is_plain = self.text[words.clone()].trim() == address;
        let in_brackets = if address.is_empty() || is_plain {
            String::new()
        } else if words.is_empty() {
            address
        } else {
            format!(" ({address})")
        };
        if let Some(outer) = self.links.last_mut() {
            outer.remainder.push_str(&in_brackets);
            self.edit(range.start..words.start, "");
            self.edit(words.end..range.end, "");
        } else if is_web && !words.is_empty() {
            if link.is_image {
                self.edit(range.start..range.start + 1, "");
            }
            self.edit(range.end..range.end, link.remainder);
        } else {
            self.edit(range.start..words.start, "");
            self.edit(words.end..range.end, in_brackets + &link.remainder);
        }
    }
}
