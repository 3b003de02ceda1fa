//! `discord.auto_thread`: each mention in a channel gets a thread of its own.
//!
//! - it is answered there, and its title says what was asked and how that stands
//! - it is answered once, wherever the bot is killed
//! - without the permission, and where a thread fails, it is answered in the channel

use loopback_discord::{Fault, Loopback, Message, Snowflake};
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Home, Running, eventually, press, said};

const CREATE: &str = "POST /channels/*/messages/*/threads";

async fn start(discord: &Loopback, home: Option<&Home>) -> Running {
    let bot = Bot::new(discord).config(&json!({
        "discord": { "respond": "mention", "auto_thread": true },
    }));
    let bot = match home {
        Some(home) => bot.home(home),
        None => bot,
    };
    bot.start(discord).await
}

/// Mentions the bot in the general channel.
fn mention(discord: &Loopback, words: &str) -> Snowflake {
    let text = format!("<@{}> {words}", discord.bot());
    discord.say(discord.general(), discord.member(), &text)
}

/// Waits for the bot's messages in a channel that have this text.
async fn hear(bot: &Running, discord: &Loopback, channel: Snowflake, text: &str) -> Message {
    let found = discord.wait_until(DEADLINE, text, |view| {
        let mut said = view.bot_messages(channel).into_iter();
        said.find(|message| message.content.contains(text))
    });
    found
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()))
}

async fn titled(bot: &Running, discord: &Loopback, thread: Snowflake, title: &str) {
    let found = discord.wait_until(DEADLINE, title, |view| {
        let found = view.channel_by_id(thread)?;
        (found.name == title).then_some(())
    });
    found
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
}

/// The outcomes of all turns, once nothing runs and the channel knows that.
async fn settled(bot: &Running, discord: &Loopback, asked: Snowflake) -> Vec<Value> {
    eventually("the message to be settled", || {
        let active = bot.home().active();
        let last = &active[discord.general().to_string()]["state"]["last_message_id"];
        let last: Snowflake = last.as_str()?.parse().ok()?;
        (!bot.home().is_answering(asked) && last >= asked).then_some(())
    })
    .await;
    bot.home().outcomes()
}

#[tokio::test]
async fn a_mention_is_answered_in_a_thread_of_its_own() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = start(&discord, None).await;
    let here = discord.general();
    let asked = mention(&discord, "[[say hello]] please");
    hear(&bot, &discord, asked, "hello").await;
    titled(&bot, &discord, asked, "\u{2705} ((say hello)) please").await;
    assert!(said(&discord, here).is_empty());
    // It shows up for whoever asked.
    eventually("the asker to be in the thread", || {
        let thread = discord.channel_by_id(asked)?.thread?;
        thread.members.contains(&discord.member()).then_some(())
    })
    .await;
    // It goes on there, and another mention gets another thread.
    let text = format!("<@{}> [[context]]", discord.bot());
    discord.say(asked, discord.member(), &text);
    hear(&bot, &discord, asked, "[[say hello]] please").await;
    let other = mention(&discord, "[[context]]");
    hear(&bot, &discord, other, "[]").await;
    // Commands are answered where they are typed.
    bot.ask(&discord, here, "!ping", "Pong").await;
    assert_eq!(discord.threads(here).len(), 2);
    bot.stop().await;
}

#[tokio::test]
async fn a_failure_shows_in_the_title_and_is_retried_in_the_thread() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = start(&discord, None).await;
    let asked = mention(&discord, "[[crash 3]]");
    titled(&bot, &discord, asked, "\u{274c} ((crash 3))").await;
    discord.edit(asked, &format!("<@{}> [[say better]]", discord.bot()));
    press(&discord, asked, discord.member(), "Retry").await;
    hear(&bot, &discord, asked, "better").await;
    titled(&bot, &discord, asked, "\u{2705} ((crash 3))").await;
    assert!(said(&discord, discord.general()).is_empty());
    bot.stop().await;
}

#[tokio::test]
async fn without_a_thread_it_is_answered_in_the_channel() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = start(&discord, None).await;
    let refusal = json!({ "message": "Missing Permissions", "code": 50013 });
    discord.inject(Fault::json(CREATE, 403, &refusal));
    let asked = mention(&discord, "[[say here]]");
    bot.reply_with(&discord, asked, "here").await;
    bot.log
        .wait_for("lacks the permission Create Public Threads", DEADLINE)
        .await;
    assert!(discord.threads(discord.general()).is_empty());
    // A later one has a thread again.
    let asked = mention(&discord, "[[say there]]");
    hear(&bot, &discord, asked, "there").await;
    bot.stop().await;
}

