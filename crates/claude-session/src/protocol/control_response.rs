//! The CLI's answers to the host's control requests.

use super::{from_json::wire, json::Json, usage::ModelUsage};

wire! {
    /// `control_response`.
    pub struct ControlResponse {
        /// The id that the host gave the request.
        request_id: String,
        /// Why the CLI refused, if it did.
        error: Option<String>,
        /// The answer; empty if the request has none. Read it with [`Json::read`] as one of the types below.
        body: Json = "response",
    }

    /// The answer to [`Control::Initialize`](super::Control::Initialize).
    pub struct Initialized {
        models: Vec<Model>,
        /// Slash commands and skills.
        commands: Vec<SlashCommand>,
        account: LoginAccount,
        /// The CLI's process id, in its own namespace.
        pid: Option<u64>,
        /// When the CLI asks for permission, on CLIs that report it (2.1.329).
        permission_mode: Option<String> = "current_permission_mode",
        /// The CLI's version, on CLIs that report it (2.1.329).
        version: Option<String> = "claude_code_version",
    }

    /// A model to choose.
    pub struct Model {
        /// The name that [`Control::SetModel`](super::Control::SetModel) takes.
        value: String,
        /// Its full name, on CLIs that report it (2.1.329).
        resolved: Option<String> = "resolvedModel",
        display_name: String = "displayName",
        /// Its strengths and price, as shown to people.
        description: String,
        effort_levels: Vec<String> = "supportedEffortLevels",
    }

    /// A slash command.
    pub struct SlashCommand {
        /// Its name, without the slash.
        name: String,
        description: String,
        /// What follows its name.
        argument_hint: String = "argumentHint",
    }

    /// Who is logged in.
    pub struct LoginAccount {
        /// The address of a claude.ai login.
        email: Option<String>,
        organization: Option<String>,
        subscription_type: Option<String> = "subscriptionType",
        token_source: Option<String> = "tokenSource",
        api_key_source: Option<String> = "apiKeySource",
    }

    /// The answer to [`Control::GetUsage`](super::Control::GetUsage).
    pub struct UsageReport {
        session: SessionUsage,
        /// The plan of a claude.ai login.
        subscription_type: Option<String>,
        /// The plan's limits (`five_hour`, `seven_day`, ...), each with `utilization` in percent and `resets_at`.
        rate_limits: Json,
    }

    /// Running totals of the process.
    pub struct SessionUsage {
        /// In US dollars, exact to the last digit.
        total_cost_usd: Option<f64>,
        model_usage: Vec<ModelUsage> => ModelUsage::read_all,
    }

    /// The answer to [`Control::GetContextUsage`](super::Control::GetContextUsage).
    pub struct ContextUsage {
        /// Tokens in the context.
        total_tokens: u64 = "totalTokens",
        /// Tokens that it can hold.
        max_tokens: u64 = "maxTokens",
        /// What uses them.
        categories: Vec<ContextCategory>,
        /// The number of tokens at which the conversation is compacted.
        auto_compact_threshold: Option<u64> = "autoCompactThreshold",
    }

    /// A part of the context.
    pub struct ContextCategory {
        name: String,
        tokens: u64,
    }
}

impl ControlResponse {
    pub(super) fn read(value: &Json) -> Self {
        let response = value.get("response");
        let refused = response.get("subtype").is("error");
        let read: Self = response.read();
        Self {
            error: refused.then(|| read.error.unwrap_or_default()),
            ..read
        }
    }
}
