//! Limits what a CLI process and its tools can see and change on the machine.
//!
//! At level `bwrap` the process starts with an empty file system. `mounts` decides, as a function of values, what is
//! mounted there, and `bubblewrap` renders that as a command line. At level `cli`, `cli_settings` tells the CLI's own
//! sandbox what to hide from Bash. [`Confinement::set_up`] tries which level works on this machine.

mod account;
mod bubblewrap;
mod cli_options;
mod cli_settings;
mod defaults;
mod disallowed_tools;
mod kind;
mod mounts;
mod options;
mod paths;
mod policy;
mod set_up;

pub use account::{Account, AccountError, own_ids};
pub(crate) use cli_options::CliOptions;
pub use kind::Sandbox;
pub use options::{Options, SandboxLevel};
pub use policy::{Policy, all_transcripts, folder_name, transcripts_of};
pub use set_up::{Confinement, ConfinementError};
