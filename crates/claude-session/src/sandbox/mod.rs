//! The walls around a CLI process: what of the machine it and its tools can see and change.
//!
//! `mounts` decides what is hidden, visible and writable, as a function of values; `arguments` says so to
//! bubblewrap. `surroundings` looks at the disk for both, and `choose` tries out at start which walls hold here.
//! This room starts nothing itself: `process` does, with what it gets from here.
//!
//! It must not know what a session or a turn is.

mod account;
mod arguments;
mod choose;
mod disk;
mod mounts;
mod options;
mod places;
mod project;
mod sealed;
mod settings;
mod surroundings;
mod taken;
mod walls;

pub use account::{Account, AccountError, own_ids};
pub use arguments::arguments;
pub use choose::{Chosen, Refused, choose};
pub use mounts::{Kind, Mount, Mounts, Spec, mounts};
pub use options::{Options, SandboxLevel};
pub use project::folder_name;
pub use surroundings::{Sandbox, Surroundings, Walled};
pub use walls::{Walls, WallsError};
