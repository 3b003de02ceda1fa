//! The dashboard: a page that shows what the bot does and costs, its metrics, and its health.
//!
//! Pure: [`live`] is what happens now, [`feed`] the transcript of a channel, [`usage`] what has been used, [`origin`] which
//! requests are taken at all, [`guesses`] how long a wrong password takes. I/O: [`credentials`] are the tokens' files,
//! [`memory`] reads `/proc`, [`log_tail`] keeps the end of the log, [`server`] accepts connections, [`has_login`] says which
//! of them have shown the token, and [`routes`] answers requests. [`desk`] holds it together; the channels tell it what
//! they do, and a task reads what their processes write. Nothing of this exists without a dashboard.

mod credentials;
mod desk;
mod feed;
mod guesses;
mod has_login;
mod listener;
mod live;
mod log_tail;
mod memory;
mod metrics;
mod origin;
mod routes;
mod server;
mod usage;
mod view;

pub(crate) use credentials::{Credentials, links};
pub(crate) use desk::{Desk, Parts};
pub(crate) use log_tail::LogTail;
pub(crate) use server::{bind, serve};
