//! What becomes of a message or a slash command that the gateway delivers.
//!
//! Pure: who may speak, whether it is meant for the bot, and what is wanted.

use super::{
    access::{self, Asker, Decision, Policy, Reason},
    command,
};
use crate::{
    channel::{Inbound, Interaction, Item, Origin, Threads, Via, Wish, words},
    config::Config,
    external::{Context, Speaker, is_blank},
    snowflake::{ChannelId, GuildId, MessageId, RoleId, UserId},
};

/// A person, as the gateway describes them.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// Their name as others see it there.
    pub name: String,
    /// Their roles in the guild.
    pub roles: Vec<RoleId>,
    /// Whether Discord marks them as a bot.
    pub is_bot: bool,
    /// Whether they are a webhook.
    pub is_webhook: bool,
}

/// What a message holds that nobody shows to Claude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extras {
    /// Nothing.
    None,
    /// Stickers, embeds, a poll.
    Other,
}

/// A message, as the gateway delivers it.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// Its id.
    pub id: MessageId,
    /// Where.
    pub channel: ChannelId,
    /// The guild; `None` in a direct message.
    pub guild: Option<GuildId>,
    /// Who wrote it.
    pub author: Person,
    /// Whether it mentions the bot. A reply does so unless its author took the ping off.
    pub mentions_bot: bool,
    /// Whether it replies to the bot.
    pub replies_to_bot: bool,
    /// What was written.
    pub text: String,
    /// What the text goes with.
    pub context: Box<Context>,
    /// What else it holds.
    pub extras: Extras,
}

/// A slash command, as the gateway delivers it.
#[derive(Debug, Clone)]
pub struct Slash {
    /// Where.
    pub channel: ChannelId,
    /// The guild; `None` in a direct message.
    pub guild: Option<GuildId>,
    /// Who used it.
    pub author: Person,
    /// The command's name.
    pub name: String,
    /// Its options.
    pub options: Vec<(String, String)>,
    /// Where its answer goes.
    pub interaction: Interaction,
}

/// Why something is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// The person, or the place, is not let in.
    Refused(Reason),
    /// It is not meant for the bot.
    NotAddressed,
    /// It has no content at all, though it came from a guild and does not mention the bot: the message content
    /// intent is off.
    NoContent,
}

/// The rules, once the bot and its owner are known.
#[derive(Debug, Clone)]
pub struct Intake {
    /// Who may speak.
    pub policy: Policy,
    /// The configuration.
    pub config: std::sync::Arc<Config>,
    /// Which channel a thread belongs to.
    pub threads: Threads,
}

impl Intake {
    /// What a message wants.
    ///
    /// # Errors
    ///
    /// [`Passed`]: nothing is to be done, and nothing said.
    pub fn message(&self, delivered: Delivered, bot: UserId) -> Result<Inbound, Passed> {
        let Delivered {
            id,
            channel,
            guild,
            author,
            mentions_bot,
            replies_to_bot,
            text,
            context,
            extras,
        } = delivered;
        let speaker = self.admit(author, channel, guild)?;
        let parent = self.threads.parent(channel);
        let respond = self
            .config
            .respond_for(self.config.settings_of(channel, parent));
        let mut context = context;
        context.thread = self.threads.title(channel);
        let addressed = access::addressed(respond, guild.is_none(), mentions_bot || replies_to_bot);
        let brings_nothing = context.files.is_empty() && context.forwards.is_empty();
        // Direct messages and mentions are never hidden (Discord developer docs, "Message content intent").
        let is_hidden = guild.is_some()
            && !mentions_bot
            && text.is_empty()
            && brings_nothing
            && extras == Extras::None;
        let wish = match command::parse(&text, bot) {
            Ok(Some(command)) => Wish::Command(command),
            Err(error) if addressed => Wish::Hint(error.to_string()),
            _ if is_hidden => return Err(Passed::NoContent),
            _ if !addressed => return Err(Passed::NotAddressed),
            _ if is_blank(&text) && brings_nothing => Wish::Hint(words::only_text()),
            _ => Wish::Words {
                words: text,
                context,
            },
        };
        Ok(Inbound {
            channel,
            item: Item {
                origin: Origin::Message(id),
                speaker,
                wish,
                via: Via::Gateway,
            },
        })
    }

    /// What a slash command wants.
    ///
    /// # Errors
    ///
    /// [`Passed::Refused`]; the person is to be told, or Discord shows them a failure.
    pub fn slash(&self, slash: Slash) -> Result<Inbound, Passed> {
        let Slash {
            channel,
            guild,
            author,
            name,
            options,
            interaction,
        } = slash;
        let speaker = self.admit(author, channel, guild)?;
        let options: Vec<_> = options
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let wish = match command::from_slash(&name, &options) {
            Ok(command) => Wish::Command(command),
            Err(error) => Wish::Hint(error.to_string()),
        };
        Ok(Inbound {
            channel,
            item: Item {
                origin: Origin::Interaction(interaction),
                speaker,
                wish,
                via: Via::Gateway,
            },
        })
    }

    /// Whether a person may speak there, and as what: the same for messages, slash commands and buttons.
    ///
    /// # Errors
    ///
    /// [`Passed::Refused`].
    pub fn admit(
        &self,
        author: Person,
        channel: ChannelId,
        guild: Option<GuildId>,
    ) -> Result<Speaker, Passed> {
        let asker = Asker {
            user: author.id,
            roles: &author.roles,
            channel,
            parent: self.threads.parent(channel),
            guild,
            is_bot: author.is_bot,
            is_webhook: author.is_webhook,
        };
        match access::decide(&self.policy, &asker) {
            Decision::Allowed(role) => Ok(Speaker {
                id: author.id,
                name: author.name,
                role,
            }),
            Decision::Refused(reason) => Err(Passed::Refused(reason)),
        }
    }
}
