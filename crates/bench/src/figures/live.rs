//! Live processes: 1 to 20 real ones, 1 to 500 stand-ins.

use serde_json::json;

use crate::{
    Result, Scale,
    document::short,
    proc::{descendants, pss},
    report::{Goal, Plot, Report, Table},
    samples::Samples,
    world::{Cli, World},
};

pub(crate) async fn measure(scale: Scale) -> Result<Option<Report>> {
    let columns = [
        "CLI",
        "live",
        "PSS of the bot, MB",
        "PSS of a CLI, MB",
        "a warm turn, median ms",
        "p95 ms",
        "p99 ms",
        "spread ms",
    ];
    let mut table = Table::new("With so many live processes", columns);
    let stand_ins = run(
        Cli::StandIn,
        scale.pick(&[1, 20, 60][..], &[1, 20, 50, 100, 200, 500][..]),
        scale,
    )
    .await?;
    let real = run(
        Cli::Real,
        scale.pick(&[1, 3][..], &[1, 2, 5, 10, 20][..]),
        scale,
    )
    .await?;
    for (name, found) in [("stand-in", &stand_ins), ("real", &real)] {
        for one in found {
            let mut row = vec![
                json!(name),
                json!(one.live),
                json!(one.bot / 1024.0),
                json!(one.cli / 1024.0),
            ];
            row.extend(one.turn.figures());
            table.rows.push(row);
        }
    }
    let line = |found: &[Found], value: &dyn Fn(&Found) -> f64| -> Vec<_> {
        found
            .iter()
            .map(|one| (f64::from(one.live), value(one)))
            .collect()
    };
    let bot = |one: &Found| one.bot / 1024.0;
    let turn = |one: &Found| one.turn.median();
    // From the second count on: the first process fills what all share.
    let [first, .., last] = &stand_ins[1..] else {
        return Err("too few counts of live processes".into());
    };
    let each = (last.bot - first.bot) / f64::from(last.live - first.live);
    Ok(Some(Report {
        title: "Live processes".to_owned(),
        about: "Each channel has been asked once and its process stays. The bot's memory is its own, without its \
                processes. Then one channel is asked again and again."
            .to_owned(),
        goals: vec![
            Goal::new("memory of a live channel", "100 KB", format!("{} KB", short(each)), each <= 100.0).note(format!(
                "the growth of the PSS from {} to {} live stand-ins, tasks, pipes and the allocator's slack included",
                first.live, last.live
            )),
        ],
        tables: vec![table],
        plots: vec![
            Plot::new("live_memory", "Memory of the bot, by live processes", "live processes", "MB")
                .line("over stand-ins", line(&stand_ins, &bot))
                .line("over real CLIs", line(&real, &bot))
                .expected("100 KB each", |x, (x0, y0)| y0 + (x - x0) * 0.1),
            Plot::new("live_turn", "A warm turn, by live processes", "live processes", "ms")
                .line("over stand-ins", line(&stand_ins, &turn))
                .line("over real CLIs", line(&real, &turn))
                .expected("constant", |_, (_, y)| y),
        ],
        ..Report::default()
    }))
}

struct Found {
    live: u32,
    bot: f64,
    cli: f64,
    turn: Samples,
}

async fn run(cli: Cli, counts: &[u32], scale: Scale) -> Result<Vec<Found>> {
    let most = *counts.last().ok_or("no counts")? as usize;
    let world = World::new(most).await?;
    let places = world.channels();
    let config = json!({ "claude": { "max_live": most, "max_starting": 8 } });
    let bot = world.start(cli, &config).await?;
    let mut found = Vec::new();
    let mut live = 0;
    for count in counts {
        world.warm_up(&places[live..*count as usize]).await?;
        live = *count as usize;
        let mut turn = Samples::default();
        for _ in 0..scale.pick(5, 20) {
            world.pause().await?;
            turn.add(world.turn(places[0]).await?.took());
        }
        let processes = descendants(bot.pid)?;
        let below: f64 = processes
            .iter()
            .filter_map(|process| pss(*process).ok())
            .sum();
        found.push(Found {
            live: *count,
            bot: pss(bot.pid)?,
            cli: below / f64::from(*count),
            turn,
        });
    }
    bot.stop().await?;
    Ok(found)
}
