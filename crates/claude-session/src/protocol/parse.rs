//! One line of the CLI's stdout as an event.

use bytes::Bytes;

use super::{
    control_request::ControlRequest,
    control_response::ControlResponse,
    event::{Line, SessionEvent},
    json::Json,
    message::{Assistant, User},
    result::TurnResult,
    status::{CommandLifecycle, RateLimit, ToolProgress},
    stream::StreamEvent,
};

/// Reads one line of stdout, without its newline. The event shares the line's memory.
#[must_use]
pub fn parse(line: &Bytes) -> Line {
    let text = line.trim_ascii();
    if text.is_empty() {
        return Line::Blank;
    }
    if !text.starts_with(b"{") {
        return Line::Noise;
    }
    match Json::parse(line.slice_ref(text)) {
        Some(value) => Line::Event(event(&value)),
        None => Line::Noise,
    }
}

fn event(value: &Json) -> SessionEvent {
    let [kind, subtype] = value.pick(["type", "subtype"]);
    let kind = kind.str().unwrap_or_default();
    let subtype = || subtype.text().unwrap_or_default();
    match &*kind {
        "system" => SessionEvent::read_system(subtype(), value),
        "assistant" => SessionEvent::Assistant(Box::new(Assistant::read(value))),
        "user" => SessionEvent::User(User::read(value)),
        "stream_event" => SessionEvent::Stream(StreamEvent::read(value)),
        "result" => SessionEvent::Result(Box::new(TurnResult::read(value))),
        "control_request" => SessionEvent::ControlRequest(ControlRequest::read(value)),
        "control_cancel_request" => SessionEvent::ControlCancel {
            request_id: value.get("request_id").text().unwrap_or_default(),
        },
        "control_response" => SessionEvent::ControlResponse(ControlResponse::read(value)),
        "rate_limit_event" => SessionEvent::RateLimit(Box::new(RateLimit::read(value))),
        "tool_progress" => SessionEvent::ToolProgress(ToolProgress::read(value)),
        "command_lifecycle" => SessionEvent::CommandLifecycle(CommandLifecycle::read(value)),
        _ => SessionEvent::Other {
            kind: kind.into_owned(),
            subtype: subtype(),
        },
    }
}
