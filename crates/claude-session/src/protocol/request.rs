//! What the host can send to a session.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de::IntoDeserializer as _};
use uuid::Uuid;

use super::{json::Json, response::Response};

/// A line for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionRequest {
    Ask(Ask),
    /// The answer to one of the CLI's control requests.
    Respond {
        request_id: String,
        response: Response,
    },
    /// A control request. The CLI answers it with a [`ControlResponse`](super::ControlResponse) of the same id.
    Control {
        /// An id that the host chooses.
        request_id: String,
        control: Control,
    },
}

/// A user message. Without a priority it gets a turn of its own or, while a tool runs, is inserted into the running turn
/// as plain text (2.1.197 and 2.1.329: with the authority of the system prompt).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The CLI takes a lone text of the form `/name` for one of its commands, and reads the file of an `@path` in the last
    /// text block. Put a stranger's text between other blocks to prevent both.
    pub content: Content,
    /// The message's id. A message whose id the session has seen before is silently dropped.
    pub uuid: Uuid,
    /// When the CLI handles the message if a turn is running.
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
    /// PNG, JPEG, WebP or GIF. The CLI scales images with sides of more than 2,000 pixels.
    Image {
        source: MediaSource,
    },
    /// A PDF or a text.
    Document {
        source: MediaSource,
        /// Its name.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
}

/// The bytes of an image or a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MediaSource {
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

/// When the CLI handles a message that arrives during a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// In a turn of its own, now: cuts off streaming text, but waits for a running tool.
    Now,
    /// The same as no priority.
    Next,
    /// In a turn of its own, after the running one.
    Later,
}

/// A control request to the CLI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "subtype", rename_all = "snake_case")]
pub enum Control {
    /// Starts the dialogue. The answer, [`Initialized`](super::Initialized), says that the CLI is ready (measured: 0.4 s
    /// after the start).
    Initialize {
        /// The host's hooks; `null` for none.
        hooks: Json,
        /// Names of the MCP servers that the host serves itself, through [`Query::Mcp`](super::Query::Mcp).
        #[serde(rename = "sdkMcpServers", skip_serializing_if = "Vec::is_empty")]
        sdk_mcp_servers: Vec<String>,
    },
    /// Ends the running turn, not the process.
    Interrupt,
    /// Ends a background task. The CLI acknowledges this for unknown ones as well (2.1.197, 2.1.329).
    StopTask { task_id: String },
    /// Changes the model from the next turn on (2.1.212: from the next call on). The CLI accepts unknown names.
    SetModel {
        /// A name or alias. Without it, CLIs before 2.1.208 hang.
        model: String,
    },
    /// Changes the permission mode immediately.
    SetPermissionMode { mode: PermissionMode },
    /// Changes settings, in the form of a settings file, until the process ends: see [`Control::effort`].
    ApplyFlagSettings { settings: Json },
    /// Asks for the running totals of cost and tokens, a [`UsageReport`](super::UsageReport). Takes some 10 ms and no
    /// request to the API; with a claude.ai login the CLI queries the plan's usage too.
    GetUsage,
    /// Asks what fills the context, a [`ContextUsage`](super::ContextUsage). Takes 6 to 14 requests to the API.
    GetContextUsage,
    /// Asks the model a question outside of the conversation. The answer's body has `response`.
    SideQuestion { question: String },
    /// Withdraws a user message that is still queued. The answer's body has `cancelled`.
    CancelAsyncMessage { message_uuid: Uuid },
    /// Withdraws the last user message and everything after it; the CLI refuses any other message. The answer's body has
    /// `rewound`. Without an id, 2.1.197 never answers again.
    RewindConversation { target_message_uuid: String },
}

/// When the CLI asks for permission. CLIs before 2.1.214 accept any word as a mode and then run commands unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PermissionMode {
    /// For everything that no rule allows.
    Default,
    /// Like `Default`, but not for edits in the working directory.
    AcceptEdits,
    /// The model only reads, and presents a plan.
    Plan,
    /// Never: denies what no rule allows.
    DontAsk,
    /// A classifier decides.
    Auto,
    /// Never: allows everything. Refused unless the CLI was started for it.
    BypassPermissions,
}

/// How much the model thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Little, for quick answers.
    Low,
    /// Less than most models by default.
    Medium,
    /// More, for hard questions.
    High,
    /// More than that; only some models know it.
    XHigh,
    /// As much as the model can.
    Max,
}

impl Effort {
    /// The levels by name.
    pub const NAMED: [(&'static str, Self); 5] = [
        ("low", Self::Low),
        ("medium", Self::Medium),
        ("high", Self::High),
        ("xhigh", Self::XHigh),
        ("max", Self::Max),
    ];

    /// As the CLI and the configuration spell it.
    pub fn name(self) -> &'static str {
        let named = Self::NAMED.into_iter().find(|(_, level)| *level == self);
        named.map_or("", |(name, _)| name)
    }
}

impl Ask {
    /// A message with a new id.
    pub fn new(content: Content) -> Self {
        Self {
            content,
            uuid: Uuid::new_v4(),
            priority: None,
            is_client_composed: false,
        }
    }

    /// A message of these text blocks.
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        let blocks = texts.into_iter().map(ContentBlock::text);
        Self::new(Content::Blocks(blocks.collect()))
    }

    /// A command that the CLI interprets, such as `/compact`. Never pass a stranger's text.
    pub fn command(command: &'static str) -> Self {
        Self::new(Content::Text(command.to_owned()))
    }

    /// The same message with [`Priority::Now`].
    #[must_use]
    pub fn steering(self) -> Self {
        Self {
            priority: Some(Priority::Now),
            ..self
        }
    }
}

impl ContentBlock {
    /// A text block.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

impl Control {
    /// [`Control::Initialize`] without hooks and servers.
    pub fn initialize() -> Self {
        Self::Initialize {
            hooks: Json::default(),
            sdk_mcp_servers: Vec::new(),
        }
    }

    /// Names the MCP servers that the host serves itself, if this is [`Control::Initialize`].
    pub fn serving(self, servers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        match self {
            Self::Initialize { hooks, .. } => Self::Initialize {
                hooks,
                sdk_mcp_servers: servers.into_iter().map(Into::into).collect(),
            },
            other => other,
        }
    }

    /// Changes how much the model thinks; `None` is the model's default.
    pub fn effort(effort: Option<Effort>) -> Self {
        let settings = Json::of(&serde_json::json!({ "effortLevel": effort }));
        Self::ApplyFlagSettings {
            settings: settings.unwrap_or_default(),
        }
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
