#![doc = include_str!("../README.md")]

mod environment;
pub mod files;
pub mod launch;
pub mod locate;
pub mod observer;
pub mod pool;
pub mod process;
pub mod protocol;
pub mod sandbox;
pub mod turn;

pub use environment::Environment;
pub use launch::SystemPromptMode;
pub use sandbox::SandboxLevel;
