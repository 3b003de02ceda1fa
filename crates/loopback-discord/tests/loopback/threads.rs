//! Threads: started, renamed, archived, locked and deleted, by the bot and by people.

use std::time::Duration;

use loopback_discord::{Loopback, Permissions, SystemMessage};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALL_INTENTS, Socket, call, code, get, id, loopback, post, request};

#[tokio::test]
async fn the_bot_starts_a_thread_from_a_message() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let general = discord.general();
    let message = discord.say(general, discord.owner(), "a long story");
    socket.event("MESSAGE_CREATE").await;
    let path = format!("/channels/{general}/messages/{message}/threads");
    let body = json!({ "name": "The story", "auto_archive_duration": 60 });
    let (status, thread) = call(&discord, Method::POST, &path, &body).await;
    assert_eq!((status, &thread["id"]), (200, &json!(message)));
    assert_eq!(thread["parent_id"], json!(general));
    assert_eq!(thread["owner_id"], json!(discord.bot()));
    assert_eq!(thread["thread_metadata"]["auto_archive_duration"], 60);

    let event = socket.event("THREAD_CREATE").await;
    assert_eq!(
        (&event["name"], &event["newly_created"]),
        (&json!("The story"), &json!(true))
    );
    let event = socket.event("MESSAGE_UPDATE").await;
    assert_eq!(event["flags"], 1 << 5);
    assert_eq!(event["thread"]["id"], json!(message));
    assert_eq!(event["edited_timestamp"], Value::Null);
    let event = socket.event("MESSAGE_CREATE").await;
    assert_eq!(
        (&event["type"], &event["channel_id"]),
        (&json!(21), &json!(message))
    );
    assert_eq!(event["message_reference"]["channel_id"], json!(general));
    assert_eq!(event["referenced_message"]["content"], "a long story");

    let again = code(&discord, Method::POST, &path, &body).await;
    assert_eq!(again, (400, Some(160_004)));
    let (status, made) = post(&discord, message, &json!({ "content": "in the thread" })).await;
    assert_eq!((status, &made["channel_id"]), (200, &json!(message)));
}

#[tokio::test]
async fn the_bot_starts_a_thread_without_a_message() {
    let discord = loopback().await;
    let general = discord.general();
    let path = format!("/channels/{general}/threads");
    let body = json!({ "name": "Plans", "type": 11 });
    let (status, thread) = call(&discord, Method::POST, &path, &body).await;
    assert_eq!((status, &thread["type"]), (200, &json!(11)));
    let announced = discord.bot_messages(general).pop().unwrap();
    assert_eq!(announced.content, "Plans");
    let thread = id(&thread);
    assert_eq!(
        announced.system,
        Some(SystemMessage::ThreadCreated { thread })
    );
    assert_eq!(discord.threads(general)[0].id, thread);

    let start = async |path: &str, body: Value| code(&discord, Method::POST, path, &body).await;
    for wrong in [
        json!({ "name": "no type" }),
        json!({ "name": "", "type": 11 }),
        json!({ "name": "x".repeat(101), "type": 11 }),
        json!({ "type": 11 }),
        json!({ "name": "x", "type": 11, "auto_archive_duration": 61 }),
    ] {
        assert_eq!(
            start(&path, wrong.clone()).await,
            (400, Some(50035)),
            "{wrong}"
        );
    }
    let in_thread = format!("/channels/{thread}/threads");
    assert_eq!(start(&in_thread, body.clone()).await, (400, Some(50024)));
    let edit = code(
        &discord,
        Method::PATCH,
        &format!("/channels/{general}/messages/{}", announced.id),
        &json!({ "content": "x" }),
    )
    .await;
    assert_eq!(edit, (403, Some(50021)), "a system message");
    discord.set_bot_permissions(
        general,
        Permissions::EVERYONE - Permissions::CREATE_PUBLIC_THREADS,
    );
    assert_eq!(start(&path, body).await, (403, Some(50013)));
}

#[tokio::test]
async fn the_bot_renames_its_thread_twice_in_a_window() {
    let discord = Loopback::builder()
        .rename_window(Duration::from_mins(10))
        .start()
        .await
        .unwrap();
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let general = discord.general();
    let path = format!("/channels/{general}/threads");
    let body = json!({ "name": "New", "type": 11 });
    let thread = id(&call(&discord, Method::POST, &path, &body).await.1);
    let path = format!("/channels/{thread}");
    let rename =
        async |name: &str| call(&discord, Method::PATCH, &path, &json!({ "name": name })).await;
    let (status, renamed) = rename("Fix the tests").await;
    assert_eq!((status, &renamed["name"]), (200, &json!("Fix the tests")));
    let event = socket.skip_to("THREAD_UPDATE").await;
    assert_eq!(event["name"], "Fix the tests");
    let event = socket.event("MESSAGE_CREATE").await;
    assert_eq!(
        (&event["type"], &event["content"]),
        (&json!(4), &json!("Fix the tests"))
    );
    let note = format!(
        "/channels/{thread}/messages/{}",
        event["id"].as_str().unwrap()
    );
    let deleted = code(&discord, Method::DELETE, &note, &Value::Null).await;
    assert_eq!(deleted, (403, Some(50021)), "a system message");

    assert_eq!(rename("Fix all tests").await.0, 200);
    discord.limit("PATCH /channels/*", 5, Duration::from_secs(15));
    let third = request(&discord, Method::PATCH, &path).json(&json!({ "name": "No more" }));
    let third = third.send().await.unwrap();
    assert_eq!(third.status(), 429);
    assert_eq!(
        third.headers()["x-ratelimit-remaining"],
        "4",
        "the route's own bucket"
    );
    assert_eq!(third.headers()["retry-after"], "600");
    let body: Value = third.json().await.unwrap();
    assert!(body["retry_after"].as_f64().unwrap() > 590.0, "{body}");
    assert_eq!(discord.overruns(), 1);
    assert_eq!(discord.channel_by_id(thread).unwrap().name, "Fix all tests");
    let archive = call(&discord, Method::PATCH, &path, &json!({ "archived": true })).await;
    assert_eq!(archive.0, 200, "only names have this limit");
}

