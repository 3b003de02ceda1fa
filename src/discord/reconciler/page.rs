//! One message of a post, and the requests that create and edit it. Pure.

use serenity::all::{
    ButtonStyle as DiscordStyle, CreateActionRow, CreateAllowedMentions, CreateAttachment,
    CreateButton, CreateEmbed, CreateEmbedFooter, CreateMessage, CreateSelectMenu,
    CreateSelectMenuKind, CreateSelectMenuOption, EditAttachments, EditMessage, Message,
    MessageFlags, MessageReference, MessageReferenceKind, Nonce,
};

use crate::{
    chat::{Body, Button, ButtonStyle, Card, Control, Menu, Post, PostFile, PostKey},
    discord::{
        render::{self, AnswerLimits},
        rest::Class,
    },
    snowflake::{ChannelId, MessageId, UserId},
};

#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    pub(super) text: String,
    pub(super) card: Option<Card>,
    pub(super) controls: Vec<Vec<Control>>,
    pub(super) files: Vec<PostFile>,
    /// What it replies to when it is created.
    pub(super) reply_to: Option<MessageId>,
    /// Whether that pings the author.
    pub(super) notify: bool,
    /// Whether it is Claude's.
    pub(super) is_answer: bool,
}

impl PartialEq for Page {
    /// Whether both look the same. What a message replies to cannot be changed later.
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
            && self.card == other.card
            && self.controls == other.controls
            && self.files == other.files
    }
}

impl Page {
    fn text(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }

    /// In which order its message is created.
    pub(super) fn class(&self) -> Class {
        match self.card {
            _ if self.is_answer => Class::Answer,
            Some(_) => Class::Card,
            None => Class::Notice,
        }
    }

    pub(super) fn has_more_than_text(&self) -> bool {
        self.card.is_some() || !self.files.is_empty()
    }

    /// Divides a page whose text may be too long for one. The first page replies; the last has the card, the controls and
    /// the files.
    pub(super) fn split(self) -> Vec<Self> {
        let texts = render::split(&self.text, render::LIMIT);
        self.with_texts(texts)
    }

    /// The same with texts that are divided already.
    pub(super) fn with_texts(self, texts: Vec<String>) -> Vec<Self> {
        let is_answer = self.is_answer;
        let texts = texts.into_iter().map(Self::text);
        let pages = texts.map(|page| Self { is_answer, ..page });
        let mut pages: Vec<_> = pages.collect();
        let shows_more = self.card.is_some() || !self.controls.is_empty() || !self.files.is_empty();
        if pages.is_empty() && shows_more {
            pages.push(Self::default());
        }
        if let Some(first) = pages.first_mut() {
            (first.reply_to, first.notify) = (self.reply_to, self.notify);
        }
        if let Some(last) = pages.last_mut() {
            (last.card, last.controls, last.files) = (self.card, self.controls, self.files);
        }
        pages
    }

    /// Whether `found` is this page, posted by `bot`. Discord returns no nonces, and removes white space around a text.
    pub(super) fn is(&self, found: &Message, bot: UserId) -> bool {
        let reference = found.message_reference.as_ref();
        let replied = reference.and_then(|reference| reference.message_id);
        let shown = found.embeds.first();
        let shown = shown.and_then(|embed| embed.description.as_deref());
        let card = self.card.as_ref().map(|card| card.text.trim());
        found.author.bot
            && found.author.id.get() == bot.0
            && card.is_none_or(|card| shown.unwrap_or_default().trim() == card)
            && found.webhook_id.is_none()
            && found.content.trim() == self.text.trim()
            && found.attachments.len() == self.files.len()
            && replied.map(serenity::all::MessageId::get) == self.reply_to.map(|id| id.0)
    }
}

pub(super) fn pages(post: Post, limits: &AnswerLimits) -> Vec<Page> {
    let mut page = Page {
        controls: post.controls,
        files: post.files,
        reply_to: post.reply_to,
        notify: post.notify && post.reply_to.is_some(),
        ..Page::default()
    };
    match post.body {
        Body::Text(text) => page.text = text,
        Body::Card(card) => page.card = Some(card),
        Body::Answer(text) => {
            let answer = render::render_answer(&text, limits);
            page.files.extend(answer.files);
            page.is_answer = true;
            return page.with_texts(answer.pages);
        }
    }
    page.split()
}

/// The nonce of a page: the same for each try, and after a restart, so that Discord drops repetitions.
pub(super) fn nonce(key: &PostKey, index: usize, incarnation: u32) -> String {
    // A key has at most 20 characters, a nonce 25.
    let place = u64::from(incarnation) * 256 + index as u64;
    format!("{key}.{:x}", place % 0x1_0000)
}

