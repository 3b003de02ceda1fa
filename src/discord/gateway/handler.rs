//! Reads the gateway's events and passes them on. Nothing here waits, so that the order is kept.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use serenity::all::{
    self as discord, Guild, GuildChannel, GuildCreateEvent, GuildMemberUpdateEvent,
    GuildRoleCreateEvent, GuildRoleUpdateEvent, Message, MessageDeleteBulkEvent,
    MessageDeleteEvent, PartialGuild, PartialGuildChannel, Permissions, PremiumTier, Ready,
    ThreadListSyncEvent,
};

use super::watchdog::Watchdog;
use crate::{
    chat::{ChannelChange, ChatEvent},
    discord::{
        backfill::Told,
        convert,
        ingress::Ingress,
        json::{parse, parse_messages},
        shard::Shard,
        slash::SlashCommands,
    },
    snowflake::UserId,
};

pub(super) struct Handler {
    pub(super) shard: Shard,
    pub(super) ingress: Arc<Ingress>,
    pub(super) watchdog: Arc<Watchdog>,
    pub(super) application: u64,
    /// Whether Discord has begun a session of this shard for this process before.
    pub(super) was_ready: AtomicBool,
    /// The kinds of events that could not be read.
    pub(super) unreadable: Mutex<HashSet<String>>,
}

/// A message of the gateway (Discord developer docs, "Gateway event payload structure").
#[derive(Deserialize)]
struct Payload<'a> {
    op: u64,
    /// What it is about, if it is an event.
    #[serde(borrow)]
    t: Option<Cow<'a, str>>,
    #[serde(borrow)]
    d: Option<&'a RawValue>,
}

