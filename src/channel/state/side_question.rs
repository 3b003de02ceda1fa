//! A question on the side that waits for its answer.

use std::time::Instant;

use crate::{channel::Origin, external::Speaker};

#[derive(Debug)]
pub(super) struct SideQuestion {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) origin: Origin,
    pub(super) speaker: Speaker,
    /// When it is given up.
    pub(super) until: Instant,
    /// Whether the CLI has it.
    pub(super) is_asked: bool,
}
