//! Turns Claude's Markdown into messages that Discord takes and shows as they were meant.
//!
//! - `clean` takes control sequences out.
//! - `scan` reads lines and divides them into prose and code (`fence` knows the marks).
//! - `dialect` translates prose with `pulldown-cmark`: only what Discord shows otherwise or not at all is changed. It is
//!   helped by `table`, `html` and `symbols` (footnotes and LaTeX).
//! - `pager` gathers `line`s and fills pages; `cut` picks the best place to end one in what is in `view`, and `inline` knows which marks are
//!   open there (`boundary`: where a sentence ends, and where a script without spaces may be broken).
//! - `renderer` does all of this for a text that grows; `answer` leaves long parts to files.
//!
//! Every page can be read by itself: what a cut leaves open is closed, and opened again on the next page. Nothing is
//! lost or moved but white space at the cuts. Where a page ends depends on little more text than fills it, so it is final
//! as soon as that has come, and each step is linear in the text.
//!
//! This module must not know what a message is for, nor how it is sent. Mentions are left as they are: every message is
//! sent with none allowed.

mod answer;
mod boundary;
mod clean;
mod cut;
mod dialect;
mod fence;
mod html;
mod inline;
mod line;
mod pager;
mod renderer;
mod scan;
mod symbols;
mod table;
#[cfg(test)]
mod tests;
mod view;

use crate::chat::{is_blank, shows_nothing};

pub use self::{
    answer::{AnswerRenderer, Limits, Rendered, render_answer},
    clean::{clean, without_colors},
    renderer::Renderer,
};

/// How many characters a message may have (Discord developer docs, "Create message"), counted by [`units`].
pub const LIMIT: usize = 2000;

/// How messages are to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The most [`units`] of a page, at least 20. In a page of fewer than 100 the marks of bold words and the like are not
    /// closed where it ends.
    pub limit: usize,
    /// The most columns of a table: a wider one becomes lines.
    pub table_columns: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limit: LIMIT,
            table_columns: 60,
        }
    }
}

/// Whether a text is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The text is still growing: unfinished constructs are closed or held back.
    Growing,
    /// The text is complete.
    Final,
}

/// Renders a text as pages, none of them blank. One that fits into a page and that Discord shows as it is stays as it is.
#[must_use]
pub fn render(text: &str, options: &Options, progress: Progress) -> Vec<String> {
    let mut renderer = Renderer::new(options);
    renderer.push(text);
    match progress {
        Progress::Growing => {
            let tail = renderer.tail();
            let mut pages = renderer.pages_done().to_vec();
            pages.extend(tail);
            pages
        }
        Progress::Final => renderer.finish(),
    }
}

/// Renders a whole text as pages of at most `limit` [`units`].
#[must_use]
pub fn split(text: &str, limit: usize) -> Vec<String> {
    let options = Options {
        limit,
        ..Options::default()
    };
    render(text, &options, Progress::Final)
}

/// The length of `text` in UTF-16 code units.
///
/// Discord's API counts code points (its staff in `discord-api-docs`, issue 1315) and its clients, written in
/// JavaScript, count code units, which are never fewer. What passes here passes both.
#[must_use]
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}
