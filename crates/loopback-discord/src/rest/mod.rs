//! The REST API, v10.
//!
//! It takes calls apart, says no as Discord does, and lets the world change. It must not know the
//! gateway: events are published, and who hears of them is not its business.

mod application;
mod channels;
mod components;
mod embeds;
mod intake;
mod interactions;
mod messages;
mod payload;
mod refusal;
mod webhooks;

use axum::{
    Router, middleware,
    response::IntoResponse,
    routing::{get, post, put},
};

use crate::shared::Shared;
use refusal::Refusal;

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
        .route("/channels/{channel}", get(channels::get))
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
            "/channels/{channel}/messages/{message}/reactions/{emoji}/@me",
            put(messages::react).delete(messages::unreact),
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
        .fallback(async || Refusal::not_found().into_response())
        .method_not_allowed_fallback(async || Refusal::method_not_allowed().into_response())
        .layer(middleware::from_fn_with_state(shared.clone(), intake::take))
}