#[tokio::test]
async fn an_archived_thread_changes_only_by_a_new_message() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let thread = discord.start_thread(discord.general(), discord.owner(), "Old");
    let (_, made) = post(&discord, thread, &json!({ "content": "first" })).await;
    discord.archive_thread(thread, true);
    let event = socket.skip_to("THREAD_UPDATE").await;
    assert_eq!(event["thread_metadata"]["archived"], true);

    let first = format!("/channels/{thread}/messages/{}", id(&made));
    let edit = code(&discord, Method::PATCH, &first, &json!({ "content": "x" })).await;
    assert_eq!(edit, (400, Some(50083)));
    let reaction = format!("{first}/reactions/e:1/@me");
    let reaction = code(&discord, Method::PUT, &reaction, &Value::Null).await;
    assert_eq!(reaction, (400, Some(50083)));
    let rename = json!({ "name": "x" });
    let path = format!("/channels/{thread}");
    let rename = code(&discord, Method::PATCH, &path, &rename).await;
    assert_eq!(rename, (400, Some(50083)));

    assert_eq!(
        post(&discord, thread, &json!({ "content": "second" }))
            .await
            .0,
        200
    );
    let event = socket.event("THREAD_UPDATE").await;
    assert_eq!(event["thread_metadata"]["archived"], false);
    assert_eq!(socket.event("MESSAGE_CREATE").await["content"], "second");
    discord.archive_thread(thread, true);
    let delete = code(&discord, Method::DELETE, &first, &Value::Null).await;
    assert_eq!(delete, (204, None), "messages can still be deleted");
    discord.say(thread, discord.member(), "third");
    assert!(
        !discord
            .channel_by_id(thread)
            .unwrap()
            .thread
            .unwrap()
            .archived
    );
}

#[tokio::test]
async fn a_locked_thread_takes_messages_only_with_a_permission() {
    let discord = loopback().await;
    let general = discord.general();
    let thread = discord.add_thread(general, "Locked");
    let hello = json!({ "content": "hello" });
    discord.lock_thread(thread, true);
    let send = async || {
        let path = format!("/channels/{thread}/messages");
        code(&discord, Method::POST, &path, &hello).await
    };
    let unarchive = async || {
        let body = json!({ "archived": false });
        code(
            &discord,
            Method::PATCH,
            &format!("/channels/{thread}"),
            &body,
        )
        .await
    };
    assert_eq!(send().await, (403, Some(160_005)));
    discord.archive_thread(thread, true);
    assert_eq!(send().await, (400, Some(50083)));
    assert_eq!(unarchive().await, (403, Some(50013)));
    discord.set_bot_permissions(general, Permissions::EVERYONE | Permissions::MANAGE_THREADS);
    assert_eq!(send().await, (200, None));
    let unlock = json!({ "locked": false });
    let path = format!("/channels/{thread}");
    assert_eq!(
        code(&discord, Method::PATCH, &path, &unlock).await,
        (200, None)
    );
    assert!(
        !discord
            .channel_by_id(thread)
            .unwrap()
            .thread
            .unwrap()
            .locked
    );
}

#[tokio::test]
async fn threads_of_people_are_theirs() {
    let discord = loopback().await;
    let (mut socket, _) = Socket::identified(&discord, ALL_INTENTS).await;
    let general = discord.general();
    let message = discord.say(general, discord.owner(), "question");
    let thread = discord.start_thread_from(message, discord.member(), "Answers");
    assert_eq!(thread, message);
    let event = socket.skip_to("THREAD_CREATE").await;
    assert_eq!(event["owner_id"], json!(discord.member()));
    let path = format!("/channels/{thread}");
    for body in [
        json!({ "name": "x" }),
        json!({ "archived": true }),
        json!({ "locked": true }),
    ] {
        let refused = code(&discord, Method::PATCH, &path, &body).await;
        assert_eq!(refused, (403, Some(50013)), "{body}");
    }
    let delete = async || code(&discord, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(delete().await, (403, Some(50013)));
    discord.archive_thread(thread, true);
    let unarchive = json!({ "archived": false });
    let unarchived = code(&discord, Method::PATCH, &path, &unarchive).await;
    assert_eq!(unarchived, (200, None));

    discord.delete_channel(thread);
    let event = socket.skip_to("THREAD_DELETE").await;
    let expected =
        json!({ "id": thread, "guild_id": discord.guild(), "parent_id": general, "type": 11 });
    assert_eq!(event, expected);
    assert_eq!(get(&discord, &path).await.0, 404);
    assert!(
        discord.message(message).is_some(),
        "the message it started from stays"
    );
}
