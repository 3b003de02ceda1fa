//! The `claude` CLI: what it is told, what it says, and who of it is alive.
//!
//! [`protocol`], [`turn`] and [`launch`] are pure; [`process`] is the only place that starts a child; [`sandbox`]
//! says what it may see; [`pool`] bounds how many live at once.

mod environment;
pub mod files;
pub mod launch;
pub mod locate;
pub mod pool;
pub mod process;
pub mod protocol;
pub mod sandbox;
pub mod turn;

pub use environment::Environment;
pub use launch::SystemPromptMode;
pub use sandbox::SandboxLevel;