/// Creates a page as a message that pings nobody but the author it replies to, and unfurls no link.
pub(super) fn create(channel: ChannelId, page: &Page, nonce: &str) -> CreateMessage {
    let mentions = CreateAllowedMentions::new().replied_user(page.notify);
    let mut message = CreateMessage::new()
        .content(&page.text)
        .nonce(Nonce::String(nonce.to_owned()))
        .enforce_nonce(true)
        .allowed_mentions(mentions)
        .components(rows(&page.controls))
        .add_files(named(page));
    message = match &page.card {
        Some(card) => message.embed(embed(card)),
        // Unfurling fetches a link, and an answer must not leak data that way. The flag hides cards too.
        None => message.flags(MessageFlags::SUPPRESS_EMBEDS),
    };
    if let Some(reply_to) = page.reply_to {
        let target = serenity::all::ChannelId::new(channel.0.max(1));
        let reference = MessageReference::new(MessageReferenceKind::Default, target)
            .message_id(serenity::all::MessageId::new(reply_to.0.max(1)))
            .fail_if_not_exists(false);
        message = message.reference_message(reference);
    }
    message
}

/// Edits a message to show a page. It shows `from` now, if that is known. Files stay if they are the same.
pub(super) fn edit(from: Option<&Page>, page: &Page) -> EditMessage {
    let embeds = page.card.iter().map(embed).collect();
    let mut message = EditMessage::new()
        .content(&page.text)
        .embeds(embeds)
        .components(rows(&page.controls))
        .allowed_mentions(CreateAllowedMentions::new());
    // A card may replace a text whose flag would hide it.
    message = message.flags(match page.card {
        Some(_) => MessageFlags::empty(),
        None => MessageFlags::SUPPRESS_EMBEDS,
    });
    if changes_files(from, page) {
        message =
            message.attachments(named(page).fold(EditAttachments::new(), EditAttachments::add));
    }
    message
}

/// The names of a page's files. The list of a message's attachments must name new ones too; they come in the same request.
fn named(page: &Page) -> impl Iterator<Item = CreateAttachment> {
    let files = page.files.iter();
    files.map(|file| CreateAttachment::bytes(Vec::new(), &file.name))
}

pub(super) fn changes_files(from: Option<&Page>, page: &Page) -> bool {
    from.map_or(!page.files.is_empty(), |from| from.files != page.files)
}

fn rows(controls: &[Vec<Control>]) -> Vec<CreateActionRow> {
    let mut rows = Vec::new();
    for row in controls {
        let mut buttons = Vec::new();
        for control in row {
            match control {
                Control::Button(button) => buttons.push(create_button(button)),
                Control::Menu(menu) => rows.push(CreateActionRow::SelectMenu(create_menu(menu))),
            }
        }
        if !buttons.is_empty() {
            rows.push(CreateActionRow::Buttons(buttons));
        }
    }
    rows
}

fn create_button(button: &Button) -> CreateButton {
    let style = match button.style {
        ButtonStyle::Primary => DiscordStyle::Primary,
        ButtonStyle::Secondary => DiscordStyle::Secondary,
        ButtonStyle::Success => DiscordStyle::Success,
        ButtonStyle::Danger => DiscordStyle::Danger,
    };
    CreateButton::new(button.id.to_string())
        .label(&button.label)
        .style(style)
        .disabled(!button.is_enabled)
}

fn create_menu(menu: &Menu) -> CreateSelectMenu {
    let options = menu.options.iter().map(|option| {
        let created = CreateSelectMenuOption::new(&option.label, &option.value);
        if option.description.is_empty() {
            created
        } else {
            created.description(&option.description)
        }
    });
    let kind = CreateSelectMenuKind::String {
        options: options.collect(),
    };
    CreateSelectMenu::new(menu.id.to_string(), kind)
        .placeholder(&menu.placeholder)
        .min_values(menu.min)
        .max_values(menu.max)
}

fn embed(card: &Card) -> CreateEmbed {
    let fields = card
        .fields
        .iter()
        .map(|field| (&field.name, &field.value, field.is_inline));
    let mut embed = CreateEmbed::new().fields(fields);
    if !card.title.is_empty() {
        embed = embed.title(&card.title);
    }
    if !card.text.is_empty() {
        embed = embed.description(&card.text);
    }
    if !card.footer.is_empty() {
        embed = embed.footer(CreateEmbedFooter::new(&card.footer));
    }
    match card.color {
        Some(color) => embed.color(color),
        None => embed,
    }
}

#[cfg(test)]
mod tests;
