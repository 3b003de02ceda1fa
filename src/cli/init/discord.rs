//! The token, the intent, the invitation, and the channels.

use std::{fmt, path::Path, time::Duration};

use serde_json::json;

use super::{browser, dialogue, steps::Steps};
use crate::{
    cli::{
        doctor,
        exit::{Code, ExitError},
        finding::Finding,
        invocation::say,
        run,
    },
    config::{self, Environment, Token},
    discord::{
        Failed,
        permission::{Granted, invite_link},
        survey::{BotAccount, Guild, Survey},
    },
    snowflake::{ChannelId, GuildId},
};

/// How often Discord is asked whether something has been done in the browser.
const POLL: Duration = Duration::from_secs(2);

/// The file for the token, beside the configuration, unless another one is named.
const TOKEN_FILE: &str = "discord-token";

/// A channel that the bot shall answer in.
#[derive(Debug, Clone)]
pub(super) struct ChannelChoice {
    pub(super) guild: GuildId,
    guild_name: String,
    pub(super) channel: ChannelId,
    pub(super) name: String,
    granted: Granted,
}

impl fmt::Display for ChannelChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let visible = |text: &str| text.replace(char::is_control, "\u{fffd}");
        let lacks = self.granted.missing().any(|it| it.is_required);
        let note = if lacks { ", lacks permissions" } else { "" };
        write!(
            f,
            "#{} ({}{note})",
            visible(&self.name),
            visible(&self.guild_name)
        )
    }
}

/// Finds or asks for a token that Discord takes, and waits for the intent.
pub(super) fn log_in(steps: &mut Steps<'_>, asks: bool) -> Result<(Survey, BotAccount), ExitError> {
    if let Some(api_base) = &steps.options.api_base {
        steps
            .draft
            .set(&["discord", "api_base"], json!(api_base.as_str()));
    }
    let mut token = known_token(steps, asks)?;
    let (survey, mut account) = loop {
        let found = match token.take() {
            Some(token) => token,
            None => ask_for_token(steps)?,
        };
        let config = steps.config()?;
        let api_base = config.discord.api_base.as_ref();
        let environment = &steps.invocation.environment;
        let survey = Survey::new(&found, api_base, environment);
        let survey = survey.map_err(|fatal| Code::Software.exit(fatal))?;
        match run::runtime()?.block_on(survey.account()) {
            Ok(account) => break (survey, account),
            Err(failed) => {
                let (finding, code) = if failed.status == Some(401) {
                    (doctor::refused_token(), Code::Token)
                } else {
                    (doctor::unreachable("discord", &failed.reason), Code::Failed)
                };
                let is_unreachable = matches!(code, Code::Failed);
                if !steps.dialogue.tries_again(finding, code)? {
                    return Err(Code::Failed.exit("stopped; nothing was written"));
                }
                token = is_unreachable.then_some(found);
            }
        }
    };
    say(&format!(
        "Discord knows the token: it is that of {}.\n",
        account.name
    ))?;
    if !account.reads_content {
        account = wait_for_intent(steps, &survey, account)?;
    }
    Ok((survey, account))
}

/// The token that is there already. One that is named must be good.
fn known_token(steps: &mut Steps<'_>, asks: bool) -> Result<Option<Token>, ExitError> {
    let environment = &steps.invocation.environment;
    if let Some(file) = &steps.options.token_file {
        let failed = |error| Code::Files.exit(format!("{}: {error}", file.display()));
        let file = std::path::absolute(file).map_err(failed)?;
        let named = relative(&file, steps.draft.folder());
        steps.draft.set(&["discord", "token_file"], json!(named));
        if file.exists() || !steps.dialogue.is_person() {
            let read = config::read_token(Some(&file), &Environment::default());
            let read = read.map_err(|error| Code::Config.exit(error))?;
            return Ok(Some(read.0));
        }
        return Ok(None);
    }
    let config = steps.config()?;
    let is_again = !steps.draft.is_first() && asks && steps.dialogue.is_person();
    match config::read_token(config.discord.token_file.as_deref(), environment) {
        Ok((token, _)) if !is_again => Ok(Some(token)),
        Err(error) if !steps.dialogue.is_person() => Err(Code::Config.exit(error)),
        _ => Ok(None),
    }
}

fn ask_for_token(steps: &mut Steps<'_>) -> Result<Token, ExitError> {
    let token = dialogue::token()?;
    let file = match steps.config()?.discord.token_file {
        Some(file) => file,
        None => {
            steps
                .draft
                .set(&["discord", "token_file"], json!(TOKEN_FILE));
            steps.draft.folder().join(TOKEN_FILE)
        }
    };
    steps.token = Some((token.clone(), file));
    Ok(token)
}

/// A path as the configuration names it.
fn relative(file: &Path, folder: &Path) -> String {
    let short = file.strip_prefix(folder).unwrap_or(file);
    short.display().to_string()
}

fn wait_for_intent(
    steps: &Steps<'_>,
    survey: &Survey,
    account: BotAccount,
) -> Result<BotAccount, ExitError> {
    let finding = doctor::missing_intent(account.id);
    if !steps.dialogue.tries_again(finding, Code::Intent)? {
        return Ok(account);
    }
    say("Waiting until it is ticked and saved ...\n")?;
    run::runtime()?.block_on(poll(async || {
        let account = survey.account().await?;
        Ok(account.reads_content.then_some(account))
    }))
}

