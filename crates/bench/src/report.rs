//! What a figure returns. It is stored as JSON, and the page is made of it.

use std::{fs, path::Path, thread};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Result, paths};

/// The result of one figure.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) title: String,
    /// What was done, in a few sentences.
    pub(crate) about: String,
    pub(crate) goals: Vec<Goal>,
    pub(crate) tables: Vec<Table>,
    pub(crate) plots: Vec<Plot>,
    pub(crate) run: Run,
}

/// What is to be reached, and what was.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Goal {
    pub(crate) figure: String,
    pub(crate) wanted: String,
    pub(crate) measured: String,
    pub(crate) reached: bool,
    /// What stands in the way, by what was measured. Shown where it is not reached.
    pub(crate) note: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) columns: Vec<String>,
    /// Numbers as they were measured, and names.
    pub(crate) rows: Vec<Vec<Value>>,
}

/// Lines over two axes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plot {
    /// Its file's name, without the ending.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) series: Vec<Series>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Series {
    pub(crate) label: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Where and when a figure was measured.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Run {
    version: String,
    date: String,
    commit: String,
    cores: usize,
    quick: bool,
    /// The machine's load before it, which disturbs what is measured.
    load: String,
}

impl Goal {
    pub(crate) fn new(figure: &str, wanted: &str, measured: String, reached: bool) -> Self {
        Self {
            figure: figure.to_owned(),
            wanted: wanted.to_owned(),
            measured,
            reached,
            note: String::new(),
        }
    }

    /// What stands in the way.
    pub(crate) fn note(mut self, note: String) -> Self {
        self.note = note;
        self
    }
}

impl Table {
    pub(crate) fn new<'a>(title: &str, columns: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            title: title.to_owned(),
            columns: columns.into_iter().map(str::to_owned).collect(),
            rows: Vec::new(),
        }
    }
}

impl Plot {
    pub(crate) fn new(name: &str, title: &str, x: &str, y: &str) -> Self {
        let [name, title, x, y] = [name, title, x, y].map(str::to_owned);
        Self {
            name,
            title,
            x,
            y,
            series: Vec::new(),
        }
    }

    pub(crate) fn line(
        mut self,
        label: &str,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        self.series.push(Series {
            label: label.to_owned(),
            points: points.into_iter().collect(),
        });
        self
    }

    /// The curve that is expected, from the first point of the first line on: `curve` gets an x and that point.
    pub(crate) fn expected(self, label: &str, curve: impl Fn(f64, (f64, f64)) -> f64) -> Self {
        let points = self.series.first().map_or(&[][..], |line| &line.points);
        let Some(first) = points.first().copied() else {
            return self;
        };
        let points: Vec<_> = points.iter().map(|(x, _)| (*x, curve(*x, first))).collect();
        self.line(&format!("expected: {label}"), points)
    }
}

impl Run {
    pub(crate) fn now(quick: bool) -> Result<Self> {
        let load = fs::read_to_string("/proc/loadavg")?;
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            date: chrono::Utc::now().format("%Y-%m-%d %H:%M UTC").to_string(),
            commit: commit(&paths::root())?,
            cores: thread::available_parallelism()?.get(),
            quick,
            load: load.split(' ').next().unwrap_or_default().to_owned(),
        })
    }

    /// As a line below a title.
    pub(crate) fn text(&self) -> String {
        let Self {
            version,
            date,
            commit,
            cores,
            quick,
            load,
        } = self;
        let kind = if *quick { "**quick run**" } else { "full run" };
        format!("{kind}; version {version}, commit {commit}, {date}, {cores} cores, load {load}")
    }
}

/// The commit, marked if the checkout differs from it in more than the page.
fn commit(root: &Path) -> Result<String> {
    let git = |arguments: &[&str]| {
        #[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
        let output = std::process::Command::new("git")
            .current_dir(root)
            .args(arguments)
            .output()?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"])?;
    let changes = [
        "status",
        "--porcelain",
        "--",
        ".",
        ":!docs/performance.md",
        ":!docs/performance",
    ];
    let mark = if git(&changes)?.is_empty() {
        ""
    } else {
        " with changes"
    };
    Ok(commit + mark)
}
