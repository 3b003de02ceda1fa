//! The lines of a recording.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// A line of a recording.
#[derive(Deserialize)]
#[serde(tag = "dir", rename_all = "snake_case")]
pub(super) enum RecordedLine {
    In {
        time: Option<DateTime<Utc>>,
        line: String,
    },
    Out {
        time: Option<DateTime<Utc>>,
        line: String,
    },
    Exit {
        time: Option<DateTime<Utc>>,
        code: Option<i32>,
        signal: Option<i32>,
        #[serde(default)]
        stderr: String,
    },
    Lost {
        count: u64,
    },
    /// What captures hold besides.
    #[serde(other)]
    Other,
}

impl RecordedLine {
    pub(super) fn time(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::In { time, .. } | Self::Out { time, .. } | Self::Exit { time, .. } => *time,
            Self::Lost { .. } | Self::Other => None,
        }
    }
}

/// What somebody asked, as the CLI was told.
pub(super) enum Prompted {
    Words(String),
    Compact,
    Interrupt,
}

/// What a line on stdin asks on behalf of a person.
pub(super) fn asked(line: &str) -> Option<Prompted> {
    let line: Value = serde_json::from_str(line).ok()?;
    match line["type"].as_str()? {
        "user" => Some(match &line["message"]["content"] {
            Value::String(text) if text == "/compact" => Prompted::Compact,
            Value::String(text) => Prompted::Words(text.clone()),
            content => {
                let blocks = content.as_array()?.iter();
                let texts: Vec<&str> = blocks.filter_map(|block| block["text"].as_str()).collect();
                match texts[..] {
                    ["/compact"] => Prompted::Compact,
                    // The heading, the words and the closing marker, as `external::wrap` writes them.
                    [heading, words, end]
                        if heading.contains("[EXTERNAL CONTENT id=") && end.contains("[END") =>
                    {
                        Prompted::Words(words.to_owned())
                    }
                    _ => Prompted::Words(texts.concat()),
                }
            }
        }),
        "control_request" => {
            (line["request"]["subtype"] == "interrupt").then_some(Prompted::Interrupt)
        }
        _ => None,
    }
}
