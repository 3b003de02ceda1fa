//! The end of the log, for the page, and how many lines of each level there were.

use std::{
    collections::VecDeque,
    fmt::{self, Write as _},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use crate::{chat::without_control_sequences, redact::Redactor};

/// How many lines are kept.
const KEPT: usize = 500;

/// The longest line, in characters.
const LONGEST: usize = 1_000;

/// A layer of the log. It keeps nothing until it is [begun](Self::begin). Clones share the lines.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogTail(Arc<OnceLock<Kept>>);

#[derive(Debug)]
struct Kept {
    redactor: Arc<Redactor>,
    lines: Mutex<VecDeque<Arc<LogLine>>>,
    warnings: AtomicU64,
    errors: AtomicU64,
}

#[derive(Debug, Serialize)]
pub(super) struct LogLine {
    time: DateTime<Utc>,
    level: &'static str,
    target: &'static str,
    text: String,
}

impl LogTail {
    /// Keeps lines from now on.
    pub(super) fn begin(&self, redactor: Arc<Redactor>) {
        self.0.get_or_init(|| Kept {
            redactor,
            lines: Mutex::default(),
            warnings: AtomicU64::new(0),
            errors: AtomicU64::new(0),
        });
    }

    /// Oldest first.
    pub(super) fn lines(&self) -> Vec<Arc<LogLine>> {
        let kept = self.0.get();
        kept.map_or_else(Vec::new, |kept| kept.lock().iter().cloned().collect())
    }

    /// How many warnings and errors there were.
    pub(super) fn counts(&self) -> (u64, u64) {
        let counts = |kept: &Kept| {
            let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            (count(&kept.warnings), count(&kept.errors))
        };
        self.0.get().map_or((0, 0), counts)
    }
}

impl Kept {
    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<LogLine>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subscriber> Layer<S> for LogTail {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let level = *metadata.level();
        // Lines below may hold people's words.
        let Some(kept) = self.0.get().filter(|_| level <= Level::INFO) else {
            return;
        };
        match level {
            Level::WARN => kept.warnings.fetch_add(1, Ordering::Relaxed),
            Level::ERROR => kept.errors.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        let mut text = Text::default();
        event.record(&mut text);
        let text = text.message + &text.fields;
        let text = without_control_sequences(&text, false);
        let text = kept.redactor.redact(&text).text;
        let line = LogLine {
            time: Utc::now(),
            level: level.as_str(),
            target: metadata.target(),
            text: text.chars().take(LONGEST).collect(),
        };
        let mut lines = kept.lock();
        if lines.len() >= KEPT {
            lines.pop_front();
        }
        lines.push_back(Arc::new(line));
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _infallible = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }
}

#[cfg(test)]
mod tests;
