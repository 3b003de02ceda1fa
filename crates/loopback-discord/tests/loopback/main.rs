//! Tests over HTTP and web sockets.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod channels;
mod components;
mod faults;
mod files;
mod forums;
mod forwards;
mod gateway;
mod interactions;
mod layouts;
mod limits;
mod message_commands;
mod messages;
mod modals;
mod page;
mod people;
mod polls;
mod reactions;
mod refusals;
mod roles;
mod serenity_client;
mod support;
mod threads;
