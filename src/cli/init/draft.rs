//! The configuration while it is being answered: the file's own text, with only what differs from the defaults.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use crate::{
    cli::{
        exit::{Code, ExitError},
        invocation::Invocation,
    },
    config::{Config, DEFAULT_FILE},
};

/// Keys that say nothing about the bot, only where its files are: all that a package's file has.
const PLACES: [&str; 4] = [
    "$schema",
    "personality_dir",
    "sessions_dir",
    "workspace_dir",
];

pub(super) struct Draft {
    pub(super) file: PathBuf,
    /// The text as it was; `None` if there is no file yet.
    pub(super) before: Option<String>,
    value: Value,
    defaults: Value,
}

impl Draft {
    /// Reads the file, which must be valid if it is there.
    pub(super) fn read(invocation: &Invocation) -> Result<Self, ExitError> {
        let given = invocation.args.config.as_deref();
        let given = given.unwrap_or(Path::new(DEFAULT_FILE));
        let failed =
            |error| Code::Files.exit(format!("failed to read {}: {error}", given.display()));
        let file = std::path::absolute(given).map_err(failed)?;
        let before = match fs::read_to_string(&file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        let draft = Self::new(file, before);
        draft.config(invocation).map_err(|problems| {
            Code::Config.exit(format!(
                "{problems}\nmend these lines, or move the file away to begin anew; nothing was changed"
            ))
        })?;
        Ok(draft)
    }

    fn new(file: PathBuf, before: Option<String>) -> Self {
        let text = before.as_deref().unwrap_or("{}");
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            file,
            value: serde_json::from_str(text).unwrap_or(Value::Null),
            defaults: serde_json::to_value(Config::default()).unwrap_or_default(),
            before,
        }
    }

    /// Whether nobody has set up the bot yet. In an empty file every answer is the default.
    pub(super) fn is_first(&self) -> bool {
        let before = Self::new(self.file.clone(), self.before.clone());
        let names_places = before.value.as_object().is_some_and(|keys| {
            !keys.is_empty() && keys.keys().all(|key| PLACES.contains(&key.as_str()))
        });
        self.before.is_none() || names_places
    }

    /// The folder that paths in the file are relative to.
    pub(super) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new("/"))
    }

    /// The configuration that the bot would read.
    pub(super) fn config(&self, invocation: &Invocation) -> Result<Config, String> {
        let text = match &self.before {
            // A broken file has no value.
            Some(text) if self.value.is_null() => text.clone(),
            _ => self.text(),
        };
        let (environment, machine) = (&invocation.environment, &invocation.machine);
        match Config::from_json(&text, self.folder(), environment, machine) {
            Ok(mut config) => {
                config.file.clone_from(&self.file);
                Ok(config)
            }
            Err(problems) => Err(format!(
                "invalid configuration in {}:\n{problems}",
                self.file.display()
            )),
        }
    }

    /// Sets a key by its path. A value that equals the default is left out.
    pub(super) fn set(&mut self, path: &[&str], value: Value) {
        let default = path
            .iter()
            .try_fold(&self.defaults, |value, key| value.get(*key));
        if default == Some(&value) {
            remove(&mut self.value, path);
        } else {
            insert(&mut self.value, path, value);
        }
    }

    pub(super) fn remove(&mut self, path: &[&str]) {
        remove(&mut self.value, path);
    }

    /// The text as it will be written.
    pub(super) fn text(&self) -> String {
        format!("{:#}\n", self.value)
    }

    /// Whether it says anything else than the file.
    pub(super) fn is_changed(&self) -> bool {
        let before = Self::new(self.file.clone(), self.before.clone());
        self.before.is_none() || before.value != self.value
    }
}

fn insert(into: &mut Value, path: &[&str], value: Value) {
    let Some((key, rest)) = path.split_first() else {
        *into = value;
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    insert(&mut into[*key], rest, value);
}

/// Removes a key, and objects that are empty then.
fn remove(from: &mut Value, path: &[&str]) {
    let (Some((key, rest)), Some(object)) = (path.split_first(), from.as_object_mut()) else {
        return;
    };
    if let Some(inner) = object.get_mut(*key)
        && !rest.is_empty()
    {
        remove(inner, rest);
        if inner.as_object().is_none_or(|inner| !inner.is_empty()) {
            return;
        }
    }
    object.shift_remove(*key);
}

#[cfg(test)]
mod tests;
