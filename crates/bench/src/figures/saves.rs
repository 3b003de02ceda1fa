//! What a turn costs in numbers that do not depend on the machine: saves, fsyncs, bytes, requests.

use std::fs;

use serde_json::json;

use crate::{
    Result, Scale,
    document::short,
    report::{Goal, Report, Table},
    world::{Cli, World, until},
};

/// `strace` of what writes and what makes durable. With `-D` the bot stays the child.
const STRACE: [&str; 11] = [
    "strace",
    "-D",
    "-f",
    "-y",
    "-s",
    "0",
    "-o",
    "calls",
    "-e",
    "trace=write,fsync,fdatasync,/^rename",
    "--",
];

pub(crate) async fn measure(scale: Scale) -> Result<Option<Report>> {
    let count = scale.pick(5, 40);
    let world = World::new(1).await?;
    let here = world.channel(0);
    let mut bot = world.launch(Cli::StandIn, &json!({}), &STRACE)?;
    world.connected(&mut bot).await?;
    world.turn(here).await?;
    let path = world.home().join("calls");
    let sessions = world.home().join("sessions").canonicalize()?;
    let trace = || fs::read_to_string(&path).unwrap_or_default();
    // The backup is written when the record rests: then nothing of the turns before is left to come.
    let rests = || {
        let text = trace();
        // Its last step makes the folder durable.
        let after = text
            .rsplit_once("/.active.json_")
            .and_then(|(_, after)| after.split_once('\n'));
        Ok(after.is_some_and(|(end, after)| {
            let is_last = end.contains("/active.json.bak\"") && !after.contains("/active.json\"");
            is_last && after.contains("sync(")
        }))
    };
    until("the backup", rests).await?;
    let from = trace().len();
    let mark = world.mark();
    for _ in 0..count {
        world.turn(here).await?;
    }
    until("the backup", rests).await?;
    let requests = world.calls_since(mark).len();
    let text = trace().split_off(from);
    let lines = |what: &str, path: &str| {
        let lines = text
            .lines()
            .filter(|line| line.contains(what) && line.contains(path));
        lines.collect::<Vec<_>>()
    };
    let folder = sessions.display().to_string();
    let saves = lines("rename", "/active.json\"").len();
    let backups = lines("rename", "/active.json.bak\"").len();
    // A backup takes two of them, one for the file and one for the folder.
    let fsyncs = lines("sync(", &folder).len() - 2 * backups;
    let mut written = lines("write(", &folder);
    written.retain(|line| !line.contains("/.active.json_"));
    // `12 write(5</x/sessions/.active_abc.json>, ""..., 812) = 812`, which another thread's call may cut off.
    let bytes = written.iter().filter_map(|line| {
        let (_, size) = line.rsplit_once("..., ")?;
        let digits = size.find(|c: char| !c.is_ascii_digit());
        size[..digits.unwrap_or(size.len())].parse::<usize>().ok()
    });
    let bytes: usize = bytes.sum();
    let file = fs::metadata(sessions.join("active.json"))?.len();
    bot.stop().await?;
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let each = |number: usize| number as f64 / f64::from(count);
    let mut table = Table::new(
        &format!("{count} warm turns, one after the other"),
        ["what", "a turn"],
    );
    for (name, number) in [
        ("saves of `active.json`", saves),
        ("fsyncs in `sessions`, without backups", fsyncs),
        ("bytes written there, without backups", bytes),
        ("backups", backups),
        ("requests to Discord", requests),
    ] {
        table.rows.push(vec![json!(name), json!(each(number))]);
    }
    table.rows.push(vec![
        json!("for comparison: bytes of `active.json`"),
        json!(file),
    ]);
    let (saves, fsyncs) = (each(saves), each(fsyncs));
    Ok(Some(Report {
        title: "What a turn writes and sends".to_owned(),
        about: "Counted with `strace` and by the loopback Discord, for turns of the stand-in in one channel, the only \
                one on record."
            .to_owned(),
        goals: vec![
            Goal::new(
                "a turn's saves",
                "at most 2 acknowledged, 7 fsyncs; `.bak` off the path",
                format!("{} saves, {} fsyncs, backups at rest", short(saves), short(fsyncs)),
                saves <= 2.0 && fsyncs <= 7.0,
            )
            .note(format!("each of the {} saves takes 2 fsyncs, the ledger the rest", short(saves))),
        ],
        tables: vec![table],
        ..Report::default()
    }))
}
