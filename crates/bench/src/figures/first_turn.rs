//! The first turn of a channel: new, after an eviction, after a restart; with typing before it and without.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    Result, Scale,
    cli::Bare,
    document::short,
    report::{Goal, Report, Table},
    samples::{COLUMNS, Samples},
    world::{Cli, QUESTION, World},
};

/// How long somebody types before the question.
const TYPED: Duration = Duration::from_millis(1200);

pub(crate) async fn measure(scale: Scale) -> Result<Option<Report>> {
    let rounds = scale.pick(3, 12);
    let [typed, new, bare_typed, bare] = new_channels(rounds).await?;
    let evicted = evicted(rounds).await?;
    let restarted = restarted(scale.pick(2, 6)).await?;
    let parts = Parts::measure(rounds).await?;
    let columns = COLUMNS.into_iter().chain(["times a bare spawn"]);
    let mut table = Table::new("Question to first text, over the real CLI", columns);
    for (name, samples) in [
        ("a bare CLI, spawned 1.2 s before the question", &bare_typed),
        ("new channel, typed in for 1.2 s", &typed),
        ("a bare CLI, spawned with the question", &bare),
        ("new channel, without typing", &new),
        ("after an eviction, without typing", &evicted),
        ("after a restart, without typing", &restarted),
    ] {
        let mut row = samples.cells(name);
        row.push(Value::from(samples.median() / bare.median()));
        table.rows.push(row);
    }
    let mut within = Table::new("A new channel without typing, through a tap", COLUMNS);
    within.rows = vec![
        parts.spawn.cells("event to the start of the CLI"),
        parts
            .question
            .cells("its start to the question on its stdin"),
        parts.text.cells("its start to its first text"),
        parts.post.cells("its first text to POST"),
    ];
    let bound = 1.2 * bare_typed.median() + 15.0;
    let slowest = new.median().max(evicted.median()).max(restarted.median());
    Ok(Some(Report {
        title: "The first turn of a channel".to_owned(),
        about: "The channel has no live process when it is asked: it is new, its process was evicted for another \
                channel's (`max_live` 1), or the bot was restarted. Where somebody types first, `TYPING_START` comes \
                1.2 s before the question. Beside it the CLI alone is spawned as early, or with the question. Then a tap \
                between the bot and the CLI tells which part is whose."
            .to_owned(),
        goals: vec![
            Goal::new(
                "first turn of a new channel, when the person typed for 1.2 s first",
                &format!("1.2 times a bare CLI started as early, + 15 ms: {} ms", short(bound)),
                format!("{} ms", short(typed.median())),
                typed.median() <= bound,
            )
            .note(format!(
                "without typing it takes {} ms, a bare spawn {} ms: typing saves {} ms",
                short(new.median()),
                short(bare.median()),
                short(new.median() - typed.median())
            )),
            Goal::new(
                "first turn without typing: new, evicted, restarted",
                &format!("no slower than a bare spawn: {} ms", short(bare.median())),
                format!(
                    "{}, {}, {} ms",
                    short(new.median()),
                    short(evicted.median()),
                    short(restarted.median())
                ),
                // A bare spawn is measured too, and scatters.
                slowest <= 1.05 * bare.median(),
            )
            .note(format!(
                "{} ms more than a bare spawn at most; of a new channel's the bot takes {} ms before it starts the CLI \
                 and {} ms after the first text; with the bot's options the CLI takes {} ms from its start to that",
                short(slowest - bare.median()),
                short(parts.spawn.median()),
                short(parts.post.median()),
                short(parts.text.median())
            )),
        ],
        tables: vec![table, within],
        ..Report::default()
    }))
}

/// With typing and without, through the bot and bare.
async fn new_channels(rounds: usize) -> Result<[Samples; 4]> {
    let world = World::new(2 * rounds + 1).await?;
    let alone = tempfile::tempdir()?;
    // Room for all, so that nothing is evicted.
    let config = json!({ "claude": { "max_live": 2 * rounds + 1 } });
    let bot = world.start(Cli::Real, &config).await?;
    // From here on the bot knows all channels: typing in one that it does not know starts nothing.
    world.turn(world.channel(2 * rounds)).await?;
    let [mut typed, mut new, mut bare_typed, mut bare]: [Samples; 4] = Default::default();
    for round in 0..rounds {
        let here = world.channel(2 * round);
        world.discord.type_in(here, world.discord.owner());
        tokio::time::sleep(TYPED).await;
        typed.add(world.turn(here).await?.took());
        new.add(world.turn(world.channel(2 * round + 1)).await?.took());
        let mut cli = Bare::start(alone.path(), &world.api)?;
        tokio::time::sleep(TYPED).await;
        bare_typed.add(cli.ask(QUESTION).await?);
        let spawned = Instant::now();
        let mut cli = Bare::start(alone.path(), &world.api)?;
        let spawning = spawned.elapsed();
        bare.add(spawning + cli.ask(QUESTION).await?);
    }
    bot.stop().await?;
    Ok([typed, new, bare_typed, bare])
}

/// Where the time of a new channel's first turn goes.
#[derive(Default)]
struct Parts {
    spawn: Samples,
    /// From the start of the CLI.
    question: Samples,
    /// From the start of the CLI.
    text: Samples,
    post: Samples,
}

impl Parts {
    async fn measure(rounds: usize) -> Result<Self> {
        let world = World::new(rounds).await?;
        let config = json!({ "claude": { "max_live": rounds } });
        let bot = world.start(Cli::TappedReal, &config).await?;
        let channels = (0..rounds).map(|round| world.channel(round));
        let turns = world.tapped_turns(channels).await?;
        bot.stop().await?;
        let mut parts = Self::default();
        for (turn, passed) in turns {
            parts.spawn.add(passed.started.saturating_sub(turn.said));
            parts
                .question
                .add(passed.asked.saturating_sub(passed.started));
            parts.text.add(passed.text.saturating_sub(passed.started));
            parts.post.add(turn.posted.saturating_sub(passed.text));
        }
        Ok(parts)
    }
}

async fn evicted(rounds: usize) -> Result<Samples> {
    let world = World::new(2).await?;
    let bot = world
        .start(Cli::Real, &json!({ "claude": { "max_live": 1 } }))
        .await?;
    let mut samples = Samples::default();
    for round in 0..rounds + 2 {
        let took = world.turn(world.channel(round % 2)).await?.took();
        // The first turn of each channel has no session to resume.
        if round > 1 {
            samples.add(took);
        }
    }
    bot.stop().await?;
    Ok(samples)
}

async fn restarted(rounds: usize) -> Result<Samples> {
    let world = World::new(1).await?;
    let mut samples = Samples::default();
    for round in 0..=rounds {
        let bot = world.start(Cli::Real, &json!({})).await?;
        let took = world.turn(world.channel(0)).await?.took();
        if round > 0 {
            samples.add(took);
        }
        bot.stop().await?;
    }
    Ok(samples)
}