/// Asks Discord until there is something. It goes on after failures, which may pass, but not with a refused token.
async fn poll<T>(ask: impl AsyncFn() -> Result<Option<T>, Failed>) -> Result<T, ExitError> {
    let mut is_told = false;
    loop {
        tokio::time::sleep(POLL).await;
        match ask().await {
            Ok(Some(found)) => return Ok(found),
            Err(failed) if failed.status == Some(401) => return Err(Code::Token.exit(failed)),
            Err(failed) if !is_told => {
                is_told = true;
                say(&format!("Discord failed, and is asked again: {failed}\n"))?;
            }
            Ok(None) | Err(_) => {}
        }
    }
}

/// Asks for the channels, after the bot has been invited to a guild.
pub(super) fn channels(
    steps: &mut Steps<'_>,
    survey: &Survey,
    account: &BotAccount,
) -> Result<Vec<ChannelChoice>, ExitError> {
    let guilds = guilds(steps, survey, account)?;
    let mut places = places(&guilds);
    let wanted = &steps.options.channel;
    let chosen = if !wanted.is_empty() {
        let unknown = wanted
            .iter()
            .find(|id| places.iter().all(|place| place.channel != **id));
        if let Some(unknown) = unknown {
            return Err(Code::Failed.exit(format!(
                "the bot's guilds have no channel {unknown} that people write in; nothing was written"
            )));
        }
        places.retain(|place| wanted.contains(&place.channel));
        places
    } else if steps.dialogue.is_person() {
        dialogue::choose_several("In which channels shall the bot answer?", places)?
    } else {
        Vec::new()
    };
    for place in &chosen {
        let missing: Vec<_> = place
            .granted
            .missing()
            .filter(|it| it.is_required)
            .collect();
        if let Some(first) = missing.first() {
            let names: Vec<_> = missing.iter().map(|it| it.name).collect();
            let what = format!("in {place}, the bot lacks {}", names.join(", "));
            let finding = Finding::error("permissions", what)
                .why(first.without)
                .mend(format!(
                    "\"Edit Channel\", \"Permissions\", add the bot's role and allow them; or open {}",
                    invite_link(account.id)
                ));
            if steps.dialogue.tries_again(finding, Code::Failed)? {
                return channels(steps, survey, account);
            }
        }
    }
    answers(steps, &chosen)?;
    Ok(chosen)
}

/// Which messages are answered there.
fn answers(steps: &mut Steps<'_>, chosen: &[ChannelChoice]) -> Result<(), ExitError> {
    let respond = match &steps.options.respond {
        Some(respond) => respond.clone(),
        None if steps.dialogue.is_person() && !chosen.is_empty() => {
            let all = "Shall it answer every message there? Otherwise only those that mention it.";
            if dialogue::confirm(all, false)? {
                "all"
            } else {
                "mention"
            }
            .to_owned()
        }
        None => return Ok(()),
    };
    if chosen.is_empty() {
        steps.draft.set(&["discord", "respond"], json!(respond));
    }
    let general = serde_json::to_value(steps.config()?.discord.respond).unwrap_or_default();
    for place in chosen {
        let id = place.channel.to_string();
        let path = ["channels", &*id, "respond"];
        if general == respond.as_str() {
            steps.draft.remove(&path);
        } else {
            steps.draft.set(&path, json!(respond));
        }
    }
    Ok(())
}

/// The guilds of the bot, at least one.
fn guilds(
    steps: &Steps<'_>,
    survey: &Survey,
    account: &BotAccount,
) -> Result<Vec<Guild>, ExitError> {
    let ask = async || -> Result<Vec<Guild>, Failed> {
        let guilds = survey.guilds(account.bot).await?;
        guilds.into_iter().collect()
    };
    let runtime = run::runtime()?;
    let found = loop {
        match runtime.block_on(ask()) {
            Ok(found) => break found,
            Err(failed) => {
                let what = format!("failed to list the guilds: {failed}");
                let finding = doctor::unreachable("discord", &what);
                if !steps.dialogue.tries_again(finding, Code::Failed)? {
                    return Ok(Vec::new());
                }
            }
        }
    };
    let link = invite_link(account.id);
    if !found.is_empty() {
        say(&format!(
            "To invite the bot to another guild, open {link}\n"
        ))?;
        return Ok(found);
    }
    let question = "The bot is in no guild yet. Open its invite link in the browser?";
    browser::offer(steps, question, &link)?;
    let finding = Finding::error("permissions", "the bot is in no guild yet")
        .why("people write to it in the channels of a guild")
        .mend(format!("open {link} and choose a guild that you manage"));
    if !steps.dialogue.tries_again(finding, Code::Failed)? {
        return Ok(found);
    }
    say("Waiting for the invitation ...\n")?;
    runtime.block_on(poll(async || {
        let found = ask().await?;
        Ok((!found.is_empty()).then_some(found))
    }))
}

fn places(guilds: &[Guild]) -> Vec<ChannelChoice> {
    let places = guilds.iter().flat_map(|guild| {
        let channels = guild.channels.iter();
        channels.map(|channel| ChannelChoice {
            guild: guild.id,
            guild_name: guild.name.clone(),
            channel: channel.id,
            name: channel.name.clone(),
            granted: channel.granted,
        })
    });
    places.collect()
}
