//! `switchboard init`: asks for what the bot needs, checks each answer at once, and writes the configuration at the end.

mod browser;
mod choices;
mod claude;
mod dialogue;
mod discord;
mod draft;
mod preset;
mod steps;

use std::{collections::BTreeSet, path::Path};

use self::{dialogue::Dialogue, discord::ChannelChoice, draft::Draft, steps::Steps};
use super::{
    args::Init,
    exit::{Code, ExitError},
    invocation::{Invocation, say},
};
use crate::{
    channel::messages::welcome,
    config::Respond,
    discord::survey::Survey,
    files::{self, Access, own_ids},
    persona,
};

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    Discord,
    Channels,
    People,
    Model,
    Tools,
    Sandbox,
    Cli,
}

impl Topic {
    const ALL: [Self; 7] = [
        Self::Discord,
        Self::Channels,
        Self::People,
        Self::Model,
        Self::Tools,
        Self::Sandbox,
        Self::Cli,
    ];

    /// Those that the options answer.
    fn answered(options: &Init) -> BTreeSet<Self> {
        let given = [
            (
                Self::Discord,
                options.token_file.is_some() || options.api_base.is_some(),
            ),
            (
                Self::Channels,
                !options.channel.is_empty() || options.respond.is_some(),
            ),
            (
                Self::People,
                !(options.allow.is_empty()
                    && options.allow_role.is_empty()
                    && options.admin.is_empty()),
            ),
            (Self::Model, options.model.is_some()),
            (Self::Tools, options.tools.is_some()),
            (Self::Sandbox, options.sandbox.is_some()),
            (
                Self::Cli,
                options.claude.is_some() || options.install_claude,
            ),
        ];
        let given = given.into_iter().filter(|(_, is_given)| *is_given);
        given.map(|(topic, _)| topic).collect()
    }
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Discord => "the bot's token",
            Self::Channels => "the channels",
            Self::People => "who may talk to the bot",
            Self::Model => "the model",
            Self::Tools => "what Claude may do unasked",
            Self::Sandbox => "the sandbox",
            Self::Cli => "the Claude CLI",
        })
    }
}

pub(super) fn init(invocation: &Invocation, options: &Init) -> Result<(), ExitError> {
    let dialogue = Dialogue::open(options.yes)?;
    let draft = Draft::read(invocation)?;
    let topics = topics(options, dialogue, &draft)?;
    let mut steps = Steps {
        invocation,
        options,
        dialogue,
        draft,
        token: None,
    };
    let asks = |topic| topics.contains(&topic);
    let is_about_discord = asks(Topic::Discord) || asks(Topic::Channels);
    let mut discord = None;
    if is_about_discord {
        let (survey, account) = discord::log_in(&mut steps, asks(Topic::Discord))?;
        let places = if asks(Topic::Channels) {
            discord::channels(&mut steps, &survey, &account)?
        } else {
            Vec::new()
        };
        discord = Some((survey, places));
    }
    let places = discord.as_ref().map_or(&[][..], |(_, places)| places);
    if asks(Topic::People) {
        choices::people(&mut steps, places)?;
    }
    if asks(Topic::Model) {
        choices::model(&mut steps)?;
    }
    if asks(Topic::Tools) {
        choices::tools(&mut steps)?;
    }
    if asks(Topic::Sandbox) {
        claude::sandbox(&mut steps)?;
    }
    if asks(Topic::Cli) {
        claude::cli(&mut steps)?;
    }
    let is_changed = write(&steps)?;
    if let Some((survey, places)) = &discord
        && is_changed
        && !options.no_message
        && let Some(place) = places.first()
    {
        greet(&steps, survey, place)?;
    }
    say(&format!(
        "{}\nNext: `switchboard run` starts the bot, `switchboard service install` has systemd run it, `switchboard doctor` finds out what is wrong, should anything be.\n\
         docs/operating.md says how systemd can keep the token as an encrypted credential.\n",
        if is_changed {
            format!("\nWritten: {}", steps.draft.file.display())
        } else {
            "\nNothing has changed.".into()
        }
    ))
}

/// Everything at the first time; later what is asked for.
fn topics(options: &Init, dialogue: Dialogue, draft: &Draft) -> Result<BTreeSet<Topic>, ExitError> {
    if draft.is_first() {
        return Ok(Topic::ALL.into());
    }
    let answered = Topic::answered(options);
    if !answered.is_empty() || !dialogue.is_person() {
        return Ok(answered);
    }
    let question = format!(
        "{} exists. What do you want to change?",
        draft.file.display()
    );
    let chosen = dialogue::choose_several(&question, Topic::ALL.into())?;
    Ok(chosen.into_iter().collect())
}

/// Writes the token, the personality and the configuration, in this order, so that nothing refers to what is not there.
/// Returns whether the configuration has changed.
fn write(steps: &Steps<'_>) -> Result<bool, ExitError> {
    let config = steps.config()?;
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| Code::Files.exit(format!("failed to write {path}: {error}"))
    };
    if let Some((token, path)) = &steps.token {
        if let Some(folder) = path.parent() {
            files::create_folder(folder).map_err(failed(folder))?;
        }
        let line = format!("{}\n", token.expose());
        files::replace(path, line.as_bytes()).map_err(failed(path))?;
        say(&format!(
            "The token is stored in {}, which only you can read.\n",
            path.display()
        ))?;
    } else if let Some(path) = &config.discord.token_file
        && let Ok(access) = Access::of(path)
        && let open @ 1.. = access.open(0o077, own_ids())
    {
        files::set_mode(path, access.mode & !open).map_err(failed(path))?;
        say(&format!("Others cannot read {} now.\n", path.display()))?;
    }
    if !config.personality_dir.exists() {
        let folder = &config.personality_dir;
        persona::write_builtin(folder).map_err(failed(folder))?;
        say(&format!(
            "Claude's personality is defined in {}: edit these files as you like.\n",
            folder.display()
        ))?;
    }
    let file = &steps.draft.file;
    if !steps.draft.is_changed() {
        return Ok(steps.token.is_some());
    }
    let before = Access::of(file);
    files::replace(file, steps.draft.text().as_bytes()).map_err(failed(file))?;
    if let Ok(before) = before {
        before.restore(file).map_err(failed(file))?;
    }
    Ok(true)
}

fn greet(steps: &Steps<'_>, survey: &Survey, place: &ChannelChoice) -> Result<(), ExitError> {
    let config = steps.config()?;
    let own = config
        .channels
        .get(&place.channel)
        .and_then(|own| own.respond);
    let respond = own.unwrap_or(config.discord.respond);
    let text = welcome(respond == Respond::All);
    let said = super::run::runtime()?.block_on(survey.say(place.channel, &text));
    match said {
        Ok(message) => say(&format!(
            "A first message is in #{}: https://discord.com/channels/{}/{}/{message}\n",
            place.name, place.guild, place.channel
        )),
        Err(failed) => Err(Code::Failed.exit(format!(
            "the configuration is written, but the first message in #{} failed: {failed}; run `switchboard doctor`",
            place.name
        ))),
    }
}
