//! Checks of uploaded files and of `attachments` (Discord developer docs, "Uploading files").

use axum::{Extension, Json, extract::State};
use serde_json::{Value, json};

use super::{
    ApiError,
    error::{FormErrors, invalid},
    middleware::Payload,
    payload::snowflake,
};
use crate::{
    Attachment, File, Snowflake,
    shared::Shared,
    wire,
    world::{FileContent, NewFile},
};

/// The maximum length of a file's alternative text.
const MAX_DESCRIPTION: usize = 1024;

/// How many URLs one call refreshes.
const MAX_URLS: usize = 50;

/// `POST /attachments/refresh-urls`.
pub(super) async fn refresh_urls(
    State(shared): State<Shared>,
    Extension(payload): Extension<Payload>,
) -> Result<Json<Value>, ApiError> {
    let urls = payload.json["attachment_urls"].as_array();
    let urls = urls.filter(|urls| (1..=MAX_URLS).contains(&urls.len()));
    let Some(urls) = urls else {
        let message = format!("Must be between 1 and {MAX_URLS} in length.");
        return Err(invalid("attachment_urls", "BASE_TYPE_BAD_LENGTH", &message));
    };
    shared.read(|state| {
        let refreshed = urls.iter().map(|url| {
            let new = wire::refreshed_url(&state.world, url.as_str().unwrap_or_default());
            json!({ "original": url, "refreshed": new })
        });
        Ok(Json(
            json!({ "refreshed_urls": refreshed.collect::<Vec<_>>() }),
        ))
    })
}

/// The files of a message body.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The attachments that stay; `None` if all do.
    pub(super) keep: Option<Vec<Snowflake>>,
    /// The files to add.
    pub(super) files: Vec<NewFile>,
}

impl Files {
    /// The names of the files that the message will have, which has `existing` now.
    pub(super) fn names<'a>(&'a self, existing: &'a [Attachment]) -> Vec<&'a str> {
        let keep = self.keep.as_ref();
        let stays = |file: &&Attachment| keep.is_none_or(|keep| keep.contains(&file.id));
        let old = existing.iter().filter(stays).map(|file| file.name.as_str());
        let new = self.files.iter().map(|file| file.name.as_str());
        old.chain(new).collect()
    }
}

/// Checks the uploaded files, and `attachments`, which describes them and names the existing ones that
/// stay. Where it is absent, all files are added and all existing ones stay.
pub(super) fn check(
    payload: &Payload,
    existing: &[Attachment],
    most: usize,
    errors: &mut FormErrors,
) -> Files {
    let field = &payload.json["attachments"];
    let listed = field.as_array();
    if listed.is_none() && !field.is_null() {
        errors.wrong_type("attachments", "list");
    }
    let mut keep = Vec::new();
    let mut described = vec![None; payload.files.len()];
    for (index, entry) in listed.into_iter().flatten().enumerate() {
        let path = format!("attachments.{index}");
        errors.max_length(
            &format!("{path}.description"),
            &entry["description"],
            MAX_DESCRIPTION,
        );
        let id = snowflake(&entry["id"]);
        let uploaded = payload.files.iter().position(|file| number(file) == id);
        match (id, uploaded) {
            (None, _) => errors.required(&format!("{path}.id")),
            (Some(_), Some(position)) => described[position] = Some(entry),
            (Some(id), None) if existing.iter().any(|file| file.id == id) => keep.push(id),
            (Some(_), None) => {
                let message = "There is no such file or attachment";
                errors.add(&format!("{path}.id"), "ATTACHMENT_NOT_FOUND", message);
            }
        }
    }
    if listed.is_some() && described.iter().any(Option::is_none) {
        // Discord developer docs, "Edit message": since v10 the list names new files, too.
        let message = "Every uploaded file must be listed";
        errors.add("attachments", "ATTACHMENT_NOT_LISTED", message);
    }
    let staying = listed.map_or(existing.len(), |_| keep.len());
    if staying + payload.files.len() > most {
        errors.too_long("attachments", most);
    }
    let uploads = payload.files.iter().zip(&payload.contents).zip(described);
    let files = uploads.map(|((file, content), entry)| {
        let text = |name: &str| {
            let text = entry.and_then(|entry| entry[name].as_str());
            text.map(str::to_owned)
        };
        let name = text("filename").unwrap_or_else(|| file.name.clone());
        NewFile {
            content_type: media_type(&name).or_else(|| file.content_type.clone()),
            name,
            size: file.size,
            description: text("description"),
            is_voice: false,
            content: FileContent::Bytes(content.clone()),
        }
    });
    Files {
        files: files.collect(),
        keep: listed.map(|_| keep),
    }
}

/// The media type of a file of this name. Discord goes by the name, not by what the upload says.
fn media_type(name: &str) -> Option<String> {
    let (_, ending) = name.rsplit_once('.')?;
    let kind = match ending.to_ascii_lowercase().as_str() {
        "gif" => "image/gif",
        "jpeg" | "jpg" => "image/jpeg",
        "json" => "application/json; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        "webp" => "image/webp",
        _ => return None,
    };
    Some(kind.to_owned())
}

/// The `n` of a file's form field `files[n]`.
fn number(file: &File) -> Option<Snowflake> {
    let rest: &str = file.field.strip_prefix("files[")?;
    rest.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests;
