//! A transcript of a conversation that the CLI never had, which it can resume.
//!
//! The lines have the fields that CLI 2.1.197 and 2.1.332 need for that (measured). Pure.

use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Author, Block, Entry};

/// The version of the CLI that the lines name as their writer.
const VERSION: &str = "2.1.197";

/// The entries as lines of which each follows the one before it. Only their texts are written.
pub fn lines(workspace: &Path, session: Uuid, entries: &[Entry]) -> String {
    let mut parent: Option<&str> = None;
    let lines = entries.iter().map(|entry| {
        let blocks = entry.blocks.iter().filter_map(|block| match block {
            Block::Text(text) => Some(json!({ "type": "text", "text": text })),
            Block::ToolUse { .. } | Block::ToolResult { .. } => None,
        });
        let content: Vec<Value> = blocks.collect();
        let (kind, message) = match entry.author {
            Author::Claude => (
                "assistant",
                json!({
                    "id": format!("msg_{}", entry.uuid), "type": "message", "role": "assistant", "model": "claude",
                    "content": content, "stop_reason": "end_turn", "stop_sequence": null,
                    "usage": { "input_tokens": 0, "output_tokens": 0 },
                }),
            ),
            Author::User | Author::Summary => {
                ("user", json!({ "role": "user", "content": content }))
            }
        };
        let line = json!({
            "parentUuid": parent, "isSidechain": false, "userType": "external", "cwd": workspace.to_string_lossy(),
            "sessionId": session, "version": VERSION, "type": kind, "message": message, "uuid": entry.uuid,
            "timestamp": entry.at,
        });
        parent = Some(&entry.uuid);
        format!("{line}\n")
    });
    lines.collect()
}

#[cfg(test)]
mod tests;
