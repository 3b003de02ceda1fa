//! The metrics for Prometheus. Labels hold no names and no text. `docs/dashboard.md` describes each.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64},
    },
};

use prometheus_client::{
    encoding::{EncodeLabelSet, prometheus_text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};

use super::usage::model;
use crate::{claude::protocol::SessionEvent, ledger::TurnLine};

/// How many models have labels of their own. A model's name comes from outside.
const MOST_MODELS: usize = 50;

/// The longest label, in bytes.
const LONGEST_LABEL: usize = 60;

/// Upper bounds of the buckets of a duration, in seconds.
const BUCKETS: [f64; 13] = [
    0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Turn {
    model: String,
    outcome: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Model {
    model: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tokens {
    model: String,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Level {
    level: &'static str,
}

/// What is true at the moment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Present {
    pub(super) is_connected: bool,
    pub(super) uptime_secs: u64,
    pub(super) processes: usize,
    pub(super) waiting_for_process: usize,
    pub(super) working_channels: usize,
    pub(super) waiting_messages: usize,
    pub(super) open_approvals: usize,
    pub(super) own_memory: u64,
    pub(super) process_memory: u64,
    /// Warnings and errors in the log.
    pub(super) logged: (u64, u64),
    /// How often Discord has refused a request because there were too many.
    pub(super) discord_limited: u64,
    pub(super) listeners: usize,
}

#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    turns: Family<Turn, Counter>,
    duration: Histogram,
    waited: Histogram,
    first_text: Histogram,
    tokens: Family<Tokens, Counter>,
    cost: Family<Model, Counter<f64, AtomicU64>>,
    usage_limits: Counter,
    api_retries: Family<Kind, Counter>,
    lost: Counter,
    logged: Family<Level, Counter>,
    discord_limited: Counter,
    gauges: Gauges,
    models: Mutex<BTreeSet<String>>,
}

#[derive(Debug, Default)]
struct Gauges {
    connected: Gauge,
    uptime: Gauge,
    processes: Gauge,
    waiting_for_process: Gauge,
    working_channels: Gauge,
    waiting_messages: Gauge,
    open_approvals: Gauge,
    own_memory: Gauge<i64, AtomicI64>,
    process_memory: Gauge<i64, AtomicI64>,
    listeners: Gauge,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("switchboard"),
            turns: Family::default(),
            duration: Histogram::new(BUCKETS),
            waited: Histogram::new(BUCKETS),
            first_text: Histogram::new(BUCKETS),
            tokens: Family::default(),
            cost: Family::default(),
            usage_limits: Counter::default(),
            api_retries: Family::default(),
            lost: Counter::default(),
            logged: Family::default(),
            discord_limited: Counter::default(),
            gauges: Gauges::default(),
            models: Mutex::default(),
        };
        metrics.register();
        metrics
    }

    /// The registry adds a full stop to each text.
    fn register(&mut self) {
        let Self {
            registry: all,
            gauges,
            ..
        } = self;
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        all.register("build", "The program that runs", version);
        all.register("turns", "Turns that have ended", self.turns.clone());
        all.register(
            "turn_duration_seconds",
            "From a message to the end of its turn",
            self.duration.clone(),
        );
        all.register(
            "turn_wait_seconds",
            "From a message until Claude has got it",
            self.waited.clone(),
        );
        all.register(
            "first_text_seconds",
            "From when Claude has got a message to its first text",
            self.first_text.clone(),
        );
        all.register("tokens", "Tokens that turns have used", self.tokens.clone());
        all.register(
            "cost_dollars",
            "What turns have cost at list price",
            self.cost.clone(),
        );
        all.register(
            "usage_limits",
            "How often a usage limit of the Claude plan has refused a call",
            self.usage_limits.clone(),
        );
        all.register(
            "api_retries",
            "Failed calls to the API that were repeated",
            self.api_retries.clone(),
        );
        all.register(
            "discord_rate_limits",
            "How often Discord has refused a request because there were too many",
            self.discord_limited.clone(),
        );
        all.register("log_lines", "Lines of the log", self.logged.clone());
        all.register(
            "dashboard_lost_lines",
            "Lines of processes that the dashboard was too slow to read",
            self.lost.clone(),
        );
        for (name, help, gauge) in [
            (
                "connected",
                "Whether Discord is connected",
                &gauges.connected,
            ),
            ("uptime_seconds", "Since when the bot runs", &gauges.uptime),
            ("processes", "Live processes of the CLI", &gauges.processes),
            (
                "processes_waiting",
                "Processes that wait for a place",
                &gauges.waiting_for_process,
            ),
            (
                "working_channels",
                "Channels in which Claude works",
                &gauges.working_channels,
            ),
            (
                "waiting_messages",
                "Messages that wait in the queues of all channels",
                &gauges.waiting_messages,
            ),
            (
                "open_approvals",
                "Requests that wait for a decision",
                &gauges.open_approvals,
            ),
            (
                "resident_memory_bytes",
                "Memory of the bot itself",
                &gauges.own_memory,
            ),
            (
                "processes_resident_memory_bytes",
                "Memory of the CLI's processes and what they have started",
                &gauges.process_memory,
            ),
            (
                "dashboard_listeners",
                "Who follows a transcript",
                &gauges.listeners,
            ),
        ] {
            all.register(name, help, gauge.clone());
        }
        // A rule can only watch what is there from the beginning.
        for level in ["warn", "error"] {
            drop(self.logged.get_or_create(&Level { level }));
        }
    }

    pub(super) fn booked(&self, line: &TurnLine) {
        let model = self.model_label(model(line));
        let turn = Turn {
            model: model.clone(),
            outcome: line.outcome.clone(),
        };
        self.turns.get_or_create(&turn).inc();
        self.duration.observe(seconds(line.duration_ms));
        self.waited.observe(seconds(line.waited_ms));
        if let Some(first_text) = line.first_text_ms {
            self.first_text.observe(seconds(first_text));
        }
        for (kind, count) in [
            ("input", line.input_tokens),
            ("output", line.output_tokens),
            ("cache_read", line.cache_read_tokens),
            ("cache_write", line.cache_creation_tokens),
        ] {
            let model = model.clone();
            self.tokens
                .get_or_create(&Tokens { model, kind })
                .inc_by(count);
        }
        let cost = line.cost_usd.dollars();
        self.cost.get_or_create(&Model { model }).inc_by(cost);
    }

    pub(super) fn heard(&self, event: &SessionEvent) {
        match event {
            SessionEvent::RateLimit(limit) if limit.status == "rejected" => {
                self.usage_limits.inc();
            }
            SessionEvent::ApiRetry(retry) => {
                let kind = word(retry.error.as_deref().unwrap_or_default());
                self.api_retries.get_or_create(&Kind { kind }).inc();
            }
            _ => {}
        }
    }

    pub(super) fn lost(&self, count: u64) {
        self.lost.inc_by(count);
    }

    /// All metrics in Prometheus' text format.
    pub(super) fn text(&self, now: &Present) -> String {
        let gauges = &self.gauges;
        let set = |gauge: &Gauge, value: u64| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        set(&gauges.connected, u64::from(now.is_connected));
        set(&gauges.uptime, now.uptime_secs);
        set(&gauges.processes, now.processes as u64);
        set(&gauges.waiting_for_process, now.waiting_for_process as u64);
        set(&gauges.working_channels, now.working_channels as u64);
        set(&gauges.waiting_messages, now.waiting_messages as u64);
        set(&gauges.open_approvals, now.open_approvals as u64);
        set(&gauges.own_memory, now.own_memory);
        set(&gauges.process_memory, now.process_memory);
        set(&gauges.listeners, now.listeners as u64);
        raise(&self.discord_limited, now.discord_limited);
        for (level, count) in [("warn", now.logged.0), ("error", now.logged.1)] {
            raise(&self.logged.get_or_create(&Level { level }), count);
        }
        let mut text = String::new();
        let _infallible = prometheus_text::encode(&mut text, &self.registry);
        text
    }

    fn model_label(&self, model: &str) -> String {
        let model = word(model);
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if models.len() < MOST_MODELS || models.contains(&model) {
            models.insert(model.clone());
            return model;
        }
        "other".to_owned()
    }
}

/// Sets a counter that is kept elsewhere.
fn raise(counter: &Counter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}

#[expect(clippy::cast_precision_loss, reason = "exact below 2^53 ms")]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1_000.0
}

/// A label that others have chosen, as a plain word.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._:-[]<>".contains(c);
    if text.is_empty() || text.len() > LONGEST_LABEL || !text.chars().all(is_plain) {
        return "other".to_owned();
    }
    text.to_owned()
}

#[cfg(test)]
mod tests;
