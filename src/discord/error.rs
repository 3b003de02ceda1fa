//! What ends the bot, as far as Discord is concerned.

/// A reason to end the process: trying again cannot help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fatal {
    /// 401, or close code 4004.
    #[error(
        "Discord refused the bot token. Take a new one from the Developer Portal (your application, \"Bot\", \
         \"Reset Token\") and put it into DISCORD_TOKEN or the file of `discord.token_file`"
    )]
    TokenRejected,
    /// Close code 4014.
    #[error(
        "Discord refused the message content intent. Tick it in the Developer Portal: your application, \
         \"Bot\", \"Privileged Gateway Intents\", \"Message Content Intent\""
    )]
    IntentRefused,
    /// Close code 4013, or another close that Discord says not to come back from.
    #[error("Discord closed the connection for good: {0}")]
    Closed(String),
    /// Discord has refused so many requests in 10 minutes that it would soon ban the bot's address.
    #[error(
        "Discord refused {0} requests within 10 minutes; the bot stops before Discord bans its address. See the log \
         for what was refused (a channel that it may not write in, most likely), and start it again after 10 minutes"
    )]
    TooManyRefused(usize),
    /// The gateway delivers nothing any more, though Discord answers.
    #[error("online but deaf: {0}. The bot ends, for its service manager to start it again")]
    Deaf(String),
    /// No HTTP client could be made.
    #[error("failed to set up HTTPS: {0}")]
    NoClient(String),
    /// The loopback Discord of `discord.api_base` was not taken.
    #[error("the gateway address {0} is not the loopback one that `discord.api_base` asks for")]
    NotLoopback(String),
}
