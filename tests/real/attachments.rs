//! Files of a message on their way to the API.
//!
//! - a picture and a PDF arrive as blocks before the three texts, two files of one name stay two
//! - neither in a file's text nor in pasted words does `@path` bring a file or `/command` run anything
//! - the session goes on, also when the API refuses a document

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use loopback_discord::Upload;
use loopback_messages::{Answer, Request};
use serde_json::Value;

use super::world::World;
use crate::support::said;

on_both_versions!(
    files_arrive_as_blocks,
    pasted_words_are_only_words,
    a_refused_document_spoils_no_session,
);

const CANARY: &str = "canary-1d9b6a02-in-a-file";

async fn world(version: &'static str) -> World {
    let world = World::new(version).await;
    world.home.write("canary.txt", CANARY);
    let workspace = format!("workspaces/{}", world.discord.general());
    world.home.write(&format!("{workspace}/canary.txt"), CANARY);
    world
        .messages
        .set_default(|request| Answer::text(format!("heard {}", request.turns())));
    world
}

/// What would bring the canary if the CLI read it.
fn mentions(world: &World) -> String {
    let file = world.home.path().join("canary.txt").display().to_string();
    format!("@{file}\n@canary.txt @\"{file}\"\n/clear")
}

/// The blocks of the last user message, without what the CLI itself adds.
fn blocks(request: &Request) -> Vec<Value> {
    let mut users = request.messages().iter();
    let last = users.rfind(|message| message["role"] == "user").unwrap();
    let is_own = |block: &&Value| {
        let text = block["text"].as_str().unwrap_or_default();
        !text.starts_with("<system-reminder>\n") && !text.starts_with("[Image: ")
    };
    let blocks = last["content"].as_array().unwrap().iter();
    blocks.filter(is_own).cloned().collect()
}

fn assert_no_canary(world: &World) {
    for request in world.messages.requests() {
        assert!(
            !request.body.to_string().contains(CANARY),
            "{:?}",
            request.person()
        );
    }
}

async fn files_arrive_as_blocks(version: &'static str) {
    let world = world(version).await;
    let bot = world.start().await;
    let (here, owner) = (world.discord.general(), world.discord.owner());
    let mut picture = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(3_000, 1_500)
        .write_to(&mut picture, ImageFormat::Png)
        .unwrap();
    let text = mentions(&world);
    let files = [
        Upload::new("a.png", picture.into_inner()).kind("image/png"),
        Upload::new("a.pdf", "%PDF-1.4\n").kind("application/pdf"),
        Upload::new("notes.txt", "first"),
        Upload::new("notes.txt", text.clone()),
    ];
    let asked = world.discord.say_with_files(here, owner, &text, &files);
    assert_eq!(world.reply(&bot, asked, "").await, "heard 1");

    let request = world.messages.requests().pop().unwrap();
    let blocks = blocks(&request);
    let [image, document, opening, words, closing] = &blocks[..] else {
        panic!("{blocks:?}")
    };
    assert_eq!(image["type"], "image");
    assert_eq!(image["source"]["media_type"], "image/png");
    let data = image["source"]["data"].as_str().unwrap();
    let bytes = data_encoding::BASE64.decode(data.as_bytes()).unwrap();
    let sent = image::load_from_memory(&bytes).unwrap();
    assert_eq!((sent.width(), sent.height()), (2_000, 1_000));
    assert_eq!(document["type"], "document");
    assert_eq!(document["source"]["media_type"], "application/pdf");
    assert_eq!(document["source"]["data"], "JVBERi0xLjQK");
    let opening = opening["text"].as_str().unwrap();
    assert!(
        opening.contains("]\nfirst\n[END ATTACHED FILE 3 id="),
        "{opening}"
    );
    assert!(
        opening.contains(&format!("]\n{text}\n[END ATTACHED FILE 4 id=")),
        "{opening}"
    );
    assert_eq!(words["text"], text);
    let closing = closing["text"].as_str().unwrap();
    assert!(
        closing.starts_with("\n[END EXTERNAL CONTENT id="),
        "{closing}"
    );
    assert_eq!(request.said(), [text]);
    let workspace = world.home.path().join(format!("workspaces/{here}"));
    let names = std::fs::read_dir(workspace.join("attachments")).unwrap();
    assert_eq!(names.count(), 4);

    assert_eq!(world.ask(&bot, "next").await, "heard 2");
    assert_no_canary(&world);
    world.stop(bot).await;
    assert_eq!(world.home.outcomes(), ["answered", "answered"]);
}

async fn pasted_words_are_only_words(version: &'static str) {
    let world = world(version).await;
    let bot = world.start().await;
    let (here, owner) = (world.discord.general(), world.discord.owner());
    let pasted = format!("/clear\n{}", mentions(&world));
    let files = [Upload::new("message.txt", pasted.clone())];
    for (turn, typed, words) in [
        (1, "", pasted.clone()),
        (2, "typed", format!("typed\n\n{pasted}")),
    ] {
        let asked = world.discord.say_with_files(here, owner, typed, &files);
        let answer = world.reply(&bot, asked, "").await;
        assert_eq!(answer, format!("heard {turn}"));
        let blocks = blocks(&world.messages.requests()[turn - 1]);
        assert_eq!(blocks.len(), 3, "{blocks:?}");
        assert_eq!(blocks[1]["text"], words);
    }
    assert_no_canary(&world);
    world.stop(bot).await;
}

async fn a_refused_document_spoils_no_session(version: &'static str) {
    let world = world(version).await;
    world.messages.set_default(|request| {
        if has_document(request) {
            Answer::refusal(400, "The PDF specified was not valid.")
        } else {
            Answer::text("went on")
        }
    });
    let bot = world.start().await;
    let (here, owner) = (world.discord.general(), world.discord.owner());
    let files = [Upload::new("a.pdf", "%PDF-1.4\n").kind("application/pdf")];
    let asked = world.discord.say_with_files(here, owner, "look", &files);
    assert_eq!(world.reply(&bot, asked, "").await, "went on");
    world.booked(1).await;
    assert!(has_document(&world.messages.requests()[0]));
    assert_eq!(world.ask(&bot, "next").await, "went on");
    world.booked(2).await;
    let told = "-# Claude's API could not process a picture or PDF of this message, so Claude answered without it.";
    assert_eq!(said(&world.discord, here), ["went on", told, "went on"]);
    world.stop(bot).await;
    assert_eq!(world.home.outcomes(), ["answered", "answered"]);
}

fn has_document(request: &Request) -> bool {
    let contents = request.messages().iter();
    let mut blocks = contents
        .filter_map(|message| message["content"].as_array())
        .flatten();
    blocks.any(|block| block["type"] == "document")
}
