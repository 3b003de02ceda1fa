//! The command line arguments and their help.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use uuid::Uuid;

use super::exit::CODES;
use crate::{
    config::ApiBase,
    snowflake::{ChannelId, RoleId, UserId},
};

/// Talk to Claude from Discord: every channel has its own Claude session
#[derive(Debug, Clone, Parser)]
#[command(version, about, after_help = after_help(), after_long_help = format!("{}\n\n{CODES}", after_help()), propagate_version = true)]
pub(super) struct Args {
    /// Configuration file [default: config.json in the working directory, if it exists]
    #[arg(long, global = true, value_name = "PATH")]
    pub(super) config: Option<PathBuf>,
    /// Format of the log, which goes to stderr
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Human)]
    pub(super) log: LogFormat,
    /// Log filter: `level` or `target=level`, separated by commas
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        default_value = "info,twilight_gateway=warn"
    )]
    pub(super) log_filter: String,
    #[command(subcommand)]
    pub(super) job: Job,
}

fn after_help() -> String {
    let demo = if cfg!(feature = "demo") {
        "\n  switchboard demo     chat on this machine, without a Discord account"
    } else {
        ""
    };
    format!(
        "Getting started:{demo}
  switchboard init     set the bot up, step by step
  switchboard doctor   find out what is missing before the first run
  switchboard run      run the bot"
    )
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// One line of text per event, colored on a terminal
    Human,
    /// One JSON object per event
    Json,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum Job {
    /// Run the bot
    ///
    /// Needs a bot token (in `DISCORD_TOKEN` or the file `discord.token_file`) and the `claude` CLI, logged in. Ctrl-C or
    /// SIGTERM stops it gracefully: it accepts no new messages and gives running turns 10 s. A second one stops it
    /// immediately. SIGHUP reloads the configuration, see `switchboard reload`.
    Run(Run),
    /// Try the bot with a simulated Discord and a chat page on this machine
    ///
    /// Needs no token and no login. Prints the address of the page, and that of the dashboard. Uses the real CLI if it is
    /// installed and logged in, otherwise a stand-in. Removes all its files at the end, except for the transcripts of the real
    /// CLI.
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// List the sessions of all channels, show or clear one, or adopt one from the terminal
    Sessions(Sessions),
    /// Tell the address of the dashboard, with the token that opens it
    ///
    /// `switchboard run --dashboard 127.0.0.1:8090` starts it. Whoever has the address sees everything that it shows.
    Dashboard {
        /// Also tell the address with which approvals can be decided
        #[arg(long)]
        admin: bool,
    },
    /// Set the bot up: asks for what it needs, and checks each answer at once
    ///
    /// Writes config.json with what differs from the defaults, and a first message into the channel. Each question has an
    /// option; with `--yes` nothing is asked. Run again, it changes only what is asked for.
    Init(Box<Init>),
    /// Check the configuration, the CLI, the token and the folders
    ///
    /// Asks neither Discord nor Claude, so it is quick and costs nothing; `switchboard doctor` does that too. Exits with 0 if
    /// `run` would start.
    Check(Check),
    /// Find out by trying what is wrong, and how to mend it
    ///
    /// Does what `check` does, and more: asks Discord about the token, the intents and the permissions in each channel, and
    /// has Claude answer with one word, which costs what such a call costs. Exits with 1 if there is an error.
    Doctor(Doctor),
    /// Write the sessions, transcripts, workspaces and the configuration to a file
    ///
    /// The bot may be running. The configuration is written without secrets, the token not at all; conversations are written
    /// as they are, so only your account can read the file.
    Backup(Backup),
    /// Restore a backup where no sessions are yet, on this or another machine
    ///
    /// Writes into the working directory, or to where the configuration there says. The sessions go on.
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Have systemd run the bot: start it with the machine, and again after a failure
    Service(Service),
    /// Have the running bot take a changed configuration and personality
    ///
    /// No turn is ended. What is invalid is refused as a whole, and the bot goes on as before. Prints what has changed and
    /// what needs a restart. SIGHUP does the same.
    Reload,
    /// Print what the channel would show for a session recorded by `run --record`
    ///
    /// Starts nothing. People's messages are marked with `>`.
    Replay {
        /// The recording
        file: PathBuf,
    },
    /// Print the JSON Schema of config.json
    ///
    /// Editors check and explain the keys with it: store it beside the file, and name it there in `$schema`.
    Schema {
        /// Print tables of all keys in Markdown instead
        #[arg(long)]
        markdown: bool,
    },
    /// Print completions for a shell
    ///
    /// Such as `switchboard completions bash > ~/.local/share/bash-completion/completions/switchboard`.
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Run {
    /// Record every line the CLI reads and writes, one file per session
    ///
    /// For debugging. The files contain whole conversations, unredacted, up to 64 MiB each. Only your account can read them.
    #[arg(long, value_name = "DIR")]
    pub(super) record: Option<PathBuf>,
    /// Address and port of the dashboard, such as 127.0.0.1:8090; takes precedence over `dashboard.address`
    ///
    /// A page that shows what the bot does and costs; `switchboard dashboard` tells its address with the token. It also
    /// serves /metrics, /healthz and /readyz.
    #[arg(long, value_name = "ADDR")]
    pub(super) dashboard: Option<SocketAddr>,
}

#[cfg(feature = "demo")]
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Demo {
    /// Port of the page; 0 picks a free one
    #[arg(long, default_value_t = 8080)]
    pub(super) port: u16,
    /// Which Claude answers
    #[arg(long, value_enum, default_value_t = Which::Auto)]
    pub(super) claude: Which,
}

#[cfg(feature = "demo")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Which {
    /// The real CLI if it is installed and logged in, otherwise the stand-in
    Auto,
    /// The real CLI
    Real,
    /// The stand-in, which speaks the CLI's protocol
    StandIn,
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Backup {
    /// The file to write, which must not exist
    pub(super) file: PathBuf,
    /// Leave out the workspaces
    #[arg(long)]
    pub(super) no_workspaces: bool,
}

#[derive(Debug, Clone, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Init {
    /// Ask nothing: what no option answers stays as it is
    #[arg(long)]
    pub(super) yes: bool,
    /// File with the bot token, which is asked for and stored there if the file does not exist
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    /// Channel that the bot answers in; may be repeated
    #[arg(long, value_name = "ID", value_parser = channel_id)]
    pub(super) channel: Vec<ChannelId>,
    /// Which messages are answered there
    #[arg(long, value_parser = ["mention", "all"])]
    pub(super) respond: Option<String>,
    /// Person who may talk to the bot beside its owner, or `*` for everyone; may be repeated
    #[arg(long, value_name = "ID", value_parser = person_or_everyone)]
    pub(super) allow: Vec<String>,
    /// Role of a guild whose members may talk to the bot; may be repeated
    #[arg(long, value_name = "ID", value_parser = role)]
    pub(super) allow_role: Vec<RoleId>,
    /// Person who may change settings in the channels and decide about tool calls; may be repeated
    #[arg(long, value_name = "ID", value_parser = person)]
    pub(super) admin: Vec<UserId>,
    /// Model of new sessions
    #[arg(long, value_name = "NAME")]
    pub(super) model: Option<String>,
    /// What Claude may do without asking
    #[arg(long, value_parser = ["talk", "read", "work"])]
    pub(super) tools: Option<String>,
    /// The sandbox of the CLI
    #[arg(long, value_parser = ["auto", "bwrap", "cli", "off"])]
    pub(super) sandbox: Option<String>,
    /// Name or path of the Claude CLI, if it is not `claude`
    #[arg(long, value_name = "PATH")]
    pub(super) claude: Option<PathBuf>,
    /// Install the Claude CLI with npm in ~/.local if it is missing
    #[arg(long)]
    pub(super) install_claude: bool,
    /// Do not try the login by a call to Claude, which costs a little
    #[arg(long)]
    pub(super) no_call: bool,
    /// Post no first message in the channel
    #[arg(long)]
    pub(super) no_message: bool,
    /// Address of a loopback Discord in place of the real one
    #[arg(long, value_name = "URL")]
    pub(super) api_base: Option<ApiBase>,
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Check {
    /// Also fail if an allow rule or an extra argument lets Claude out of its workspace in a known way
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Debug, Clone, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Doctor {
    /// Mend what is safe to mend: modes of files, missing folders, leftovers
    #[arg(long)]
    pub(super) fix: bool,
    /// Print one JSON object a finding
    #[arg(long)]
    pub(super) json: bool,
    /// Exit with 1 for warnings too
    #[arg(long)]
    pub(super) strict: bool,
    /// Do not try the login by a call to Claude, which costs a little
    #[arg(long)]
    pub(super) no_call: bool,
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Service {
    #[command(subcommand)]
    pub(super) job: ServiceJob,
    /// The service of your account, instead of the system's; the default unless you are root
    #[arg(long, global = true)]
    pub(super) user: bool,
    /// Folder of the unit file [default: where systemd looks for units of administrators]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) unit_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum ServiceJob {
    /// Write the unit for this program and configuration, enable it and start it
    ///
    /// The bot runs as the account that the sessions folder belongs to, or else the folder of the configuration.
    Install {
        /// Print the unit, and do nothing else
        #[arg(long)]
        print: bool,
        /// Overwrite a unit that `install` did not write, or override that of a package
        #[arg(long)]
        force: bool,
    },
    /// Tell whether the service is installed, up to date, enabled and active
    ///
    /// Exits with 0 if it is active.
    Status,
    /// Stop the bot, and remove the unit that `install` wrote
    Uninstall,
}

#[derive(Debug, Clone, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Sessions {
    /// Print the records as JSON, as they are in active.json
    #[arg(long)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) job: Option<SessionsJob>,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum SessionsJob {
    /// Show everything recorded about a channel's session
    Show {
        /// Channel ID
        #[arg(value_parser = channel_id)]
        channel: ChannelId,
    },
    /// Clear a channel's session, so that the next message starts a new one
    ///
    /// Fails while a bot is running; write `!clear` in the channel instead.
    Clear {
        /// Channel ID
        #[arg(value_parser = channel_id)]
        channel: ChannelId,
    },
    /// Continue a copy of a session from the terminal in a channel
    ///
    /// The session is looked for among those of the user that the CLI runs as. It stays as it is, and knows nothing of the
    /// copy; the channel's session before can be chosen by `!resume`. A running bot does it itself, and says so in the channel.
    Adopt {
        /// Session ID, which `/status` shows in the terminal
        #[arg(value_parser = session_id)]
        session: Uuid,
        /// Channel ID
        #[arg(value_parser = channel_id)]
        channel: ChannelId,
    },
}

fn session_id(text: &str) -> Result<Uuid, &'static str> {
    let parsed = text.parse();
    parsed.map_err(|_| "expected a session ID such as 2f7c0f4e-0a3b-4c55-9d0e-5c1f6a7b8c9d")
}

fn channel_id(text: &str) -> Result<ChannelId, &'static str> {
    let parsed = text.parse();
    parsed.map_err(|_| "expected a channel ID such as 1100000000000000001")
}

fn person(text: &str) -> Result<UserId, &'static str> {
    let parsed = text.parse();
    parsed.map_err(|_| "expected a person's ID such as 80351110224678912")
}

fn role(text: &str) -> Result<RoleId, &'static str> {
    let parsed = text.parse();
    parsed.map_err(|_| "expected a role's ID such as 165511591545143296")
}

fn person_or_everyone(text: &str) -> Result<String, &'static str> {
    if text != "*" {
        person(text)?;
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
