//! The CLI's protocol, one JSON object per line in both directions, as values.
//!
//! [`parse`] reads a line of stdout; [`SessionRequest`] is a line for stdin. Parsing never fails, because every release of
//! the CLI adds types and fields: a line that is not understood is a value too ([`Line::Noise`], [`SessionEvent::Other`]),
//! and a missing or malformed field gets its default.
//!
//! Sources: the documentation of `claude -p --output-format stream-json`, and runs of CLI 2.1.197, 2.1.329 and 2.1.332,
//! recorded in `tests/captures`.

mod control_request;
mod control_response;
mod event;
mod from_json;
mod input;
mod json;
mod message;
mod request;
mod response;
mod result;
mod status;
mod stream;
mod task;
#[cfg(test)]
mod tests;
mod usage;

pub use control_request::*;
pub use control_response::*;
pub use event::*;
pub use from_json::FromJson;
pub use json::Json;
pub use message::*;
pub use request::*;
pub use response::*;
pub use result::*;
pub use status::*;
pub use stream::*;
pub use task::*;
pub use usage::*;
