//! The ledger of what each turn used and cost: `sessions/usage/YYYY-MM.jsonl`.
//!
//! Pure: [`cost`] derives a turn's cost, [`report`] adds lines up. The functions here read and append [`Line`]s. The
//! registry's writer appends; the `usage` command reads.

pub mod cost;
mod line;
pub mod report;

use std::{
    ffi::OsStr,
    fs,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

pub use line::Line;
#[cfg(test)]
pub(crate) use line::example;
pub use report::{Period, Report};

use crate::files;

/// The ledger's folder, in the `sessions` folder.
pub const FOLDER: &str = "usage";

/// Appends a turn's line to the file of its month and syncs it.
///
/// # Errors
///
/// I/O errors.
pub fn append(folder: &Path, line: &Line) -> io::Result<()> {
    files::create_folder(folder)?;
    files::append_line(
        &folder.join(line.file_name()),
        &serde_json::to_string(line)?,
    )
}

/// Adds up the lines of a period. The report counts lines that cannot be read.
///
/// # Errors
///
/// I/O errors; a missing folder or month has no lines.
pub fn read(
    folder: &Path,
    period: Period,
    now: chrono::DateTime<chrono::Utc>,
) -> io::Result<Report> {
    let mut report = Report::new(period, now);
    for path in files_in(folder)? {
        let name = path.file_name().and_then(OsStr::to_str);
        if name.is_some_and(|name| report.wants(name)) {
            let bytes = fs::read(path)?;
            for line in bytes
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.trim_ascii().is_empty())
            {
                report.add(serde_json::from_slice(line).ok().as_ref());
            }
        }
    }
    Ok(report)
}

/// The lines of the two months that were written last, oldest first, without those that cannot be read.
///
/// Message ids, which contain Discord's time, decide which months these are: the files are named by this machine's
/// clock, which may have jumped.
///
/// # Errors
///
/// I/O errors; a missing folder has no lines.
pub fn newest(folder: &Path) -> io::Result<Vec<Line>> {
    let mut months = Vec::new();
    for path in files_in(folder)? {
        if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            let end = end_of(&path)?;
            let last = lines(&end).filter_map(|line| line.message);
            months.push((last.max(), path));
        }
    }
    months.sort_unstable();
    let mut newest = Vec::new();
    for (_, month) in &months[months.len().saturating_sub(2)..] {
        let bytes = fs::read(month)?;
        // A line without a message keeps its place after the previous one.
        newest.extend(lines(&bytes).scan(None, |last, line| {
            *last = line.message.max(*last);
            Some((*last, line))
        }));
    }
    newest.sort_by_key(|(last, _)| *last);
    Ok(newest.into_iter().map(|(_, line)| line).collect())
}

/// The entries of a folder; none if it is missing.
fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// How much of a month's end is read to find a message in it, in bytes.
const END: u64 = 64 * 1024;

fn end_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = Line> {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.filter_map(|line| serde_json::from_slice(line).ok())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::{
        money::Usd,
        snowflake::{ChannelId, MessageId, UserId},
    };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn lines_are_stored_by_month_and_added_up_by_period() {
        let folder = tempfile::tempdir().unwrap();
        let usage = folder.path().join(FOLDER);
        for (time, cost) in [
            ("2026-10-31T23:59:59Z", 1.0),
            ("2026-11-01T00:00:00Z", 2.0),
            ("2026-11-21T12:00:00Z", 4.0),
        ] {
            append(
                &usage,
                &Line {
                    time: at(time),
                    turn: time.into(),
                    cost_usd: Usd::from_dollars(cost),
                    ..example()
                },
            )
            .unwrap();
        }
        files::append_line(&usage.join("2026-11.jsonl"), "{\"broken\":").unwrap();
        let now = at("2026-11-21T13:00:00Z");
        let sum = |period| {
            let report = read(&usage, period, now).unwrap();
            (report.total().cost_usd.dollars(), report.unreadable())
        };
        assert_eq!(sum(Period::Today), (4.0, 1));
        assert_eq!(sum(Period::Month), (6.0, 1));
        assert_eq!(sum(Period::All), (7.0, 1));
        let report = read(&usage, Period::All, now).unwrap();
        assert_eq!(report.channel(ChannelId(1)).turns, 3);
        assert_eq!(report.author(UserId(2)).turns, 3);
        assert_eq!(report.channel(ChannelId(9)).turns, 0);
        let newest = newest(&usage).unwrap();
        let costs: Vec<_> = newest.iter().map(|line| line.cost_usd.dollars()).collect();
        assert_eq!(costs, [1.0, 2.0, 4.0]);
    }

    #[test]
    fn the_newest_lines_are_chosen_by_discords_time() {
        let folder = tempfile::tempdir().unwrap();
        let said = [
            ("2026-10-01T00:00:00Z", Some(1)),
            ("2046-01-01T00:00:00Z", Some(2)),
            ("2046-02-01T00:00:00Z", Some(3)),
            ("2026-11-01T00:00:00Z", Some(4)),
            ("2026-11-01T00:00:01Z", None),
            ("1970-01-01T00:00:00Z", Some(5)),
            ("2026-11-01T00:00:02Z", Some(6)),
        ];
        for (time, message) in said {
            let line = Line {
                time: at(time),
                message: message.map(MessageId),
                ..example()
            };
            append(folder.path(), &line).unwrap();
        }
        let newest = newest(folder.path()).unwrap();
        let messages: Vec<_> = newest
            .iter()
            .map(|line| line.message.map(|id| id.0))
            .collect();
        assert_eq!(messages, [Some(4), None, Some(5), Some(6)]);
    }

    #[test]
    fn a_missing_folder_is_an_empty_ledger() {
        let folder = tempfile::tempdir().unwrap();
        let report = read(&folder.path().join(FOLDER), Period::All, Utc::now()).unwrap();
        assert_eq!(report.total().turns, 0);
    }
}
