//! Channels: created, renamed, deleted, and with fewer permissions for the bot.

use loopback_discord::Permissions;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALL_INTENTS, Socket, call, code, get, id, loopback, post};

#[tokio::test]
async fn channel_events_reach_the_bot() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let channel = discord.add_channel("plans");
    assert_eq!(socket.event("CHANNEL_CREATE").await["name"], "plans");
    discord.rename_channel(channel, "old-plans");
    assert_eq!(socket.event("CHANNEL_UPDATE").await["name"], "old-plans");
    let thread = discord.add_thread(channel, "details");
    socket.event("THREAD_CREATE").await;
    discord.say(thread, discord.owner(), "a detail");
    socket.event("MESSAGE_CREATE").await;
    discord.delete_channel(channel);
    assert_eq!(socket.event("CHANNEL_DELETE").await["id"], json!(channel));
    for gone in [channel, thread] {
        let (status, body) = get(&discord, &format!("/channels/{gone}")).await;
        assert_eq!((status, &body["code"]), (404, &json!(10003)));
    }
    assert!(discord.messages(thread).is_empty());
    let (guild, far) = discord.add_guild("elsewhere", "far");
    let event = socket.event("GUILD_CREATE").await;
    assert_eq!(
        (&event["id"], &event["channels"][0]["id"]),
        (&json!(guild), &json!(far))
    );
}

