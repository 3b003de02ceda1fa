//! Questions and answers of 1 B to 1 MB.

use std::time::Duration;

use loopback_discord::Upload;
use serde_json::json;

use crate::{
    Result, Scale,
    proc::cpu,
    report::{Plot, Report, Table},
    samples::{COLUMNS, Samples},
    tap,
    world::{ANSWER, Cli, QUESTION, Turn, World},
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
    let mut asked = Table::new("Question to its answer", COLUMNS);
    let mut begun = Table::new("Question to the first text of an answer", COLUMNS);
    let more = ["ms of processor", "requests"];
    let mut ended = Table::new(
        "Question to the whole answer",
        COLUMNS.into_iter().chain(more),
    );
    let (mut questions, mut firsts, mut wholes) = (Vec::new(), Vec::new(), Vec::new());
    for size in sizes {
        let name = format!("{size} B");
        let bytes = f64::from(u32::try_from(*size)?);
        let mut times = Samples::default();
        for _ in 0..repeats {
            times.add(question(&world, *size).await?.took());
        }
        questions.push((bytes, times.median()));
        asked.rows.push(times.cells(&name));

        let mark = world.mark();
        let used = cpu(bot.pid)?;
        let (mut first, mut whole) = (Samples::default(), Samples::default());
        for _ in 0..repeats {
            let (turn, took) = answer(&world, *size).await?;
            first.add(turn.took());
            whole.add(took);
        }
        let each = |sum: f64| sum / f64::from(repeats);
        let used = cpu(bot.pid)?.saturating_sub(used).as_secs_f64() * 1e3;
        #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
        let requests = world.calls_since(mark).len() as f64;
        firsts.push((bytes, first.median()));
        wholes.push((bytes, whole.median()));
        begun.rows.push(first.cells(&name));
        let mut row = whole.cells(&name);
        row.extend([json!(each(used)), json!(each(requests))]);
        ended.rows.push(row);
    }
    bot.stop().await?;
    Ok(Some(Report {
        title: "Size of a message".to_owned(),
        about: format!(
            "A warm channel over the stand-in. A question of more than {LONGEST} characters comes as a text file, as \
             Discord's clients send it. Each answer comes as fast as the stand-in writes it; it is whole when its last \
             message is on record. Where it takes several messages, the time has waits for Discord's rate limits in it."
        ),
        tables: vec![asked, begun, ended],
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

/// A turn with a question of so many bytes.
async fn question(world: &World, size: usize) -> Result<Turn> {
    let here = world.channel(0);
    let padding = "a".repeat(size);
    world.pause().await?;
    let mark = world.mark();
    let said = tap::now();
    if size + QUESTION.len() <= LONGEST {
        world.say(here, &format!("{padding}{QUESTION}"));
    } else {
        let file = [Upload::new("message.txt", padding)];
        let owner = world.discord.owner();
        world.discord.say_with_files(here, owner, QUESTION, &file);
    }
    world.answered(here, mark, said, ANSWER).await
}

/// A turn with an answer of so many bytes, and the time until all of it is on record.
async fn answer(world: &World, size: usize) -> Result<(Turn, Duration)> {
    // The first text of a long answer is a line of it, that of a short one is all of it.
    let first = if size >= 100 { "Line" } else { "" };
    world.pause().await?;
    let question = format!("[[long {size}]]");
    let turn = world.ask(world.channel(0), &question, first).await?;
    Ok((turn, tap::now().saturating_sub(turn.said)))
}
