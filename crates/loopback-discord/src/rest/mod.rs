//! The REST API, v10.
//!
//! It parses and checks calls, refuses them as Discord does, and changes the world. It publishes events
//! and does not know who receives them.

mod access;
mod application;
mod attachments;
mod channels;
mod components;
mod embeds;
mod error;
mod interactions;
mod messages;
mod middleware;
mod modals;
mod payload;
mod reactions;
mod threads;
mod webhooks;

use axum::{
    Router,
    middleware::from_fn_with_state,
    response::IntoResponse,
    routing::{delete, get, post, put},
};

use crate::shared::Shared;
use error::ApiError;

/// The routes after `/api/v10`.
pub(crate) fn router(shared: &Shared) -> Router<Shared> {
    Router::new()
        .route("/gateway", get(application::gateway))
        .route("/gateway/bot", get(application::gateway_bot))
        .route("/oauth2/applications/@me", get(application::current))
        .route("/applications/@me", get(application::current))
        .route("/users/@me", get(application::me))
        .route("/users/@me/channels", post(channels::open_direct))
        .route("/users/{user}", get(application::user))
        .route("/guilds/{guild}", get(channels::guild))
        .route("/guilds/{guild}/members/{user}", get(channels::member))
        .route(
            "/channels/{channel}",
            get(channels::get)
                .patch(channels::edit)
                .delete(channels::delete),
        )
        .route("/channels/{channel}/typing", post(channels::typing))
        .route(
            "/channels/{channel}/messages",
            get(messages::list).post(messages::create),
        )
        .route(
            "/channels/{channel}/messages/{message}",
            get(messages::get)
                .patch(messages::edit)
                .delete(messages::delete),
        )
        .route(
            "/channels/{channel}/messages/{message}/reactions",
            delete(reactions::clear_all),
        )
        .route(
            "/channels/{channel}/messages/{message}/reactions/{emoji}",
            get(reactions::list).delete(reactions::clear_emoji),
        )
        .route(
            "/channels/{channel}/messages/{message}/reactions/{emoji}/@me",
            put(reactions::add).delete(reactions::remove_own),
        )
        .route(
            "/channels/{channel}/messages/{message}/reactions/{emoji}/{user}",
            delete(reactions::remove_of_user),
        )
        .route(
            "/channels/{channel}/messages/{message}/threads",
            post(threads::start_from_message),
        )
        .route(
            "/channels/{channel}/threads",
            post(threads::start_without_message),
        )
        .route(
            "/applications/{application}/commands",
            get(application::commands).put(application::put_commands),
        )
        .route(
            "/applications/{application}/guilds/{guild}/commands",
            get(application::guild_commands).put(application::put_guild_commands),
        )
        .route(
            "/interactions/{interaction}/{token}/callback",
            post(interactions::callback),
        )
        .route("/webhooks/{application}/{token}", post(webhooks::follow_up))
        .route(
            "/webhooks/{application}/{token}/messages/{message}",
            get(webhooks::get)
                .patch(webhooks::edit)
                .delete(webhooks::delete),
        )
        .fallback(async || ApiError::not_found().into_response())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed().into_response())
        .layer(from_fn_with_state(shared.clone(), middleware::handle))
}
