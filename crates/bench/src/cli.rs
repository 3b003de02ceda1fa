//! The alternatives to the bot: the CLI over its pipe with nothing in between, and a process per turn.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use loopback_messages::LoopbackMessages;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::{
    Result, paths,
    world::{DEADLINE, command},
};

/// What the bot passes too.
const ARGUMENTS: [&str; 6] = [
    "-p",
    "--output-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    "--setting-sources=",
    "--strict-mcp-config",
];

fn claude(home: &Path, api: &LoopbackMessages) -> Result<Command> {
    let mut command = command(&paths::real_cli()?, home, api);
    command
        .args(ARGUMENTS)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    Ok(command)
}

/// A live CLI over its pipe.
pub(crate) struct Bare {
    _child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Bare {
    pub(crate) fn start(home: &Path, api: &LoopbackMessages) -> Result<Self> {
        let mut child = claude(home, api)?
            .arg("--input-format=stream-json")
            .stdin(Stdio::piped())
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or("a child without pipes")?;
        let lines = BufReader::new(output).lines();
        Ok(Self {
            _child: child,
            input,
            lines,
        })
    }

    /// Asks and waits for the end of the turn. The time to the first text.
    pub(crate) async fn ask(&mut self, question: &str) -> Result<Duration> {
        let message = json!({ "role": "user", "content": question });
        let line = json!({ "type": "user", "message": message }).to_string() + "\n";
        let asked = Instant::now();
        self.input.write_all(line.as_bytes()).await?;
        first_text(&mut self.lines, asked).await
    }
}

/// Starts a process for one turn of a session. The time to its first text.
pub(crate) async fn process_per_turn(
    home: &Path,
    api: &LoopbackMessages,
    session: &str,
    question: &str,
) -> Result<Duration> {
    let asked = Instant::now();
    let mut child = claude(home, api)?
        .args([session, question])
        .stdin(Stdio::null())
        .spawn()?;
    let output = child.stdout.take().ok_or("a child without a pipe")?;
    let took = first_text(&mut BufReader::new(output).lines(), asked).await;
    tokio::time::timeout(DEADLINE, child.wait()).await??;
    took
}

/// Reads to the turn's result. The time to its first text.
async fn first_text(lines: &mut Lines<BufReader<ChildStdout>>, asked: Instant) -> Result<Duration> {
    let mut first = None;
    let read = async {
        while let Some(line) = lines.next_line().await? {
            if line.contains("\"text_delta\"") {
                first.get_or_insert_with(|| asked.elapsed());
            }
            if line.contains("\"type\":\"result\"") {
                return Ok(first.ok_or("a turn without text")?);
            }
        }
        Err("the CLI ended in the middle of a turn".into())
    };
    tokio::time::timeout(DEADLINE, read).await?
}
