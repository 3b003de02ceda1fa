//! The tool Agent: a subagent in the foreground that lists the working directory and reports.
//!
//! Its lines carry the call's id as `parent_tool_use_id`; `task_*` lines say how far it is, as on 2.1.197 and 2.1.332.

use std::time::Instant;

use chrono::Utc;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::emit;
use crate::session::{Session, Stop};
use crate::tools::{self, ToolOutput};

/// The pause before each step of a subagent, in multiples of the pace: 1.2 seconds by default.
const STEP: u32 = 80;

/// What all lines of one subagent have in common.
struct Subagent<'a> {
    task_id: String,
    tool_use_id: &'a str,
    description: &'a str,
    kind: &'a str,
}

impl Session<'_> {
    /// Runs a subagent to its end. Returns the output of the call.
    pub(crate) fn run_subagent(&mut self, id: &str, input: &Value) -> Result<ToolOutput, Stop> {
        let text = |key: &str| input.get(key).and_then(Value::as_str).unwrap_or_default();
        let subagent = Subagent {
            task_id: emit::id("a").replace('_', "")[..17].to_owned(),
            tool_use_id: id,
            description: text("description"),
            kind: text("subagent_type"),
        };
        let started = Instant::now();
        let begun = json!({
            "is_backgrounded": false, "task_type": "local_agent", "prompt": text("prompt"),
        });
        self.task_line(&subagent, "task_started", begun)?;
        let call = json!({"pattern": "*"});
        let inner = emit::id("toolu");
        self.wait(self.settings.pace * STEP)?;
        let done = |uses: u32| {
            let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            json!({"total_tokens": 160, "tool_uses": uses, "duration_ms": millis})
        };
        let progress = json!({"usage": done(1), "last_tool_name": "Glob"});
        self.task_line(&subagent, "task_progress", progress)?;
        let block = json!({"type": "tool_use", "id": inner, "name": "Glob", "input": call});
        self.subagent_line(&subagent, "assistant", &block)?;
        self.wait(self.settings.pace * STEP)?;
        let found = tools::glob(&self.cwd, &call);
        let block = json!({
            "tool_use_id": inner, "type": "tool_result", "content": found.content, "is_error": false,
        });
        self.subagent_line(&subagent, "user", &block)?;
        self.wait(self.settings.pace * STEP)?;
        let count = found.detail["numFiles"].as_u64().unwrap_or_default();
        let report = match count {
            1 => "The folder contains one file.".to_owned(),
            count => format!("The folder contains {count} files."),
        };
        let block = json!({"type": "text", "text": report});
        self.subagent_line(&subagent, "assistant", &block)?;
        let patch =
            json!({"patch": {"status": "completed", "end_time": Utc::now().timestamp_millis()}});
        self.task_line(&subagent, "task_updated", patch)?;
        let end = json!({
            "status": "completed", "output_file": "", "summary": report, "usage": done(1),
        });
        self.task_line(&subagent, "task_notification", end)?;
        Ok(ToolOutput {
            detail: json!({
                "status": "completed",
                "prompt": text("prompt"),
                "agentId": subagent.task_id,
                "agentType": subagent.kind,
                "content": [{"type": "text", "text": report}],
                "totalDurationMs": done(1)["duration_ms"],
                "totalTokens": 160,
                "totalToolUseCount": 1,
            }),
            content: report,
            is_error: false,
        })
    }

    fn task_line(&mut self, of: &Subagent<'_>, kind: &str, more: Value) -> Result<(), Stop> {
        let line = json!({
            "type": "system",
            "subtype": kind,
            "task_id": of.task_id,
            "tool_use_id": of.tool_use_id,
            "description": of.description,
            "subagent_type": of.kind,
        });
        self.extended_line(line, more)
    }

    /// A message of the subagent with one block.
    fn subagent_line(&mut self, of: &Subagent<'_>, role: &str, block: &Value) -> Result<(), Stop> {
        let mut message = json!({"role": role, "content": [block]});
        if role == "assistant" {
            message["id"] = emit::id("msg").into();
            message["type"] = "message".into();
            message["model"] = self.model.clone().into();
            message["stop_reason"] = Value::Null;
        }
        let line = json!({
            "type": role,
            "message": message,
            "parent_tool_use_id": of.tool_use_id,
            "subagent_type": of.kind,
            "task_description": of.description,
        });
        let has_id = self.settings.version.has(329);
        let more = has_id.then(|| json!({"agent_id": of.task_id}));
        self.extended_line(line, more.unwrap_or_default())
    }

    fn extended_line(&mut self, mut line: Value, more: Value) -> Result<(), Stop> {
        if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
            line.extend(more);
        }
        line["uuid"] = Uuid::new_v4().to_string().into();
        line["session_id"] = self.transcript.session_id.to_string().into();
        self.out.line(&line)?;
        Ok(())
    }
}
