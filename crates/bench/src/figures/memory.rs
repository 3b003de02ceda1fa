//! What the bot takes when nothing happens, and what a used channel leaves behind.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    Result, Scale,
    document::short,
    paths,
    proc::{descendants, pss, pss_of, pss_of_file, thread_times},
    report::{Goal, Report, Table},
    world::{Cli, World, until},
};

pub(crate) async fn measure(scale: Scale) -> Result<Option<Report>> {
    let channels = scale.pick(50, 400);
    let watched = scale.pick(5, 60);
    let world = World::new(channels).await?;
    let places = world.channels();
    let config = json!({ "claude": { "idle_secs": 1, "max_live": 64, "max_starting": 8 } });
    let bot = world.start(Cli::StandIn, &config).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = pss(bot.pid)?;
    let own = pss_of(bot.pid, "Pss_Anon")?;
    let binary = pss_of_file(bot.pid, &paths::bot().canonicalize()?)?;
    let libraries = idle - own - binary;
    let (before, begun) = (thread_times(bot.pid)?, Instant::now());
    tokio::time::sleep(Duration::from_secs(watched)).await;
    let after = thread_times(bot.pid)?;
    let ran = after
        .iter()
        .map(|(thread, time)| time.saturating_sub(before.get(thread).copied().unwrap_or(0)));
    let ran = Duration::from_nanos(ran.sum());
    let core = 100.0 * ran.as_secs_f64() / begun.elapsed().as_secs_f64();
    // The first channels fill what all share: pools, buffers, the allocator's arenas.
    let (first, rest) = places.split_at(channels / 5);
    world.warm_up(first).await?;
    let ended = || Ok(descendants(bot.pid).is_ok_and(|found| found.is_empty()));
    until("the processes to end", ended).await?;
    let shared = pss(bot.pid)?;
    world.warm_up(rest).await?;
    until("the processes to end", ended).await?;
    let used = pss(bot.pid)?;
    bot.stop().await?;
    #[expect(clippy::cast_precision_loss, reason = "a count of channels")]
    let each = ((used - shared) / rest.len() as f64).max(0.0);
    let mut table = Table::new(
        &format!("Memory and processor, {channels} channels"),
        ["what", "value"],
    );
    table.rows = vec![
        vec![json!("PSS when idle, KB"), json!(idle)],
        vec![json!("of this its own data"), json!(own)],
        vec![json!("of this pages of the binary"), json!(binary)],
        vec![json!("of this pages of libraries"), json!(libraries)],
        vec![
            json!(format!("PSS after a turn in {} channels, KB", first.len())),
            json!(shared),
        ],
        vec![
            json!(format!("PSS after a turn in all {channels}, KB")),
            json!(used),
        ],
        vec![json!("a further used channel, KB"), json!(each)],
        vec![json!("processor when idle, % of a core"), json!(core)],
    ];
    Ok(Some(Report {
        title: "Idle".to_owned(),
        about: format!(
            "The bot has connected and nobody writes: its proportional set size after 2 s, and the time that its threads \
             run in {watched} s. Then each channel has one turn over the stand-in, and all processes have ended."
        ),
        goals: vec![
            Goal::new(
                "memory of the bot, idle",
                "15 MB PSS",
                format!("{} MB", short(idle / 1024.0)),
                idle <= 15.0 * 1024.0,
            )
            .note(format!(
                "{} MB are its own data, {} MB pages of the binary, {} MB pages of libraries",
                short(own / 1024.0),
                short(binary / 1024.0),
                short(libraries / 1024.0)
            )),
            Goal::new(
                "memory of a used channel",
                "4 KB",
                format!("{} KB", short(each)),
                each <= 4.0,
            )
            .note("PSS, which holds what the allocator keeps".to_owned()),
            Goal::new(
                "idle CPU",
                "under 0.05 % of a core",
                format!("{} %", short(core)),
                core < 0.05,
            )
            .note(format!("{} threads ran in that time", after.len())),
        ],
        tables: vec![table],
        ..Report::default()
    }))
}
