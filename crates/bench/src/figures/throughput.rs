//! Answers a second through the whole bot, which may send Discord 50 requests a second.

use std::time::{Duration, Instant};

use loopback_discord::Snowflake;
use serde_json::json;

use crate::{
    Result, Scale,
    document::short,
    report::{Goal, Plot, Report, Table},
    samples::{COLUMNS, Samples},
    tap,
    world::{Cli, World, shows},
};

pub(crate) async fn measure(scale: Scale) -> Result<Option<Report>> {
    let rates = scale.pick(&[20, 40, 60][..], &[5, 10, 20, 30, 40, 45, 50, 60][..]);
    let seconds = scale.pick(4, 10);
    let channels = scale.pick(40, 100);
    let world = World::new(channels).await?;
    let places = world.channels();
    let config = json!({ "claude": { "max_live": channels, "max_starting": 8 } });
    let bot = world.start(Cli::StandIn, &config).await?;
    world.warm_up(&places).await?;
    let columns = [
        "asked a second",
        "answers a second",
        "requests a second",
        "of these typing",
        "met a 429",
    ];
    let columns = columns.into_iter().chain(COLUMNS.into_iter().skip(1));
    let mut table = Table::new(
        &format!("{channels} live channels, {seconds} s each"),
        columns,
    );
    let (mut medians, mut p95s) = (Vec::new(), Vec::new());
    let (mut most, mut at_40) = ((0.0, 0.0), (0.0, 0.0));
    for rate in rates {
        let round = round(&world, &places, *rate, rate * seconds).await?;
        let x = f64::from(*rate);
        medians.push((x, round.latency.median()));
        p95s.push((x, round.latency.p95()));
        if round.answers > most.0 {
            most = (round.answers, round.typing);
        }
        if *rate == 40 {
            at_40 = (round.latency.p95(), round.typing);
        }
        let mut row = vec![
            json!(rate),
            json!(round.answers),
            json!(round.requests),
            json!(round.typing),
            json!(round.refused),
        ];
        row.extend(round.latency.cells("").into_iter().skip(1));
        table.rows.push(row);
    }
    bot.stop().await?;
    Ok(Some(Report {
        title: "Answers a second".to_owned(),
        about: "Questions come at a steady rate, each to the next of the live channels, over the stand-in; an answer is \
                one short message. The time goes from the question to its answer's `POST`. Requests count all that the \
                bot sends, typing indicators among them."
            .to_owned(),
        goals: vec![
            Goal::new(
                "answers/s through the whole bot at Discord's 50 requests/s",
                "48",
                short(most.0),
                most.0 >= 48.0,
            )
            .note(format!("{} of the requests a second are typing indicators", short(most.1))),
            Goal::new("the same at 40 questions/s", "p95 under 100 ms", format!("{} ms", short(at_40.0)), at_40.0 < 100.0)
                .note(format!("{} of the requests a second are typing indicators", short(at_40.1))),
        ],
        tables: vec![table],
        plots: vec![
            Plot::new("throughput", "Question to answer, by the rate of questions", "questions a second", "ms")
                .line("median", medians)
                .line("p95", p95s)
                .expected("as at the lowest rate, up to 50", |_, (_, y)| y),
        ],
        ..Report::default()
    }))
}

struct Round {
    latency: Samples,
    answers: f64,
    requests: f64,
    typing: f64,
    refused: usize,
}

async fn round(world: &World, places: &[Snowflake], rate: u32, count: u32) -> Result<Round> {
    let (mark, overruns) = (world.mark(), world.discord.overruns());
    let begun = Instant::now();
    let mut said = Vec::new();
    for number in 0..count {
        let due = begun + Duration::from_secs(1) * number / rate;
        tokio::time::sleep_until(due.into()).await;
        let place = places[number as usize % places.len()];
        said.push((place, tap::now()));
        world.say(place, &format!("[[say answer-{number}.]]"));
    }
    world.settled(mark, count as usize).await?;
    let mut latency = Samples::default();
    let mut last = Duration::ZERO;
    let calls = world.calls_since(mark);
    for (number, (place, said)) in said.iter().enumerate() {
        let text = format!("answer-{number}.");
        let shown = calls
            .iter()
            .find(|call| call.channel() == Some(*place) && shows(call, &text));
        let posted = world.moment(shown.ok_or("an answer that was never posted")?.at);
        latency.add(posted.saturating_sub(*said));
        last = last.max(posted);
    }
    let first = said.first().ok_or("no question")?.1;
    let took = last.saturating_sub(first).as_secs_f64();
    let within = calls.iter().filter(|call| world.moment(call.at) <= last);
    let typing = within
        .clone()
        .filter(|call| call.is("POST /channels/*/typing"));
    let (within, typing) = (within.count(), typing.count());
    Ok(Round {
        latency,
        answers: f64::from(count) / took,
        requests: f64::from(u32::try_from(within)?) / took,
        typing: f64::from(u32::try_from(typing)?) / took,
        refused: world.discord.overruns() - overruns,
    })
}
