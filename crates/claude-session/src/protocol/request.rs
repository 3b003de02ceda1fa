//! Lines for the CLI's stdin: what a host asks of a session. Each is one JSON object without its newline.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de::IntoDeserializer as _};
use uuid::Uuid;

use super::{
    json::Json,
    response::{Envelope, Response},
};

/// A line for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionRequest {
    Ask(Ask),
    /// The answer to a control request of the CLI's.
    Respond {
        request_id: String,
        response: Response,
    },
    /// A control request of the host's. The CLI answers each with a
    /// [`ControlResponse`](super::ControlResponse) of the same id.
    Control {
        /// An id of the host's choice.
        request_id: String,
        control: Control,
    },
}

/// A user message. Without a priority it gets a turn of its own, or, while a tool runs, is folded into the running turn
/// as plain text (2.1.197 and 2.1.329: with the rank of the system prompt).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The content, in order. A lone text of the form `/name` is a command of the CLI's, and `@path` in the last text
    /// block has the CLI read that file; blocks around a stranger's text prevent both.
    pub content: Content,
    /// The message's id. One that the session has seen before is silently dropped.
    pub uuid: Uuid,
    /// When the CLI takes it up, if a turn runs.
    pub priority: Option<Priority>,
    /// Whether the CLI must not interpret the text at all. Ignored before 2.1.248.
    pub is_client_composed: bool,
}

/// The content of a user message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// A text that the CLI may interpret, such as `/compact`.
    Text(String),
    Blocks(Vec<ContentBlock>),
}

/// A part of a user message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ContentBlock {
    Text {
        text: String,
    },
    /// A picture: PNG, JPEG, WebP or GIF. Larger ones than 2,000 pixels a side are scaled by the CLI.
    Image {
        source: Source,
    },
    /// A PDF or a text.
    Document {
        source: Source,
        /// Its name.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
}

/// The bytes of an image or a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Source {
    /// Base64, with the standard alphabet and padding.
    Base64 {
        /// Such as `image/png` or `application/pdf`.
        media_type: String,
        data: String,
    },
    /// Plain text, for a document.
    Text {
        /// `text/plain`.
        media_type: String,
        data: String,
    },
}

/// When the CLI takes up a message that comes while a turn runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// At once: text that streams is cut off; a tool that runs is waited for. Then the message gets a turn of its own.
    Now,
    /// The same as no priority.
    Next,
    /// In a turn of its own, after the running one.
    Later,
}

/// A control request of the host's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "subtype", rename_all = "snake_case")]
pub enum Control {
    /// Greets the CLI. The answer (see [`Initialized`](super::Initialized)) says that it is ready; it comes before any
    /// message is sent (measured: 0.4 s after the start).
    Initialize {
        /// Hooks of the host's; `null` for none.
        hooks: Json,
        /// Names of the MCP servers that the host itself serves by [`Query::Mcp`](super::Query::Mcp).
        #[serde(rename = "sdkMcpServers", skip_serializing_if = "Vec::is_empty")]
        sdk_mcp_servers: Vec<String>,
    },
    /// Ends the running turn; the process lives on.
    Interrupt,
    /// Ends a background task. Acknowledged for an unknown one as well (2.1.197, 2.1.329).
    StopTask { task_id: String },
    /// Changes the model from the next turn on (2.1.212: from the next call on). Unknown names are accepted.
    SetModel {
        /// A name or alias. Leaving it out hangs CLIs before 2.1.208.
        model: String,
    },
    /// Changes when the CLI asks for permissions, at once.
    SetPermissionMode { mode: PermissionMode },
    /// Changes settings for the life of the process: see [`Control::effort`].
    ApplyFlagSettings {
        /// The settings, as a settings file has them.
        settings: Json,
    },
    /// Asks for the running totals of cost and tokens: see [`UsageReport`](super::UsageReport). Answered in some 10 ms
    /// without a request to the API; with a claude.ai login the CLI asks for the plan's usage too.
    GetUsage,
    /// Asks what fills the context: see [`ContextUsage`](super::ContextUsage). Takes 6 to 14 requests to the API.
    GetContextUsage,
    /// Asks the model something that does not become part of the conversation. The answer's body has `response`.
    SideQuestion { question: String },
    /// Takes back a user message that is still queued. The answer's body has `cancelled`.
    CancelAsyncMessage { message_uuid: Uuid },
    /// Takes back the last user message and all that followed. The answer's body has `rewound`.
    RewindConversation {
        /// The last user message; any other is refused. Without one, 2.1.197 never answers again.
        target_message_uuid: Uuid,
    },
}

