//! A scripted stand-in for the `claude` CLI.
//!
//! It speaks the CLI's stream-json protocol over stdin and stdout, in the formats recorded from the
//! real program (2.1.197, and 2.1.329 where the two differ), but without a model: directives in a
//! person's message determine the answer, or else a small deterministic responder does. It serves
//! tests that need a `claude` which does what they say, and a demo on a machine without the real CLI.
//! It says what it is and never claims to be Claude.
//!
//! # Environment
//!
//! | name | default | effect |
//! |---|---|---|
//! | `STAND_IN_VERSION` | `2.1.329` | the CLI version that it reports and imitates |
//! | `STAND_IN_PACE_MS` | `15` | pause between two pieces of streamed text, in milliseconds |
//! | `STAND_IN_START_DELAY_MS` | `0` | pause before the first line of stdin is read |
//! | `STAND_IN_DIRECTIVES` | none | directives that come before each message |
//! | `STAND_IN_FAIL_START` | none | the process exits with code 1 immediately and prints this text on stderr |
//! | `CLAUDE_CONFIG_DIR` | `$HOME/.claude` | transcripts are kept in `projects/<working directory>/<session id>.json` below it |
//! | `CLAUDE_CODE_MAX_RETRIES` | `10` | the `max_retries` that `[[retry N]]` reports, if it is at least N |
//!
//! # Differences between versions
//!
//! | from version | difference |
//! |---|---|
//! | 2.1.200 | `set_model` rejects unknown names |
//! | 2.1.205 | the response to `interrupt` lists `still_queued`; `init` lists `capabilities` |
//! | 2.1.208 | a blank line of stdin is ignored instead of ending the process |
//! | 2.1.214 | `set_permission_mode` rejects unknown modes |
//! | 2.1.277 | `total_cost_usd` and `modelUsage` of a resumed session continue from its transcript |
//! | 2.1.277 | the host's MCP servers are asked for their tools after `initialize`, not with the first message |
//! | 2.1.277 | a resumed session keeps the system prompt of its first start (measured: lost on 2.1.197, kept on 2.1.329; the release that changed it is unknown) |
//!
//! # Tokens and cost
//!
//! Nothing is random: [`pricing`] has the formulas, and functions with which a test computes the same
//! numbers.
//!
//! # Directives
//!
//! A person's message may contain directives in double brackets, which run in order. See
//! [`directives`] for the list.

pub mod directives;
pub mod pricing;
mod responder;

mod args;
mod background;
mod content;
mod control;
mod edits;
mod emit;
mod input;
mod mcp;
pub mod noise;
mod outcome;
mod permissions;
mod question;
mod script;
mod session;
mod settings;
mod shell;
mod start;
mod subagent;
mod todo;
mod tool_use;
mod tools;
mod transcript;
mod turn;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::ExitCode;

/// Runs the stand-in once and returns its exit code.
///
/// `args` are the arguments without the program's name, and `env` is the whole environment; of the
/// process's own, only the working directory is read. Errors that the CLI would report are written to
/// `stderr` and result in exit code 1.
///
/// A separate thread reads `stdin`, and outlives this call until `stdin` ends. Directives that end the
/// process return from here with their code; `[[deaf]]` disables SIGINT and SIGTERM for the whole
/// process and never returns.
pub fn run(
    args: impl Iterator<Item = OsString>,
    env: &BTreeMap<OsString, OsString>,
    stdin: impl BufRead + Send + 'static,
    mut stdout: impl Write,
    mut stderr: impl Write,
) -> i32 {
    start::run(args, env, stdin, &mut stdout, &mut stderr)
}

/// Runs the stand-in on the process's own arguments, environment and standard streams.
///
/// For a binary that is started as `claude-stand-in`, directly or through a link of that name.
#[must_use]
pub fn main() -> ExitCode {
    #[expect(
        clippy::disallowed_methods,
        reason = "the entry point of a separate program"
    )]
    let env = std::env::vars_os().collect();
    let code = run(
        std::env::args_os().skip(1),
        &env,
        BufReader::new(std::io::stdin()),
        std::io::stdout().lock(),
        std::io::stderr(),
    );
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}
