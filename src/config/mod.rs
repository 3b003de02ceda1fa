//! What the owner decided: `config.json` and the process's environment in, a checked [`Config`] out.
//!
//! The way through, each step in a file of its own:
//!
//! 1. `json` reads the text and minds syntax and keys written twice;
//! 2. `raw` holds the file's shape as types, from which [`schema()`] is generated;
//! 3. `schema` holds the parsed text against that schema and says in plain words what is wrong, with the rules
//!    for single words (an id, an allow rule, an address) in `formats` and `rules`;
//! 4. `check` compares keys with one another and builds [`Config`].
//!
//! All of that is pure. The edges are [`load()`] and [`read_token()`] (one file each), [`environment::capture`]
//! (the only reader of the process's environment), [`Machine::capture`] and [`locate`].
//!
//! This module must not know Discord's or the CLI's protocol, only what the owner may say about them.

mod api_base;
mod check;
pub mod environment;
mod formats;
mod json;
mod load;
mod machine;
mod problem;
mod raw;
mod rules;
mod schema;
mod settings;
mod token;

pub use api_base::{ApiBase, NotLoopback};
pub use claude_session::{Environment, SandboxLevel, SystemPromptMode, locate};
pub(crate) use formats::{flag_name, inline_json};
pub use load::{DEFAULT_FILE, LoadError, load};
pub use machine::Machine;
pub use problem::{Problem, Problems};
pub use rules::{BUILTIN_RULES, RuleError, check_rule};
pub use schema::schema;
pub use settings::{
    Allow, AttachmentSettings, CatchUp, ChannelOverride, Claude, Config, Discord, Limit,
    LimitSettings, Listed, Respond, TokenSource,
};
pub use token::{ReadToken, Token, TokenFault, TokenProblem, TokenWarning, read_token, token_file};
