//! The stand-in as a host sees it: a process with lines on stdin and stdout.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod directives;
mod sessions;
mod shapes;
mod support;
mod tools;
