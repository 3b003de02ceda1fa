//! The configuration: `config.json` and the process's environment in, a checked [`Config`] out.
//!
//! 1. `json` parses the text;
//! 2. `schema` validates it against the schema generated from the types in `settings` and `discord`, with `formats` and `rules` for
//!    single strings;
//! 3. `check` compares keys with each other and resolves paths.
//!
//! All of this is pure. [`load()`], [`read_token`], [`environment::capture`], [`Machine::capture`] and [`locate`] do the
//! I/O.

mod allow_list;
mod api_base;
mod approvals;
mod channel_override;
mod check;
mod dashboard;
mod discord;
mod encoding;
pub mod environment;
mod formats;
mod in_channel;
mod json;
mod load;
mod machine;
mod notify_admins;
mod problem;
mod queue;
mod reload;
mod rules;
mod schema;
mod sessions;
mod settings;
mod stream_mode;
mod threads;
mod time_zone;
mod token;
mod updates;

pub use allow_list::AllowList;
pub use api_base::{ApiBase, NotLoopback};
pub use approvals::{Approvals, ApprovalsTo, Approvers};
pub use channel_override::{ChannelOverride, InitialMode};
pub use claude_session::{Environment, SandboxLevel, SystemPromptMode, locate};
pub use dashboard::Dashboard;
pub use discord::{
    Allow, AttachmentSettings, CatchUp, Discord, ReactionSettings, Respond, Verbosity,
};
pub(crate) use formats::{flag_name, inline_json, is_model_name};
pub use load::{ConfigError, load};
pub use machine::Machine;
pub use notify_admins::NotifyAdmins;
pub use problem::{Problem, Problems};
pub use queue::{QueueMode, QueueSettings};
pub use reload::{Reload, is_live, reload};
pub use rules::{BUILTIN_RULES, HOST_SERVER, HOST_TOOLS, check_rule};
pub use schema::{schema, tables};
pub use sessions::Sessions;
pub use settings::{AfterReset, ChannelLimit, Claude, Config, DEFAULT_FILE, Limit, LimitSettings};
pub use stream_mode::StreamMode;
pub use threads::Threads;
pub use time_zone::TimeZone;
pub use token::{InvalidToken, Token, TokenError, read_token, token_file};
pub use updates::Updates;
