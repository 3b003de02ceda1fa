//! A scripted stand-in for the `claude` CLI.
//!
//! It speaks the CLI's stream-json protocol over stdin and stdout, in the shapes recorded from the
//! real program (2.1.197, and 2.1.329 where the two differ), but no model is behind it: what a
//! person writes is answered by a small deterministic brain, or by the directives the text
//! holds. Two uses: tests that need a `claude` which does what they say, and a demo on a machine
//! where the real CLI is not installed. It says what it is and never claims to be Claude.
//!
//! # Environment
//!
//! | name | default | effect |
//! |---|---|---|
//! | `STAND_IN_VERSION` | `2.1.329` | the CLI version that it reports and behaves as |
//! | `STAND_IN_PACE_MS` | `15` | pause between two pieces of streamed text, in milliseconds |
//! | `STAND_IN_START_DELAY_MS` | `0` | pause before the first line of stdin is read |
//! | `STAND_IN_FAIL_START` | none | the process exits 1 at once with this text on stderr |
//! | `CLAUDE_CONFIG_DIR` | `$HOME/.claude` | transcripts are kept in `stand-in/<session id>.json` below it |
//! | `CLAUDE_CODE_MAX_RETRIES` | `10` | the `max_retries` that `[[retry N]]` reports, if it is at least N |
//!
//! # What differs between versions
//!
//! | from version | what |
//! |---|---|
//! | 2.1.200 | `set_model` refuses unknown names |
//! | 2.1.205 | the answer to `interrupt` lists `still_queued`; `init` lists `capabilities` |
//! | 2.1.208 | a blank line of stdin is ignored instead of ending the process |
//! | 2.1.214 | `set_permission_mode` refuses unknown modes |
//! | 2.1.277 | `total_cost_usd` and `modelUsage` of a resumed session go on from its transcript |
//! | 2.1.277 | a resumed session keeps the system prompt of its first start (measured: lost on 2.1.197, kept on 2.1.329; the release between them that changed it is not known) |
//!
//! # Tokens and cost
//!
//! Nothing is random: see [`pricing`] for the formula and for functions that compute the same
//! numbers in a test.
//!
//! # Directives
//!
//! A person's text may hold directives in double brackets; they are obeyed in the order in which
//! they stand. See [`directives`] for the list.

mod brain;
pub mod directives;
pub mod pricing;

mod args;
mod background;
mod content;
mod control;
mod emit;
mod input;
pub mod noise;
mod outcome;
mod permissions;
mod script;
mod session;
mod settings;
mod shell;
mod start;
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
/// `args` are the arguments without the program's name, and `env` is the whole environment: the
/// process's own is not read, save for its working directory. Errors the CLI would report are
/// written to `stderr` and give exit code 1.
///
/// `stdin` is read by a thread of its own, which outlives this call until `stdin` ends. The
/// directives that end the process return from here with their code; `[[deaf]]` takes SIGINT and
/// SIGTERM from the whole process and never returns.
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
/// For a binary that is started as `claude-stand-in`, by that name or through a link of that name.
#[must_use]
pub fn main() -> ExitCode {
    #[expect(
        clippy::disallowed_methods,
        reason = "a program of its own: here its environment enters"
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
