//! Replies, slash commands, and messages that the loopback Discord cannot compose.

use std::panic::Location;

use loopback_discord::{InteractionHandle, Loopback, Message, Snowflake, View};
use serde_json::{Value, json};

use super::{DEADLINE, Running};

impl Running {
    /// Waits for the bot's reply to a message, and until it grows no longer.
    #[track_caller]
    pub(crate) fn reply<'a>(
        &'a self,
        discord: &'a Loopback,
        asked: Snowflake,
    ) -> impl Future<Output = Message> + use<'a> {
        self.reply_with(discord, asked, "")
    }

    /// Waits for the bot's reply to a message that contains `needle`, and until it grows no longer.
    #[track_caller]
    pub(crate) fn reply_with<'a>(
        &'a self,
        discord: &'a Loopback,
        asked: Snowflake,
        needle: &'a str,
    ) -> impl Future<Output = Message> + use<'a> {
        let caller = Location::caller();
        let reply = move |view: &View<'_>| {
            let mut replies = view.replies_to(asked).into_iter();
            replies.rfind(|reply| reply.content.contains(needle))
        };
        async move {
            let found = discord.wait_until(DEADLINE, needle, reply).await;
            found.unwrap_or_else(|error| panic!("{caller}: {error}\n{}", self.log.text()));
            self.until_whole(asked).await;
            let whole = discord.wait_until(DEADLINE, needle, reply).await;
            whole.unwrap_or_else(|error| panic!("{caller}: {error}\n{}", self.log.text()))
        }
    }

    /// Waits until the messages of the bot in a channel are exactly these, oldest first.
    #[track_caller]
    pub(crate) fn has_said<'a>(
        &'a self,
        discord: &'a Loopback,
        channel: Snowflake,
        texts: &'a [String],
    ) -> impl Future<Output = ()> + use<'a> {
        let caller = Location::caller();
        async move {
            let what = format!("exactly {texts:#?}");
            let all = discord.wait_until(DEADLINE, &what, |view| {
                let said = view.bot_messages(channel).into_iter();
                said.filter(|message| message.ephemeral_to.is_none() && message.embeds.is_empty())
                    .map(|message| message.content)
                    .eq(texts.iter().cloned())
            });
            all.await
                .unwrap_or_else(|error| panic!("{caller}: {error}\n{}", self.log.text()));
        }
    }

    /// Runs a slash command, once the bot has registered its commands.
    #[track_caller]
    pub(crate) fn slash<'a>(
        &'a self,
        discord: &'a Loopback,
        (channel, user): (Snowflake, Snowflake),
        name: &'a str,
        options: &'a Value,
    ) -> impl Future<Output = InteractionHandle> + use<'a> {
        let caller = Location::caller();
        async move {
            discord
                .wait_until(DEADLINE, "the slash commands", |view| {
                    !view.commands().is_empty()
                })
                .await
                .unwrap_or_else(|error| panic!("{caller}: {error}\n{}", self.log.text()));
            discord.slash(channel, user, name, options)
        }
    }

    /// Runs a slash command and waits for its answer, which nobody else sees.
    #[track_caller]
    pub(crate) fn slash_alone<'a>(
        &'a self,
        discord: &'a Loopback,
        who: (Snowflake, Snowflake),
        name: &'a str,
        options: &'a Value,
    ) -> impl Future<Output = String> + use<'a> {
        let caller = Location::caller();
        async move {
            let asked = self.slash(discord, who, name, options).await;
            let answer = asked.response(DEADLINE).await;
            let answer =
                answer.unwrap_or_else(|error| panic!("{caller}: {error}\n{}", self.log.text()));
            assert_eq!(answer.ephemeral_to, Some(who.1), "{caller}: {answer:?}");
            answer.content
        }
    }

    /// Runs a slash command and waits for its answer: the next message in the channel that everybody sees.
    #[track_caller]
    pub(crate) fn slash_answer<'a>(
        &'a self,
        discord: &'a Loopback,
        who: (Snowflake, Snowflake),
        name: &'a str,
        options: &'a Value,
    ) -> impl Future<Output = String> + use<'a> {
        let caller = Location::caller();
        async move {
            let before = super::said(discord, who.0).len();
            let asked = self.slash(discord, who, name, options).await;
            let acknowledged = asked.acknowledged(DEADLINE).await;
            let answer = discord.wait_until(DEADLINE, "an answer", |view| {
                let all = view.bot_messages(who.0).into_iter();
                let mut public = all
                    .filter(|message| message.ephemeral_to.is_none() && message.embeds.is_empty());
                public.nth(before)
            });
            let answer = acknowledged.and(answer.await);
            answer
                .unwrap_or_else(|error| panic!("{caller}: {error}\n{}", self.log.text()))
                .content
        }
    }
}