impl Handler {
    /// Takes a message of the gateway, and returns its opcode, if it can be read. Fails if it is a READY that cannot be
    /// read: the bot would be connected, and would hear nothing.
    pub(super) fn receive(&self, json: &str) -> Result<Option<u64>, String> {
        let payload: Payload<'_> = match serde_json::from_str(json) {
            Ok(payload) => payload,
            Err(error) => {
                self.unreadable("an event", &error.to_string());
                return Ok(None);
            }
        };
        let json = payload.d.map_or("null", RawValue::get);
        match payload.t.as_deref() {
            Some("READY") => {
                let ready = parse(json.as_bytes());
                let ready = ready.map_err(|it| format!("the READY cannot be read: {it}"))?;
                self.ready(&ready);
            }
            Some(kind) => self.event(&Event { kind, json }),
            None => {}
        }
        Ok(Some(payload.op))
    }

    /// Takes an event. Those that nobody asks for are not read.
    fn event(&self, event: &Event<'_>) {
        use ChannelChange::{Changed, Created, Deleted};
        let ingress = &self.ingress;
        match event.kind {
            "RESUMED" => self.resumed(),
            "MESSAGE_CREATE" => self.read_message(event, |message| self.message(message)),
            "MESSAGE_UPDATE" => self.read_message(event, |edit| ingress.edited(edit)),
            "MESSAGE_DELETE" => self.read(event, |it: MessageDeleteEvent| {
                ingress.deleted(it.channel_id, it.guild_id, &[it.message_id]);
            }),
            "MESSAGE_DELETE_BULK" => self.read(event, |it: MessageDeleteBulkEvent| {
                ingress.deleted(it.channel_id, it.guild_id, &it.ids);
            }),
            "TYPING_START" => self.read(event, |typing| ingress.typing(&typing)),
            "INTERACTION_CREATE" => self.read(event, |it| ingress.interaction(it)),
            "GUILD_CREATE" => self.read(event, |it: GuildCreateEvent| self.guild(&it.guild)),
            "GUILD_UPDATE" => self.read(event, |guild: PartialGuild| {
                self.learn_guild(guild.id, &guild.name, guild.premium_tier);
            }),
            "GUILD_ROLE_CREATE" => self.read(event, |it: GuildRoleCreateEvent| {
                convert::learn_role(&ingress.history.directory, &it.role);
            }),
            "GUILD_ROLE_UPDATE" => self.read(event, |it: GuildRoleUpdateEvent| {
                convert::learn_role(&ingress.history.directory, &it.role);
                ingress.permissions(it.role.guild_id, None);
            }),
            // Discord reports the bot's own roles without the intent for members.
            "GUILD_MEMBER_UPDATE" => self.read(event, |it: GuildMemberUpdateEvent| {
                if it.user.id.get() == ingress.history.bot().0 {
                    ingress.permissions(it.guild_id, None);
                }
            }),
            "CHANNEL_CREATE" | "THREAD_CREATE" => {
                self.read(event, |channel| ingress.channel(&channel, Created));
            }
            "CHANNEL_UPDATE" | "THREAD_UPDATE" => {
                self.read(event, |channel| ingress.channel(&channel, Changed));
            }
            "CHANNEL_DELETE" => self.read(event, |channel| ingress.channel(&channel, Deleted)),
            "THREAD_DELETE" => self.read(event, |thread: PartialGuildChannel| {
                ingress.changed(thread.id, thread.guild_id, Deleted);
            }),
            // The bot may see more channels than before, and these are their threads.
            "THREAD_LIST_SYNC" => self.read(event, |sync: ThreadListSyncEvent| {
                for thread in &sync.threads {
                    ingress.channel(thread, Created);
                    ingress.backfill.described(thread, true, ingress);
                }
            }),
            _ => {}
        }
    }

    fn read<T: DeserializeOwned>(&self, event: &Event<'_>, take: impl FnOnce(T)) {
        self.take(event, parse(event.json.as_bytes()), take);
    }

    fn read_message<T: DeserializeOwned>(&self, event: &Event<'_>, take: impl FnOnce(T)) {
        self.take(event, parse_messages(event.json.as_bytes()), take);
    }

    fn take<T>(&self, event: &Event<'_>, read: Result<T, String>, take: impl FnOnce(T)) {
        match read {
            Ok(read) => take(read),
            Err(reason) => self.unreadable(event.kind, &reason),
        }
    }

    /// Logs that an event could not be read, once for each kind.
    pub(super) fn unreadable(&self, kind: &str, reason: &str) {
        let kinds = self.unreadable.lock();
        let mut kinds = kinds.unwrap_or_else(PoisonError::into_inner);
        if kinds.insert(kind.to_owned()) {
            tracing::warn!(
                shard = %self.shard,
                kind,
                reason,
                "Discord sent an event that cannot be read; it is skipped, and later ones of its kind without a word"
            );
        }
    }

    fn message(&self, message: Message) {
        let (channel, id) = (message.channel_id.into(), message.id.into());
        self.watchdog.liveness().heard(channel, id, Instant::now());
        self.ingress.message(message);
    }

    fn ready(&self, ready: &Ready) {
        let ingress = &self.ingress;
        let bot = ready.user.id;
        ingress.history.bot.store(bot.get(), Ordering::Relaxed);
        self.watchdog.liveness().began(Instant::now());
        ingress.send(ChatEvent::Connected {
            bot: bot.into(),
            resumed: false,
        });
        // Later messages are held from now on.
        let guilds = ready.guilds.iter().map(|guild| guild.id.into());
        let round = ingress.backfill.begin(self.shard, guilds.collect());
        ingress.spawn(round.run(Arc::clone(ingress)));
        tracing::info!(
            bot = ready.user.name,
            guilds = ready.guilds.len(),
            shard = %self.shard,
            "connected to Discord"
        );
        if self.was_ready.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                shard = %self.shard,
                "the old connection could not be resumed; fetching what was missed"
            );
        }
        if self.shard.id > 0 {
            return;
        }
        let slash_commands = SlashCommands {
            rest: ingress.history.rest.clone(),
            application: self.application,
        };
        ingress.spawn(async move { slash_commands.register().await });
    }

    fn resumed(&self) {
        self.watchdog.liveness().resumed(Instant::now());
        self.ingress.send(ChatEvent::Connected {
            bot: self.ingress.history.bot(),
            resumed: true,
        });
        tracing::info!(shard = %self.shard, "connection to Discord resumed");
    }

    fn guild(&self, guild: &Guild) {
        self.learn_guild(guild.id, &guild.name, guild.premium_tier);
        for role in guild.roles.values() {
            convert::learn_role(&self.ingress.history.directory, role);
        }
        for channel in guild.channels.values().chain(&guild.threads) {
            self.ingress.channel(channel, ChannelChange::Created);
        }
        let bot = self.ingress.history.bot();
        let backfill = &self.ingress.backfill;
        for channel in guild.channels.values().chain(&guild.threads) {
            backfill.described(channel, may_read(guild, channel, bot), &self.ingress);
        }
        backfill.tell(Told::WholeGuild(guild.id.into()));
    }

    fn learn_guild(&self, id: discord::GuildId, name: &str, tier: PremiumTier) {
        let directory = &self.ingress.history.directory;
        directory.learn_guild(id.into(), name);
        directory.learn_guild_limit(id.into(), attachment_limit(tier));
    }
}

/// An event, not yet read.
struct Event<'a> {
    kind: &'a str,
    json: &'a str,
}

/// The largest file in a guild, in bytes (Discord's help center, "File attachments").
fn attachment_limit(tier: PremiumTier) -> u64 {
    let megabytes = match tier {
        PremiumTier::Tier2 => 50,
        PremiumTier::Tier3 => 100,
        _ => 10,
    };
    megabytes * 1024 * 1024
}

/// Whether the bot may read the messages of a channel or thread. A thread has its channel's rules.
fn may_read(guild: &Guild, channel: &GuildChannel, bot: UserId) -> bool {
    let parent = channel
        .parent_id
        .filter(|_| channel.thread_metadata.is_some());
    let rules = parent.map_or(Some(channel), |parent| guild.channels.get(&parent));
    let (Some(rules), Some(bot)) = (rules, guild.members.get(&bot.0.into())) else {
        return false;
    };
    let needed = Permissions::VIEW_CHANNEL | Permissions::READ_MESSAGE_HISTORY;
    guild.user_permissions_in(rules, bot).contains(needed)
}
