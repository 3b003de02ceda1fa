//! Roles: the bot's own, and what roles allow.

use loopback_discord::Permissions;
use reqwest::Method;
use serde_json::json;

use crate::support::{INTENTS, Socket, call, get, id, loopback};

#[tokio::test]
async fn the_bot_has_a_role_of_its_own_in_every_guild() {
    let discord = loopback().await;
    let (other, _) = discord.add_guild("Another", "lounge");
    for guild in [discord.guild(), other] {
        let (_, seen) = get(&discord, &format!("/guilds/{guild}/roles")).await;
        let roles = seen.as_array().unwrap();
        let own: Vec<_> = roles
            .iter()
            .filter(|role| role["tags"]["bot_id"] == discord.bot().to_string())
            .collect();
        assert_eq!(own.len(), 1);
        assert_eq!(
            (&own[0]["managed"], &own[0]["mentionable"]),
            (&json!(true), &json!(false))
        );
        let path = format!("/guilds/{guild}/members/{}", discord.bot());
        let (_, member) = get(&discord, &path).await;
        assert_eq!(member["roles"], json!([own[0]["id"]]));
    }
}

#[tokio::test]
async fn roles_allow_the_bot_and_people_more() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, INTENTS).await;
    let (here, role) = (discord.general(), discord.role());
    let commands = json!([{ "name": "status", "description": "Status" }]);
    let path = format!("/applications/{}/commands", discord.application());
    call(&discord, Method::PUT, &path, &commands).await;
    discord.set_role_permissions(role, Permissions::MANAGE_MESSAGES);
    let changed = socket.event("GUILD_ROLE_UPDATE").await;
    assert_eq!(id(&changed["role"]), role);
    let mut seen = Vec::new();
    for user in [discord.stranger(), discord.member(), discord.owner()] {
        discord.slash(here, user, "status", &json!(null));
        let asked = socket.event("INTERACTION_CREATE").await;
        let bits = asked["member"]["permissions"].as_str().unwrap();
        let bits: u64 = bits.parse().unwrap();
        let manages = Permissions::MANAGE_MESSAGES.bits();
        seen.push(bits & manages != 0);
    }
    assert_eq!(seen, [false, true, true]);

    assert!(
        !discord
            .bot_permissions(here)
            .contains(Permissions::MANAGE_THREADS)
    );
    discord.set_role_permissions(discord.bot_role(), Permissions::MANAGE_THREADS);
    assert!(
        discord
            .bot_permissions(here)
            .contains(Permissions::MANAGE_THREADS)
    );
}

#[tokio::test]
async fn people_mention_roles_also_the_bots_own() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, INTENTS).await;
    let (own, other) = (discord.bot_role(), discord.role());
    discord.say(
        discord.general(),
        discord.member(),
        &format!("<@&{own}> <@&{other}> <@&1>"),
    );
    let seen = socket.event("MESSAGE_CREATE").await;
    assert_eq!(seen["mention_roles"], json!([own, other]));
    assert_eq!(seen["mentions"], json!([]));
}
