//! Who the bot is: the REST client and the application behind the token.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serenity::model::application::{ApplicationFlags, CurrentApplicationInfo, MembershipState};

use super::{Fatal, rest::Rest};
use crate::{
    backoff::Backoff,
    chat::Directory,
    config::{ApiBase, Environment, Token},
    snowflake::UserId,
};

/// The bot, as Discord knows it.
pub struct Login {
    pub(super) rest: Rest,
    /// The application.
    pub(super) application: u64,
    /// The bot's own user. Its id is the application's for every application made since 2016 or so; READY corrects it.
    pub(super) bot: Arc<AtomicU64>,
    /// What is known of channels.
    pub(super) directory: Directory,
    /// The owner, or the members of the team that owns the application.
    pub owners: BTreeSet<UserId>,
    /// Whether the message content intent is ticked in the Developer Portal. Unknown counts as ticked: a refusal
    /// says so.
    pub reads_content: bool,
}

impl Login {
    /// The bot's own user.
    #[must_use]
    pub fn bot(&self) -> UserId {
        UserId(self.bot.load(Ordering::Relaxed))
    }
}

/// Asks Discord who the bot is, again and again until it answers.
///
/// # Errors
///
/// [`Fatal::TokenRejected`], [`Fatal::NoClient`].
pub async fn login(
    token: &Token,
    api_base: Option<&ApiBase>,
    environment: &Environment,
) -> Result<Login, Fatal> {
    let rest = Rest::new(token, api_base, environment)?;
    let mut failures = 0;
    let application = loop {
        match rest.application().await {
            Ok(application) => break application,
            Err(error) if error.status == Some(401) => return Err(Fatal::TokenRejected),
            Err(error) => {
                failures += 1;
                let pause = Backoff::RECONNECT.delay(failures);
                tracing::warn!(%error, pause_s = pause.as_secs(), "Discord does not answer; trying again");
                tokio::time::sleep(pause).await;
            }
        }
    };
    let ticked = ApplicationFlags::GATEWAY_MESSAGE_CONTENT
        | ApplicationFlags::GATEWAY_MESSAGE_CONTENT_LIMITED;
    Ok(Login {
        rest,
        application: application.id.get(),
        bot: Arc::new(AtomicU64::new(application.id.get())),
        directory: Directory::default(),
        owners: owners(&application),
        reads_content: application
            .flags
            .is_none_or(|flags| flags.intersects(ticked)),
    })
}

fn owners(application: &CurrentApplicationInfo) -> BTreeSet<UserId> {
    match &application.team {
        Some(team) => team
            .members
            .iter()
            .filter(|member| member.membership_state == MembershipState::Accepted)
            .map(|member| UserId(member.user.id.get()))
            .collect(),
        None => application
            .owner
            .iter()
            .map(|owner| UserId(owner.id.get()))
            .collect(),
    }
}
