//! Questions and answers of 1 B to 1 MB.

use std::time::Instant;

use loopback_discord::Upload;
use serde_json::json;

use crate::{
    Result, Scale,
    proc::cpu,
    report::{Plot, Report, Table},
    samples::Samples,
    tap,
    world::{ANSWER, Cli, QUESTION, World},
};

/// The longest message that a person can write; longer ones come as a file.
const LONGEST: usize = 2000;

pub(crate) async fn measure(scale: Scale) -> Result<Option<Report>> {
    let sizes = scale.pick(
        &[1, 100, 1_000, 10_000][..],
        &[1, 100, 1_000, 10_000, 100_000, 1_000_000][..],
    );
    let repeats = scale.pick(3, 7);
    let world = World::new(1).await?;
    let here = world.channel(0);
    let bot = world.start(Cli::StandIn, &json!({})).await?;
    world.turn(here).await?;
    let mut asked = Table::new("Questions", ["bytes", "median ms to the answer", "p95 ms"]);
    let mut answered = Table::new(
        "Answers",
        [
            "bytes",
            "ms to the first text",
            "ms to the whole",
            "ms of processor",
            "requests",
        ],
    );
    let (mut questions, mut firsts, mut wholes) = (Vec::new(), Vec::new(), Vec::new());
    for size in sizes {
        let mut times = Samples::default();
        for _ in 0..repeats {
            let padding = "a".repeat(*size);
            let mark = world.mark();
            let said = tap::now();
            if *size + QUESTION.len() <= LONGEST {
                world.say(here, &format!("{padding}{QUESTION}"));
            } else {
                let file = [Upload::new("message.txt", padding)];
                world
                    .discord
                    .say_with_files(here, world.discord.owner(), QUESTION, &file);
            }
            times.add(world.answered(here, mark, said, ANSWER).await?.took());
        }
        let bytes = f64::from(u32::try_from(*size)?);
        questions.push((bytes, times.median()));
        asked
            .rows
            .push(vec![json!(size), json!(times.median()), json!(times.p95())]);

        let mark = world.mark();
        let (used, begun) = (cpu(bot.pid)?, Instant::now());
        // The first text of a long answer is a line of it, that of a short one is all of it.
        let first = if *size >= 100 { "Line" } else { "" };
        let turn = world.ask(here, &format!("[[long {size}]]"), first).await?;
        let whole = begun.elapsed().as_secs_f64() * 1e3;
        let used = cpu(bot.pid)?.saturating_sub(used).as_secs_f64() * 1e3;
        let requests = world.calls_since(mark).len();
        let first = turn.took().as_secs_f64() * 1e3;
        firsts.push((bytes, first));
        wholes.push((bytes, whole));
        answered.rows.push(vec![
            json!(size),
            json!(first),
            json!(whole),
            json!(used),
            json!(requests),
        ]);
    }
    bot.stop().await?;
    Ok(Some(Report {
        title: "Size of a message".to_owned(),
        about: format!(
            "A warm channel over the stand-in. A question of more than {LONGEST} characters comes as a text file, as \
             Discord's clients send it. Each answer comes as fast as the stand-in writes it; it is whole when its last \
             message is on record."
        ),
        tables: vec![asked, answered],
        plots: vec![
            Plot::new(
                "question_size",
                "Question to first text, by its size",
                "bytes",
                "ms",
            )
            .line("the bot", questions)
            .expected("constant", |_, (_, y)| y),
            Plot::new("answer_size", "An answer, by its size", "bytes", "ms")
                .line("first text", firsts)
                .line("whole", wholes)
                .expected("first text, constant", |_, (_, y)| y),
        ],
        ..Report::default()
    }))
}
