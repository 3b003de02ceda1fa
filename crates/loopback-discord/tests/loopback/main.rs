//! Tests of the loopback from outside, over HTTP and web sockets.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod faults;
mod gateway;
mod interactions;
mod messages;
mod page;
mod refusals;
mod serenity_client;
mod support;