/// The data of a `MESSAGE_CREATE` in the guild, for messages that the loopback cannot compose. `more` overrides its keys.
pub(crate) fn message_create(
    discord: &Loopback,
    channel: Snowflake,
    author: Snowflake,
    more: &Value,
) -> Value {
    let user = discord.user(author).unwrap();
    let mut data = json!({
        "id": fresh_id(discord, channel),
        "channel_id": channel,
        "guild_id": discord.guild(),
        "author": {
            "id": user.id, "username": user.name, "global_name": user.display_name,
            "discriminator": "0", "avatar": null, "bot": user.bot,
        },
        "member": { "roles": [], "joined_at": "2026-01-01T00:00:00Z", "deaf": false, "mute": false, "flags": 0 },
        "type": 0, "content": "", "timestamp": "2026-01-01T00:00:00Z", "edited_timestamp": null,
        "tts": false, "mention_everyone": false, "mentions": [], "mention_roles": [],
        "attachments": [], "embeds": [], "components": [], "pinned": false, "flags": 0,
    });
    for (key, value) in more.as_object().unwrap() {
        data[key] = value.clone();
    }
    data
}

/// Posts this message as the bot, as another version of it might have done.
pub(crate) async fn send_as_bot(discord: &Loopback, channel: Snowflake, body: &Value) -> Snowflake {
    let url = format!("{}/api/v10/channels/{channel}/messages", discord.url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = client
        .post(url)
        .header("Authorization", format!("Bot {}", discord.token()))
        .header("Content-Type", "application/json")
        .body(body.to_string());
    let sent = sent.send().await.unwrap();
    assert!(sent.status().is_success(), "{sent:?}");
    let sent: Value = serde_json::from_str(&sent.text().await.unwrap()).unwrap();
    sent["id"].as_str().unwrap().parse().unwrap()
}

/// The ids and labels of a message's buttons.
pub(crate) fn buttons(message: &Message) -> Vec<(String, String)> {
    let rows = message.components.iter();
    let controls = rows.flat_map(|row| row["components"].as_array().unwrap());
    let buttons = controls.filter(|control| control["type"] == 2);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    buttons
        .map(|button| (text(&button["custom_id"]), text(&button["label"])))
        .collect()
}

/// An unused id, from a message that is deleted again.
fn fresh_id(discord: &Loopback, channel: Snowflake) -> Snowflake {
    let id = discord.say(channel, discord.bot(), "nothing");
    discord.delete(id);
    id
}

/// Waits for a button with this label in a channel, the newest if there are several, and presses it.
pub(crate) async fn press(discord: &Loopback, channel: Snowflake, by: Snowflake, label: &str) {
    let offered = discord.wait_until(DEADLINE, label, |view| {
        view.bot_messages(channel).iter().rev().find_map(|message| {
            let mut buttons = buttons(message).into_iter();
            let (id, _) = buttons.find(|(_, found)| found == label)?;
            Some((message.id, id))
        })
    });
    let (message, id) = offered.await.unwrap();
    let pressed = discord.press(message, &id, by);
    pressed.acknowledged(DEADLINE).await.unwrap();
}

/// What somebody who presses reads, who alone sees it.
pub(crate) async fn told(pressed: &InteractionHandle) -> String {
    let answer = pressed.response(DEADLINE).await.unwrap();
    assert!(answer.ephemeral_to.is_some());
    answer.content
}

/// The bot's last message in a channel that has buttons, and their labels.
pub(crate) fn offered(discord: &Loopback, channel: Snowflake) -> Option<(Message, Vec<String>)> {
    let messages = discord.bot_messages(channel);
    messages.into_iter().rev().find_map(|message| {
        let labels = buttons(&message).into_iter().map(|(_, label)| label);
        let labels: Vec<_> = labels.collect();
        (!labels.is_empty()).then_some((message, labels))
    })
}