#[tokio::test]
async fn a_mention_is_answered_once_wherever_the_bot_is_killed() {
    // While the thread is being created, when it exists unknown to the bot, and when it works there.
    for at in 0..3 {
        let discord = Loopback::builder().start().await.unwrap();
        let here = discord.general();
        let bot = start(&discord, None).await;
        // So that the channel has a record, and later messages claim earlier ones.
        bot.ask(&discord, here, "!verbose full", "full").await;
        let hold = match at {
            0 => Some(discord.hold(CREATE)),
            1 => {
                discord.inject(Fault::lost_answer(CREATE));
                Some(discord.hold("GET /channels/*"))
            }
            _ => None,
        };
        let words = if at == 2 {
            "[[sleep 60]]"
        } else {
            "[[say once]]"
        };
        let asked = mention(&discord, words);
        match at {
            0 => {
                eventually("the call", || {
                    (!discord.calls_to(CREATE).is_empty()).then_some(())
                })
                .await;
            }
            1 => {
                eventually("the thread", || discord.channel_by_id(asked)).await;
            }
            _ => {
                eventually("the turn to run", || {
                    let active = bot.home().active();
                    let turns = &active[asked.to_string()]["state"]["open_turns"];
                    (turns.as_array()?.len() == 1).then_some(())
                })
                .await;
            }
        }
        let home = bot.kill().await;
        drop(hold);
        let bot = start(&discord, Some(&home)).await;
        if at == 2 {
            hear(&bot, &discord, asked, "restarted while working").await;
            discord.edit(asked, &format!("<@{}> [[say once]]", discord.bot()));
            press(&discord, asked, discord.member(), "Retry").await;
        }
        hear(&bot, &discord, asked, "once").await;
        let outcomes = settled(&bot, &discord, asked).await;
        assert_eq!(outcomes, ["answered"], "killed at {at}");
        let home = bot.stop().await;
        let bot = start(&discord, Some(&home)).await;
        bot.ask(&discord, here, "!ping", "Pong").await;
        assert_eq!(bot.home().outcomes(), ["answered"]);
        bot.stop().await;
    }
}

#[tokio::test]
async fn a_deleted_thread_ends_its_process() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = start(&discord, None).await;
    let asked = mention(&discord, "[[say hello]]");
    hear(&bot, &discord, asked, "hello").await;
    let slow = format!("<@{}> [[sleep 60]]", discord.bot());
    let slow = discord.say(asked, discord.member(), &slow);
    eventually("the turn to run", || {
        bot.home().is_answering(slow).then_some(())
    })
    .await;
    let pid = bot.cli_pid(&discord, asked).await;
    discord.delete_channel(asked);
    bot.log.wait_for("the channel was deleted", DEADLINE).await;
    eventually("the process to end", || {
        let process = std::path::PathBuf::from(format!("/proc/{pid}"));
        (!process.exists()).then_some(())
    })
    .await;
    bot.stop().await;
}

#[tokio::test]
async fn a_locked_thread_is_left_alone_until_it_is_unlocked() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = start(&discord, None).await;
    let asked = mention(&discord, "[[say hello]]");
    hear(&bot, &discord, asked, "hello").await;
    // A message in an archived thread opens it.
    discord.archive_thread(asked, true);
    let again = format!("<@{}> [[say again]]", discord.bot());
    discord.say(asked, discord.member(), &again);
    hear(&bot, &discord, asked, "again").await;
    let slow = format!("<@{}> [[sleep 2]][[say late]]", discord.bot());
    discord.say(asked, discord.member(), &slow);
    eventually("the turn to run", || {
        let active = bot.home().active();
        let turns = &active[asked.to_string()]["state"]["open_turns"];
        (turns.as_array()?.len() == 1).then_some(())
    })
    .await;
    discord.lock_thread(asked, true);
    bot.log.wait_for("Manage Threads", DEADLINE).await;
    discord.lock_thread(asked, false);
    let after = format!("<@{}> [[say after]]", discord.bot());
    discord.say(asked, discord.member(), &after);
    hear(&bot, &discord, asked, "after").await;
    bot.stop().await;
}
