//! Files: uploaded by the bot and by people, kept and removed by edits, downloaded.

use std::time::Duration;

use loopback_discord::{Loopback, Permissions, Snowflake, Upload};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::support::{call, client, code, get, id, loopback, request};

fn form(body: &Value, files: &[(&'static str, &'static str)]) -> Form {
    let form = Form::new().text("payload_json", body.to_string());
    files
        .iter()
        .enumerate()
        .fold(form, |form, (index, (name, text))| {
            let part = Part::text(*text).file_name(*name);
            form.part(format!("files[{index}]"), part)
        })
}

async fn upload(
    discord: &Loopback,
    method: Method,
    path: &str,
    body: &Value,
    files: &[(&'static str, &'static str)],
) -> (u16, Value) {
    let request = request(discord, method, path).multipart(form(body, files));
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn download(url: &Value) -> (u16, String) {
    let response = client().get(url.as_str().unwrap()).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn names(message: &Value) -> Vec<&str> {
    let files = message["attachments"].as_array().unwrap().iter();
    files
        .map(|file| file["filename"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn files_of_the_bot_are_served_again_and_again() {
    let discord = loopback().await;
    let path = format!("/channels/{}/messages", discord.general());
    let body = json!({ "content": "see", "attachments": [{ "id": 0, "description": "A log" }] });
    let files = [("log file.txt", "line 1\n")];
    let (status, made) = upload(&discord, Method::POST, &path, &body, &files).await;
    let file = &made["attachments"][0];
    assert_eq!((status, &file["filename"]), (200, &json!("log file.txt")));
    assert_eq!(
        (&file["size"], &file["description"]),
        (&json!(7), &json!("A log"))
    );
    for _ in 0..3 {
        assert_eq!(download(&file["url"]).await, (200, "line 1\n".to_owned()));
    }
    let recorded = discord.calls_to("POST /channels/*/messages").pop().unwrap();
    assert_eq!((recorded.body, recorded.files[0].size), (body, 7));
    assert!(
        recorded
            .headers
            .iter()
            .all(|(name, _)| name != "authorization")
    );
    discord.delete(id(&made));
    assert_eq!(download(&file["url"]).await.0, 404);
}

#[tokio::test]
async fn a_url_expires_and_can_be_had_anew() {
    let discord = Loopback::builder().file_url_life(Duration::ZERO);
    let discord = discord.start().await.unwrap();
    let file = Upload::new("a.txt", "text");
    let said = discord.say_with_files(discord.general(), discord.owner(), "", &[file]);
    let path = format!("/channels/{}/messages/{said}", discord.general());
    let expired = get(&discord, &path).await.1["attachments"][0]["url"].clone();
    assert_eq!(download(&expired).await.0, 404);
    let body = json!({ "attachment_urls": [expired, "https://example.com/x"] });
    let refresh = "/attachments/refresh-urls";
    let (status, refreshed) = call(&discord, Method::POST, refresh, &body).await;
    let [first, second] = [0, 1].map(|index| refreshed["refreshed_urls"][index].clone());
    assert_eq!((status, &first["original"]), (200, &expired));
    assert!(first["refreshed"].is_string() && second["refreshed"].is_null());

    let discord = loopback().await;
    let file = Upload::new("a.txt", "text");
    let said = discord.say_with_files(discord.general(), discord.owner(), "", &[file]);
    let path = format!("/channels/{}/messages/{said}", discord.general());
    let url = get(&discord, &path).await.1["attachments"][0]["url"].clone();
    assert_eq!(download(&url).await, (200, "text".to_owned()));
    let forged = url.as_str().unwrap().replace("hm=", "hm=0");
    assert_eq!(download(&json!(forged)).await.0, 404);
    let (_, again) = call(
        &discord,
        Method::POST,
        refresh,
        &json!({ "attachment_urls": [forged] }),
    )
    .await;
    let anew = &again["refreshed_urls"][0]["refreshed"];
    assert_eq!(download(anew).await, (200, "text".to_owned()));
}

#[tokio::test]
async fn an_edit_keeps_adds_and_removes_files() {
    let discord = loopback().await;
    let path = format!("/channels/{}/messages", discord.general());
    let files = [("a.txt", "a"), ("b.txt", "b")];
    let (_, made) = upload(&discord, Method::POST, &path, &json!({}), &files).await;
    assert_eq!(names(&made), ["a.txt", "b.txt"]);
    let [a, b] = [0, 1].map(|index| made["attachments"][index].clone());
    let message = format!("{path}/{}", id(&made));

    let (_, edited) = call(
        &discord,
        Method::PATCH,
        &message,
        &json!({ "content": "x" }),
    )
    .await;
    assert_eq!(names(&edited), ["a.txt", "b.txt"], "all stay by default");
    let more = [("c.txt", "c")];
    let (_, edited) = upload(&discord, Method::PATCH, &message, &json!({}), &more).await;
    assert_eq!(
        names(&edited),
        ["a.txt", "b.txt", "c.txt"],
        "new ones are appended"
    );
    let body = json!({ "attachments": [{ "id": b["id"] }, { "id": 0 }] });
    let (_, edited) = upload(&discord, Method::PATCH, &message, &body, &[("d.txt", "d")]).await;
    assert_eq!(
        names(&edited),
        ["b.txt", "d.txt"],
        "only the listed ones stay"
    );
    assert_eq!(download(&a["url"]).await.0, 404);
    assert_eq!(download(&b["url"]).await.0, 200);

    let unknown = json!({ "attachments": [{ "id": "1" }] });
    let refused = code(&discord, Method::PATCH, &message, &unknown).await;
    assert_eq!(refused, (400, Some(50035)));
    let unlisted = json!({ "attachments": [{ "id": b["id"] }] });
    let (status, _) = upload(&discord, Method::PATCH, &message, &unlisted, &more).await;
    assert_eq!(status, 400, "a new file has to be listed");
    let nothing = json!({ "content": "", "attachments": [] });
    let refused = code(&discord, Method::PATCH, &message, &nothing).await;
    assert_eq!(refused, (400, Some(50006)));
}

#[tokio::test]
async fn files_have_discords_limits() {
    let discord = loopback().await;
    let general = discord.general();
    let path = format!("/channels/{general}/messages");
    let send = async |form: Form| {
        let request = request(&discord, Method::POST, &path).multipart(form);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        (status, body["code"].as_u64())
    };
    let sized = |bytes: usize| {
        let part = Part::bytes(vec![b'x'; bytes]).file_name("big.bin");
        Form::new().part("files[0]", part)
    };
    assert_eq!(send(sized(10 * 1024 * 1024)).await, (200, None));
    assert_eq!(send(sized(10 * 1024 * 1024 + 1)).await, (413, Some(40005)));
    let eleven = [("x.txt", "x"); 11];
    assert_eq!(send(form(&json!({}), &eleven)).await, (400, Some(50035)));
    discord.set_bot_permissions(general, Permissions::EVERYONE - Permissions::ATTACH_FILES);
    assert_eq!(
        send(form(&json!({}), &eleven[..1])).await,
        (403, Some(50013))
    );
    assert_eq!(discord.bot_messages(general).len(), 1);
}

#[tokio::test]
async fn files_of_people_are_served_or_fail_as_configured() {
    let discord = loopback().await;
    let files = [
        Upload::new("notes.txt", "hello").kind("text/markdown"),
        Upload::new("gone", "x").refused(410),
        Upload::new("moved", "x").redirects("http://127.0.0.1:1/"),
    ];
    let message = discord.say_with_files(discord.general(), discord.member(), "look", &files);
    let sent = discord.message(message).unwrap();
    assert_eq!(sent.attachments.len(), 3);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    let get = async |file: Snowflake| {
        let url = format!("{}/attachments/{}/{file}/x", discord.url(), sent.channel);
        client.get(url).send().await.unwrap()
    };
    let notes = get(sent.attachments[0].id).await;
    assert_eq!(notes.headers()["content-type"], "text/markdown");
    assert_eq!(
        (notes.status().as_u16(), notes.text().await.unwrap()),
        (200, "hello".to_owned())
    );
    assert_eq!(get(sent.attachments[1].id).await.status(), 410);
    let moved = get(sent.attachments[2].id).await;
    assert_eq!(moved.status(), 302);
    assert_eq!(moved.headers()["location"], "http://127.0.0.1:1/");
}
