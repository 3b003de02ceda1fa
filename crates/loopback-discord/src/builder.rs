//! Configuration and start of a loopback.

use std::{io, time::Duration};

use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use tokio::sync::broadcast;

use crate::{
    Loopback, clock,
    fault::Faults,
    gateway::Gateway,
    rate_limit::RateLimits,
    record::Record,
    server::{self, KillSwitch, KillSwitches, KillableListener},
    shared::{Settings, Shards, Shared, State},
    world::Seed,
};

/// How many updates a page may lag behind before it fetches everything again.
const PAGE_BACKLOG: usize = 1024;

/// The configuration of a loopback.
#[derive(Debug)]
#[must_use = "nothing listens before `start`"]
pub struct Builder {
    token: String,
    port: u16,
    banner: Option<String>,
    welcome: Option<String>,
    rename_window: Duration,
    seconds_ahead: i64,
    shards: Shards,
    seed: Seed,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            // In the format of real tokens.
            token: "MTQyMDA3MDQwMDAwMDAwMDAw.Loopba.ck-discord-token-that-opens-nothing".to_owned(),
            port: 0,
            banner: None,
            welcome: None,
            rename_window: Duration::from_mins(10),
            seconds_ahead: 0,
            shards: Shards {
                recommended: 1,
                max_concurrency: 1,
            },
            seed: Seed {
                bot: "Switchboard".to_owned(),
                guild: "The exchange".to_owned(),
                channels: ["general", "rust", "random"].map(str::to_owned).to_vec(),
                owner: "Olivia".to_owned(),
                member: "Milan".to_owned(),
                stranger: "Sasha".to_owned(),
                role: "regulars".to_owned(),
                team: Vec::new(),
                message_content: true,
                interaction_deadline: Duration::from_secs(3),
                interaction_token_life: Duration::from_mins(15),
                nonce_memory: Duration::from_mins(5),
                file_url_life: Duration::from_hours(24),
                premium_tier: 0,
                file_limit: None,
            },
        }
    }
}

impl Builder {
    /// The bot's token; there is a default.
    pub fn token(mut self, token: &str) -> Self {
        token.clone_into(&mut self.token);
        self
    }

    /// The port of 127.0.0.1 to listen on; by default a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// A line of text at the top of the page.
    pub fn banner(mut self, text: &str) -> Self {
        self.banner = Some(text.to_owned());
        self
    }

    /// What the page says at the start of each channel of a guild.
    pub fn welcome(mut self, text: &str) -> Self {
        self.welcome = Some(text.to_owned());
        self
    }

    /// The bot's name; "Switchboard" by default.
    pub fn bot(mut self, name: &str) -> Self {
        name.clone_into(&mut self.seed.bot);
        self
    }

    /// The guild's name.
    pub fn guild(mut self, name: &str) -> Self {
        name.clone_into(&mut self.seed.guild);
        self
    }

    /// The guild's text channels; `general`, `rust` and `random` by default.
    pub fn channels<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.seed.channels = names.into_iter().map(str::to_owned).collect();
        self
    }

    /// The display name of the owner of the guild and of the application.
    pub fn owner(mut self, name: &str) -> Self {
        name.clone_into(&mut self.seed.owner);
        self
    }

    /// The display name of a member, who has the role [`Loopback::role`].
    pub fn member(mut self, name: &str) -> Self {
        name.clone_into(&mut self.seed.member);
        self
    }

    /// The display name of a member without a role.
    pub fn stranger(mut self, name: &str) -> Self {
        name.clone_into(&mut self.seed.stranger);
        self
    }

    /// Lets a team of these new users own the application instead of the owner.
    pub fn team<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.seed.team = names.into_iter().map(str::to_owned).collect();
        self
    }

    /// Whether the message content intent is enabled for the application; it is by default. Without
    /// it, an IDENTIFY with the intent closes the gateway with 4014, and contents are hidden.
    pub fn message_content(mut self, enabled: bool) -> Self {
        self.seed.message_content = enabled;
        self
    }

    /// How long the bot has to acknowledge an interaction: 3 s by default, as on Discord.
    pub fn interaction_deadline(mut self, deadline: Duration) -> Self {
        self.seed.interaction_deadline = deadline;
        self
    }

    /// How long an interaction's token is valid: 15 minutes by default, as on Discord.
    pub fn interaction_token_life(mut self, life: Duration) -> Self {
        self.seed.interaction_token_life = life;
        self
    }

    /// The window in which the bot can change a channel's name twice: 10 minutes by default, as on
    /// Discord.
    pub fn rename_window(mut self, window: Duration) -> Self {
        self.rename_window = window;
        self
    }

    /// How far the `Date` of its answers is ahead of this machine's clock, in seconds; 0 by default.
    pub fn seconds_ahead(mut self, seconds: i64) -> Self {
        self.seconds_ahead = seconds;
        self
    }

    /// How many shards the gateway recommends, and how many of them may send an IDENTIFY within 5 s; one by default.
    pub fn shards(mut self, recommended: u32, max_concurrency: u32) -> Self {
        self.shards = Shards {
            recommended,
            max_concurrency,
        };
        self
    }

    /// How long an enforced nonce is remembered: 5 minutes by default. Discord's docs say "the past few minutes".
    pub fn nonce_memory(mut self, memory: Duration) -> Self {
        self.seed.nonce_memory = memory;
        self
    }

    /// How long the URL of an attachment is valid: a day by default, as on Discord.
    pub fn file_url_life(mut self, life: Duration) -> Self {
        self.seed.file_url_life = life;
        self
    }

    /// The boost tier of the guilds, 0 by default: how large a file the bot may send in them depends on it.
    pub fn premium_tier(mut self, tier: u8) -> Self {
        self.seed.premium_tier = tier;
        self
    }

    /// The largest file that the bot may send, in bytes, whatever the boost tier says. Interactions tell it.
    pub fn file_limit(mut self, bytes: usize) -> Self {
        self.seed.file_limit = Some(bytes);
        self
    }

    /// Starts listening on 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When the port cannot be bound.
    pub async fn start(self) -> io::Result<Loopback> {
        let (listener, address) = server::bind(self.port).await?;
        let (mut world, seed) = self.seed.build(clock::unix_ms());
        world.file_server = format!("http://{address}");
        let settings = Settings {
            token: self.token,
            page_token: uuid::Uuid::new_v4().simple().to_string(),
            banner: self.banner,
            welcome: self.welcome,
            address,
            seconds_ahead: self.seconds_ahead,
            shards: self.shards,
            ws_url: format!("ws://{address}/gateway"),
            seed,
        };
        let state = State {
            world,
            gateway: Gateway::default(),
            faults: Faults::default(),
            rate_limits: RateLimits::new(self.rename_window),
            record: Record::new(),
            page: broadcast::Sender::new(PAGE_BACKLOG),
        };
        let shared = Shared::new(settings, state);
        let kill_switches = KillSwitches::default();
        let listener = KillableListener {
            listener,
            kill_switches: kill_switches.clone(),
        };
        let service: IntoMakeServiceWithConnectInfo<_, KillSwitch> =
            server::router(&shared).into_make_service_with_connect_info();
        let serving = tokio::spawn(async move { axum::serve(listener, service).await });
        Ok(Loopback::new(shared, kill_switches, serving.abort_handle()))
    }
}
