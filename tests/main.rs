//! The program as its users meet it: the real binary against a loopback Discord, over the stand-in for `claude` and
//! over the real CLI with a loopback Messages API.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by a panic"
)]

mod adoption;
mod answerers;
mod approvals;
mod approvals_killed;
mod approvals_to;
mod approvers;
mod attachments;
mod auto_thread;
mod backup;
mod book;
mod branches;
mod browser;
mod budgets;
mod changes;
mod children;
mod cli;
mod collect;
mod commands;
mod context;
mod control_sequences;
mod conversation;
mod dashboard;
mod delivery;
mod demo;
mod digital_twin;
mod doctor;
mod earlier;
mod edits;
mod examples;
mod export;
mod failure_messages;
mod failures;
mod gateway;
mod host_tools;
mod init;
mod inputs;
mod layers;
mod limits;
mod long_answers;
mod loopback_clients;
mod message_commands;
mod models;
mod notices;
mod outputs;
mod permissions;
mod personas;
mod plans;
mod prewarm;
mod priority;
mod process;
mod prove;
mod questions;
mod questions_killed;
mod queue;
mod quoted;
mod reactions;
mod real;
mod rebuilt;
mod recorder;
mod recovery;
mod redaction;
mod registry;
mod reload;
mod reports;
mod retention;
mod retries;
mod revocation;
mod rewind;
mod sandbox;
mod service;
mod side_questions;
mod streaming;
mod support;
mod threads;
mod transcribe;
mod turn_cost;
mod upgrade;
mod usage_limit;
mod work_card;
