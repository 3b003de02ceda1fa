//! What the CLI answers to control requests of the host's.

use super::{json::Json, usage::ModelUsage};

/// `control_response`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ControlResponse {
    /// The id that the host gave the request.
    pub request_id: String,
    /// Why the CLI refused, if it did.
    pub error: Option<String>,
    /// The answer; nothing if the request has none.
    pub body: Json,
}

/// The answer to `initialize`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Initialized {
    /// The models to choose from.
    pub models: Vec<Model>,
    /// Slash commands and skills.
    pub commands: Vec<Command>,
    /// Who is logged in.
    pub account: Account,
    /// The CLI's process id, in its own namespace.
    pub pid: Option<u64>,
    /// The mode that asks for permissions, on CLIs that say so (2.1.329).
    pub permission_mode: Option<String>,
    /// The CLI's version, on CLIs that say so (2.1.329).
    pub version: Option<String>,
}

/// A model to choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    /// The name that `set_model` takes.
    pub value: String,
    /// Its full name, on CLIs that say so (2.1.329).
    pub resolved: Option<String>,
    /// Its name for people.
    pub display_name: String,
    /// What it is good for and what it costs.
    pub description: String,
    /// The levels of effort that it knows.
    pub effort_levels: Vec<String>,
}

/// A slash command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// Its name, without the slash.
    pub name: String,
    /// What it does.
    pub description: String,
    /// What follows its name.
    pub argument_hint: String,
}

/// Who is logged in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// The address of a claude.ai login.
    pub email: Option<String>,
    /// Its organization.
    pub organization: Option<String>,
    /// Its plan.
    pub subscription_type: Option<String>,
    /// Where a token comes from.
    pub token_source: Option<String>,
    /// Where an API key comes from.
    pub api_key_source: Option<String>,
}

/// The answer to `get_usage`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageReport {
    /// Running total of the process in US dollars, to the last digit.
    pub total_cost_usd: Option<f64>,
    /// Running totals by model.
    pub model_usage: Vec<ModelUsage>,
    /// The plan of a claude.ai login.
    pub subscription_type: Option<String>,
    /// The plan's limits (`five_hour`, `seven_day`, ...), each with `utilization` in percent and `resets_at`.
    pub rate_limits: Json,
}

/// The answer to `get_context_usage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContextUsage {
    /// Tokens in the context.
    pub total_tokens: u64,
    /// Tokens that it can hold.
    pub max_tokens: u64,
    /// What they are used for: name and tokens.
    pub categories: Vec<(String, u64)>,
    /// From how many tokens on the conversation is compacted.
    pub auto_compact_threshold: Option<u64>,
}

impl ControlResponse {
    pub(super) fn read(value: &Json) -> Self {
        let [subtype, request_id, error, body] =
            value
                .get("response")
                .pick(["subtype", "request_id", "error", "response"]);
        Self {
            request_id: request_id.text().unwrap_or_default(),
            error: subtype
                .is("error")
                .then(|| error.text().unwrap_or_default()),
            body,
        }
    }
}

impl Initialized {
    /// Reads the body of a response.
    #[must_use]
    pub fn read(body: &Json) -> Self {
        let [models, commands, account, pid, mode, version] = body.pick([
            "models",
            "commands",
            "account",
            "pid",
            "current_permission_mode",
            "claude_code_version",
        ]);
        let models = models.entries().unwrap_or_default();
        let commands = commands.entries().unwrap_or_default();
        Self {
            models: models.iter().map(Model::read).collect(),
            commands: commands.iter().map(Command::read).collect(),
            account: Account::read(&account),
            pid: pid.u64(),
            permission_mode: mode.text(),
            version: version.text(),
        }
    }
}

impl Model {
    fn read(value: &Json) -> Self {
        let [name, resolved, display, description, levels] = value.pick([
            "value",
            "resolvedModel",
            "displayName",
            "description",
            "supportedEffortLevels",
        ]);
        Self {
            value: name.text().unwrap_or_default(),
            resolved: resolved.text(),
            display_name: display.text().unwrap_or_default(),
            description: description.text().unwrap_or_default(),
            effort_levels: levels.texts(),
        }
    }
}

impl Command {
    fn read(value: &Json) -> Self {
        let [name, description, hint] = value.pick(["name", "description", "argumentHint"]);
        Self {
            name: name.text().unwrap_or_default(),
            description: description.text().unwrap_or_default(),
            argument_hint: hint.text().unwrap_or_default(),
        }
    }
}

impl Account {
    fn read(value: &Json) -> Self {
        let [email, organization, plan, token, key] = value.pick([
            "email",
            "organization",
            "subscriptionType",
            "tokenSource",
            "apiKeySource",
        ]);
        Self {
            email: email.text(),
            organization: organization.text(),
            subscription_type: plan.text(),
            token_source: token.text(),
            api_key_source: key.text(),
        }
    }
}

impl UsageReport {
    /// Reads the body of a response.
    #[must_use]
    pub fn read(body: &Json) -> Self {
        let [session, plan, rate_limits] =
            body.pick(["session", "subscription_type", "rate_limits"]);
        let [cost, models] = session.pick(["total_cost_usd", "model_usage"]);
        Self {
            total_cost_usd: cost.amount(),
            model_usage: ModelUsage::read_all(&models),
            subscription_type: plan.text(),
            rate_limits,
        }
    }
}

impl ContextUsage {
    /// Reads the body of a response.
    #[must_use]
    pub fn read(body: &Json) -> Self {
        let [total, max, categories, threshold] = body.pick([
            "totalTokens",
            "maxTokens",
            "categories",
            "autoCompactThreshold",
        ]);
        let categories = categories.entries().unwrap_or_default();
        let categories = categories.iter().map(|category| {
            let [name, tokens] = category.pick(["name", "tokens"]);
            (name.text().unwrap_or_default(), tokens.count())
        });
        Self {
            total_tokens: total.count(),
            max_tokens: max.count(),
            categories: categories.collect(),
            auto_compact_threshold: threshold.u64(),
        }
    }
}
