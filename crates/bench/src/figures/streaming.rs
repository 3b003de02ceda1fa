//! What streaming costs: many channels whose answers grow at once.

use std::time::{Duration, Instant};

use loopback_discord::Snowflake;
use serde_json::json;

use crate::{
    Result, Scale,
    document::short,
    proc::cpu,
    report::{Goal, Plot, Report, Table},
    world::{Bot, Cli, World},
};

const CHANNELS: usize = 20;

/// The stand-in's tokens have about so many characters.
const CHARACTERS: u32 = 6;

/// The most tokens of an answer. A longer one would be cut in the channel and cost less.
const TOKENS: u32 = 900;

pub(crate) async fn measure(scale: Scale) -> Result<Option<Report>> {
    let rates = scale.pick(&[100][..], &[10, 30, 100, 300, 1000][..]);
    let seconds = scale.pick(6, 15);
    let world = World::new(CHANNELS).await?;
    world.discord.usual_limits();
    let places = world.channels();
    let config = json!({ "claude": { "max_live": CHANNELS, "max_starting": 8 } });
    let bot = world.start(Cli::StandIn, &config).await?;
    world.warm_up(&places).await?;
    let columns = [
        "tokens a second each",
        "seconds",
        "% of a core",
        "requests a second",
        "met a 429",
        "longest without a change, s",
    ];
    let mut table = Table::new(
        &format!("{CHANNELS} channels, with limits like Discord's"),
        columns,
    );
    let (mut costs, mut goals) = (Vec::new(), Vec::new());
    for rate in rates {
        let round = round(&world, &bot, &places, *rate, *rate * seconds).await?;
        costs.push((f64::from(*rate), round.core));
        table.rows.push(vec![
            json!(rate),
            json!(round.seconds),
            json!(round.core),
            json!(round.requests),
            json!(round.refused),
            json!(round.still.as_secs_f64()),
        ]);
        if *rate == 100 {
            let (still, refused) = (round.still.as_secs_f64(), round.refused);
            goals.push(
                Goal::new(
                    "20 channels streaming 100 tokens/s each",
                    "under 10 % of a core for the bot, no 429, every channel moves at least every 5 s",
                    format!("{} %, {refused} times 429, at least every {} s", short(round.core), short(still)),
                    round.core < 10.0 && refused == 0 && still <= 5.0,
                )
                .note(format!(
                    "{} requests a second and {} lines a second of the CLIs are what the bot works on in that time",
                    short(round.requests),
                    CHANNELS * 100
                )),
            );
        }
    }
    bot.stop().await?;
    Ok(Some(Report {
        title: "Streaming".to_owned(),
        about: "Twenty channels answer at once over the stand-in, token by token, one answer after the other. Processor time is the bot's own, \
                without its CLIs. A channel changes when a message is posted or edited."
            .to_owned(),
        goals,
        tables: vec![table],
        plots: vec![
            Plot::new("streaming", "Processor time of streaming to 20 channels", "tokens a second each", "% of a core")
                .line("the bot", costs)
                .expected("in proportion", |x, (x0, y0)| y0 * x / x0),
        ],
        ..Report::default()
    }))
}

struct Round {
    seconds: f64,
    core: f64,
    requests: f64,
    refused: usize,
    still: Duration,
}

async fn round(
    world: &World,
    bot: &Bot,
    places: &[Snowflake],
    rate: u32,
    tokens: u32,
) -> Result<Round> {
    let mark = world.mark();
    let overruns = world.discord.overruns();
    let (used, begun, said) = (cpu(bot.pid)?, Instant::now(), world.discord.now());
    let answers = tokens.div_ceil(TOKENS);
    let question = format!(
        "[[pace {}]][[long {}]]",
        1000 / rate,
        tokens / answers * CHARACTERS
    );
    for _ in 0..answers {
        world.ask_all(places, &question).await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let core = 100.0 * cpu(bot.pid)?.saturating_sub(used).as_secs_f64() / seconds;
    let calls = world.calls_since(mark);
    let still = places.iter().map(|place| {
        let changes = calls.iter().filter(|call| {
            call.channel() == Some(*place)
                && (call.is("POST /channels/*/messages") || call.is("PATCH /channels/*/messages/*"))
        });
        let mut last = said;
        changes.fold(Duration::ZERO, |longest, call| {
            let pause = call.at.saturating_sub(last);
            last = call.at;
            longest.max(pause)
        })
    });
    let still = still.max().unwrap_or_default();
    let requests = f64::from(u32::try_from(calls.len())?) / seconds;
    let refused = world.discord.overruns() - overruns;
    Ok(Round {
        seconds,
        core,
        requests,
        refused,
        still,
    })
}
