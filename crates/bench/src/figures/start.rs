//! From the start of the bot to an answer, with many channels in the guild and on record.

use std::time::Duration;

use loopback_discord::View;
use serde_json::json;

use crate::{
    Result, Scale,
    document::short,
    report::{Goal, Plot, Report, Table},
    samples::{COLUMNS, Samples},
    tap,
    world::{ANSWER, Cli, DEADLINE, QUESTION, World},
};

pub(crate) async fn measure(scale: Scale) -> Result<Option<Report>> {
    let sizes = scale.pick(&[1, 200][..], &[1, 100, 300, 1_000][..]);
    let repeats = scale.pick(1, 5);
    let columns = || {
        ["channels"]
            .into_iter()
            .chain(COLUMNS)
            .chain(["slowest ms"])
    };
    let mut asked_before = Table::new("Asked while the bot was away", columns());
    let mut asked_after = Table::new("Asked just after the start", columns());
    let (mut slowest_away, mut slowest_after) = (Vec::new(), Vec::new());
    for size in sizes {
        let world = World::new(*size).await?;
        let places = world.channels();
        // Each has messages, all of which the bot knows.
        let known = places
            .iter()
            .map(|place| (*place, world.say(*place, "an earlier message")));
        world.put_on_record(known)?;
        let bot = world.start(Cli::StandIn, &json!({})).await?;
        bot.stop().await?;
        let mut worst = (0.0_f64, 0.0_f64);
        let mut asked = vec![
            ("the first", 0),
            ("the middle one", size / 2),
            ("the last", size - 1),
        ];
        asked.dedup_by_key(|(_, place)| *place);
        for (name, number) in asked {
            let (mut away, mut after) = (Samples::default(), Samples::default());
            for _ in 0..repeats {
                away.add(start(&world, number, true).await?);
                after.add(start(&world, number, false).await?);
            }
            worst = (worst.0.max(away.median()), worst.1.max(after.median()));
            for (table, samples) in [(&mut asked_before, away), (&mut asked_after, after)] {
                let mut row = vec![json!(size)];
                row.extend(samples.cells(name));
                row.push(json!(samples.quantile(1.0)));
                table.rows.push(row);
            }
        }
        let x = f64::from(u32::try_from(*size)?);
        slowest_away.push((x, worst.0));
        slowest_after.push((x, worst.1));
    }
    let last = slowest_away.last().zip(slowest_after.last());
    let (&(size, away), &(_, after)) = last.ok_or("nothing was measured")?;
    let one = slowest_away.first().map_or(0.0, |(_, y)| *y);
    let worst = away.max(after);
    Ok(Some(Report {
        title: "Start to first answer".to_owned(),
        about: "The guild has so many channels, all on record and none with a message that the bot does not know, but for \
                one: somebody asks there while the bot is away, or as soon as it has started its connection. The time goes \
                from the start of the program, or from a later question, to the answer, over the stand-in."
            .to_owned(),
        goals: vec![
            Goal::new(
                "start to first answer with 1,000 channels on record, in whichever channel",
                "1.5 s",
                format!("{} s with {size} channels", short(worst / 1e3)),
                worst <= 1500.0 && size >= 1_000.0,
            )
            .note(format!(
                "with one channel it takes {} s; {} ms more for each further one (50 requests a second would be 20 ms)",
                short(one / 1e3),
                short((worst - one) / (size - 1.0).max(1.0))
            )),
        ],
        tables: vec![asked_before, asked_after],
        plots: vec![
            Plot::new("start", "Start to first answer, slowest channel", "channels in the guild and on record", "ms")
                .line("asked while the bot was away", slowest_away)
                .line("asked just after the start", slowest_after)
                .expected("constant", |_, (_, y)| y),
        ],
        ..Report::default()
    }))
}

/// The time from the start, or from a question after it, to the answer in this channel.
async fn start(world: &World, number: usize, away: bool) -> Result<Duration> {
    let here = world.channels()[number];
    let mark = world.mark();
    let connections = world.discord.gateway().connections();
    if away {
        world.say(here, QUESTION);
    }
    let mut said = tap::now();
    let bot = world.launch(Cli::StandIn, &json!({}), &[])?;
    if !away {
        let connected = |view: &View<'_>| view.connections() > connections && view.connected() > 0;
        world
            .discord
            .wait_until(DEADLINE, "the bot to connect", connected)
            .await?;
        said = tap::now();
        world.say(here, QUESTION);
    }
    let turn = world.answered(here, mark, said, ANSWER).await?;
    bot.stop().await?;
    Ok(turn.took())
}
