//! Attachments as JSON, also where components show them.

use serde_json::{Value, json};

use crate::{
    Snowflake, clock, file_url,
    world::{Attachment, Message, World},
};

pub(super) fn attachments(world: &World, message: &Message) -> Vec<Value> {
    let files = message.attachments.iter();
    files.map(|file| attachment(world, message, file)).collect()
}

fn attachment(world: &World, message: &Message, file: &Attachment) -> Value {
    let url = url(world, message.channel, file);
    let mut json = json!({
        "id": file.id, "filename": file.name, "size": file.size, "url": url, "proxy_url": url,
        "content_type": file.content_type, "description": file.description,
    });
    if file.is_voice {
        json["duration_secs"] = json!(1.5);
        json["waveform"] = json!("AAAA");
    }
    json
}

/// Where a file can be fetched from now on.
fn url(world: &World, channel: Snowflake, file: &Attachment) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' {
            c
        } else {
            '_'
        }
    };
    let name: String = file.name.chars().map(plain).collect();
    let path = format!("/attachments/{channel}/{}/{name}", file.id);
    let signed = file_url::signed(&path, clock::unix_ms(), world.file_url_life);
    format!("{}{signed}", world.file_server)
}

/// The URL of an attachment anew, from one that may have expired; `None` if there is no such attachment.
pub(crate) fn refreshed_url(world: &World, old: &str) -> Option<String> {
    let path = old.split('?').next()?;
    let (_, place) = path.split_once("/attachments/")?;
    let mut parts = place.split('/');
    let channel = parts.next()?.parse().ok()?;
    let id: Snowflake = parts.next()?.parse().ok()?;
    let mut all = world.messages.values().flat_map(|message| {
        let forwarded = message.forward.iter();
        let forwarded = forwarded.flat_map(|forward| &forward.snapshot.attachments);
        message.attachments.iter().chain(forwarded)
    });
    let found = all.find(|file| file.id == id)?;
    Some(url(world, channel, found))
}

/// The components of a message, with the files that they name by `attachment://`. Those of a layout have numbers.
pub(super) fn components(world: &World, message: &Message) -> Vec<Value> {
    let mut components = message.components.clone();
    let mut last_id = 0;
    for component in &mut components {
        resolve(world, message, component, &mut last_id);
    }
    components
}

fn resolve(world: &World, message: &Message, component: &mut Value, last_id: &mut u64) {
    if message.components_v2 && !component["type"].is_null() {
        *last_id += 1;
        if component["id"].is_null() {
            component["id"] = json!(last_id);
        }
    }
    if component["type"] == 13 {
        let file = named(message, &component["file"]).map(|file| (file.name.clone(), file.size));
        if let Some((name, size)) = file {
            component["name"] = json!(name);
            component["size"] = json!(size);
        }
    }
    for field in ["media", "file"] {
        if let Some(media) = component.get_mut(field) {
            if let Some(file) = named(message, media) {
                let url = url(world, message.channel, file);
                *media = json!({
                    "url": url, "proxy_url": url, "attachment_id": file.id,
                    "content_type": file.content_type, "width": null, "height": null,
                    "flags": 0, "loading_state": 2,
                });
            } else if let Some(media) = media.as_object_mut() {
                let url = media.get("url").cloned().unwrap_or_default();
                media.insert("proxy_url".to_owned(), url);
            }
        }
    }
    for field in ["components", "items"] {
        let held = component.get_mut(field).and_then(Value::as_array_mut);
        for held in held.into_iter().flatten() {
            resolve(world, message, held, last_id);
        }
    }
    if let Some(accessory) = component.get_mut("accessory") {
        resolve(world, message, accessory, last_id);
    }
}

/// The file of a message that an unfurled media item names.
fn named<'a>(message: &'a Message, media: &Value) -> Option<&'a Attachment> {
    let name = media["url"].as_str()?.strip_prefix("attachment://")?;
    message.attachments.iter().find(|file| file.name == name)
}
