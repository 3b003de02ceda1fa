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
    /// The loopback Discord of `discord.api_base` was not taken.
    #[error("the gateway address {0} is not the loopback one that `discord.api_base` asks for")]
    NotLoopback(String),
}
