#![doc = include_str!("../README.md")]
#![expect(
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "dropping the value of a getter or constructor is a mistake that shows by itself"
)]
#![expect(
    missing_docs,
    reason = "fields and variants are documented where their names do not say it all"
)]
#![expect(
    clippy::missing_errors_doc,
    reason = "error types document their cases, and `io::Error` is the system's unless the docs say more"
)]

mod blank;
mod environment;
pub mod files;
pub mod launch;
pub mod locate;
pub mod mcp;
pub mod observer;
pub mod pool;
pub mod process;
pub mod protocol;
pub mod sandbox;
pub mod transcript;
pub mod turn;
pub mod version;

pub use blank::{is_blank, shows_nothing};
pub use environment::Environment;
pub use launch::SystemPromptMode;
pub use sandbox::SandboxLevel;
