//! `!btw`: questions on the side.
//!
//! - Claude answers from the conversation, also while a turn runs, and the conversation does not change
//! - what it costs is booked for whoever asked
//! - a bot that dies tells of those that it has not answered
//! - without a conversation or a question, that is said, and without a process one is started

use loopback_discord::{Loopback, Snowflake};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::{Bot, Running, buttons, eventually, said};

const NOTE: &str = "\n-# On the side: Claude won't remember this.";

async fn started() -> (Loopback, Running) {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    (discord, bot)
}

async fn ask(
    bot: &Running,
    discord: &Loopback,
    by: Snowflake,
    words: &str,
    expected: &str,
) -> String {
    let asked = discord.say(discord.general(), by, words);
    bot.hears_whole(discord, asked, expected).await
}

#[tokio::test]
async fn a_side_question_is_answered_and_leaves_no_trace() {
    let (discord, bot) = started().await;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    ask(
        &bot,
        &discord,
        member,
        "!btw why?",
        "no conversation here yet",
    )
    .await;
    ask(
        &bot,
        &discord,
        member,
        "!btw",
        "Write your question after it",
    )
    .await;
    ask(&bot, &discord, owner, "[[say one]]", "one").await;
    let answer = ask(
        &bot,
        &discord,
        member,
        "!btw Why\n@everyone?",
        "on the side",
    )
    .await;
    assert_eq!(answer, format!("on the side: Why\n@everyone?{NOTE}"));
    eventually("the question to be booked", || {
        let ledger = bot.home().ledger();
        let line = ledger
            .iter()
            .find(|line| line["outcome"] == "side_question")?;
        assert_eq!(line["author"], member.to_string());
        (line["cost_usd"].as_f64()? > 0.0).then_some(())
    })
    .await;
    let question = json!({ "question": "And *so*?" });
    let answer = bot
        .slash_answer(&discord, (here, member), "btw", &question)
        .await;
    assert_eq!(
        answer,
        format!("> And \\*so\\*?\non the side: And *so*?{NOTE}")
    );
    let known = ask(&bot, &discord, owner, "[[context]]", "[").await;
    assert_eq!(known, r#"["[[say one]]"]"#);
    let home = bot.stop().await;
    // Without a process one is started, and the record agrees with the ledger.
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let answer = ask(&bot, &discord, member, "!btw Still there?", "on the side").await;
    assert_eq!(answer, format!("on the side: Still there?{NOTE}"));
    eventually("all questions to be booked", || {
        let booked = bot.home().ledger();
        let booked = booked
            .iter()
            .filter(|line| line["outcome"] == "side_question");
        (booked.count() == 3).then_some(())
    })
    .await;
    let home = bot.stop().await;
    let sum: f64 = home
        .ledger()
        .iter()
        .map(|line| line["cost_usd"].as_f64().unwrap())
        .sum();
    let total = home.active()[here.to_string()]["total_cost_usd"]
        .as_f64()
        .unwrap();
    assert!((sum - total).abs() < 1e-9, "{sum} and {total}");
}

#[tokio::test]
async fn a_side_question_does_not_wait_for_the_running_turn() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    ask(&bot, &discord, owner, "[[say one]]", "one").await;
    let running = discord.say(here, owner, "[[tool Nothing {}]] [[hang]]");
    bot.hears(&discord, running, "step 1").await;
    let answer = ask(
        &bot,
        &discord,
        discord.member(),
        "!btw How far?",
        "on the side",
    )
    .await;
    assert_eq!(answer, format!("on the side: How far?{NOTE}"));
    ask(&bot, &discord, owner, "!stop", "Stopped.").await;
    bot.stop().await;
}

fn signal(cli: i32, signal: Signal) {
    // It may be gone.
    let _gone = kill_process(Pid::from_raw(cli).unwrap(), signal);
}

#[tokio::test]
async fn a_bot_that_dies_tells_of_the_side_questions_that_it_has_not_answered() {
    let (discord, bot) = started().await;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    ask(&bot, &discord, owner, "[[say one]]", "one").await;
    // The CLI is stopped, so that it does not answer.
    let cli = bot.cli_pid(&discord, here).await;
    signal(cli, Signal::STOP);
    let typed = discord.say(here, member, "!btw Why?");
    let slash = json!({ "question": "And *so*?" });
    bot.slash(&discord, (here, member), "btw", &slash).await;
    eventually("both questions to be on record", || {
        let state = &bot.home().active()[here.to_string()]["state"];
        let is_typed = state["open_turns"].to_string().contains(&typed.to_string());
        let is_slash = state["posts"].to_string().contains("so");
        (is_typed && is_slash).then_some(())
    })
    .await;
    let home = bot.kill().await;
    signal(cli, Signal::KILL);

    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    let cut = bot.reply_with(&discord, typed, "").await;
    let told = eventually("the slash command's question to be told", || {
        let mut said = said(&discord, here).into_iter();
        said.find(|text| text.contains("A restart cut this side question off"))
    })
    .await;
    assert!(told.starts_with("> And \\*so\\*?\n"), "{told}");
    // A press asks it again.
    let (retry, _) = buttons(&cut)
        .into_iter()
        .find(|(_, label)| label.starts_with("Retry"))
        .unwrap();
    discord.press(cut.id, &retry, member);
    bot.hears(&discord, typed, "on the side: Why?").await;
    let home = bot.stop().await;

    // It is told once.
    let count = said(&discord, here).len();
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    ask(&bot, &discord, owner, "[[say two]]", "two").await;
    assert_eq!(said(&discord, here).len(), count + 1);
    bot.stop().await;
}
