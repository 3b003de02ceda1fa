//! A warm turn: the bot's own part of it, and how it compares with the CLI over its pipe and a process per turn.

use std::{
    iter::repeat_n,
    time::{Duration, Instant},
};

use loopback_messages::Answer;
use serde_json::{Value, json};

use crate::{
    Result, Scale,
    cli::{Bare, process_per_turn},
    document::short,
    paths,
    report::{Goal, Report, Table},
    samples::{COLUMNS, Samples},
    save::bare_save,
    tap,
    world::{Cli, QUESTION, World},
};

/// How fast the API writes where it has a pace.
const PACE: Duration = Duration::from_millis(10);
const TOKENS: usize = 100;

pub(crate) async fn measure(scale: Scale) -> Result<Option<Report>> {
    let own = own_part(scale.pick(60, 400)).await?;
    let compared = compared(scale.pick(8, 40)).await?;
    let mut report = Report {
        title: "A warm turn".to_owned(),
        about: format!(
            "A channel whose process lives is asked and answers with one word. The bot's own part is taken over the \
             stand-in, with a tap in the pipe that notes when the question and the first text pass: from the loopback \
             Discord's sending of `MESSAGE_CREATE` to the question on the CLI's stdin, and from the first text on its \
             stdout to the first `POST` at the loopback Discord. In that time the message is saved; a bare save of \
             the same bytes (write, fsync, rename, fsync of the folder) stands beside it. Then the real CLI {} is \
             asked through the bot, over its pipe with nothing in between, and with a process per turn that resumes \
             the session, in turns. Where the API has a pace, the time from its first token to the first word is taken \
             too.",
            paths::CLI
        ),
        ..Report::default()
    };
    let mut table = Table::new("The bot's own part", COLUMNS);
    table.rows = vec![
        own.to_stdin.cells("event to stdin"),
        own.to_post.cells("first text to POST"),
        own.sum.cells("both"),
        own.save.cells("a bare save of the same bytes"),
    ];
    report.tables.push(table);
    let columns = COLUMNS.into_iter().chain(["times the bare CLI"]);
    let mut table = Table::new("Question to first text, over the real CLI", columns);
    let bare = compared.bare.median();
    for (name, samples) in [
        ("the bare CLI over its pipe", &compared.bare),
        ("through the bot", &compared.bot),
        ("a process per turn", &compared.per_turn),
    ] {
        let mut row = samples.cells(name);
        row.push(Value::from(samples.median() / bare));
        table.rows.push(row);
    }
    report.tables.push(table);
    let mut table = Table::new(
        "The same, where the API writes 100 tokens a second",
        COLUMNS,
    );
    table.rows = vec![
        compared.paced_bare.cells("the bare CLI over its pipe"),
        compared.paced_bot.cells("through the bot"),
    ];
    report.tables.push(table);
    let mut table = Table::new("From its first token to the first word", COLUMNS);
    table.rows = vec![
        compared.token_bare.cells("on the bare CLI's stdout"),
        compared.token_bot.cells("on the screen"),
    ];
    report.tables.push(table);
    let (median, p95) = (own.sum.median(), own.sum.p95());
    let times = compared.per_turn.median() / compared.bot.median();
    report.goals = vec![
        Goal::new(
            "the bot's own part of a warm turn: event to stdin, first text to POST",
            "2 ms median, 5 ms p95",
            format!("{} ms, {} ms", short(median), short(p95)),
            median <= 2.0 && p95 <= 5.0,
        )
        .note(format!(
            "{} ms to stdin, {} to the POST; the message is on disk before it is run, and a bare save of the same bytes \
             takes {} ms (p95 {})",
            short(own.to_stdin.median()),
            short(own.to_post.median()),
            short(own.save.median()),
            short(own.save.p95()),
        )),
        Goal::new(
            "against a process per turn",
            "15 times faster",
            format!("{} times", short(times)),
            times >= 15.0,
        )
        .note(format!(
            "the bare CLI over its pipe, which is the limit, is {} times faster",
            short(compared.per_turn.median() / bare)
        )),
    ];
    Ok(Some(report))
}

#[derive(Default)]
struct Own {
    to_stdin: Samples,
    to_post: Samples,
    sum: Samples,
    save: Samples,
}

async fn own_part(count: usize) -> Result<Own> {
    let world = World::new(1).await?;
    let here = world.channel(0);
    let bot = world.start(Cli::TappedStandIn, &json!({})).await?;
    let turns = world.tapped_turns(repeat_n(here, count + 1)).await?;
    bot.stop().await?;
    let mut own = Own::default();
    // The first one starts the process.
    for (turn, passed) in turns.into_iter().skip(1) {
        let to_stdin = passed.asked.saturating_sub(turn.said);
        let to_post = turn.posted.saturating_sub(passed.text);
        own.to_stdin.add(to_stdin);
        own.to_post.add(to_post);
        own.sum.add(to_stdin + to_post);
    }
    own.save = bare_save(world.home(), count)?;
    Ok(own)
}

#[derive(Default)]
struct Compared {
    bot: Samples,
    bare: Samples,
    per_turn: Samples,
    paced_bot: Samples,
    paced_bare: Samples,
    token_bot: Samples,
    token_bare: Samples,
}

async fn compared(rounds: usize) -> Result<Compared> {
    let world = World::new(1).await?;
    let here = world.channel(0);
    let bot = world.start(Cli::Real, &json!({})).await?;
    let alone = tempfile::tempdir()?;
    let mut bare = Bare::start(alone.path(), &world.api)?;
    let session = uuid::Uuid::new_v4().to_string();
    let (fresh, resumed) = (
        format!("--session-id={session}"),
        format!("--resume={session}"),
    );
    world.turn(here).await?;
    bare.ask(QUESTION).await?;
    process_per_turn(alone.path(), &world.api, &fresh, QUESTION).await?;
    let mut compared = Compared::default();
    for _ in 0..rounds {
        world.pause().await?;
        compared.bot.add(world.turn(here).await?.took());
        compared.bare.add(bare.ask(QUESTION).await?);
        let took = process_per_turn(alone.path(), &world.api, &resumed, QUESTION).await?;
        compared.per_turn.add(took);
    }
    let paced = Answer::text("word ".repeat(TOKENS)).paced(TOKENS, PACE);
    world.api.set_default(move |_| paced.clone());
    for _ in 0..rounds.div_ceil(4) {
        let turn = world.ask(here, QUESTION, "word").await?;
        compared.paced_bot.add(turn.took());
        compared
            .token_bot
            .add(turn.posted.saturating_sub(first_token(&world)?));
        let asked = tap::now();
        let took = bare.ask(QUESTION).await?;
        compared.paced_bare.add(took);
        compared
            .token_bare
            .add((asked + took).saturating_sub(first_token(&world)?));
    }
    bot.stop().await?;
    Ok(compared)
}

/// When the API sent the first token of its last answer, by the machine's clock.
fn first_token(world: &World) -> Result<Duration> {
    let calls = world.api.calls();
    let sent: Option<Instant> = calls.last().and_then(|call| call.first_token);
    let sent = sent.ok_or("an answer without a token")?;
    Ok(tap::now().saturating_sub(sent.elapsed()))
}
