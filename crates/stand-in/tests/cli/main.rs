//! The stand-in as a host meets it: the program started, lines written and read.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod directives;
mod sessions;
mod shapes;
mod support;
