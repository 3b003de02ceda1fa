//! One actor per channel: its queue, its state machine, and the loop around it.
//!
//! `state` is pure and decides: `handle(event, now) -> effects`. `actor` is the loop that feeds it events and carries
//! out the effects. `hub` receives the chat's events, creates an actor for a channel's first one and drops it when it
//! is idle. `messages` holds the texts that the bot itself writes.
//!
//! Nothing here knows Discord or the CLI's process: [`chat`](crate::chat) and [`claude`](crate::claude) are in between.

mod actor;
mod admission;
pub(crate) mod adoption;
mod approval;
mod changes;
mod chart;
mod cli_version;
pub(crate) mod client;
mod dedup;
mod export;
mod first_words;
mod hub;
pub mod intake;
mod listed_models;
pub(crate) mod messages;
pub(crate) mod notices;
mod overheard;
mod process_slot;
mod progress;
mod prompt;
pub(crate) mod rebuild;
mod recent_turns;
mod reloadable;
mod request;
pub(crate) mod state;
mod strangers;
mod usage_limit;
mod watcher;

pub(crate) use actor::Shared;
pub(crate) use admission::Admission;
pub(crate) use adoption::Adoption;
pub(crate) use cli_version::CliVersion;
pub(crate) use hub::Hub;
pub(crate) use listed_models::ListedModels;
pub(crate) use reloadable::{LiveSettings, Reloadable};
pub use request::{Origin, QueueItem, Request, Said, Source};
pub use state::ShutdownStage;
pub(crate) use usage_limit::UsageLimit;
pub(crate) use watcher::{Activity, Decision, OpenApproval, Phase, Watcher};
