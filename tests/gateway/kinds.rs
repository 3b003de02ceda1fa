//! Messages that are more than text arrive as well: in posts of forums, forwards, polls, stickers.

use loopback_discord::Permissions;

use super::started;
use crate::support::DEADLINE;

#[tokio::test]
async fn a_post_in_a_forum_is_answered_in_its_thread() {
    let (discord, bot) = started().await;
    let forum = discord.add_forum("ideas", &["wish"]);
    let words = "[[say In the post.]]";
    let post = discord.post_in_forum(forum, discord.owner(), "Dark mode", words, &["wish"]);
    bot.hears(&discord, post, "In the post.").await;
    bot.stop().await;
}

#[tokio::test]
async fn messages_of_every_kind_are_answered() {
    let (discord, bot) = started().await;
    let (here, owner) = (discord.general(), discord.owner());
    let said_before = discord.say(discord.channel("rust"), owner, "[[say Look.]]");
    discord.forward(said_before, here, owner);
    discord.say_sticker(here, owner, "wave");
    let poll = discord.say_poll(here, owner, "Tea?", &["Yes", "No"]);
    discord.vote(poll, owner, 1, true);
    discord.set_role_permissions(discord.bot_role(), Permissions::MANAGE_MESSAGES);
    discord.say(here, owner, "[[say At last.]]");
    let answers = discord.wait_until(DEADLINE, "an answer to each", |view| {
        let answers = view.bot_messages(here);
        answers.len() == 4 && answers[3].content == "At last."
    });
    answers
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", bot.log.text()));
    assert_eq!(discord.gateway().connections(), 1, "{}", bot.log.text());
    bot.stop().await;
}
