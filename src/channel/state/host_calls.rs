//! Claude's calls of the bot's own tools: from the CLI's control request to its answer.
//!
//! Every call is answered once, and the answer says what is known: a file counts as sent when the post is in the
//! channel. A call that is cancelled while its file is read sends nothing.

use std::time::Duration;

use super::{
    Effect, Now, State,
    messages::host_tools as texts,
    pending_calls::{Awaited, PendingCall},
};
use crate::{
    channel::Origin,
    chat::{Body, ChatOp, OpError, OpId, Post, PostFailure, PostFile, PostKey},
    claude::{
        mcp::{Incoming, ToolCall},
        protocol::{ControlRequest, Query, Response, SessionRequest},
    },
    config::HOST_SERVER,
    external::Excerpt,
    host_tools::{self, HostCall},
};

/// How long a call may take. A file that is still to be posted then is posted later.
const CALL_TIMEOUT: Duration = Duration::from_mins(1);

impl State {
    /// Answers a control request of the CLI, at once or later.
    pub(super) fn control_requested(&mut self, request: &ControlRequest, now: Now) {
        let response = match &request.query {
            Query::Mcp { server, message } if server == HOST_SERVER => {
                match host_tools::server().receive(message) {
                    Incoming::Answered(answer) => answer,
                    Incoming::Cancelled { call, answer } => {
                        self.host_calls.cancelled_call(&call);
                        answer
                    }
                    Incoming::Call(call) => return self.called(&request.request_id, call, now),
                }
            }
            Query::Permission(asked) if self.asks_for_approval() => {
                return self.permission_requested(&request.request_id, asked, now);
            }
            query => {
                let subtype = query.subtype();
                tracing::warn!(channel = %self.channel, subtype, "refused a control request");
                Response::Error(format!("Unsupported control request subtype: {subtype}"))
            }
        };
        self.respond(&request.request_id, response);
    }

    pub(super) fn respond(&mut self, request_id: &str, response: Response) {
        let request_id = request_id.to_owned();
        self.effects.push(Effect::Send(SessionRequest::Respond {
            request_id,
            response,
        }));
    }

    fn called(&mut self, request: &str, call: ToolCall, now: Now) {
        let turn = self.turn.as_ref().map(|turn| turn.id.clone());
        let caller = turn.unwrap_or_else(|| format!("report {}", self.background.reports));
        let counted = self.host_calls.count(caller);
        let begun = counted
            .and_then(|()| HostCall::parse(&call))
            .and_then(|wanted| self.begin_call(request, wanted));
        match begun {
            Ok(awaited) => self.host_calls.pending.push(PendingCall {
                request: request.to_owned(),
                call,
                until: now.mono + CALL_TIMEOUT,
                awaited,
            }),
            Err(error) => self.respond(request, call.answer(&Err(error))),
        }
    }

    /// Does what a call asks for.
    fn begin_call(&mut self, request: &str, wanted: HostCall) -> Result<Awaited, String> {
        let channel = self.channel;
        Ok(match wanted {
            HostCall::SendFile { path, caption } => {
                self.effects.push(Effect::ReadFile {
                    call: request.to_owned(),
                    path,
                });
                Awaited::File { caption }
            }
            HostCall::ReadChannel { count } => {
                let id = self.host_calls.next_op();
                self.chat(ChatOp::FetchHistory {
                    id,
                    channel,
                    holder: channel,
                    before: None,
                    limit: count,
                });
                Awaited::History(id)
            }
            HostCall::React { emoji } => {
                let answered = self.turn.as_ref().filter(|turn| turn.asked().is_some());
                let message = answered.and_then(|turn| turn.origin.message());
                let message = self.replies_to(message);
                let message = message.ok_or(texts::NO_MESSAGE)?;
                let id = self.host_calls.next_op();
                self.chat(ChatOp::React {
                    id: Some(id),
                    channel,
                    message,
                    emoji,
                    on: true,
                });
                Awaited::Reaction(id)
            }
        })
    }

    /// Posts the file that a call wants to send.
    pub(super) fn file_read(&mut self, request: &str, file: Result<PostFile, String>) {
        let Some(mut pending) = self.host_calls.take(|pending| pending.request == request) else {
            return;
        };
        let file = match file {
            Ok(file) => file,
            Err(error) => return self.respond(request, pending.call.answer(&Err(error))),
        };
        let Awaited::File { caption } = &mut pending.awaited else {
            return;
        };
        let sent = texts::sent(&file.name, file.content.len());
        let key = self.file_key(pending.call.tool_use_id.as_deref());
        let post = Post {
            body: Body::Text(std::mem::take(caption)),
            files: vec![file],
            is_final: true,
            ..Post::default()
        };
        let origin: Option<Origin> = self.turn.as_ref().map(|turn| turn.origin);
        let purpose = self.purpose(origin);
        self.put(key.clone(), post, Vec::new(), purpose);
        pending.awaited = Awaited::Delivery { key, sent };
        self.host_calls.pending.push(pending);
    }

    /// A key that is the same whenever the same call is made, so that Discord takes its file once.
    fn file_key(&mut self, tool_use: Option<&str>) -> PostKey {
        let tool_use = tool_use.filter(|id| id.len() >= PostKey::LONGEST);
        match tool_use.and_then(|id| id.get(id.len() - (PostKey::LONGEST - 2)..)) {
            Some(end) => PostKey::new(&format!("f.{end}")),
            None => PostKey::new(&(self.ids)()),
        }
    }

    /// Answers the call whose file was delivered, or never will be.
    pub(super) fn file_delivered(&mut self, key: &PostKey, failure: Option<PostFailure>) {
        let is_awaited = |pending: &PendingCall| matches!(&pending.awaited, Awaited::Delivery { key: awaited, .. } if awaited == key);
        let Some(pending) = self.host_calls.take(is_awaited) else {
            return;
        };
        let Awaited::Delivery { sent, .. } = pending.awaited else {
            return;
        };
        if failure.is_none() {
            self.host_calls.showed();
        }
        let result = match failure {
            None => Ok(sent),
            Some(failure) => Err(texts::not_posted(failure).to_owned()),
        };
        self.respond(&pending.request, pending.call.answer(&result));
    }

    /// Answers the call that wanted the channel's messages, or a reaction.
    pub(super) fn call_op_done(&mut self, id: OpId, result: &Result<Option<Excerpt>, OpError>) {
        let (history, reaction) = (Awaited::History(id), Awaited::Reaction(id));
        let is_awaited = |it: &PendingCall| it.awaited == history || it.awaited == reaction;
        let Some(pending) = self.host_calls.take(is_awaited) else {
            return;
        };
        if matches!(result, Ok(None)) {
            self.host_calls.showed();
        }
        let result = match result {
            Ok(Some(excerpt)) => Ok(excerpt.text()),
            Ok(None) => Ok(texts::REACTED.to_owned()),
            Err(error) if pending.awaited == history => Err(texts::not_read(*error).to_owned()),
            Err(error) => Err(texts::not_reacted(*error).to_owned()),
        };
        self.respond(&pending.request, pending.call.answer(&result));
    }

    pub(super) fn host_calls_tick(&mut self, now: Now) {
        while let Some(pending) = self.host_calls.take(|pending| now.mono >= pending.until) {
            let error = match pending.awaited {
                Awaited::Delivery { .. } => texts::STILL_POSTING,
                Awaited::File { .. } | Awaited::History(_) | Awaited::Reaction(_) => {
                    texts::TOO_SLOW
                }
            };
            self.respond(&pending.request, pending.call.answer(&Err(error.into())));
        }
    }
}
