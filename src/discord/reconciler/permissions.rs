//! What a channel does not let the bot post besides text: cards and files. Pure.
//!
//! Discord does not say which permission is missing, so what a page has is left out until the page is accepted.

use std::time::Instant;

use super::{circuit_breaker::OPEN_FOR, page::Page};
use crate::{
    channel::messages,
    chat::{Card, MissingPermission},
};

/// What is left out for a while, since each refusal counts against the bot's address.
#[derive(Debug, Default)]
pub(super) struct Permissions {
    no_cards: Option<Instant>,
    no_files: Option<Instant>,
}

impl Permissions {
    /// A page was refused. Returns the permission that it probably needs; `None` if it is plain text.
    pub(super) fn refused(&mut self, page: &Page, now: Instant) -> Option<MissingPermission> {
        let until = Some(now + OPEN_FOR);
        if page.card.is_some() {
            self.no_cards = until;
            Some(MissingPermission::EmbedLinks)
        } else if !page.files.is_empty() {
            self.no_files = until;
            Some(MissingPermission::AttachFiles)
        } else {
            None
        }
    }

    /// Whether a page must lose its files.
    pub(super) fn drops_files(&self, page: &Page, now: Instant) -> bool {
        !page.files.is_empty() && self.no_files.is_some_and(|until| now < until)
    }

    /// The page as the channel accepts it: a card as text, and a note instead of files.
    pub(super) fn fit(&self, mut page: Page, now: Instant) -> Vec<Page> {
        let drops_card = self.no_cards.is_some_and(|until| now < until);
        let card = page.card.take_if(|_| drops_card);
        let mut added = card.as_ref().map(as_text);
        if self.drops_files(&page, now) {
            let names = page.files.drain(..).map(|file| file.name);
            added = Some(messages::files_left_out(names));
        }
        let Some(added) = added else {
            return vec![page];
        };
        if !page.text.is_empty() {
            page.text.push('\n');
        }
        page.text += &added;
        page.split()
    }
}

fn as_text(card: &Card) -> String {
    let mut lines = Vec::new();
    if !card.title.is_empty() {
        lines.push(format!("**{}**", card.title));
    }
    lines.push(card.text.clone());
    let fields = card.fields.iter();
    lines.extend(fields.map(|field| format!("**{}** {}", field.name, field.value)));
    if !card.footer.is_empty() {
        lines.push(format!("-# {}", card.footer));
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

#[cfg(test)]
mod tests;
