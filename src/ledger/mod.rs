//! The ledger of what each turn used and cost: `sessions/usage/YYYY-MM.jsonl`.
//!
//! [`cost`] derives a turn's cost and [`usage_totals`] sums lines, both pure. The functions here read and append
//! [`Entry`]s.

pub mod cost;
mod line;
pub mod usage_totals;

use std::{
    collections::{BTreeSet, HashMap},
    ffi::OsStr,
    fs,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

#[cfg(test)]
pub(crate) use line::tests::example;
pub use line::{Entry, Replies, TurnLine};
pub use usage_totals::{Period, UsageTotals};

use crate::{
    config::TimeZone,
    files,
    snowflake::{ChannelId, MessageId},
};

/// The ledger's folder, in the `sessions` folder.
pub const FOLDER: &str = "usage";

/// By how much the clocks of this machine and of Discord may differ.
const CLOCKS_DIFFER: chrono::Duration = chrono::Duration::days(1);

/// Appends entries of the same month to its file and syncs it.
pub fn append(folder: &Path, entries: &[Entry]) -> io::Result<()> {
    let Some(first) = entries.first() else {
        return Ok(());
    };
    files::create_folder(folder)?;
    let lines: Result<Vec<_>, _> = entries.iter().map(serde_json::to_string).collect();
    files::append_lines(&folder.join(first.file_name()), &lines?)
}

/// Sums the lines of a period.
pub fn read(
    folder: &Path,
    period: Period,
    now: chrono::DateTime<chrono::Utc>,
    zone: TimeZone,
) -> io::Result<UsageTotals> {
    let mut report = UsageTotals::new(period, now, zone);
    for path in files_in(folder)? {
        let name = path.file_name().and_then(OsStr::to_str);
        if name.is_some_and(|name| report.covers_file(name)) {
            let bytes = fs::read(path)?;
            let lines = bytes.split(|byte| *byte == b'\n');
            for line in lines.filter(|line| !line.trim_ascii().is_empty()) {
                match Entry::parse(line) {
                    Some(Entry::Turn(line)) => report.add(Some(&line)),
                    Some(Entry::Replies(_)) => {}
                    None => report.add(None),
                }
            }
        }
    }
    Ok(report)
}

/// The readable lines of the two months that were written last, oldest first, with the messages of their answers.
///
/// Message IDs, which contain Discord's time, decide which months these are, because this machine's clock, which names
/// the files, may have jumped.
pub fn newest(folder: &Path) -> io::Result<Vec<TurnLine>> {
    let mut months = Vec::new();
    for path in files_in(folder)? {
        if path.extension() == Some(OsStr::new("jsonl")) {
            let end = end_of(&path)?;
            let last = entries(&end).filter_map(|entry| match entry {
                Entry::Turn(line) => line.message,
                Entry::Replies(_) => None,
            });
            months.push((last.max(), path));
        }
    }
    months.sort_unstable();
    let mut newest = Vec::new();
    let mut replies = HashMap::new();
    for (_, month) in &months[months.len().saturating_sub(2)..] {
        let bytes = fs::read(month)?;
        // A line without a message stays after the previous one.
        let mut last = None;
        for entry in entries(&bytes) {
            match entry {
                Entry::Turn(line) => {
                    last = line.message.max(last);
                    newest.push((last, *line));
                }
                Entry::Replies(of) => {
                    replies.insert(of.turn, of.reply_ids);
                }
            }
        }
    }
    newest.sort_by_key(|(last, _)| *last);
    let lines = newest.into_iter().map(|(_, mut line)| {
        line.reply_ids
            .extend(replies.remove(&line.turn).unwrap_or_default());
        line
    });
    Ok(lines.collect())
}

/// Those of `turns` that no line of the ledger is about.
pub fn without_line(folder: &Path, mut turns: BTreeSet<String>) -> io::Result<BTreeSet<String>> {
    for month in files_in(folder)? {
        if turns.is_empty() {
            break;
        }
        for entry in entries(&fs::read(month)?) {
            if let Entry::Turn(line) = entry {
                turns.remove(&line.turn);
            }
        }
    }
    Ok(turns)
}

/// The turn that a message belongs to: as a part of its answer, or as what was answered. The newest one, if there are
/// several.
pub fn turn_of(
    folder: &Path,
    channel: ChannelId,
    message: MessageId,
) -> io::Result<Option<TurnLine>> {
    let mut months = files_in(folder)?;
    months.sort_unstable();
    let mut answer: Option<Replies> = None;
    for month in months.iter().rev() {
        let bytes = fs::read(month)?;
        let mut found = None;
        // The line of an answer comes later than its turn's, maybe in the next month.
        let mut lines = Vec::new();
        for entry in entries(&bytes) {
            match entry {
                Entry::Turn(line) if line.channel == channel => {
                    if line.message == Some(message) || line.together.contains(&message) {
                        found = Some(TurnLine::clone(&line));
                    }
                    lines.push(*line);
                }
                Entry::Replies(of) if of.reply_ids.contains(&message) => answer = Some(of),
                _ => {}
            }
        }
        if let Some(Replies {
            turn, reply_ids, ..
        }) = &answer
            && let Some(line) = lines.into_iter().rfind(|line| line.turn == *turn)
        {
            let reply_ids = reply_ids.clone();
            return Ok(Some(TurnLine { reply_ids, ..line }));
        }
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The messages since `oldest` that hold Claude's words, as far as that is known.
pub fn answers(folder: &Path, oldest: MessageId) -> io::Result<BTreeSet<MessageId>> {
    // This machine's clock names the files, and a turn may end in the month after its message.
    let from = oldest.sent_at() - CLOCKS_DIFFER;
    let from = from.format("%Y-%m.jsonl").to_string();
    let mut answers = BTreeSet::new();
    for month in files_in(folder)? {
        if month
            .file_name()
            .is_none_or(|name| name < OsStr::new(&from))
        {
            continue;
        }
        for entry in entries(&fs::read(month)?) {
            if let Entry::Replies(Replies {
                reply_ids,
                notice_ids: Some(notice_ids),
                ..
            }) = entry
            {
                let words = reply_ids.into_iter();
                answers.extend(words.filter(|id| !notice_ids.contains(id)));
            }
        }
    }
    Ok(answers)
}

/// The entries of a folder; none if it is missing.
fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// How many bytes at the end of a file are read to find its last message.
const END: u64 = 64 * 1024;

fn end_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn entries(bytes: &[u8]) -> impl Iterator<Item = Entry> {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.filter_map(Entry::parse)
}

#[cfg(test)]
mod tests;
