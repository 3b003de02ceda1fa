//! Discord's reasons to end the bot.

/// A reason to end the process, because trying again cannot help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fatal {
    #[error(
        "Discord refused the bot token. Get a new one from the Developer Portal (your application, \"Bot\", \
         \"Reset Token\") and put it into DISCORD_TOKEN or the file of `discord.token_file`"
    )]
    TokenRejected,
    #[error(
        "Discord refused the message content intent. Tick it in the Developer Portal: your application, \
         \"Bot\", \"Privileged Gateway Intents\", \"Message Content Intent\""
    )]
    IntentRefused,
    #[error("Discord closed the connection for good: {0}")]
    Closed(String),
    #[error(
        "Discord refused {0} requests within 10 minutes; the bot stops before Discord bans its address. See the log \
         for what was refused (most likely messages to a channel where it may not write), and start it again after 10 \
         minutes"
    )]
    TooManyRefused(usize),
    #[error("online but deaf: {0}. The bot ends so that its service manager starts it again")]
    Deaf(String),
    #[error("failed to set up HTTPS: {0}")]
    NoClient(String),
    #[error("the gateway address {0} is not the loopback one that `discord.api_base` asks for")]
    NotLoopback(String),
}
