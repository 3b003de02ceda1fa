//! How a turn, a start and the memory grow with the channels on record.

use std::{fs, iter::repeat_n, time::Instant};

use loopback_discord::Snowflake;
use serde_json::json;

use crate::{
    Result, Scale,
    document::short,
    proc::pss,
    report::{Goal, Plot, Report, Table},
    samples::Samples,
    save::bare_save,
    world::{Cli, World},
};

/// The first id of channels that are on record only.
const FIRST: u64 = 700_000_000_000_000_000;

pub(crate) async fn measure(scale: Scale) -> Result<Option<Report>> {
    let sizes = scale.pick(
        &[1, 1_000, 10_000][..],
        &[1, 100, 1_000, 10_000, 100_000][..],
    );
    let columns = [
        "channels",
        "bytes of active.json",
        "receive to saved, median ms",
        "p95 ms",
        "p99 ms",
        "spread ms",
        "a bare save, median ms",
        "times that",
        "start, s",
        "PSS, MB",
        "refused",
    ];
    let mut table = Table::new("A turn with so many channels on record", columns);
    let mut found: Vec<Found> = Vec::new();
    for channels in sizes {
        let turns = if *channels < 10_000 {
            scale.pick(10, 60)
        } else {
            scale.pick(5, 15)
        };
        let one = one(*channels, turns).await?;
        let mut row = vec![json!(one.channels), json!(one.bytes)];
        row.extend(one.saved.figures());
        row.extend([
            json!(one.bare.median()),
            json!(one.saved.median() / one.bare.median()),
            json!(one.start),
            json!(one.pss / 1024.0),
            json!(one.refused),
        ]);
        table.rows.push(row);
        found.push(one);
    }
    let line = |value: &dyn Fn(&Found) -> f64| -> Vec<_> {
        let point = |one: &Found| (f64::from(one.channels), value(one));
        found.iter().map(point).collect()
    };
    Ok(Some(Report {
        title: "Channels on record".to_owned(),
        about: "So many other channels are on record (`sessions/active.json`) while one is asked, over the stand-in, with \
                a tap in its pipe. A message is saved before it is run: the time goes from the loopback Discord's sending \
                to the question on the CLI's stdin, and holds that save. A bare save writes the same bytes to a file \
                beside it, with fsync, rename and fsync of the folder. Catching up is off (see the next section)."
            .to_owned(),
        goals: goals(&found),
        tables: vec![table],
        plots: vec![
            Plot::new("channels_saved", "Receive to saved, by channels on record", "channels", "ms")
                .line("the bot", line(&|one| one.saved.median()))
                .line("a bare save of the same bytes", line(&|one| one.bare.median())),
            Plot::new("channels_memory", "Memory, by channels on record", "channels", "MB")
                .line("the bot", line(&|one| one.pss / 1024.0))
                .expected("1.5 KB a channel", |x, (x0, y0)| y0 + (x - x0) * 1.5 / 1024.0),
            Plot::new("channels_start", "Start, by channels on record", "channels", "s")
                .line("until connected", line(&|one| one.start))
                .expected("20 µs a channel", |x, (x0, y0)| y0 + (x - x0) * 2e-5),
        ],
        ..Report::default()
    }))
}

/// What was found with so many channels on record.
struct Found {
    channels: u32,
    bytes: u64,
    saved: Samples,
    bare: Samples,
    start: f64,
    pss: f64,
    refused: bool,
}

fn goals(found: &[Found]) -> Vec<Goal> {
    let mut goals = Vec::new();
    let with = |channels: u32| found.iter().find(|one| one.channels == channels);
    if let Some(one) = with(1_000) {
        let (saved, bare) = (one.saved.median(), one.bare.median());
        goals.push(
            Goal::new(
                "receive to saved at 1,000 channels",
                "3 ms",
                format!("{} ms", short(saved)),
                saved <= 3.0,
            )
            .note(format!(
                "a bare save of the same {} bytes takes {} ms",
                one.bytes,
                short(bare)
            )),
        );
    }
    for (channels, name) in [(10_000, "10,000"), (100_000, "100,000")] {
        let Some(one) = with(channels) else { continue };
        let (saved, bare) = (one.saved.median(), one.bare.median());
        goals.push(
            Goal::new(
                &format!("receive to saved at {name} channels"),
                "1.3 times a bare write+fsync+rename of the same bytes",
                format!("{} ms, {} times", short(saved), short(saved / bare)),
                saved <= 1.3 * bare && !one.refused,
            )
            .note(if one.refused {
                format!("the file of {} bytes is not accepted", one.bytes)
            } else {
                let alone = with(1).map_or(0.0, |one| one.saved.median());
                format!(
                    "a bare save of the same {} bytes takes {} ms; with one channel on record, the whole takes {} ms",
                    one.bytes,
                    short(bare),
                    short(alone)
                )
            }),
        );
    }
    let Some(idle) = with(1) else { return goals };
    for (channels, name, bound) in [
        (1_000, "1,000", 10.0),
        (10_000, "10,000", 25.0),
        (100_000, "100,000", 150.0),
    ] {
        let Some(one) = with(channels) else { continue };
        let more = (one.pss - idle.pss) / 1024.0;
        goals.push(
            Goal::new(
                &format!("memory at {name} channels beyond one"),
                &format!("{bound} MB"),
                format!("{} MB", short(more)),
                more <= bound,
            )
            .note(format!("the record itself has {} bytes", one.bytes)),
        );
    }
    goals
}

async fn one(channels: u32, turns: usize) -> Result<Found> {
    let world = World::new(1).await?;
    let here = world.channel(0);
    let others = (1..u64::from(channels)).map(|number| Snowflake::from(FIRST + number));
    world.put_on_record(others.map(|channel| (channel, channel)))?;
    let config = json!({ "discord": { "catch_up": { "max_messages": 0 } } });
    let begun = Instant::now();
    let bot = world.start(Cli::TappedStandIn, &config).await?;
    let start = begun.elapsed().as_secs_f64();
    let tapped = world.tapped_turns(repeat_n(here, turns + 1)).await?;
    let pss = pss(bot.pid)?;
    bot.stop().await?;
    let mut saved = Samples::default();
    // The first one starts the process.
    for (turn, passed) in tapped.into_iter().skip(1) {
        saved.add(passed.asked.saturating_sub(turn.said));
    }
    let mut files = fs::read_dir(world.home().join("sessions"))?.flatten();
    let refused = files.any(|file| file.file_name().to_string_lossy().contains("corrupt"));
    Ok(Found {
        channels,
        bytes: fs::metadata(world.home().join("sessions/active.json"))?.len(),
        bare: bare_save(world.home(), turns)?,
        saved,
        start,
        pss,
        refused,
    })
}
