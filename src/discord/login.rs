//! Logs in: finds out which application the token belongs to.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicU64},
};

use serenity::model::application::{ApplicationFlags, CurrentApplicationInfo, MembershipState};

use super::{Fatal, history::History, rest::Rest};
use crate::{
    backoff::Backoff,
    chat::Directory,
    config::{ApiBase, Environment, Token},
    snowflake::UserId,
};

pub(crate) struct Login {
    pub(crate) history: History,
    pub(super) application: u64,
    /// The owner, or the members of the team that owns the application.
    pub(crate) owners: BTreeSet<UserId>,
    /// Whether the message content intent is ticked in the Developer Portal. If that is unknown, it counts as ticked,
    /// and Discord refuses the connection if it is not.
    pub(crate) reads_content: bool,
}

/// Asks Discord for the application, until it answers.
pub(crate) async fn login(
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
                tracing::warn!(%error, pause_s = pause.as_secs(), "failed to log in to Discord; trying again");
                tokio::time::sleep(pause).await;
            }
        }
    };
    Ok(Login {
        history: History {
            rest,
            directory: Directory::default(),
            bot: Arc::new(AtomicU64::new(application.id.get())),
        },
        application: application.id.get(),
        owners: owners(&application),
        reads_content: reads_content(&application),
    })
}

/// Whether the message content intent is ticked, or that is unknown.
pub(super) fn reads_content(application: &CurrentApplicationInfo) -> bool {
    let ticked = ApplicationFlags::GATEWAY_MESSAGE_CONTENT
        | ApplicationFlags::GATEWAY_MESSAGE_CONTENT_LIMITED;
    application
        .flags
        .is_none_or(|flags| flags.intersects(ticked))
}

fn owners(application: &CurrentApplicationInfo) -> BTreeSet<UserId> {
    let Some(team) = &application.team else {
        return application.owner.iter().map(|it| it.id.into()).collect();
    };
    let members = team.members.iter();
    members
        .filter(|member| member.membership_state == MembershipState::Accepted)
        .map(|member| member.user.id.into())
        .collect()
}
