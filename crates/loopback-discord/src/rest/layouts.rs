//! Limits of layouts: messages with the flag `IS_COMPONENTS_V2`, whose components are all that they show (Discord
//! developer docs, "Component reference").

use std::collections::HashSet;

use serde_json::Value;

use super::{
    components::{check_one, check_row},
    error::FormErrors,
};

const ACTION_ROW: u64 = 1;
const BUTTON: u64 = 2;
const SECTION: u64 = 9;
const TEXT_DISPLAY: u64 = 10;
const THUMBNAIL: u64 = 11;
const MEDIA_GALLERY: u64 = 12;
const FILE: u64 = 13;
const SEPARATOR: u64 = 14;
const CONTAINER: u64 = 17;

/// What a container can hold, and a message beside containers.
const PARTS: [u64; 6] = [
    ACTION_ROW,
    SECTION,
    TEXT_DISPLAY,
    MEDIA_GALLERY,
    FILE,
    SEPARATOR,
];

/// How many components a message can have, those in others included.
const MOST: usize = 40;
/// How many characters they can show in all.
const MOST_CHARACTERS: usize = 4000;

/// Checks the components of a layout; `files` are the names of the files that the message will have.
pub(super) fn check(components: &Value, files: &[&str], errors: &mut FormErrors) {
    let Some(components) = components.as_array() else {
        if !components.is_null() {
            errors.wrong_type("components", "list");
        }
        return;
    };
    let mut layout = Layout {
        files,
        errors,
        seen: HashSet::new(),
        count: 0,
        characters: 0,
    };
    let allowed: Vec<_> = PARTS.into_iter().chain([CONTAINER]).collect();
    layout.parts("components", components, &allowed);
    let (count, characters) = (layout.count, layout.characters);
    if count > MOST {
        errors.too_long("components", MOST);
    }
    if characters > MOST_CHARACTERS {
        let message = format!("The total text must be {MOST_CHARACTERS} or fewer in length.");
        let code = "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED";
        errors.add("components", code, &message);
    }
}

struct Layout<'a, 'v> {
    files: &'a [&'a str],
    errors: &'a mut FormErrors,
    /// The `custom_id`s so far.
    seen: HashSet<&'v str>,
    count: usize,
    characters: usize,
}

impl<'v> Layout<'_, 'v> {
    /// Checks a list of components, each of a type that is allowed there.
    fn parts(&mut self, path: &str, list: &'v [Value], allowed: &[u64]) {
        for (index, component) in list.iter().enumerate() {
            let path = format!("{path}.{index}");
            match component["type"].as_u64() {
                Some(kind) if allowed.contains(&kind) => self.part(&path, kind, component),
                _ => {
                    let allowed: Vec<_> = allowed.iter().map(u64::to_string).collect();
                    let message = format!(
                        "Value of field \"type\" must be one of ({}).",
                        allowed.join(", ")
                    );
                    let path = format!("{path}.type");
                    self.errors.add(&path, "UNION_TYPE_CHOICES", &message);
                }
            }
        }
    }

    fn part(&mut self, path: &str, kind: u64, component: &'v Value) {
        self.count += 1;
        let at = |field: &str| format!("{path}.{field}");
        let held = |field: &str| component[field].as_array().map_or(&[][..], Vec::as_slice);
        match kind {
            ACTION_ROW => {
                self.count += held("components").len();
                check_row(path, component, &mut self.seen, self.errors);
            }
            BUTTON => check_one(path, component, &mut self.seen, self.errors),
            SECTION => {
                let texts = held("components");
                if !(1..=3).contains(&texts.len()) {
                    self.errors.bad_length(&at("components"), 1, 3);
                }
                self.parts(&at("components"), texts, &[TEXT_DISPLAY]);
                match component.get("accessory") {
                    Some(accessory) => {
                        let accessory = std::slice::from_ref(accessory);
                        self.parts(&at("accessory"), accessory, &[BUTTON, THUMBNAIL]);
                    }
                    None => self.errors.required(&at("accessory")),
                }
            }
            TEXT_DISPLAY => {
                let text = component["content"].as_str().unwrap_or_default();
                self.characters += text.chars().count();
                if text.is_empty() {
                    self.errors.required(&at("content"));
                }
            }
            THUMBNAIL => self.media(&at("media"), &component["media"], true),
            MEDIA_GALLERY => {
                let items = held("items");
                if !(1..=10).contains(&items.len()) {
                    self.errors.bad_length(&at("items"), 1, 10);
                }
                for (index, item) in items.iter().enumerate() {
                    let path = at(&format!("items.{index}"));
                    self.media(&format!("{path}.media"), &item["media"], true);
                    let text = format!("{path}.description");
                    self.errors.max_length(&text, &item["description"], 1024);
                }
            }
            FILE => self.media(&at("file"), &component["file"], false),
            SEPARATOR => {
                let spacing = &component["spacing"];
                if !spacing.is_null() && !matches!(spacing.as_u64(), Some(1 | 2)) {
                    let message = "Value must be one of (1, 2).";
                    self.errors
                        .add(&at("spacing"), "BASE_TYPE_CHOICES", message);
                }
            }
            _ => {
                let parts = held("components");
                if parts.is_empty() {
                    self.errors.bad_length(&at("components"), 1, MOST);
                }
                self.parts(&at("components"), parts, &PARTS);
            }
        }
    }

    /// A file of the message, or the address of one elsewhere where that is allowed.
    fn media(&mut self, path: &str, media: &Value, elsewhere: bool) {
        let path = format!("{path}.url");
        let url = media["url"].as_str().unwrap_or_default();
        let web = elsewhere && (url.starts_with("https://") || url.starts_with("http://"));
        let own = url.strip_prefix("attachment://");
        if url.is_empty() {
            self.errors.required(&path);
        } else if own.is_some_and(|name| !self.files.contains(&name)) {
            let message = "There is no such file or attachment";
            self.errors.add(&path, "ATTACHMENT_NOT_FOUND", message);
        } else if own.is_none() && !web {
            let message = "Scheme must be one of ('http', 'https', 'attachment').";
            self.errors.add(&path, "URL_TYPE_INVALID_SCHEME", message);
        }
    }
}
