//! Takes serenity's events and passes them on before it awaits anything.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use serenity::{
    all::{
        self as discord, ConnectionStage, Context, EventHandler, Guild, GuildChannel,
        GuildMemberUpdateEvent, Interaction, Member, Message, MessageUpdateEvent, PartialGuild,
        PartialGuildChannel, Permissions, PremiumTier, Ready, ResumedEvent, Role,
        ShardStageUpdateEvent, ThreadListSyncEvent, TypingStartEvent,
    },
    async_trait,
};

use super::watchdog::Watchdog;
use crate::{
    chat::{ChannelChange, ChatEvent},
    discord::{backfill::Told, convert, ingress::Ingress, shard::Shard, slash::SlashCommands},
    snowflake::UserId,
};

pub(super) struct Handler {
    pub(super) shard: Shard,
    pub(super) ingress: Arc<Ingress>,
    pub(super) watchdog: Arc<Watchdog>,
    pub(super) application: u64,
    /// Whether Discord has begun a session of this shard for this process before.
    pub(super) was_ready: AtomicBool,
}

impl Handler {
    fn guild(&self, id: discord::GuildId, name: &str, tier: PremiumTier) {
        let directory = &self.ingress.history.directory;
        directory.learn_guild(id.into(), name);
        directory.learn_guild_limit(id.into(), attachment_limit(tier));
    }
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

#[async_trait]
impl EventHandler for Handler {
    async fn message(&self, _: Context, message: Message) {
        let (channel, id) = (message.channel_id.into(), message.id.into());
        self.watchdog.liveness().heard(channel, id, Instant::now());
        self.ingress.message(message);
    }

    async fn message_update(
        &self,
        _: Context,
        _: Option<Message>,
        _: Option<Message>,
        event: MessageUpdateEvent,
    ) {
        self.ingress.edited(event);
    }

    async fn message_delete(
        &self,
        _: Context,
        channel: discord::ChannelId,
        message: discord::MessageId,
        guild: Option<discord::GuildId>,
    ) {
        self.ingress.deleted(channel, guild, &[message]);
    }

    async fn message_delete_bulk(
        &self,
        _: Context,
        channel: discord::ChannelId,
        messages: Vec<discord::MessageId>,
        guild: Option<discord::GuildId>,
    ) {
        self.ingress.deleted(channel, guild, &messages);
    }

    async fn typing_start(&self, _: Context, event: TypingStartEvent) {
        self.ingress.typing(&event);
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        self.ingress.interaction(interaction);
    }

    async fn ready(&self, _: Context, ready: Ready) {
        let ingress = &self.ingress;
        let bot = ready.user.id;
        ingress.history.bot.store(bot.get(), Ordering::Relaxed);
        self.watchdog.liveness().began(Instant::now());
        ingress.send(ChatEvent::Connected {
            bot: bot.into(),
            resumed: false,
        });
        // Before anything is awaited: later messages are held from now on.
        let guilds = ready.guilds.iter().map(|guild| guild.id.into());
        let round = ingress.backfill.begin(self.shard, guilds.collect());
        tokio::spawn(round.run(Arc::clone(ingress)));
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
        slash_commands
            .register(&ingress.settings.now().config().models)
            .await;
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        self.watchdog.liveness().resumed(Instant::now());
        self.ingress.send(ChatEvent::Connected {
            bot: self.ingress.history.bot(),
            resumed: true,
        });
        tracing::info!(shard = %self.shard, "connection to Discord resumed");
    }

    async fn shard_stage_update(&self, _: Context, stage: ShardStageUpdateEvent) {
        let is_connected = stage.new == ConnectionStage::Connected;
        self.ingress.connected(self.shard, is_connected);
    }

    async fn guild_create(&self, _: Context, guild: Guild, _: Option<bool>) {
        self.guild(guild.id, &guild.name, guild.premium_tier);
        for role in guild.roles.values() {
            convert::learn_role(&self.ingress.history.directory, role);
        }
        for channel in guild.channels.values().chain(&guild.threads) {
            self.ingress.channel(channel, ChannelChange::Created);
        }
        let bot = self.ingress.history.bot();
        let backfill = &self.ingress.backfill;
        for channel in guild.channels.values().chain(&guild.threads) {
            backfill.described(channel, may_read(&guild, channel, bot), &self.ingress);
        }
        backfill.tell(Told::WholeGuild(guild.id.into()));
    }

    async fn guild_update(&self, _: Context, _: Option<Guild>, guild: PartialGuild) {
        self.guild(guild.id, &guild.name, guild.premium_tier);
    }

    async fn guild_role_update(&self, _: Context, _: Option<Role>, role: Role) {
        convert::learn_role(&self.ingress.history.directory, &role);
        self.ingress.permissions(role.guild_id, None);
    }

    /// Discord reports the bot's own roles without the intent for members.
    async fn guild_member_update(
        &self,
        _: Context,
        _: Option<Member>,
        _: Option<Member>,
        event: GuildMemberUpdateEvent,
    ) {
        if event.user.id.get() == self.ingress.history.bot().0 {
            self.ingress.permissions(event.guild_id, None);
        }
    }

    async fn guild_role_create(&self, _: Context, role: Role) {
        convert::learn_role(&self.ingress.history.directory, &role);
    }

    async fn channel_create(&self, _: Context, channel: GuildChannel) {
        self.ingress.channel(&channel, ChannelChange::Created);
    }

    async fn channel_update(&self, _: Context, _: Option<GuildChannel>, channel: GuildChannel) {
        self.ingress.channel(&channel, ChannelChange::Changed);
    }

    async fn channel_delete(&self, _: Context, channel: GuildChannel, _: Option<Vec<Message>>) {
        self.ingress.channel(&channel, ChannelChange::Deleted);
    }

    async fn thread_create(&self, _: Context, thread: GuildChannel) {
        self.ingress.channel(&thread, ChannelChange::Created);
    }

    async fn thread_update(&self, _: Context, _: Option<GuildChannel>, thread: GuildChannel) {
        self.ingress.channel(&thread, ChannelChange::Changed);
    }

    async fn thread_delete(
        &self,
        _: Context,
        thread: PartialGuildChannel,
        _: Option<GuildChannel>,
    ) {
        self.ingress
            .changed(thread.id, thread.guild_id, ChannelChange::Deleted);
    }

    /// The bot may see more channels than before, and these are their threads.
    async fn thread_list_sync(&self, _: Context, sync: ThreadListSyncEvent) {
        for thread in &sync.threads {
            self.ingress.channel(thread, ChannelChange::Created);
            self.ingress.backfill.described(thread, true, &self.ingress);
        }
    }
}
