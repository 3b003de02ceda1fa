//! The arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use super::exit::CODES;
use crate::snowflake::ChannelId;

/// Talk to Claude from Discord: every channel is patched through to a Claude session of its own.
#[derive(Debug, Clone, Parser)]
#[command(version, about, after_help = after_help(), after_long_help = format!("{}\n\n{CODES}", after_help()), propagate_version = true)]
pub(super) struct Args {
    /// The configuration file [default: config.json in the working directory, if there is one]
    #[arg(long, global = true, value_name = "PATH")]
    pub(super) config: Option<PathBuf>,
    /// How the log on stderr is written
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Human)]
    pub(super) log: LogFormat,
    /// What is logged, as `level` or `target=level` separated by commas
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        default_value = "info,serenity=warn"
    )]
    pub(super) log_filter: String,
    #[command(subcommand)]
    pub(super) job: Job,
}

fn after_help() -> String {
    let demo = if cfg!(feature = "demo") {
        "\n  switchboard demo     a chat on this machine, without a Discord account"
    } else {
        ""
    };
    format!(
        "To begin:{demo}
  switchboard check    what is still missing for the real thing
  switchboard run      the bot"
    )
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// A line of text an event, in colour on a terminal
    Human,
    /// A JSON object an event
    Json,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum Job {
    /// Run the bot
    ///
    /// Needs a bot token (`DISCORD_TOKEN`, or the file named by `discord.token_file`) and the `claude` CLI, logged in.
    /// Ctrl-C or SIGTERM stops it: no new messages, 30 s for the turns that run; a second one stops it at once.
    Run,
    /// Try it: a small Discord on this machine, a page to chat on, and the real bot in between
    ///
    /// Needs neither a token nor a login. Claude is the real CLI if it is found and logged in, a stand-in otherwise.
    /// Everything that the demo makes is removed when it ends; the real CLI keeps its own transcripts.
    #[cfg(feature = "demo")]
    Demo(super::demo::Demo),
    /// Show the sessions of all channels, or look at one, or drop one
    Sessions(Sessions),
    /// Check the configuration, the CLI, the token and the folders
    ///
    /// Exit code 0: `run` would start.
    Check(Check),
    /// Print the JSON schema of config.json
    Schema,
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Check {
    /// Fail also where an allow rule or an extra argument opens a known way out of the workspace
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Debug, Clone, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Sessions {
    /// Print active.json's records as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) job: Option<SessionsJob>,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum SessionsJob {
    /// Show all that is recorded of a channel's session
    Show {
        /// The channel's id
        channel: Snowflake,
    },
    /// Drop a channel's session: the next message starts a new one
    ///
    /// Refused while a bot runs; write `!clear` in the channel then.
    Clear {
        /// The channel's id
        channel: Snowflake,
    },
}

/// A channel id on the command line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Snowflake(pub(super) ChannelId);

impl std::str::FromStr for Snowflake {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse()
            .map(Self)
            .map_err(|_| "a channel's id is a number such as 1100000000000000001")
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_hold_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_help_reads_like_this() {
        insta::assert_snapshot!(Args::command().render_long_help());
    }
}
