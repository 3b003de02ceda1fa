//! The owner's own programs and servers: what transcribes voice messages, and MCP servers.

use reqwest::Url;
use serde_json::Value;

use crate::{
    claude::Environment,
    cli::finding::Finding,
    config::{Config, HOST_SERVER, SandboxLevel, locate},
};

/// `None` if voice messages are not transcribed anyway.
pub(super) fn transcriber(
    config: &Config,
    level: Option<SandboxLevel>,
    environment: &Environment,
) -> Option<Finding> {
    const NAME: &str = "transcribe";
    const WHY: &str = "Claude gets voice messages as files that it cannot hear";
    let program = config.discord.transcribe.first()?;
    Some(if level != Some(SandboxLevel::Bwrap) {
        Finding::warning(
            NAME,
            "voice messages are not transcribed: `discord.transcribe` runs only in the sandbox at level `bwrap`, which is \
             not in effect",
        )
        .why(WHY)
        .mend("install the package bubblewrap, and leave `claude.sandbox` out; or remove `discord.transcribe`")
    } else if !is_program(program, environment) {
        let what = format!(
            "voice messages are not transcribed: there is no program {program:?} (`discord.transcribe`)"
        );
        Finding::warning(NAME, what)
            .why(WHY)
            .mend("install it, or write its path in `discord.transcribe`")
    } else {
        Finding::ok(
            NAME,
            format!("voice messages are transcribed by {program:?}"),
        )
    })
}

/// `None` if there are no servers.
pub(super) fn mcp_servers(config: &Config, environment: &Environment) -> Option<Finding> {
    const NAME: &str = "mcp_servers";
    let servers = &config.mcp_servers;
    let problems = servers.iter().filter_map(|(name, server)| {
        let problem = problem(name, server, environment)?;
        Some(format!("`mcp_servers`, {name:?}: {problem}"))
    });
    let problems: Vec<_> = problems.collect();
    if servers.is_empty() {
        None
    } else if problems.is_empty() {
        let what = format!("{} configured; not tried", servers.len());
        Some(Finding::ok(NAME, what))
    } else {
        let finding = Finding::warning(NAME, problems.join("\n"))
            .why("Claude lacks the tools of these servers")
            .mend("correct these entries, or remove them");
        Some(finding)
    }
}

/// Why the CLI can't use a server.
fn problem(name: &str, server: &Value, environment: &Environment) -> Option<String> {
    if name == HOST_SERVER {
        return Some("the bot's own tools have this name; choose another one".into());
    }
    let text = |key: &str| server.get(key).and_then(Value::as_str);
    let kind = match server.get("type") {
        None if text("url").is_some() => {
            return Some(r#"`type` is missing: "http" or "sse""#.into());
        }
        None => "stdio",
        Some(kind) => kind.as_str().unwrap_or_default(),
    };
    match kind {
        "stdio" => match text("command") {
            None => Some("`command` is missing, or `type` and `url`".into()),
            Some(command) if is_program(command, environment) => None,
            Some(command) => Some(format!("there is no program {command:?}")),
        },
        "http" | "sse" | "ws" => {
            let url = text("url").and_then(|url| Url::parse(url).ok());
            let schemes = if kind == "ws" {
                ["ws", "wss"]
            } else {
                ["http", "https"]
            };
            let is_good = url.is_some_and(|url| schemes.contains(&url.scheme()) && url.has_host());
            (!is_good).then(|| format!("`url` must be an address with {}://", schemes[1]))
        }
        _ => Some(r#"`type` must be "stdio", "http", "sse" or "ws""#.into()),
    }
}

fn is_program(name: &str, environment: &Environment) -> bool {
    locate::program(name, environment).is_some()
}

#[cfg(test)]
mod tests;