#[tokio::test]
async fn the_bot_edits_channels_only_with_a_permission() {
    let discord = loopback().await;
    let channel = discord.add_channel("plans");
    let path = format!("/channels/{channel}");
    let edit = async |body: Value| call(&discord, Method::PATCH, &path, &body).await;
    let name = json!({ "name": "New  Plans" });
    assert_eq!(edit(name.clone()).await.0, 403);
    discord.set_bot_permissions(
        channel,
        Permissions::EVERYONE | Permissions::MANAGE_CHANNELS,
    );
    let (status, edited) = edit(name).await;
    assert_eq!((status, &edited["name"]), (200, &json!("new-plans")));
    for wrong in [
        json!({ "name": "" }),
        json!({ "name": 5 }),
        json!({ "name": null }),
    ] {
        assert_eq!(edit(wrong.clone()).await.1["code"], 50035, "{wrong}");
    }
    assert!(
        discord.messages(channel).is_empty(),
        "only threads announce their name"
    );
    let direct = format!("/channels/{}", discord.dm(discord.owner()));
    let refused = code(&discord, Method::PATCH, &direct, &json!({ "name": "x" })).await;
    assert_eq!(refused, (403, Some(50003)));
    let deleted = code(&discord, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(deleted, (200, None));
    assert!(discord.channel_by_id(channel).is_none());
}

#[tokio::test]
async fn calls_without_a_permission_are_refused() {
    let discord = loopback().await;
    let general = discord.general();
    let owner = discord.owner();
    let question = discord.say(general, owner, "question");
    let thread = discord.add_thread(general, "thread");
    let everyone = Permissions::EVERYONE;
    let messages = format!("/channels/{general}/messages");
    let hello = json!({ "content": "hello" });
    let reply = json!({ "content": "hello", "message_reference": { "message_id": question } });
    let embed = json!({ "embeds": [{ "title": "x" }] });
    let cases = [
        (
            Permissions::VIEW_CHANNEL,
            Method::POST,
            messages.clone(),
            &hello,
            50001,
        ),
        (
            Permissions::VIEW_CHANNEL,
            Method::GET,
            format!("/channels/{general}"),
            &Value::Null,
            50001,
        ),
        (
            Permissions::VIEW_CHANNEL,
            Method::GET,
            format!("/channels/{thread}"),
            &Value::Null,
            50001,
        ),
        (
            Permissions::VIEW_CHANNEL,
            Method::GET,
            messages.clone(),
            &Value::Null,
            50001,
        ),
        (
            Permissions::SEND_MESSAGES,
            Method::POST,
            messages.clone(),
            &hello,
            50013,
        ),
        (
            Permissions::SEND_MESSAGES,
            Method::POST,
            format!("/channels/{general}/typing"),
            &Value::Null,
            50013,
        ),
        (
            Permissions::SEND_MESSAGES_IN_THREADS,
            Method::POST,
            format!("/channels/{thread}/messages"),
            &hello,
            50013,
        ),
        (
            Permissions::EMBED_LINKS,
            Method::POST,
            messages.clone(),
            &embed,
            50013,
        ),
        (
            Permissions::READ_MESSAGE_HISTORY,
            Method::POST,
            messages.clone(),
            &reply,
            160_002,
        ),
        (
            Permissions::READ_MESSAGE_HISTORY,
            Method::GET,
            format!("{messages}/{question}"),
            &Value::Null,
            50013,
        ),
        (
            Permissions::NONE,
            Method::DELETE,
            format!("{messages}/{question}"),
            &Value::Null,
            50013,
        ),
    ];
    for (missing, method, path, body, expected) in cases {
        discord.set_bot_permissions(general, everyone - missing);
        let refused = code(&discord, method, &path, body).await;
        let status = if expected == 160_002 { 400 } else { 403 };
        assert_eq!(
            refused,
            (status, Some(expected)),
            "{path} without {missing:?}"
        );
    }
}

#[tokio::test]
async fn permissions_decide_what_the_bot_reads_pings_and_deletes() {
    let discord = loopback().await;
    let general = discord.general();
    let question = discord.say(general, discord.owner(), "question");
    let thread = discord.add_thread(general, "thread");
    let everyone = Permissions::EVERYONE;
    let messages = format!("/channels/{general}/messages");
    let hello = json!({ "content": "hello" });
    discord.set_bot_permissions(general, everyone - Permissions::READ_MESSAGE_HISTORY);
    assert_eq!(get(&discord, &messages).await.1, json!([]));
    discord.set_bot_permissions(general, everyone - Permissions::SEND_MESSAGES);
    assert_eq!(
        post(&discord, thread, &hello).await.0,
        200,
        "threads have their own permission"
    );
    discord.set_bot_permissions(general, everyone - Permissions::MENTION_EVERYONE);
    post(&discord, general, &json!({ "content": "@everyone" })).await;
    assert!(
        !discord
            .bot_messages(general)
            .pop()
            .unwrap()
            .mention_everyone
    );
    discord.set_bot_permissions(general, everyone | Permissions::MANAGE_MESSAGES);
    let delete = format!("{messages}/{question}");
    assert_eq!(
        code(&discord, Method::DELETE, &delete, &Value::Null).await,
        (204, None)
    );
}

#[tokio::test]
async fn a_change_of_permissions_is_an_event() {
    let discord = loopback().await;
    let general = discord.general();
    let thread = discord.add_thread(general, "thread");
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let view = Permissions::VIEW_CHANNEL;
    discord.set_bot_permissions(general, Permissions::EVERYONE - view);
    let event = socket.event("CHANNEL_UPDATE").await;
    let overwrite = &event["permission_overwrites"][0];
    assert_eq!(overwrite["id"], json!(discord.bot()));
    assert_eq!(
        (&overwrite["deny"], &overwrite["allow"]),
        (&json!("1024"), &json!("0"))
    );
    discord.say(general, discord.owner(), "unseen");
    discord.say(thread, discord.owner(), "unseen");
    discord.rename_channel(thread, "unseen");
    discord.set_bot_permissions(general, Permissions::EVERYONE);
    let event = socket.event("CHANNEL_UPDATE").await;
    assert_eq!(event["permission_overwrites"], json!([]));
    let event = socket.event("THREAD_LIST_SYNC").await;
    assert_eq!(event["threads"][0]["id"], json!(thread));
    discord.say(general, discord.owner(), "seen");
    assert_eq!(socket.event("MESSAGE_CREATE").await["content"], "seen");
    assert_eq!(discord.bot_permissions(thread), Permissions::EVERYONE);
}

#[tokio::test]
async fn the_bot_opens_direct_messages() {
    let discord = loopback().await;
    let open = async |user: Value| {
        let body = json!({ "recipient_id": user });
        call(&discord, Method::POST, "/users/@me/channels", &body).await
    };
    let newcomer = discord.add_user("Nora");
    let (status, channel) = open(json!(newcomer)).await;
    assert_eq!((status, &channel["type"]), (200, &json!(1)));
    assert_eq!(channel["recipients"][0]["id"], json!(newcomer));
    assert_eq!(
        open(json!(newcomer)).await.1["id"],
        channel["id"],
        "the same channel"
    );
    let hello = json!({ "content": "hello" });
    let direct = id(&channel);
    let (_, made) = post(&discord, direct, &hello).await;
    let theirs = discord.say(direct, newcomer, "hi");
    let path = format!("/channels/{direct}/messages/{theirs}");
    let refused = code(&discord, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(refused, (403, Some(50003)));
    let own = format!("/channels/{direct}/messages/{}", id(&made));
    assert_eq!(
        code(&discord, Method::DELETE, &own, &Value::Null).await,
        (204, None)
    );

    discord.accept_dms(newcomer, false);
    let (status, body) = post(&discord, direct, &hello).await;
    assert_eq!((status, &body["code"]), (403, &json!(50007)));
    assert_eq!(open(json!("1")).await.1["code"], 10013);
    assert_eq!(open(Value::Null).await.1["code"], 50035);
    assert_eq!(open(json!(discord.add_bot("Other"))).await.1["code"], 50007);
}
