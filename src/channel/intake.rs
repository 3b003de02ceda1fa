//! Turns messages and slash commands into queue items, or ignores them.
//!
//! Pure: decides who may talk to the bot, whether a message addresses it, and what it requests.

use std::{collections::BTreeSet, sync::Arc};

use super::{Origin, QueueItem, Request, Source, first_words::first_words, messages, overheard};
use crate::{
    access::{self, AccessDecision, AccessPolicy, Asker, Reason},
    chat::{Author, ChatMessage, Delivery, MessageEdit, OpError, OpResult, Place},
    command::{self, Command},
    config::{Config, QueueMode, Respond},
    external::{Context, Excerpt, ExcerptMessage, FileOrigin, Speaker, is_blank},
    snowflake::UserId,
};

/// Why something is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// The access rules exclude the author or the place.
    Refused(Reason),
    /// It does not address the bot.
    NotAddressed,
    /// Discord withheld the content, because the message content intent is off.
    NoContent,
}

/// The rules by which messages are accepted.
#[derive(Debug, Clone)]
pub struct Intake {
    pub policy: AccessPolicy,
    pub config: Arc<Config>,
}

impl Intake {
    /// The rules of a configuration. `owners` may always talk to the bot.
    pub fn new(config: Arc<Config>, owners: BTreeSet<UserId>) -> Self {
        let discord = &config.discord;
        let policy = AccessPolicy {
            allow: discord.allow.clone(),
            admins: discord.admins.clone(),
            approvers: discord.approvers.clone(),
            owners,
        };
        Self { policy, config }
    }

    /// What a message requests, unless the bot must not react at all. `bot` is the bot's own user.
    pub fn message(
        &self,
        message: &ChatMessage,
        delivery: Delivery,
        bot: UserId,
    ) -> Result<QueueItem, Ignored> {
        let ChatMessage {
            place,
            author,
            text,
            context,
            ..
        } = message;
        let speaker = self.admit(author, place)?;
        let is_in_guild = place.guild.is_some();
        let settings = self.config.settings_of(place.channel, place.parent);
        let is_addressed = access::addressed(
            self.config.respond_for(settings),
            !is_in_guild,
            message.mentions_bot || message.replies_to_bot,
        );
        let has_no_context = context.is_empty() && !context.wanted.itself;
        // Discord never withholds the content of direct messages and mentions.
        let is_hidden = is_in_guild
            && !message.mentions_bot
            && text.is_empty()
            && has_no_context
            && !message.has_other_content;
        let prefixed = self.prefixed(typed(message), bot);
        let parsed = match prefixed {
            Some(_) => Ok(None),
            None => command::parse(typed(message), bot),
        };
        let (mode, text) =
            prefixed.map_or((None, text.as_str()), |(mode, rest)| (Some(mode), rest));
        let request = match parsed {
            Ok(Some(command)) => {
                let command = command.about(context.replied);
                self.request(command, author, place)
            }
            Err(error) if is_addressed => Request::Hint(error.to_string()),
            _ if is_hidden => return Err(Ignored::NoContent),
            _ if !is_addressed => return Err(Ignored::NotAddressed),
            _ if is_blank(text) && has_no_context => Request::Hint(messages::ONLY_TEXT.into()),
            _ => {
                let mut context = context.clone();
                context.thread = place.name.clone().filter(|_| place.parent.is_some());
                context.tags = place.tags.clone().unwrap_or_default();
                Request::Prompt {
                    text: text.to_owned(),
                    context,
                }
            }
        };
        let gets_thread = self.config.discord.auto_thread
            && is_in_guild
            && place.parent.is_none()
            && message.mentions_bot;
        let thread = match &request {
            Request::Prompt { text, .. } if gets_thread => {
                Some(first_words(text).unwrap_or_else(|| messages::branches::UNTITLED.into()))
            }
            _ => None,
        };
        Ok(QueueItem {
            origin: Origin::Message(message.id),
            place: place.clone(),
            speaker,
            request,
            source: Source::Chat(delivery),
            mode,
            thread,
        })
    }

