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
mod extract;
mod interactions;
mod layouts;
mod messages;
mod middleware;
mod modals;
mod payload;
mod polls;
mod reactions;
mod references;
mod thread_lists;
mod threads;
mod webhooks;

use axum::{
    Router,
    middleware::from_fn_with_state,
    response::IntoResponse,
    routing::{MethodRouter, delete, get, post, put},
};

use crate::shared::Shared;
use error::ApiError;

/// The routes after `/api/v10`.
pub(crate) fn router(shared: &Shared) -> Router<Shared> {
    own_routes()
        .route("/gateway", get(application::gateway))
        .route("/gateway/bot", get(application::gateway_bot))
        .route("/users/{user}", get(application::user))
        .route("/guilds/{guild}", get(channels::guild))
        .route("/guilds/{guild}/channels", get(channels::guild_channels))
        .route("/guilds/{guild}/roles", get(channels::guild_roles))
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
            "/channels/{channel}/threads/archived/public",
            get(thread_lists::archived),
        )
        .route("/guilds/{guild}/threads/active", get(thread_lists::active))
        .route(
            "/channels/{channel}/thread-members/{user}",
            get(thread_lists::member).put(thread_lists::add),
        )
        .route(
            "/channels/{channel}/polls/{message}/answers/{answer}",
            get(polls::voters),
        )
        .route(
            "/channels/{channel}/polls/{message}/expire",
            post(polls::expire),
        )
        .route("/attachments/refresh-urls", post(attachments::refresh_urls))
        .route("/webhooks/{webhook}", get(webhooks::unknown))
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

/// The routes about the bot itself.
fn own_routes() -> Router<Shared> {
    let routes: [(&str, MethodRouter<Shared>); 7] = [
        ("/oauth2/applications/@me", get(application::current)),
        ("/applications/@me", get(application::current)),
        ("/users/@me", get(application::me)),
        ("/users/@me/guilds", get(channels::own_guilds)),
        ("/users/@me/channels", post(channels::open_direct)),
        (
            "/channels/{channel}/messages/{message}/reactions/{emoji}/@me",
            put(reactions::add).delete(reactions::remove_own),
        ),
        (
            "/channels/{channel}/thread-members/@me",
            put(thread_lists::join).delete(thread_lists::leave),
        ),
    ];
    let add = |router: Router<Shared>, (path, methods): (&str, MethodRouter<Shared>)| {
        // discord.js escapes the `@`, and axum matches paths as they were sent.
        let escaped = path.replace('@', "%40");
        router.route(path, methods.clone()).route(&escaped, methods)
    };
    routes.into_iter().fold(Router::new(), add)
}