/// When the CLI asks for permissions. CLIs before 2.1.214 adopt any word as a mode and then run commands unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PermissionMode {
    /// For all that no rule allows.
    Default,
    /// As `Default`, but not for edits in the working folder.
    AcceptEdits,
    /// Only reads, and presents a plan.
    Plan,
    /// Never: what no rule allows is refused.
    DontAsk,
    /// A classifier decides.
    Auto,
    /// Never: everything is allowed. Refused unless the CLI was started for it.
    BypassPermissions,
}

/// How much the model thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    Low,
    Medium,
    High,
    /// More; only some models know it.
    XHigh,
    Max,
}

impl SessionRequest {
    /// The line, without a newline.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Ask(ask) => ask.line(),
            Self::Respond {
                request_id,
                response,
            } => response.line(request_id),
            Self::Control {
                request_id,
                control,
            } => control.line(request_id),
        }
    }
}

impl Ask {
    /// A message with a new id.
    #[must_use]
    pub fn new(content: Content) -> Self {
        Self {
            content,
            uuid: Uuid::new_v4(),
            priority: None,
            is_client_composed: false,
        }
    }

    /// A message of these text blocks.
    #[must_use]
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        let blocks = texts.into_iter().map(ContentBlock::text);
        Self::new(Content::Blocks(blocks.collect()))
    }

    /// A command that the CLI itself interprets, such as `/compact`. Never a stranger's text.
    #[must_use]
    pub fn command(command: &'static str) -> Self {
        Self::new(Content::Text(command.to_owned()))
    }

    /// The same message, to be taken up at once.
    #[must_use]
    pub fn steering(self) -> Self {
        Self {
            priority: Some(Priority::Now),
            ..self
        }
    }

    /// The line, without a newline.
    #[must_use]
    pub fn line(&self) -> String {
        Line::User {
            message: Message {
                role: "user",
                content: &self.content,
            },
            parent_tool_use_id: (),
            session_id: "",
            uuid: self.uuid,
            priority: self.priority,
            client_composed: self.is_client_composed,
        }
        .write()
    }
}

impl ContentBlock {
    /// A text block.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

impl Control {
    /// Greets the CLI, without hooks and servers.
    #[must_use]
    pub fn initialize() -> Self {
        Self::Initialize {
            hooks: Json::default(),
            sdk_mcp_servers: Vec::new(),
        }
    }

    /// Changes how much the model thinks; `None` is the model's default.
    #[must_use]
    pub fn effort(effort: Option<Effort>) -> Self {
        let settings = Json::of(&serde_json::json!({ "effortLevel": effort }));
        Self::ApplyFlagSettings {
            settings: settings.unwrap_or_default(),
        }
    }

    /// The line, without a newline.
    #[must_use]
    pub fn line(&self, request_id: &str) -> String {
        Line::ControlRequest {
            request_id,
            request: self,
        }
        .write()
    }
}

impl FromStr for PermissionMode {
    type Err = serde::de::value::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::deserialize(name.into_deserializer())
    }
}

impl fmt::Display for PermissionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A line as it is written.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Line<'a> {
    User {
        message: Message<'a>,
        parent_tool_use_id: (),
        session_id: &'static str,
        uuid: Uuid,
        #[serde(skip_serializing_if = "Option::is_none")]
        priority: Option<Priority>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        client_composed: bool,
    },
    ControlRequest {
        request_id: &'a str,
        request: &'a Control,
    },
    ControlResponse {
        response: Envelope<'a>,
    },
}

#[derive(Serialize)]
pub(super) struct Message<'a> {
    role: &'static str,
    content: &'a Content,
}

impl Line<'_> {
    /// JSON in one line. What a host passed in may hold newlines, between its tokens only.
    pub(super) fn write(&self) -> String {
        let line = serde_json::to_string(self).unwrap_or_default();
        line.replace(['\n', '\r'], " ")
    }
}
