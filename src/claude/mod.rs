//! The `claude` CLI: what it is told, what it says, and who of it is alive.
//!
//! [`protocol`], [`turn`] and [`launch`] are pure; [`process`] is the only place that starts a child; [`sandbox`]
//! says what it may see; [`pool`] bounds how many live at once. Nothing here knows Discord.

pub mod launch;
pub mod pool;
pub mod process;
pub mod protocol;
pub mod sandbox;
pub mod turn;