    /// What a text asks for by its prefix, and what follows it. A prefix alone is none.
    fn prefixed<'a>(&self, text: &'a str, bot: UserId) -> Option<(QueueMode, &'a str)> {
        let found = self
            .config
            .discord
            .queue
            .split(command::skip_mentions(text, bot));
        found.filter(|(_, rest)| !is_blank(rest))
    }

    /// Whether somebody whose message is ignored should read why: a person, where their message is meant for the bot. In
    /// places that are not the bot's, it must name the bot.
    #[must_use]
    pub fn should_explain(&self, message: &ChatMessage, ignored: Ignored) -> bool {
        let place = &message.place;
        let respond = match ignored {
            Ignored::Refused(Reason::Person) => {
                let settings = self.config.settings_of(place.channel, place.parent);
                self.config.respond_for(settings)
            }
            Ignored::Refused(Reason::Place | Reason::NothingListed | Reason::DirectMessage) => {
                Respond::Mention
            }
            _ => return false,
        };
        access::addressed(
            respond,
            place.guild.is_none(),
            message.mentions_bot || message.replies_to_bot,
        )
    }

    /// What an edited text requests, of those who may talk to the bot. A prompt has only the names of its context.
    /// Ignored if the service does not tell the author or the text.
    pub fn edit(&self, edit: &MessageEdit, bot: UserId) -> Result<(Speaker, Request), Ignored> {
        let (Some(author), Some(text)) = (&edit.author, &edit.text) else {
            return Err(Ignored::NotAddressed);
        };
        let speaker = self.admit(author, &edit.place)?;
        let prefixed = self.prefixed(text, bot);
        let (parsed, text) = match prefixed {
            Some((_, rest)) => (Ok(None), rest),
            None => (command::parse(text, bot), text.as_str()),
        };
        let request = match parsed {
            Ok(Some(command)) => self.request(command, author, &edit.place),
            Ok(None) => Request::Prompt {
                text: text.to_owned(),
                context: Box::new(Context {
                    names: edit.names.clone(),
                    ..Context::default()
                }),
            },
            Err(error) => Request::Hint(error.to_string()),
        };
        Ok((speaker, request))
    }

    /// Whether what is typed in this place is probably for the bot: where it answers all, in threads and in direct messages.
    pub fn expects_messages(&self, place: &Place) -> bool {
        let settings = self.config.settings_of(place.channel, place.parent);
        place.guild.is_none()
            || place.parent.is_some()
            || self.config.respond_for(settings) == Respond::All
    }

    /// How many messages that are not for the bot come along with the next one that is; none where it answers all.
    pub fn context_messages(&self, place: &Place) -> usize {
        let settings = self.config.settings_of(place.channel, place.parent);
        match self.config.respond_for(settings) {
            Respond::Mention if place.guild.is_some() => self.config.discord.context_messages,
            _ => 0,
        }
    }

    /// What a slash command requests. `interaction` is its id.
    pub fn command(
        &self,
        place: &Place,
        author: &Author,
        interaction: u64,
        (name, options): (&str, &[(String, String)]),
    ) -> Result<QueueItem, Ignored> {
        let speaker = self.admit(author, place)?;
        let options: Vec<_> = options
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let request = match command::from_slash(name, &options) {
            Ok(command) => self.request(command, author, place),
            Err(error) => Request::Hint(error.to_string()),
        };
        Ok(QueueItem::of_interaction(
            interaction,
            place,
            speaker,
            request,
        ))
    }

    /// A channel's history as Claude may read it: messages of others who may not talk to the bot there are only counted.
    pub fn excerpt(&self, result: &OpResult, bot: UserId) -> Result<Excerpt, OpError> {
        let OpResult::History(messages) = result else {
            return Err(OpError::Failed);
        };
        let mut excerpt = Excerpt::default();
        for message in messages {
            let is_own = message.author.id == bot;
            // The bot's cards are not messages to anybody.
            if is_own && is_blank(&message.text) && message.context.files.is_empty() {
                continue;
            }
            let author = if is_own {
                None
            } else if let Ok(speaker) = self.admit(&message.author, &message.place) {
                Some(speaker)
            } else {
                excerpt.left_out += 1;
                continue;
            };
            let files = message.context.files.iter();
            let own = files.filter(|file| file.origin == FileOrigin::Message);
            excerpt.messages.push(ExcerptMessage {
                id: message.id,
                author,
                sent_at: message.id.sent_at(),
                text: if is_own {
                    message.text.clone()
                } else {
                    overheard::quote(message, Some(bot)).text
                },
                files: own.map(|file| file.name.clone()).collect(),
            });
        }
        Ok(excerpt)
    }

    /// The same as a conversation with Claude, in which commands have no part.
    pub fn conversation(&self, result: &OpResult, bot: UserId) -> Result<Excerpt, OpError> {
        let mut excerpt = self.excerpt(result, bot)?;
        excerpt.messages.retain_mut(|message| {
            if message.author.is_none() {
                return true;
            }
            if let Some((_, rest)) = self.prefixed(&message.text, bot) {
                message.text = rest.to_owned();
                return true;
            }
            matches!(command::parse(&message.text, bot), Ok(None))
        });
        Ok(excerpt)
    }

    /// A command, unless it is for approvers and this person is none.
    fn request(&self, command: Command, author: &Author, place: &Place) -> Request {
        if command.needs_approver() && !self.may_approve(author, place) {
            Request::Hint(messages::modes::NEEDS_APPROVER.into())
        } else {
            Request::Command(command)
        }
    }

    /// Whether somebody who is admitted decides about tool calls in this place.
    pub fn may_approve(&self, author: &Author, place: &Place) -> bool {
        self.policy.may_approve(&asker(author, place))
    }

    /// Who can be asked in direct messages to decide about tool calls in this place.
    pub fn approvers(&self, place: &Place) -> Vec<UserId> {
        self.policy.approvers(&Asker {
            user: UserId(0),
            roles: &[],
            channel: place.channel,
            parent: place.parent,
            guild: place.guild,
            is_bot: false,
            is_webhook: false,
        })
    }

    /// The author as a speaker, if they may talk to the bot in this place: by message, slash command or button.
    pub fn admit(&self, author: &Author, place: &Place) -> Result<Speaker, Ignored> {
        match access::decide(&self.policy, &asker(author, place)) {
            AccessDecision::Allowed(role) => Ok(Speaker {
                id: author.id,
                name: author.name.clone(),
                role,
            }),
            AccessDecision::Refused(reason) => Err(Ignored::Refused(reason)),
        }
    }
}

fn asker<'a>(author: &'a Author, place: &Place) -> Asker<'a> {
    Asker {
        user: author.id,
        roles: &author.roles,
        channel: place.channel,
        parent: place.parent,
        guild: place.guild,
        is_bot: author.is_bot,
        is_webhook: author.is_webhook,
    }
}

/// The text without a leading mention of the bot's role; the command's parser knows the bot itself.
fn typed(message: &ChatMessage) -> &str {
    let text = message.text.trim_start();
    let role = message.bot_role.map(|role| format!("<@&{role}>"));
    role.and_then(|role| text.strip_prefix(&role))
        .unwrap_or(text)
}
