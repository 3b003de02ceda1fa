//! The same over the real CLI, both versions, with a loopback Messages API: what the stand-in cannot prove.
//!
//! What the API is sent is what the model would read, and what it bills is what a turn costs; both are looked at
//! here, not what the bot says of itself. `scripts/install-claude` installs the CLIs.

/// Makes two tests of each of these functions, so that a failure names the CLI's version.
macro_rules! on_both_versions {
    ($($test:ident),+ $(,)?) => {
        mod on_2_1_197 {
            $(#[tokio::test] async fn $test() { super::$test(crate::real::world::OLD).await; })+
        }
        mod on_2_1_332 {
            $(#[tokio::test] async fn $test() { super::$test(crate::real::world::NEW).await; })+
        }
    };
}

mod adoption;
mod approvals;
mod attachments;
mod background;
mod backup;
mod branches;
mod budgets;
mod busy;
mod confinement;
mod context;
mod conversation;
mod cost;
mod delivery;
mod earlier;
mod edits;
mod export;
mod failures;
mod home;
mod host_tools;
mod inputs;
mod interruption;
mod message_text;
mod outputs;
mod page;
mod personality;
mod plans;
mod processes;
mod questions;
mod rebuilt;
mod refusals;
mod repairs;
mod retention;
mod retries;
mod rewind;
mod sandbox;
mod session_options;
mod sessions;
mod settings;
mod side_questions;
mod streaming;
mod surroundings;
mod taking_over;
mod tools;
mod updates;
mod ways_out;
mod work_card;
mod worktrees;
pub(crate) mod world;
