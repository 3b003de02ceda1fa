//! Turns Claude's Markdown into messages that Discord takes and shows as they were meant.
//!
//! - `clean` takes control sequences out.
//! - `scan` reads lines and divides them into prose and code (`fence` knows the marks).
//! - `dialect` translates prose with `pulldown-cmark` into `edit`s: only what Discord shows differently or not at all is
//!   changed. It is helped by `table`, `link`, `html` and `symbols` (footnotes and LaTeX).
//! - `pager` gathers `line`s and fills pages; `cut` picks the best place to end one in what is in `view`. `inline` knows
//!   which marks and links are open there, and `boundary` where a sentence ends and a line may be broken.
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
mod brackets;
mod clean;
mod cut;
mod dialect;
mod edit;
mod fence;
mod file_name;
mod html;
mod inline;
mod line;
mod link;
mod options;
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
    answer::{AnswerLimits, AnswerRenderer, Rendered, render_answer},
    clean::clean,
    options::{Completeness, LIMIT, PageOptions, units},
    renderer::Renderer,
};

/// Renders a text as pages, none of them blank. One that fits into a page and that Discord shows as it is stays as it is.
#[must_use]
pub fn render(text: &str, options: &PageOptions, progress: Completeness) -> Vec<String> {
    let mut renderer = Renderer::new(options);
    renderer.push(text);
    match progress {
        Completeness::Growing => {
            let tail = renderer.tail();
            let mut pages = renderer.pages_done().to_vec();
            pages.extend(tail);
            pages
        }
        Completeness::Final => renderer.finish(),
    }
}

/// Renders a whole text as pages of at most `limit` [`units`].
#[must_use]
pub fn split(text: &str, limit: usize) -> Vec<String> {
    let options = PageOptions {
        limit,
        ..PageOptions::default()
    };
    render(text, &options, Completeness::Final)
}
