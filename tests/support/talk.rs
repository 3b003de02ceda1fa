//! Talking to the bot, and waiting for conditions that have to be polled.

use std::{
    future::Future,
    panic::Location,
    time::{Duration, Instant},
};

use loopback_discord::{Loopback, Snowflake};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{DEADLINE, Running};

impl Running {
    /// Sends a message as the owner, and returns the first later message of the bot there that contains `expected`.
    #[track_caller]
    pub(crate) fn ask<'a>(
        &'a self,
        discord: &'a Loopback,
        channel: Snowflake,
        words: &str,
        expected: &'a str,
    ) -> impl Future<Output = String> + use<'a> {
        let asked = discord.say(channel, discord.owner(), words);
        self.hears(discord, asked, expected)
    }

    /// As [`Self::hears`], and waits until the answer to `asked` grows no longer.
    pub(crate) async fn hears_whole(
        &self,
        discord: &Loopback,
        asked: Snowflake,
        expected: &str,
    ) -> String {
        self.hears(discord, asked, expected).await;
        self.until_whole(asked).await;
        self.hears(discord, asked, expected).await
    }

    /// Waits until Discord has the whole answer to a message.
    pub(super) async fn until_whole(&self, asked: Snowflake) {
        eventually("the answer to be whole", || {
            (!self.home().is_answering(asked)).then_some(())
        })
        .await;
    }

    /// Waits for a message of the bot that contains `expected`, after `after` and in its channel.
    #[track_caller]
    pub(crate) fn hears<'a>(
        &'a self,
        discord: &'a Loopback,
        after: Snowflake,
        expected: &'a str,
    ) -> impl Future<Output = String> + use<'a> {
        let caller = Location::caller();
        let channel = discord.message(after).unwrap().channel;
        let found = discord.wait_until(DEADLINE, expected, move |view| {
            let mut said = view
                .bot_messages(channel)
                .into_iter()
                .filter(|message| message.id > after);
            said.find(|message| message.content.contains(expected))
                .map(|message| message.content)
        });
        async move {
            found
                .await
                .unwrap_or_else(|error| panic!("{caller}: {error}\n{}", self.log.text()))
        }
    }

    /// The pid of the channel's CLI process, according to `/status`.
    pub(crate) async fn cli_pid(&self, discord: &Loopback, channel: Snowflake) -> i32 {
        let who = (channel, discord.owner());
        let status = self.slash_alone(discord, who, "status", &Value::Null).await;
        let (_, pid) = status
            .split_once("**Process** pid ")
            .unwrap_or_else(|| panic!("{status}"));
        super::cli_behind(pid.split(',').next().unwrap().parse().unwrap())
    }

    /// Kills the channel's CLI.
    pub(crate) async fn kill_cli(&self, discord: &Loopback, channel: Snowflake) {
        let pid = Pid::from_raw(self.cli_pid(discord, channel).await).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
    }
}

/// The first block of the message that a `[[raw]]` answers: the heading with the opening marker.
pub(crate) async fn heading(bot: &Running, discord: &Loopback, asked: Snowflake) -> String {
    let raw = bot.reply(discord, asked).await.content;
    let content: Value =
        serde_json::from_str(&raw).unwrap_or_else(|error| panic!("{error}: {raw}"));
    content[0]["text"].as_str().unwrap().to_owned()
}

/// The bot's messages in a channel, oldest first, but for the cards that show what Claude does.
pub(crate) fn said(discord: &Loopback, channel: Snowflake) -> Vec<String> {
    discord
        .bot_messages(channel)
        .into_iter()
        .filter(|message| message.ephemeral_to.is_none() && message.embeds.is_empty())
        .map(|message| message.content)
        .collect()
}

/// Polls until there is a value.
#[track_caller]
pub(crate) fn eventually<T>(
    awaited: &str,
    mut look: impl FnMut() -> Option<T>,
) -> impl Future<Output = T> {
    let caller = Location::caller();
    async move {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(
                Instant::now() < end,
                "{caller}: timed out waiting for {awaited}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
