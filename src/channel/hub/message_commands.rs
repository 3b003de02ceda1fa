//! The commands in a message's context menu: a question about it, asked in a form, and a branch that goes on from it.

use super::{Hub, ask_form::AskForm};
use crate::{
    channel::{
        intake::Ignored,
        messages::{self, asking as texts},
        overheard,
        request::{QueueItem, Request},
    },
    chat::{
        Author, ChatMessage, ControlId, FieldKind, Form, FormField, Interaction, InteractionReply,
        Place,
    },
    command::{Command, MessageCommand},
    external::{Context, is_blank},
};

/// How many forms are remembered that nobody has submitted.
const MOST_FORMS: usize = 100;

impl Hub {
    pub(super) fn message_command(
        &mut self,
        (place, author): (&Place, &Author),
        interaction: Interaction,
        name: &str,
        (message, link): (Box<ChatMessage>, String),
    ) {
        let who = (place.channel, author.id);
        let command = MessageCommand::of(name).ok_or(Ignored::NotAddressed);
        let command = self.intake().admit(author, place).and(command);
        match self.admit_interaction(who, &interaction, command) {
            None => {}
            Some(MessageCommand::Branch) => {
                let request = Request::Command(Command::Fork(Some(message.id)));
                let text = messages::command_received(name);
                self.run_interaction((place, author), interaction, request, text);
            }
            Some(MessageCommand::Ask) => {
                let Some(id) = ControlId::new(&uuid::Uuid::new_v4().to_string(), 1) else {
                    return;
                };
                let form = InteractionReply::OpenForm(form(id.clone()));
                self.reply_with(place.channel, interaction, form);
                self.ask_forms.push_back(AskForm {
                    id,
                    by: author.id,
                    channel: place.channel,
                    message,
                    link,
                });
                if self.ask_forms.len() > MOST_FORMS {
                    self.ask_forms.pop_front();
                }
            }
        }
    }

    /// A form was submitted that a command has opened.
    pub(super) fn asked(
        &mut self,
        (place, author): (&Place, &Author),
        interaction: Interaction,
        custom_id: &str,
        entered: Option<String>,
    ) {
        let (channel, id) = (place.channel, ControlId::parse(custom_id));
        let is_it = |form: &AskForm| {
            Some(&form.id) == id.as_ref() && form.by == author.id && form.channel == channel
        };
        let Some(at) = self.ask_forms.iter().position(is_it) else {
            return self.reply(channel, interaction, texts::FORM_EXPIRED);
        };
        let Some(asked) = self.ask_forms.remove(at) else {
            return;
        };
        let who = (channel, author.id);
        let admitted = self.intake().admit(author, place);
        if self
            .admit_interaction(who, &interaction, admitted)
            .is_none()
        {
            return;
        }
        let question = entered.filter(|text| !is_blank(text));
        let question = question.unwrap_or_else(|| texts::DEFAULT_QUESTION.into());
        let mut quote = overheard::quote(&asked.message, None);
        quote.is_own = quote.author == self.bot;
        let shown = texts::asks(&author.name, &asked.link, &question);
        let context = Box::new(Context {
            replied: Some(asked.message.id),
            quote: Some(quote),
            quoted_from: Some(asked.link),
            names: asked.message.context.names,
            thread: place.name.clone().filter(|_| place.parent.is_some()),
            ..Context::default()
        });
        let request = Request::Prompt {
            text: question,
            context,
        };
        let text = texts::ASKED.to_owned();
        if self.run_interaction((place, author), interaction, request, text) {
            self.say(channel, shown);
        }
    }

    /// `false` if the person may not talk to the bot here.
    fn run_interaction(
        &mut self,
        (place, author): (&Place, &Author),
        interaction: Interaction,
        request: Request,
        text: String,
    ) -> bool {
        let Ok(speaker) = self.intake().admit(author, place) else {
            return false;
        };
        let item = QueueItem::of_interaction(interaction.id, place, speaker, request);
        self.reply(place.channel, interaction, text);
        self.pass_on_admitted(item);
        true
    }
}

fn form(id: ControlId) -> Form {
    Form {
        id,
        title: texts::FORM_TITLE.into(),
        fields: vec![FormField {
            id: "question".into(),
            label: texts::FORM_LABEL.into(),
            kind: FieldKind::Text {
                value: String::new(),
                is_long: true,
            },
            is_required: false,
        }],
    }
}
