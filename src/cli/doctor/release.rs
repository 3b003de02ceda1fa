//! Whether there is a newer release, if the configuration says where to ask.

use std::time::Duration;

use serde_json::Value;

use crate::{cli::finding::Finding, tls};

const NAME: &str = "release";
const OWN: &str = env!("CARGO_PKG_VERSION");
const TIMEOUT: Duration = Duration::from_secs(15);
const MAX_BYTES: u64 = 1 << 20;

/// `None` without a place to ask.
pub(super) async fn finding(url: &str) -> Option<Finding> {
    if url.is_empty() {
        return None;
    }
    let told = match fetch(url).await {
        Ok(text) => version_in(&text),
        Err(error) => Err(error),
    };
    Some(match told {
        Err(reason) => Finding::warning(
            NAME,
            format!("failed to ask for the newest release: {reason}"),
        )
        .why("a newer release would go unnoticed")
        .mend("correct `updates.url`, or remove it"),
        Ok(newest) if parts(&newest) > parts(OWN) => {
            Finding::warning(NAME, format!("{newest} is out, this is {OWN}"))
                .why("releases mend defects and keep up with the CLI and Discord")
                .mend("read CHANGELOG.md, then install the new release and restart the bot")
        }
        Ok(_) => Finding::ok(NAME, format!("{OWN} is the newest")),
    })
}

async fn fetch(url: &str) -> Result<String, String> {
    let client = tls::client().timeout(TIMEOUT).build();
    let client = client.map_err(|error| error.to_string())?;
    let sent = client
        .get(url)
        .header(
            "user-agent",
            concat!("switchboard/", env!("CARGO_PKG_VERSION")),
        )
        .header("accept", "application/json")
        .send()
        .await
        .and_then(reqwest::Response::error_for_status);
    let mut answer = sent.map_err(|error| error.without_url().to_string())?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| error.without_url().to_string())?
    {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > MAX_BYTES {
            return Err("the answer is too long".into());
        }
    }
    String::from_utf8(bytes).map_err(|_| "the answer is no text".into())
}

/// The version in an answer: its `version`, or the `tag_name` of a release on GitHub.
fn version_in(text: &str) -> Result<String, String> {
    let answer: Value = serde_json::from_str(text).map_err(|_| "the answer is not JSON")?;
    let named = ["version", "tag_name"];
    let version = named.iter().find_map(|name| answer[*name].as_str());
    let version = version.ok_or("the answer has neither `version` nor `tag_name`")?;
    let version = version.trim_start_matches('v');
    match parts(version) {
        Some(_) => Ok(version.to_owned()),
        None => Err("the answer names no version such as 1.2.3".into()),
    }
}

/// Major, minor and patch.
fn parts(version: &str) -> Option<[u64; 3]> {
    let number = version.split(['-', '+']).next()?;
    let mut parts = number.split('.').map(|part| part.parse().ok());
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests;
