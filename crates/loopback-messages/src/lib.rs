//! A Messages API on 127.0.0.1, for tests that run the real `claude` CLI.
//!
//! It answers `POST /v1/messages` with and without streaming, records every request in full, and
//! computes what each answer costs. A test chooses the answers in one of three ways: by
//! [directives](directed) in a person's message, by a queue of [answers](Answer), or by a
//! [default](LoopbackMessages::set_default) of its own.
//!
//! It calls no model and nothing beyond this machine. All it knows of the program under test is that a
//! host may enclose a person's message in `[EXTERNAL CONTENT` and `[END EXTERNAL CONTENT` markers.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use loopback_messages::{Answer, LoopbackMessages};
//!
//! let api = LoopbackMessages::start().await?;
//! api.push(Answer::text("good morning"));
//! // Start `claude` with `ANTHROPIC_BASE_URL` set to `api.url()`, then look at `api.requests()`.
//! # assert!(api.url().starts_with("http://127.0.0.1:") && api.requests().is_empty());
//! # Ok(())
//! # }
//! ```

mod answer;
mod directive;
mod events;
mod plan;
mod price;
mod record;
mod request;
mod routes;
mod server;
mod usage;

pub use answer::{Answer, Block, HALF_PAIR};
pub use plan::directed;
pub use price::{Bill, Price, cost, list_price};
pub use record::{Call, Outcome, Stray, WaitError};
pub use request::{Auth, Request};
pub use server::{Hold, LoopbackMessages};
pub use usage::Usage;
